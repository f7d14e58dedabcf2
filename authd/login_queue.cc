// Who goes first before the vault, and who must go.  Only role sessions calls this, with
// what it knows of places.  Never put here: whether a login is good, or how long its user
// has to wait after failures (lockout.h).
#include "authd/login_queue.h"

#include <algorithm>

#include "authd/known_places.h"

namespace postern::authd {
namespace {

Address place(const WaitingLogin& login) { return login.place; }
Address site(const WaitingLogin& login) { return site_of(login.place); }

}  // namespace

std::size_t LoginQueue::strangers_from(Ground ground, const Address& where) const {
  return static_cast<std::size_t>(std::ranges::count(strangers_, where, ground));
}

bool LoginQueue::has_room_for(const WaitingLogin& login) const {
  const auto own = std::ranges::count(known_, login.user, &WaitingLogin::user);
  return known_.size() < most && static_cast<std::size_t>(own) < most_of_user;
}

// The latest stranger from the ground that most of them are from; of one site only, if
// there is one.
LoginQueue::Line::iterator LoginQueue::most_crowding(Ground ground, const std::optional<Address>& within) {
  auto found = strangers_.end();
  std::size_t most_there = 0;
  for (auto login = strangers_.begin(); login != strangers_.end(); ++login) {
    if (within && site(*login) != *within) continue;
    const std::size_t count = strangers_from(ground, ground(*login));
    if (count < most_there) continue;
    most_there = count;
    found = login;
  }
  return found;
}

// Who must go for `login`: somebody from a site with more than its share, else from such a
// place within its own site; else nobody.
LoginQueue::Line::iterator LoginQueue::to_displace(const WaitingLogin& login) {
  const Address crowded = site(*most_crowding(site, {})), own = site(login);
  if (strangers_from(site, crowded) > strangers_from(site, own) + 1) return most_crowding(place, crowded);
  const auto neighbour = most_crowding(place, own);
  const bool can_go = neighbour != strangers_.end() &&
                      strangers_from(place, neighbour->place) > strangers_from(place, login.place) + 1;
  return can_go ? neighbour : strangers_.end();
}

LoginQueue::Admission LoginQueue::admit(WaitingLogin login, bool is_known) {
  if (is_known && has_room_for(login)) {
    known_.push_back(std::move(login));
    return {true, {}};
  }
  Admission admission{true, {}};
  if (strangers_.size() >= most) {
    const auto leaving = to_displace(login);
    if (leaving == strangers_.end()) return {};
    admission.displaced = leaving->tag;
    strangers_.erase(leaving);
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
