// Two rounds at most: the new settings go out; when one role refuses them, or does not
// answer, the old ones go out again, to all.  Called by master.cc.  What the settings
// mean is the roles' business and never belongs here.

#include "common/in_place_reload.h"

namespace postern {
namespace {

constexpr Duration patience = seconds(5);

}  // namespace

void InPlaceReload::begin(House& house, std::string text, std::string name, Done done) {
  house_ = &house;
  text_ = std::move(text);
  name_ = std::move(name);
  done_ = std::move(done);
  refusal_.clear();
  back_ = false;
  order(text_);
}

void InPlaceReload::order(const std::string& text) {
  due_.clear();
  Reload message;
  message.text = Text<255>(name_);
  const Result<UniqueFd> copy = sealed_copy(text);
  if (!copy) refuse(copy.error().what);
  for (const Role role : house_->plan().roles) {
    if (!copy) break;
    const int lent[] = {copy->get()};
    Channel* control = house_->control(role);
    if (control != nullptr && control->send(message, lent) == Told::sent) due_.insert(role);
    else refuse(std::string(name_of(role)) + " is not there");
  }
  if (due_.empty()) return settle();
  patience_.set(loop_, loop_.now() + patience, [this] {
    refuse(std::string(name_of(*due_.begin())) + " does not answer");
    settle();
  });
}

void InPlaceReload::refuse(std::string reason) {
  if (refusal_.empty()) refusal_ = std::move(reason);
}

void InPlaceReload::heard(Role role, const Reloaded& answer) {
  if (!due_.contains(role)) return;
  if (!answer.taken) refuse(std::string(name_of(role)) + ": " + std::string(answer.reason.view()));
  answered(role);
}

void InPlaceReload::restarted(Role role) {
  if (!under_way()) return;
  refuse(std::string(name_of(role)) + " ended meanwhile");
  answered(role);
}

void InPlaceReload::answered(Role role) {
  due_.erase(role);
  if (due_.empty()) settle();
}

void InPlaceReload::settle() {
  patience_.cancel();
  if (!refusal_.empty() && !back_) {
    back_ = true;
    return order(house_->plan().settings_text);
  }
  Result<void> result = refusal_.empty() ? house_->renew(text_) : fail(refusal_);
  const Done done = std::move(done_);
  cancel();
  done(std::move(result));
}

void InPlaceReload::cancel() {
  patience_.cancel();
  due_.clear();
  house_ = nullptr;
  done_ = nullptr;
}

}  // namespace postern
