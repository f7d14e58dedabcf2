// The throttle in front of the vault: it decides whether a login is looked at now.  Only
// the vault calls it, before anything else of a login.  It has no clock, no file and
// no knowledge of who exists; it must never be told whether a passcode or a PIN was the
// wrong part.
#include "authd/lockout.h"

#include <algorithm>

namespace postern::authd {
namespace {

// 0 for up to `free` failures, then first, 2*first, 4*first ... up to `most`.
Duration delay_after(std::uint32_t failures, std::uint32_t free, Duration first, Duration most) {
  if (failures <= free) return {};
  Duration delay = std::min(first, most);
  // 40 doublings take a microsecond beyond any delay that a configuration can name.
  const std::uint32_t doublings = std::min(failures - free - 1, 40u);
  for (std::uint32_t i = 0; i < doublings && delay < most; ++i) delay = delay + delay;
  return std::min(delay, most);
}

// A blank stands in no user name that exists and in no address.
std::string pair_key(const Attempt& attempt) {
  return std::string(attempt.user) + " " + std::string(attempt.source);
}

template <class Table>
auto find(const Table& table, std::string_view key) -> decltype(&table.begin()->second) {
  const auto found = table.find(key);
  return found == table.end() ? nullptr : &found->second;
}

void add_one(std::uint32_t& count) { count += count < UINT32_MAX ? 1 : 0; }

}  // namespace

void Lockout::set_rules(const LockoutRules& rules) {
  rules_ = rules;
  // A delay that outlived the failures behind it would end with them.
  rules_.forget = std::max({rules.forget, rules.max_delay, rules.user_max_delay});
}

bool Lockout::stands(const Row& row, Mono now) const { return now - row.last < rules_.forget; }

Mono Lockout::delay_until(const Attempt& attempt, Mono now) const {
  Mono until = now;
  const Row* pair = find(pairs_, pair_key(attempt));
  if (pair && stands(*pair, now))
    until = std::max(until, pair->last + delay_after(pair->failures, rules_.free_failures,
                                                     rules_.first_delay, rules_.max_delay));
  const Row* user = attempt.known_source ? nullptr : find(users_, attempt.user);
  if (!user) return until;
  if (stands(*user, now))
    until = std::max(until, user->last + delay_after(user->failures, rules_.user_free_failures,
                                                     rules_.user_first_delay,
                                                     rules_.user_max_delay));
  const std::uint32_t held = user->day == attempt.day ? user->guesses : 0;
  if (std::max(held, attempt.stored_guesses) >= rules_.guesses_per_day)
    until = std::max(until, user->last + rules_.daily_delay);
  return until;
}

void Lockout::failed(const Attempt& attempt, Mono now) {
  Row& pair = row_for(pairs_, pair_key(attempt), now);
  add_one(pair.failures);
  pair.last = now;
  if (attempt.known_source) return;
  Row& user = row_for(users_, std::string(attempt.user), now);
  add_one(user.failures);
  user.last = now;
  if (user.day != attempt.day) user.guesses = 0;
  user.day = attempt.day;
  add_one(user.guesses);
}

void Lockout::succeeded(const Attempt& attempt) { pairs_.erase(pair_key(attempt)); }

void Lockout::unlock(std::string_view user) {
  const auto row = users_.find(user);
  if (row != users_.end()) users_.erase(row);
  const std::string prefix = std::string(user) + " ";
  auto pair = pairs_.lower_bound(prefix);
  while (pair != pairs_.end() && pair->first.starts_with(prefix)) pair = pairs_.erase(pair);
}

// The row of `key`, made when there is none.  One whose failures are forgotten starts
// anew; its guesses of the day do not.
Lockout::Row& Lockout::row_for(Table& table, const std::string& key, Mono now) {
  const auto found = table.find(key);
  if (found == table.end()) {
    make_room(table, now);
    return table[key];
  }
  if (!stands(found->second, now)) found->second.failures = 0;
  return found->second;
}

// Drops the row that matters least: one that is forgotten, else the one with the fewest
// failures, of those the oldest.  So nobody can wash a well-filled row out of the table
// without as many failures of his own in every other row.
void Lockout::make_room(Table& table, Mono now) const {
  if (table.size() < rules_.entries) return;
  const auto weight = [&](const Row& row) {
    const std::uint32_t failures = stands(row, now) ? row.failures : 0;
    return std::max(failures, row.guesses);
  };
  const auto lighter = [&](const auto& a, const auto& b) {
    const std::uint32_t wa = weight(a.second), wb = weight(b.second);
    return wa != wb ? wa < wb : a.second.last < b.second.last;
  };
  table.erase(std::min_element(table.begin(), table.end(), lighter));
}

}  // namespace postern::authd
