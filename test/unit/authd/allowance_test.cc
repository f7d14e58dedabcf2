// The ceiling on guesses: its arithmetic for every token there can be, and its clock.
#include "authd/allowance.h"

#include <deque>

#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr Wall noon{1'700'000'010};
constexpr Allowance eight{8, 6, 28'800};

// Guesses at every moment at which one is judged, for five days: the most in any 24 hours.
std::size_t most_in_a_day(const Allowance& allowance) {
  std::deque<std::int64_t> last_day;
  std::int64_t due = 0;
  std::size_t most = 0;
  for (Wall now = noon; now.s < noon.s + 5 * 86'400; now.s += 60) {
    while (!last_day.empty() && last_day.front() <= now.s - 86'400) last_day.pop_front();
    while (may_guess(allowance, due, now)) {
      due = due_after_guess(allowance, due, now);
      last_day.push_back(now.s);
    }
    most = std::max(most, last_day.size());
  }
  return most;
}

}  // namespace

TEST_CASE("a blind guess hits less than once in 10,000 days, whatever the token and the windows",
          "[allowance]") {
  const auto digits = GENERATE(range(6u, 9u));
  const auto kind = GENERATE(TokenKind::totp, TokenKind::hotp);
  const double codes = digits == 6 ? 1e6 : digits == 7 ? 1e7 : 1e8;
  TokenShape shape;
  shape.digits = digits;
  shape.kind = kind;
  for (std::uint32_t window = 0; window <= (kind == TokenKind::totp ? 10 : 48); ++window) {
    CAPTURE(digits, window);
    Windows windows;
    (kind == TokenKind::totp ? windows.totp : windows.hotp) = window;
    REQUIRE(is_sound(windows));
    const auto [strange, known] = allowances_of(shape, windows);
    CHECK(strange.a_day >= 1);
    CHECK(known.a_day >= strange.a_day);
    CHECK((strange.a_day + known.a_day) * passcodes_hit(shape, windows) / codes < 1e-4);
  }
}

TEST_CASE("the numbers in the manual are those", "[allowance]") {
  struct Row {
    TokenKind kind;
    std::uint32_t digits, window, hit, strange, known;
  };
  const Row row = GENERATE(values<Row>({{TokenKind::totp, 6, 1, 6, 8, 8},
                                        {TokenKind::totp, 6, 2, 10, 4, 5},
                                        {TokenKind::totp, 6, 10, 42, 1, 1},
                                        {TokenKind::hotp, 6, 10, 11, 4, 5},
                                        {TokenKind::hotp, 6, 48, 49, 1, 1},
                                        {TokenKind::totp, 7, 1, 6, 83, 83},
                                        {TokenKind::hotp, 8, 10, 11, 454, 455}}));
  TokenShape shape;
  shape.kind = row.kind;
  shape.digits = row.digits;
  Windows windows;
  (row.kind == TokenKind::totp ? windows.totp : windows.hotp) = row.window;
  CHECK(passcodes_hit(shape, windows) == row.hit);
  const auto [strange, known] = allowances_of(shape, windows);
  CHECK(strange.a_day == row.strange);
  CHECK(known.a_day == row.known);
}

TEST_CASE("in no 24 hours are there more guesses than a day's", "[allowance]") {
  const auto digits = GENERATE(6u, 7u);
  const auto window = GENERATE(range(0u, 11u));
  TokenShape shape;
  shape.digits = digits;
  Windows windows;
  windows.totp = window;
  const auto [strange, known] = allowances_of(shape, windows);
  for (const Allowance& share : {strange, known}) {
    CAPTURE(digits, window, share.a_day);
    CHECK(most_in_a_day(share) <= share.a_day);
    CHECK(most_in_a_day(share) * 4 >= share.a_day * 3);  // and it is not far below
  }
}

TEST_CASE("three quarters of an allowance are there at once, the rest comes one by one", "[allowance]") {
  std::int64_t due = 0;
  for (int i = 0; i < 6; ++i) {
    CHECK(guesses_held(eight, due, noon) == static_cast<std::uint32_t>(i));
    REQUIRE(may_guess(eight, due, noon));
    due = due_after_guess(eight, due, noon);
  }
  CHECK(guesses_held(eight, due, noon) == 6);
  CHECK_FALSE(may_guess(eight, due, noon));
  CHECK_FALSE(may_guess(eight, due, Wall{noon.s + 28'799}));
  CHECK(may_guess(eight, due, Wall{noon.s + 28'800}));
  due = due_after_guess(eight, due, Wall{noon.s + 28'800});
  CHECK_FALSE(may_guess(eight, due, Wall{noon.s + 28'801}));
  CHECK(guesses_held(eight, due, Wall{noon.s + 7 * 28'800}) == 0);
}

TEST_CASE("a clock that went back does not make the wait longer than it can be", "[allowance]") {
  std::int64_t due = noon.s + 365 * 86'400;
  CHECK(guesses_held(eight, due, noon) == 6);
  CHECK_FALSE(may_guess(eight, due, noon));
  CHECK(due_after_guess(eight, due, noon) == noon.s + 7 * 28'800);
  due = noon.s - 1000;
  CHECK(due_after_guess(eight, due, noon) == noon.s + 28'800);
}
