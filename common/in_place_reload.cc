// Two rounds at most: the new settings go out; when one role refuses them, or does not
// answer, the old ones go out again, to all.  Called by master.cc.  What the settings
// mean is the roles' business and never belongs here.

#include "common/in_place_reload.h"

namespace postern {
namespace {

constexpr Duration patience = seconds(5);

}  // namespace

void InPlaceReload::begin(House& house, HousePlan fresh, Done done) {
  house_ = &house;
  fresh_ = std::move(fresh);
  done_ = std::move(done);
  refusal_.clear();
  back_ = false;
  order();
}

void InPlaceReload::order() {
  due_.clear();
  const Result<UniqueFd> copy = sealed_copy(back_ ? house_->plan().settings_text : fresh_.settings_text);
  if (!copy) refuse(copy.error().what);
  for (const Role role : house_->plan().roles) {
    if (!copy) break;
    if (give_to(role, copy->get())) due_.insert(role);
    else refuse(std::string(name_of(role)) + " is not there");
  }
  if (due_.empty()) return settle();
  patience_.set(loop_, loop_.now() + patience, [this] {
    refuse(std::string(name_of(*due_.begin())) + " does not answer");
    settle();
  });
}

// What the settings bring with them, and then the settings themselves.
bool InPlaceReload::give_to(Role role, int settings) {
  Channel* control = house_->control(role);
  if (control == nullptr) return false;
  Giver giver(*control);
  if (back_) house_->provide_again(role, giver);
  else if (fresh_.provide_again) fresh_.provide_again(role, giver);
  Reload message;
  message.text = Text<255>(fresh_.settings_name);
  const int lent[] = {settings};
  return giver.complete() && control->send(message, lent) == Told::sent;
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
    return order();
  }
  Result<void> result = refusal_.empty() ? house_->renew(fresh_) : fail(refusal_);
  const Done done = std::move(done_);
  cancel();
  done(std::move(result));
}

void InPlaceReload::cancel() {
  patience_.cancel();
  due_.clear();
  fresh_ = HousePlan();
  house_ = nullptr;
  done_ = nullptr;
}

}  // namespace postern
