// How long guesses have to wait.  Pure: time is given, nothing is stored on disk, nothing
// is read.  Unknown users are counted like known ones, so a throttle tells nobody
// who exists.  A user is slowed, never locked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace postern::authd {

struct LockoutRules {
  // One source guessing at one user: so many failures need no wait.  After the next one
  // it waits `first_delay`, then twice as long, and so on up to `max_delay`.
  std::uint32_t free_failures = 5;
  Duration first_delay = seconds(1);
  Duration max_delay = seconds(15 * 60);
  // All sources together that guess at one user and are not known to him.
  std::uint32_t user_free_failures = 10;
  Duration user_first_delay = seconds(1);
  Duration user_max_delay = seconds(60);
  // So many wrong guesses a day (UTC) by sources not known to the user; from then until
  // midnight one guess is judged every `daily_delay`.
  std::uint32_t guesses_per_day = 100;
  Duration daily_delay = seconds(15 * 60);
  // Failures are forgotten when none came for this long, or for the longest delay above.
  Duration forget = seconds(60 * 60);
  std::size_t entries = 8192;  // rows in each of the two tables, at least 1
};

// An attempt to log in, as the throttle sees it.
struct Attempt {
  std::string_view user;         // as typed, at most 64 bytes
  std::string_view source;       // the client's address
  bool known_source = false;     // the user has logged in from there before
  std::int64_t day = 0;          // days since 1970, UTC
  std::uint32_t stored_guesses = 0;  // today's durable count, 0 for unknown users
};

class Lockout {
 public:
  explicit Lockout(const LockoutRules& rules) { set_rules(rules); }
  // New rules, for what is counted already too.
  void set_rules(const LockoutRules& rules);

  // The time from which on this attempt is judged; at or before `now`: judge it.  A known
  // source is judged by its own failures at this user only.
  Mono delay_until(const Attempt& attempt, Mono now) const;
  // A judged attempt failed.  (One that was refused as too early is not counted: it was
  // no guess, and else anybody could keep the door shut.)
  void failed(const Attempt& attempt, Mono now);
  // It succeeded: the source's own failures at this user are forgotten.  Those of other
  // sources stay, or an attacker's count would start anew at each of the user's logins.
  void succeeded(const Attempt& attempt);
  // The operator's word: all that is held against this user is forgotten.
  void unlock(std::string_view user);
  // Rows in both tables together (for status and tests).
  std::size_t size() const { return pairs_.size() + users_.size(); }

 private:
  struct Row {
    std::uint32_t failures = 0;
    std::uint32_t guesses = 0;  // on `day`; for users only
    std::int64_t day = 0;
    Mono last;  // the latest failure
  };
  using Table = std::map<std::string, Row, std::less<>>;

  bool stands(const Row& row, Mono now) const;
  Row& row_for(Table& table, const std::string& key, Mono now);
  void make_room(Table& table, Mono now) const;

  LockoutRules rules_;
  Table pairs_;  // by user, blank, source
  Table users_;
};

}  // namespace postern::authd
