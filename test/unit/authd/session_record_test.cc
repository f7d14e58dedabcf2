// The clocks of a session over a new start of the process and of the machine: never later
// than they were, and never back because the wall clock went back.

#include "authd/session_record.h"

#include <random>

#include "unit/authd/rows.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr std::int64_t s = 1'000'000;

Session session_at(Mono created, Mono used, std::int64_t login) {
  Session session;
  session.hash.fill(std::byte{7});
  session.made = {.user = UserName("kate"),
                  .client = Address::parse("192.0.2.1").value(),
                  .connection = 99,
                  .login = {login},
                  .last_login = 11,
                  .last_source = Address::parse("2001:db8::9").value(),
                  .failures = 2,
                  .logouts = 3,
                  .last_logout = 12};
  session.sid = Sid("abcdefghijkm");
  session.bound_v4 = session.made.client;
  session.bound_v6 = Address::parse("2001:db8::1").value();
  session.created = created;
  session.used = used;
  return session;
}

}  // namespace

TEST_CASE("the kernel's boot id is 32 hex digits, and nothing else will do", "[sessions][persist]") {
  const auto id = parse_boot_id("00112233-4455-6677-8899-aabbccddeeff\n");
  REQUIRE(id);
  for (std::size_t i = 0; i < id->size(); ++i) CHECK((*id)[i] == static_cast<std::byte>(i * 0x11));
  for (const char* bad : {"", "\n", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeff0",
                          "00112233-4455-6677-8899-aabbccddeefg", "00112233 4455-6677-8899-aabbccddeeff",
                          "00112233-4455-6677-8899-AABBCCDDEEFF"})
    CHECK_FALSE(parse_boot_id(bad));
}

TEST_CASE("how long ago something was, by the clock that can be trusted", "[sessions][persist]") {
  const std::int64_t ago = ages.seconds();
  struct Row {
    const char* what;
    Stamp then, now;
    std::int64_t seen;     // wall
    std::int64_t seconds;  // expected
  };
  const Row rows[] = {
      {"same boot, both clocks agree", stamp_of(1, 100 * s, 5000), stamp_of(1, 160 * s, 5060), 5050, 60},
      {"same boot, the wall clock a second off by rounding", stamp_of(1, 100 * s, 5000), stamp_of(1, 160 * s, 5061), 5050, 60},
      {"same boot, the wall clock went ahead", stamp_of(1, 100 * s, 5000), stamp_of(1, 160 * s, 9000), 5050, 3999},
      {"same boot, the wall clock went back", stamp_of(1, 100 * s, 5000), stamp_of(1, 160 * s, 4000), 5050, 60},
      {"same boot, the wall clock went back to nothing", stamp_of(1, 100 * s, 5000), stamp_of(1, 160 * s, 0), 5050, 60},
      {"same boot, but its clock went back: impossible", stamp_of(1, 100 * s, 5000), stamp_of(1, 99 * s, 5060), 5050, ago},
      {"another boot, rounded up", stamp_of(1, 100 * s, 5000), stamp_of(2, 10 * s, 5060), 5050, 61},
      {"another boot, at the last moment that was seen", stamp_of(1, 100 * s, 5000), stamp_of(2, 10 * s, 5050), 5050, 51},
      {"another boot, a second before that", stamp_of(1, 100 * s, 5000), stamp_of(2, 10 * s, 5049), 5050, ago},
      {"another boot, before it was", stamp_of(1, 100 * s, 5000), stamp_of(2, 10 * s, 4999), 0, ago},
      {"another boot, the wall clock at nothing", stamp_of(1, 100 * s, 5000), stamp_of(2, 10 * s, 0), 5050, ago},
      {"another boot, a clock that could not be read", stamp_of(1, 100 * s, 5000), stamp_of(2, 10 * s, 5060), INT64_MAX, ago},
      {"another boot, a hundred years later", stamp_of(1, 100 * s, 5000), stamp_of(2, 10 * s, 3'200'000'000), 5050, ago},
      {"same boot, a hundred years later", stamp_of(1, 0, 5000), stamp_of(1, 3'200'000'000 * s, 5000), 5050, ago},
      {"an age before the boot began", stamp_of(1, -500 * s, 5000), stamp_of(1, 100 * s, 5600), 5050, 600},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(time_since(row.then, row.now, row.seen).us == row.seconds * s);
  }
}

TEST_CASE("within one boot no clock of a session moves, whatever the wall clock did", "[sessions][persist]") {
  const Session before = session_at(Mono{100 * s + 7}, Mono{150 * s + 9}, 5000);
  const SessionRow row = row_of(4, before, stamp_of(1, 160 * s, 5061));
  for (const std::int64_t wall : {0, 4000, 5000, 5080}) {
    const Session back = session_of(row, stamp_of(1, 180 * s, wall), 5061);
    CHECK(back.created == before.created);
    CHECK(back.used == before.used);
    CHECK_FALSE(back.other_boot);
    CHECK(back.old_use.s == 0);
    CHECK(same_row(row_of(4, back, stamp_of(1, 160 * s, 5061)), row));
  }
}

TEST_CASE("over a new boot the wall clock gives the age, never too low", "[sessions][persist]") {
  const Session before = session_at(Mono{100 * s}, Mono{150 * s}, 5000);
  const SessionRow row = row_of(4, before, stamp_of(1, 160 * s, 5060));
  const Stamp now = stamp_of(2, 10 * s, 5200);
  const Session back = session_of(row, now, 5060);
  CHECK(Mono{now.mono} - back.created == seconds(201));
  CHECK(Mono{now.mono} - back.used == seconds(151));
  CHECK(back.other_boot);
  CHECK(back.old_use.s == 5050);
  CHECK(back.made.user.view() == "kate");
  CHECK(back.made.login.s == 5000);
  CHECK(back.made.failures == 2);
  CHECK(back.made.logouts == 3);
  CHECK(back.bound_v6 == before.bound_v6);
  CHECK(back.hash == before.hash);
  // And once more: what was written in the second boot is read in a third one.
  const SessionRow again = row_of(4, back, stamp_of(2, 20 * s, 5210));
  const Session third = session_of(again, stamp_of(3, 5 * s, 5300), 5210);
  CHECK(Mono{5 * s} - third.created >= seconds(300));
  CHECK(Mono{5 * s} - third.used >= seconds(250));
}

TEST_CASE("a login under a wall clock that was ahead is written down as older", "[sessions][persist]") {
  const Session before = session_at(Mono{100 * s}, Mono{100 * s}, 9000);  // then it was set back to 5000
  const SessionRow row = row_of(4, before, stamp_of(1, 160 * s, 5060));
  CHECK(row.created.wall == 5000);
  CHECK(row.used.wall == 5000);
  const SessionRow forward = row_of(4, session_at(Mono{100 * s}, Mono{100 * s}, 5000), stamp_of(1, 160 * s, 9060));
  CHECK(forward.created.wall == 5000);
}

TEST_CASE("no age that is read back is too low, with clocks that tell the truth or went ahead", "[sessions][persist]") {
  std::mt19937_64 random(20261126);
  const auto draw = [&](std::int64_t most) { return std::uniform_int_distribution<std::int64_t>(0, most)(random); };
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t start = draw(2'000'000'000) * s + draw(s - 1);  // true time, microseconds
    const std::int64_t created = draw(40'000 * s), used = created + draw(20'000 * s),
                       written = used + draw(60 * s), read = written + draw(50'000 * s);
    std::int64_t ahead = 0;
    const auto wall = [&](std::int64_t at) { return (start + at) / s + ahead; };
    const SessionRow row = row_of(1, session_at(Mono{created}, Mono{used}, wall(created)), stamp_of(1, written, wall(written)));
    const std::int64_t seen = wall(written);
    ahead = draw(1) * draw(5000);
    const bool same = draw(1) == 1;
    const std::int64_t mono = same ? read : draw(1000 * s);
    const Session back = session_of(row, stamp_of(same ? 1 : 2, mono, wall(read)), seen);
    REQUIRE((Mono{mono} - back.created).us >= std::min(read - created, ages.us));
    REQUIRE((Mono{mono} - back.used).us >= std::min(read - used, ages.us));
  }
}
