// The arithmetic behind the ceiling on guesses; authd.conf(5) shows it with numbers, and a
// test holds the two together.  Only the vault calls this.  Never put here: who is a
// stranger, or what a guess was.
#include "authd/allowance.h"

#include <algorithm>

namespace postern::authd {
namespace {

constexpr std::int64_t day = 86'400;
constexpr std::uint32_t odds = 10'000;  // against a blind guess, each day

std::uint32_t codes_of(std::uint32_t digits) {
  std::uint32_t codes = 1;
  for (std::uint32_t i = 0; i < digits; ++i) codes *= 10;
  return codes;
}

// Three quarters of it at once.  After `burst` guesses at one moment the next come at 1, 2,
// 3 ... intervals, so `a_day - burst` of them fall within the day that began with the first.
Allowance share_of(std::uint32_t a_day) {
  const std::uint32_t burst = a_day - a_day / 4, later = a_day - burst + 1;
  return {a_day, burst, (day + later - 1) / later};
}

// As it is now: a clock that went back never makes the wait longer than it can be.
std::int64_t due_now(const Allowance& allowance, std::int64_t due, Wall now) {
  return std::clamp(due, now.s, now.s + allowance.burst * allowance.interval);
}

}  // namespace

// For TOTP the window around the server's clock and that around the token's own.
std::uint32_t passcodes_hit(const TokenShape& shape, const Windows& windows) {
  if (shape.kind == TokenKind::hotp) return windows.hotp + 1;
  return 2 * (2 * windows.totp + 1);
}

// a_day * passcodes_hit / codes < 1 / odds, both shares together.
Allowances allowances_of(const TokenShape& shape, const Windows& windows) {
  const std::uint32_t most = (codes_of(shape.digits) / odds - 1) / passcodes_hit(shape, windows);
  const std::uint32_t strange = most / 2;
  return {share_of(strange), share_of(most - strange)};
}

bool may_guess(const Allowance& allowance, std::int64_t due, Wall now) {
  const std::int64_t used = due_now(allowance, due, now) - now.s;
  return used + allowance.interval <= allowance.burst * allowance.interval;
}

std::int64_t due_after_guess(const Allowance& allowance, std::int64_t due, Wall now) {
  return due_now(allowance, due, now) + allowance.interval;
}

std::uint32_t guesses_held(const Allowance& allowance, std::int64_t due, Wall now) {
  const std::int64_t used = due_now(allowance, due, now) - now.s;
  return static_cast<std::uint32_t>((used + allowance.interval - 1) / allowance.interval);
}

}  // namespace postern::authd
