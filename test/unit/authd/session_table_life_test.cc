// The session table as it lasts: brought over from before, given new cookies, and as full
// as it is made for.

#include <fcntl.h>
#include <sys/resource.h>

#include <fstream>
#include <set>
#include <string>

#include "authd/session_table.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr Mono t0{5'000'000'000};
constexpr Wall day{1'700'000'000};

Address at(const char* text) { return Address::parse(text).value(); }

SessionRules rules_for(std::uint32_t most, std::uint32_t per_user = 10) {
  return {.lifetime = seconds(8 * 3600), .idle = seconds(30 * 60), .bind = Bind::exact,
          .max_sessions = most, .sessions_per_user = per_user};
}

struct Room {
  GenerationPage page;
  SessionTable table;
  GenerationReader reader;

  explicit Room(const SessionRules& rules)
      : page(GenerationPage::make(rules.max_sessions).value()),
        table(page, rules),
        reader(GenerationReader::map(UniqueFd::adopt(::fcntl(page.reading_fd(), F_DUPFD_CLOEXEC, 0))).value()) {}

  Created log_in(std::string_view user, const Address& client, Mono now = t0) {
    NewSession made;
    made.user = UserName(user);
    made.client = client;
    made.login = day;
    Result<Created> created = table.create(made, now);
    REQUIRE(created);
    return std::move(*created);
  }
  bool stands(std::uint32_t slot, std::uint64_t generation, Mono now = t0) {
    page.beat(now);
    return reader.stands(page.epoch(), slot, generation, now);
  }
};

// What this process holds in memory, in KiB.
std::size_t resident() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  return 0;
}

Session session_of(const char* user, unsigned char fill, Mono created = t0) {
  Session session;
  session.hash.fill(std::byte{fill});
  session.made.user = UserName(user);
  session.made.login = day;
  session.sid = Sid("sid" + std::to_string(fill));
  session.bound_v4 = at("192.0.2.1");
  session.created = session.used = created;
  return session;
}

}  // namespace

TEST_CASE("sessions are put back into their slots, and others find room beside them", "[sessions][persist]") {
  Room room(rules_for(6));
  REQUIRE(room.table.restore(1, session_of("kate", 1)));
  REQUIRE(room.table.restore(4, session_of("hugo", 4)));
  CHECK_FALSE(room.table.restore(4, session_of("kate", 9)));   // taken
  CHECK_FALSE(room.table.restore(3, session_of("kate", 4)));   // a hash that there is
  CHECK_FALSE(room.table.restore(6, session_of("kate", 9)));   // no such slot
  CHECK(room.table.size() == 2);
  std::set<std::uint32_t> slots;
  for (int i = 0; i < 4; ++i) slots.insert(room.log_in("ada", at("192.0.2.7")).slot);
  CHECK(slots == std::set<std::uint32_t>{0, 2, 3, 5});
  CHECK_FALSE(room.table.restore(0, session_of("kate", 9)));   // full
  REQUIRE(room.table.end_user("kate").size() == 1);
  CHECK(room.table.restore(1, session_of("kate", 9)));
  CHECK(room.table.slots_of("kate") == std::vector<std::uint32_t>{1});
  CHECK(room.table.slots_of("nobody").empty());
}

TEST_CASE("a session that is put back when its time is over stands nowhere, and is swept", "[sessions][persist]") {
  Room room(rules_for(4));
  REQUIRE(room.table.restore(2, session_of("kate", 1, t0 - seconds(9 * 3600))));
  CHECK_FALSE(room.stands(2, room.page.generation(2)));
  const auto ended = room.table.sweep(t0, day);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].slot == 2);
  CHECK(room.table.size() == 0);
}

TEST_CASE("a session of another boot ends by the wall clock, too", "[sessions][persist]") {
  Session session = session_of("kate", 1);
  session.other_boot = true;
  session.old_use = {day.s + 100};
  Room room(rules_for(4));
  REQUIRE(room.table.restore(0, session));
  CHECK(room.table.sweep(t0, {day.s + 100 + 1799}).empty());
  CHECK(room.table.sweep(t0, {day.s - 5000}).empty());
  REQUIRE(room.table.touch(0, room.page.generation(0), at("192.0.2.1"), t0));  // used in this boot
  CHECK(room.table.sweep(t0, {day.s + 8 * 3600 - 1}).empty());
  CHECK(room.table.sweep(t0, {day.s + 8 * 3600}).size() == 1);
  REQUIRE(room.table.restore(0, session));
  CHECK(room.table.sweep(t0, {day.s + 100 + 1800}).size() == 1);
  REQUIRE(room.table.restore(0, session_of("kate", 1)));  // of this boot: the wall clock says nothing
  CHECK(room.table.sweep(t0, {day.s + 100 * 86'400}).empty());
}

TEST_CASE("a new cookie is the only one, and what stood on the old one does not", "[sessions][link]") {
  Room room(rules_for(4));
  const Created login = room.log_in("kate", at("192.0.2.1"));
  const Created other = room.log_in("hugo", at("192.0.2.1"));
  REQUIRE(room.stands(login.slot, login.generation));
  auto renewed = room.table.renew(login.slot, login.generation, at("2001:db8::7"));
  REQUIRE(renewed);
  CHECK(renewed->old_generation == login.generation);
  CHECK_FALSE(room.stands(login.slot, login.generation));
  CHECK(room.table.judge(login.cookie, at("192.0.2.1"), t0).standing == Standing::unknown);
  for (const char* client : {"192.0.2.1", "2001:db8::7"}) {
    const Judgement j = room.table.judge(renewed->cookie, at(client), t0);
    CHECK(j.standing == Standing::good);
    CHECK(j.slot == login.slot);
    CHECK(j.session->sid == login.sid);
    CHECK(room.stands(j.slot, j.generation));
  }
  CHECK(room.table.judge(renewed->cookie, at("2001:db8::8"), t0).standing == Standing::wrong_address);
  CHECK(room.stands(other.slot, other.generation));
  // Another one of the same family takes the place of the first.
  const std::uint64_t generation = room.page.generation(login.slot);
  CHECK_FALSE(room.table.renew(login.slot, login.generation, at("192.0.2.9")));
  auto again = room.table.renew(login.slot, generation, at("192.0.2.9"));
  REQUIRE(again);
  CHECK(room.table.judge(again->cookie, at("192.0.2.9"), t0).standing == Standing::good);
  CHECK(room.table.judge(again->cookie, at("2001:db8::7"), t0).standing == Standing::good);
  CHECK(room.table.judge(again->cookie, at("192.0.2.1"), t0).standing == Standing::wrong_address);
  CHECK(room.table.size() == 2);
  // It is the same session: its time goes on, and it can be ended.
  CHECK(room.table.sweep(t0 + seconds(30 * 60), day).size() == 2);
  CHECK_FALSE(room.table.renew(login.slot, room.page.generation(login.slot), at("192.0.2.1")));
}

TEST_CASE("a hundred thousand sessions live side by side, each found and ended on its own", "[sessions][big]") {
  constexpr std::uint32_t many = 100'000;
  const std::size_t before = resident();
  Room room(rules_for(many));
  std::vector<Created> all;
  all.reserve(many);
  const auto user_of = [](std::uint32_t i) { return "user" + std::to_string(i / 10); };
  const auto address_of = [](std::uint32_t i) {
    return Address::v4(std::array<std::uint8_t, 4>{10, std::uint8_t(i >> 16), std::uint8_t(i >> 8), std::uint8_t(i)});
  };
  for (std::uint32_t i = 0; i < many; ++i) all.push_back(room.log_in(user_of(i), address_of(i), t0 + Duration{i}));
  const std::size_t used = resident() - before - many * sizeof(Created) / 1024;
  WARN("100,000 sessions: " << used << " KiB with the page, " << used * 1024 / many << " bytes each");
  CHECK(used < 64 * 1024);
  CHECK(room.table.size() == many);
  NewSession one_more;
  one_more.user = UserName("late");
  one_more.client = at("192.0.2.1");
  CHECK_FALSE(room.table.create(one_more, t0));
  const Mono now = t0 + seconds(60);
  for (std::uint32_t i = 0; i < many; ++i) {
    const Judgement j = room.table.judge(all[i].cookie, address_of(i), now);
    REQUIRE(j.standing == Standing::good);
    REQUIRE(j.slot == all[i].slot);
    REQUIRE(room.stands(j.slot, j.generation, now));
    if (i % 1000 == 0) REQUIRE(room.table.judge(all[i].cookie, address_of(i + 1), now).standing == Standing::wrong_address);
  }
  // Whoever is at his own limit displaces his oldest, even now.
  const Created newest = room.log_in("user77", at("192.0.2.1"), now);
  REQUIRE(newest.displaced.size() == 1);
  CHECK(newest.displaced[0].sid == all[770].sid);
  CHECK(room.table.slots_of("user77").size() == 10);
  CHECK(room.table.end_user("user123").size() == 10);
  CHECK(room.table.end_sid(all[5].sid.view()).size() == 1);
  CHECK(room.table.size() == many - 11);
  for (std::uint32_t i = 0; i < many; ++i) {
    const bool gone = i == 770 || i == 5 || (i >= 1230 && i < 1240);
    REQUIRE((room.table.judge(all[i].cookie, address_of(i), now).standing == Standing::good) != gone);
  }
  // Half of them go on; the others are swept when they are idle, and nobody else.
  const Mono later = t0 + seconds(29 * 60), end = t0 + seconds(31 * 60);
  for (std::uint32_t i = 0; i < many; i += 2)
    (void)room.table.touch(all[i].slot, all[i].generation, address_of(i), later);
  const std::size_t swept = room.table.sweep(end, day).size();
  CHECK(swept >= many / 2 - 11);
  CHECK(swept <= many / 2);
  for (std::uint32_t i = 0; i < many; i += 2)
    if (i != 770 && (i < 1230 || i >= 1240)) REQUIRE(room.stands(all[i].slot, all[i].generation, end));
}
