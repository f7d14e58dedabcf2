// How sources of connections are counted, slowed down and refused.
#include "common/throttle.h"

#include <set>
#include <vector>

#include "unit/catch.h"

using namespace postern;

namespace {

Address ip(const char* text) {
  const auto parsed = Address::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

SourceLimits limits(std::uint32_t live, std::uint32_t per_minute = 1000,
                    std::uint32_t penalty_limit = 100) {
  SourceLimits made;
  made.live = live;
  made.per_minute = per_minute;
  made.penalty_limit = penalty_limit;
  made.penalty_halving = seconds(60);
  return made;
}

constexpr Mono start{1'000'000'000};

}  // namespace

TEST_CASE("a source has as many connections as it may have, and no more", "[throttle]") {
  Throttle throttle(limits(3));
  const Address a = ip("192.0.2.1"), b = ip("192.0.2.2");
  for (int i = 0; i < 3; ++i) CHECK(throttle.admit(a, start) == Admission::admitted);
  CHECK(throttle.admit(a, start) == Admission::too_many);
  CHECK(throttle.admit(b, start) == Admission::admitted);
  throttle.leave(a, Cause::served, start);
  CHECK(throttle.admit(a, start) == Admission::admitted);
  CHECK(throttle.admit(a, start) == Admission::too_many);
}

TEST_CASE("all of an IPv6 /64 is one source, and its neighbour is another", "[throttle]") {
  Throttle throttle(limits(1));
  CHECK(throttle.admit(ip("2001:db8:0:1::1"), start) == Admission::admitted);
  CHECK(throttle.admit(ip("2001:db8:0:1:ffff::2"), start) == Admission::too_many);
  CHECK(throttle.admit(ip("2001:db8:0:2::1"), start) == Admission::admitted);
  throttle.leave(ip("2001:db8:0:1:abcd::9"), Cause::served, start);
  CHECK(throttle.admit(ip("2001:db8:0:1::1"), start) == Admission::admitted);
}

TEST_CASE("new connections come at the permitted rate", "[throttle]") {
  Throttle throttle(limits(100, 6));
  const Address a = ip("192.0.2.1");
  for (int i = 0; i < 6; ++i) CHECK(throttle.admit(a, start) == Admission::admitted);
  CHECK(throttle.admit(a, start) == Admission::too_fast);
  CHECK(throttle.admit(a, start + seconds(9)) == Admission::too_fast);
  CHECK(throttle.admit(a, start + seconds(11)) == Admission::admitted);
  CHECK(throttle.admit(a, start + seconds(11)) == Admission::too_fast);
  // A long rest gives one minute's worth, not more.
  int admitted = 0;
  while (throttle.admit(a, start + seconds(10'000)) == Admission::admitted) ++admitted;
  CHECK(admitted == 6);
}

TEST_CASE("points add up, and at the limit the source waits until half of them are gone",
          "[throttle]") {
  Throttle throttle(limits(100));
  const Address a = ip("192.0.2.1");
  const auto one = [&](Cause cause, Mono now) {
    REQUIRE(throttle.admit(a, now) == Admission::admitted);
    return throttle.leave(a, cause, now);
  };
  const Penalty first = one(Cause::crashed, start);
  CHECK(first.added);
  CHECK_FALSE(first.refused);
  const Penalty second = one(Cause::crashed, start);
  CHECK(second.refused);
  CHECK(second.score == 120);
  CHECK(throttle.admit(a, start) == Admission::penalised);
  CHECK(throttle.admit(a, start + seconds(60)) == Admission::penalised);  // 60 are left
  CHECK(throttle.admit(a, start + seconds(76)) == Admission::admitted);   // under 50
  CHECK(throttle.admit(ip("192.0.2.2"), start) == Admission::admitted);
}

TEST_CASE("what was served costs nothing, and every misdeed costs something", "[throttle]") {
  for (int c = 0; c <= static_cast<int>(Cause::last); ++c) {
    const auto cause = static_cast<Cause>(c);
    Throttle throttle(limits(10));
    throttle.admit(ip("192.0.2.1"), start);
    const Penalty penalty = throttle.leave(ip("192.0.2.1"), cause, start);
    CAPTURE(c, word_of(cause));
    const bool harmless = cause == Cause::none || cause == Cause::served;
    CHECK(penalty.added == !harmless);
    CHECK((penalty.score == 0) == harmless);
  }
}

TEST_CASE("the wait of the worst source is bounded", "[throttle]") {
  Throttle throttle(limits(1000, 10'000));
  const Address a = ip("192.0.2.1");
  for (int i = 0; i < 500; ++i) REQUIRE(throttle.admit(a, start) == Admission::admitted);
  for (int i = 0; i < 500; ++i) throttle.leave(a, Cause::crashed, start);
  CHECK(throttle.admit(a, start + seconds(119)) == Admission::penalised);
  CHECK(throttle.admit(a, start + seconds(121)) == Admission::admitted);
}

TEST_CASE("the longest idle source is forgotten first, a live one never", "[throttle]") {
  Throttle throttle(limits(5), 3);
  const Address a = ip("192.0.2.1"), b = ip("192.0.2.2"), c = ip("192.0.2.3"), d = ip("192.0.2.4");
  throttle.admit(a, start);
  throttle.admit(b, start);
  throttle.admit(c, start);
  CHECK(throttle.admit(d, start) == Admission::full);
  throttle.leave(b, Cause::unparsable, start);
  throttle.leave(a, Cause::unparsable, start + seconds(1));
  CHECK(throttle.admit(d, start + seconds(1)) == Admission::admitted);  // in the place of b
  CHECK(throttle.sources() == 3);
  REQUIRE(throttle.admit(a, start + seconds(1)) == Admission::admitted);
  CHECK(throttle.leave(a, Cause::unparsable, start + seconds(1)).score == 40);
  throttle.leave(d, Cause::served, start + seconds(2));
  REQUIRE(throttle.admit(b, start + seconds(2)) == Admission::admitted);
  CHECK(throttle.leave(b, Cause::unparsable, start + seconds(2)).score == 20);  // a fresh account
}

TEST_CASE("leaving without having come changes nothing, and no address has no account",
          "[throttle]") {
  Throttle throttle(limits(1));
  CHECK_FALSE(throttle.leave(ip("192.0.2.1"), Cause::crashed, start).added);
  CHECK(throttle.sources() == 0);
  CHECK(throttle.admit(Address(), start) == Admission::full);
  throttle.admit(ip("192.0.2.1"), start);
  throttle.leave(ip("192.0.2.1"), Cause::served, start);
  throttle.leave(ip("192.0.2.1"), Cause::served, start);
  CHECK(throttle.admit(ip("192.0.2.1"), start) == Admission::admitted);
  CHECK(throttle.admit(ip("192.0.2.1"), start) == Admission::too_many);
}
