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

// A blank stands in no user name that exists and in no place.
std::string key_of(const Attempt& attempt) {
  return attempt.user + " " + attempt.place;
}

}  // namespace

void Lockout::set_rules(const LockoutRules& rules) {
  rules_ = rules;
  // A delay that outlived the failures behind it would end with them.
  rules_.forget = std::max(rules.forget, rules.max_delay);
}

bool Lockout::stands(const Row& row, Mono now) const { return now - row.last < rules_.forget; }

Mono Lockout::delay_until(const Attempt& attempt, Mono now) const {
  const auto row = rows_.find(key_of(attempt));
  if (row == rows_.end() || !stands(row->second, now)) return now;
  return std::max(now, row->second.last + delay_after(row->second.failures, rules_.free_failures,
                                                      rules_.first_delay, rules_.max_delay));
}

// One whose failures are forgotten starts anew.
void Lockout::failed(const Attempt& attempt, Mono now) {
  const std::string key = key_of(attempt);
  if (!rows_.contains(key)) make_room(now);
  Row& row = rows_[key];
  if (!stands(row, now)) row.failures = 0;
  row.failures += row.failures < UINT32_MAX ? 1 : 0;
  row.last = now;
}

void Lockout::succeeded(const Attempt& attempt) { rows_.erase(key_of(attempt)); }

void Lockout::unlock(std::string_view user) {
  const std::string prefix = std::string(user) + " ";
  auto row = rows_.lower_bound(prefix);
  while (row != rows_.end() && row->first.starts_with(prefix)) row = rows_.erase(row);
}

// Drops the row that matters least: one that is forgotten, else the one with the fewest
// failures, of those the oldest.  So nobody can wash a well-filled row out of the table
// without as many failures of his own in every other row.
void Lockout::make_room(Mono now) {
  if (rows_.size() < rules_.entries) return;
  const auto weight = [&](const Row& row) { return stands(row, now) ? row.failures : 0; };
  const auto lighter = [&](const auto& a, const auto& b) {
    const std::uint32_t wa = weight(a.second), wb = weight(b.second);
    return wa != wb ? wa < wb : a.second.last < b.second.last;
  };
  rows_.erase(std::min_element(rows_.begin(), rows_.end(), lighter));
}

}  // namespace postern::authd
