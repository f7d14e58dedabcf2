// Who goes first before the vault, and who must go.  Only role sessions calls this, with
// what it knows of places.  Never put here: whether a login is good, or how long its user
// has to wait after failures (lockout.h).
#include "authd/login_queue.h"

#include <algorithm>

namespace postern::authd {

std::size_t LoginQueue::count_of(const Line& line, const Address& place) {
  return static_cast<std::size_t>(std::ranges::count(line, place, &WaitingLogin::place));
}

bool LoginQueue::has_room_for(const WaitingLogin& login) const {
  const auto own = std::ranges::count(known_, login.user, &WaitingLogin::user);
  return known_.size() < most && static_cast<std::size_t>(own) < most_of_user;
}

// The latest stranger from the place that most of them are from.
LoginQueue::Line::iterator LoginQueue::most_crowding() {
  const auto lighter = [this](const WaitingLogin& a, const WaitingLogin& b) {
    return count_of(strangers_, a.place) < count_of(strangers_, b.place);
  };
  const Address place = std::ranges::max_element(strangers_, lighter)->place;
  const auto last = std::find_if(strangers_.rbegin(), strangers_.rend(),
                                 [&](const WaitingLogin& login) { return login.place == place; });
  return std::prev(last.base());
}

LoginQueue::Admission LoginQueue::admit(WaitingLogin login, bool is_known) {
  if (is_known && has_room_for(login)) {
    known_.push_back(std::move(login));
    return {true, {}};
  }
  Admission admission{true, {}};
  if (strangers_.size() >= most) {
    const auto crowding = most_crowding();
    if (count_of(strangers_, crowding->place) <= count_of(strangers_, login.place) + 1) return {};
    admission.displaced = crowding->tag;
    strangers_.erase(crowding);
  }
  strangers_.push_back(std::move(login));
  return admission;
}

std::optional<std::uint32_t> LoginQueue::next() {
  Line& line = known_.empty() ? strangers_ : known_;
  if (line.empty()) return {};
  const std::uint32_t tag = line.front().tag;
  line.pop_front();
  return tag;
}

void LoginQueue::remove(std::uint32_t tag) {
  for (Line* line : {&known_, &strangers_})
    std::erase_if(*line, [tag](const WaitingLogin& login) { return login.tag == tag; });
}

void Pace::note(Duration work) { latest_[noted_++ % kept] = work; }

Duration Pace::draw() {
  const std::size_t there = std::clamp<std::size_t>(noted_, 1, kept);
  return latest_[drawn_++ % there];
}

}  // namespace postern::authd
