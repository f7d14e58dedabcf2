// The order in which logins come before the vault, which needs a tenth of a second for
// each.  Two bounded lines: those of users at places that they have logged in from, and
// strangers, who wait until nobody stands in the first.  Pure: times are given.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "common/address.h"
#include "common/clock.h"

namespace postern::authd {

struct WaitingLogin {
  std::uint32_t tag = 0;
  std::string user;  // as typed
  Address place;     // see known_places.h
};

class LoginQueue {
 public:
  static constexpr std::size_t most = 24;         // in each line
  static constexpr std::size_t most_of_user = 4;  // of one user in the first line

  struct Admission {
    bool admitted = false;
    std::optional<std::uint32_t> displaced;  // the tag of one that had to go instead
  };
  // A stranger finds room in a full line when another site, or another place of his own
  // site, has more than its fair share of it: the latest from where most are must go.
  Admission admit(WaitingLogin login, bool is_known);
  // Takes out whose turn it is.
  std::optional<std::uint32_t> next();
  // That one does not wait any more; nothing happens when it did not.
  void remove(std::uint32_t tag);
  std::size_t size() const { return known_.size() + strangers_.size(); }

 private:
  using Line = std::deque<WaitingLogin>;
  using Ground = Address (*)(const WaitingLogin&);  // its place or its site
  bool has_room_for(const WaitingLogin& login) const;
  std::size_t strangers_from(Ground ground, const Address& where) const;
  Line::iterator most_crowding(Ground ground, const std::optional<Address>& within);
  Line::iterator to_displace(const WaitingLogin& login);

  Line known_, strangers_;
};

// How long the vault's work took of late: so long has to wait for its "no" what the
// vault refused without working, or a clock would show the difference.
class Pace {
 public:
  void note(Duration work);
  // One of the latest, each in its turn.
  Duration draw();

 private:
  static constexpr std::size_t kept = 16;
  std::array<Duration, kept> latest_{milliseconds(100)};  // until there was any
  std::size_t noted_ = 0, drawn_ = 0;
};

// When a "no" is said that is known `now` to a question of `asked`: at the next full step
// since then.  What is faster or slower by less than that shows from outside no more.
constexpr Duration refusal_step = milliseconds(20);
constexpr Mono refusal_time(Mono asked, Mono now) {
  const std::int64_t steps = ((now - asked).us + refusal_step.us - 1) / refusal_step.us;
  return asked + Duration{steps * refusal_step.us};
}

}  // namespace postern::authd
