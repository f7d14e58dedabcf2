// The throttle: when a guess is judged, who slows whom, and what fills its table.
#include "authd/lockout.h"

#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr Mono start{1'000'000'000};

// The third failure of a source brings its first delay.
constexpr LockoutRules strict() {
  LockoutRules made;
  made.free_failures = 2;
  return made;
}
constexpr LockoutRules rules = strict();

Attempt from(std::string_view place, std::string_view user = "alice") {
  return {std::string(user), std::string(place)};
}
// How long `attempt` would have to wait at `now`.
Duration wait(const Lockout& lockout, const Attempt& attempt, Mono now) {
  return lockout.delay_until(attempt, now) - now;
}
void fail_times(Lockout& lockout, const Attempt& attempt, int times, Mono now = start) {
  for (int i = 0; i < times; ++i) lockout.failed(attempt, now);
}

}  // namespace

TEST_CASE("one source waits twice as long after each failure, up to the limit", "[lockout]") {
  const auto [failures, delay] = GENERATE(table<int, std::int64_t>({{0, 0},
                                                                    {1, 0},
                                                                    {2, 0},
                                                                    {3, 1},
                                                                    {4, 2},
                                                                    {5, 4},
                                                                    {8, 32},
                                                                    {12, 512},
                                                                    {13, 900},
                                                                    {14, 900},
                                                                    {99, 900}}));
  CAPTURE(failures);
  Lockout lockout(rules);
  const Attempt one = from("192.0.2.1");
  fail_times(lockout, one, failures);
  CHECK(wait(lockout, one, start) == seconds(delay));
}

TEST_CASE("a guess is refused until the very moment and judged from then on", "[lockout]") {
  Lockout lockout(rules);
  fail_times(lockout, from("192.0.2.1"), 8);
  const Mono until = start + seconds(32);
  const Attempt again = from("192.0.2.1");
  CHECK(lockout.delay_until(again, until - seconds(60)) == until);  // a clock read earlier
  CHECK(lockout.delay_until(again, until - Duration{1}) == until);
  CHECK(lockout.delay_until(again, until) == until);
  CHECK(lockout.delay_until(again, until + seconds(60)) == until + seconds(60));
}

TEST_CASE("names that do not exist are counted like those that do", "[lockout]") {
  Lockout real(rules), invented(rules);
  for (int i = 0; i < 150; ++i) {
    const std::string source = "198.51.100." + std::to_string(i % 7);
    const Mono now = start + seconds(i * 20);
    CHECK(real.delay_until(from(source, "alice"), now) == invented.delay_until(from(source, "zoe"), now));
    real.failed(from(source, "alice"), now);
    invented.failed(from(source, "zoe"), now);
  }
}

TEST_CASE("failures of one source, or at one user, slow nobody else", "[lockout]") {
  Lockout lockout(rules);
  fail_times(lockout, from("192.0.2.1"), 200);
  CHECK(wait(lockout, from("192.0.2.1"), start) == seconds(900));
  CHECK(wait(lockout, from("192.0.2.2"), start) == Duration{});
  CHECK(wait(lockout, from("192.0.2.1", "bob"), start) == Duration{});
}

TEST_CASE("a success forgives its own source and no other", "[lockout]") {
  Lockout lockout(rules);
  fail_times(lockout, from("192.0.2.1"), 5);
  fail_times(lockout, from("192.0.2.2"), 5);
  fail_times(lockout, from("192.0.2.1", "bob"), 5);
  lockout.succeeded(from("192.0.2.1"));
  CHECK(wait(lockout, from("192.0.2.1"), start) == Duration{});
  CHECK(wait(lockout, from("192.0.2.2"), start) == seconds(4));
  CHECK(wait(lockout, from("192.0.2.1", "bob"), start) == seconds(4));
}

TEST_CASE("failures are forgotten an hour after the last one, not before", "[lockout]") {
  Lockout lockout(rules);
  fail_times(lockout, from("192.0.2.1"), 12);
  const Mono before = start + seconds(3600) - Duration{1}, at = start + seconds(3600);
  Lockout one_more = lockout;
  one_more.failed(from("192.0.2.1"), before);
  CHECK(wait(one_more, from("192.0.2.1"), before) == seconds(900));
  one_more = lockout;
  one_more.failed(from("192.0.2.1"), at);
  CHECK(wait(one_more, from("192.0.2.1"), at) == Duration{});
}

TEST_CASE("a delay longer than failures are remembered is served to its end", "[lockout]") {
  LockoutRules long_delay = rules;
  long_delay.max_delay = seconds(86'400);
  long_delay.forget = seconds(60);
  Lockout lockout(long_delay);
  const Attempt one = from("192.0.2.1");
  fail_times(lockout, one, 60);
  const Mono until = start + seconds(86'400);
  CHECK(lockout.delay_until(one, until - Duration{1}) == until);
  CHECK(lockout.delay_until(one, until) == until);
}

TEST_CASE("unlock forgets all about one user", "[lockout]") {
  Lockout lockout(rules);
  for (int i = 0; i < 150; ++i) {
    lockout.failed(from("192.0.2.1", "al"), start);
    lockout.failed(from("192.0.2.1", "ali"), start);
  }
  lockout.unlock("al");
  CHECK(wait(lockout, from("192.0.2.1", "al"), start) == Duration{});
  CHECK(wait(lockout, from("192.0.2.1", "ali"), start) == seconds(900));
  lockout.unlock("nobody-here");
  CHECK(lockout.size() == 1);
}

TEST_CASE("the table is bounded, and light rows do not wash out heavy ones", "[lockout]") {
  LockoutRules small = rules;
  small.entries = 10;
  Lockout lockout(small);
  fail_times(lockout, from("192.0.2.1"), 12);
  for (int i = 0; i < 1000; ++i) lockout.failed(from("198.51.100.1", "u" + std::to_string(i)), start + seconds(1));
  CHECK(lockout.size() == 10);
  CHECK(wait(lockout, from("192.0.2.1"), start) == seconds(512));
}

TEST_CASE("a forgotten row makes room before one that still counts", "[lockout]") {
  LockoutRules small = rules;
  small.entries = 2;
  Lockout lockout(small);
  fail_times(lockout, from("192.0.2.1"), 50, start);
  const Mono later = start + seconds(3700);
  fail_times(lockout, from("192.0.2.2"), 4, later);
  fail_times(lockout, from("192.0.2.3"), 4, later);
  CHECK(wait(lockout, from("192.0.2.2"), later) == seconds(2));
  CHECK(wait(lockout, from("192.0.2.3"), later) == seconds(2));
}

TEST_CASE("odd rules do not hang or overflow", "[lockout]") {
  LockoutRules odd = rules;
  odd.free_failures = 0;
  odd.first_delay = {};
  Lockout lockout(odd);
  fail_times(lockout, from("192.0.2.1"), 1000);
  CHECK(wait(lockout, from("192.0.2.1"), start) == Duration{});
  odd.first_delay = seconds(86'400 * 365);
  lockout.set_rules(odd);
  CHECK(wait(lockout, from("192.0.2.1"), start) == seconds(900));
}
