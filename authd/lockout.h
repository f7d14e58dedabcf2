// How long one source has to wait that guesses at one user.  Pure: time is given, nothing
// is stored on disk, nothing is read.  Unknown users are counted like known ones, so
// a throttle tells nobody who exists.  A source is slowed, never locked; how many guesses
// all sources together have is in allowance.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace postern::authd {

struct LockoutRules {
  // So many failures need no wait.  After the next one the source waits `first_delay`,
  // then twice as long, and so on up to `max_delay`.
  std::uint32_t free_failures = 5;
  Duration first_delay = seconds(1);
  Duration max_delay = seconds(15 * 60);
  // Failures are forgotten when none came for this long, or for the longest delay.
  Duration forget = seconds(60 * 60);
  std::size_t entries = 8192;  // rows in the table, at least 1
};

// An attempt to log in, as the throttle sees it.
struct Attempt {
  std::string user;   // as typed, at most 64 bytes
  std::string place;  // where the client is
};

class Lockout {
 public:
  explicit Lockout(const LockoutRules& rules) { set_rules(rules); }
  // New rules, for what is counted already too.
  void set_rules(const LockoutRules& rules);

  // The time from which on this attempt is judged; at or before `now`: judge it.
  Mono delay_until(const Attempt& attempt, Mono now) const;
  // A judged attempt failed.  (One that was refused as too early is not counted: it was
  // no guess, and else anybody could keep the door shut.)
  void failed(const Attempt& attempt, Mono now);
  // It succeeded: the source's own failures at this user are forgotten.
  void succeeded(const Attempt& attempt);
  // The operator's word: all that is held against this user is forgotten.
  void unlock(std::string_view user);
  // Rows (for tests).
  std::size_t size() const { return rows_.size(); }

 private:
  struct Row {
    std::uint32_t failures = 0;
    Mono last;  // the latest failure
  };

  bool stands(const Row& row, Mono now) const;
  void make_room(Mono now);

  LockoutRules rules_;
  std::map<std::string, Row, std::less<>> rows_;  // by user, blank, place
};

}  // namespace postern::authd
