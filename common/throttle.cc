// Counting sources.  The porters of redird and wfd own one Throttle each and are the
// only callers.  No clock and no socket here; what a cause costs is in the table below
// and nowhere else.

#include "common/throttle.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace postern {
namespace {

// What the end of a connection costs its source, in points.  With the default limit of
// 100 a source may crash one worker at once, and type ten wrong passcodes in a row.
struct CauseRow {
  Cause cause;
  unsigned points;
  std::string_view word;
};
constexpr CauseRow causes[] = {
    {Cause::none,         0,  "none"},
    {Cause::served,       0,  "served"},
    {Cause::handshake,    5,  "handshake"},     // port scanners, and browsers that distrust us
    {Cause::unparsable,   20, "unparsable"},
    {Cause::slow,         5,  "slow"},          // a head that never came; bad lines do that too
    {Cause::refused,      2,  "refused"},       // outside the networks, not our name
    {Cause::login_failed, 10, "login-failed"},
    {Cause::crashed,      60, "crashed"},       // a worker died of it
};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < std::size(causes); ++i)
    if (static_cast<std::size_t>(causes[i].cause) != i) return false;
  return std::size(causes) == static_cast<std::size_t>(Cause::last) + 1;
}
static_assert(rows_are_in_order());

constexpr std::array<std::string_view, 5> admissions = {"penalised", "too-many", "too-fast", "full",
                                                        "admitted"};

Address source_of(const Address& client) {
  return client.family() == Family::v6 ? client.masked(64) : client;
}

double as_seconds(Duration d) { return static_cast<double>(std::max<std::int64_t>(d.us, 0)) / 1e6; }

}  // namespace

std::string_view word_of(Admission admission) {
  return admissions[static_cast<std::size_t>(admission)];
}
std::string_view word_of(Cause cause) { return causes[static_cast<std::size_t>(cause)].word; }

Throttle::Accounts::iterator Throttle::open_account(const Address& source, Mono now) {
  const auto known = accounts_.find(source);
  if (known != accounts_.end()) return known;
  if (accounts_.size() >= capacity_) {
    if (idle_.empty()) return accounts_.end();
    accounts_.erase(idle_.front());
    idle_.pop_front();
  }
  Account account;
  account.tokens = limits_.per_minute;
  account.refilled = account.scored = now;
  account.idle = idle_.insert(idle_.end(), source);
  return accounts_.emplace(source, account).first;
}

void Throttle::decay(Account& account, Mono now) const {
  const double halving = std::max(as_seconds(limits_.penalty_halving), 1e-6);
  account.score *= std::exp2(-as_seconds(now - account.scored) / halving);
  account.scored = now;
  if (account.score <= limits_.penalty_limit / 2.0) account.refused = false;
}

bool Throttle::take_token(Account& account, Mono now) const {
  const double earned = as_seconds(now - account.refilled) * limits_.per_minute / 60.0;
  account.tokens = std::min<double>(account.tokens + earned, limits_.per_minute);
  account.refilled = now;
  if (account.tokens < 1) return false;
  account.tokens -= 1;
  return true;
}

Admission Throttle::admit(const Address& client, Mono now) {
  if (!client) return Admission::full;
  const auto place = open_account(source_of(client), now);
  if (place == accounts_.end()) return Admission::full;
  Account& account = place->second;
  decay(account, now);
  if (account.refused) return Admission::penalised;
  if (account.live >= limits_.live) return Admission::too_many;
  if (!take_token(account, now)) return Admission::too_fast;
  if (account.live == 0) idle_.erase(account.idle);
  ++account.live;
  return Admission::admitted;
}

Penalty Throttle::leave(const Address& client, Cause cause, Mono now) {
  const auto place = accounts_.find(source_of(client));
  if (place == accounts_.end() || place->second.live == 0) return {};
  Account& account = place->second;
  decay(account, now);
  const unsigned points = causes[static_cast<std::size_t>(cause)].points;
  // Never above twice the limit, so that the wait of the worst is bounded, too.
  account.score = std::min(account.score + points, 2.0 * limits_.penalty_limit);
  const bool was_refused = account.refused;
  account.refused = was_refused || account.score >= limits_.penalty_limit;
  if (--account.live == 0) account.idle = idle_.insert(idle_.end(), place->first);
  Penalty penalty;
  penalty.score = static_cast<std::uint32_t>(std::lround(account.score));
  penalty.added = points > 0;
  penalty.refused = account.refused && !was_refused;
  return penalty;
}

}  // namespace postern
