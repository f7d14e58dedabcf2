// The session table: who may use a session, from where, until when; and that what has
// ended stays ended.

#include "authd/session_table.h"

#include <fcntl.h>

#include <set>
#include <string>

#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr Mono t0{5'000'000'000};
constexpr Wall town_day{1000};

Address at(const char* text) {
  const auto address = Address::parse(text);
  REQUIRE(address);
  return *address;
}

SessionRules rules_with(Bind bind) {
  return {.lifetime = seconds(8 * 3600), .idle = seconds(30 * 60), .bind = bind,
          .max_sessions = 8, .sessions_per_user = 3};
}

struct House {
  GenerationPage page;
  SessionTable table;
  GenerationReader reader;

  explicit House(const SessionRules& rules, std::uint32_t slots = 8)
      : page(std::move(*GenerationPage::make(slots))),
        table(page, rules),
        reader(std::move(*GenerationReader::map(
            UniqueFd::adopt(::fcntl(page.reading_fd(), F_DUPFD_CLOEXEC, 0))))) {}

  Created log_in(const char* user, const char* client, Mono now = t0) {
    Result<Created> created = table.create(
        {.user = UserName(user), .client = at(client), .connection = 1, .login = {1000},
         .last_login = 0, .last_source = {}, .failures = 0}, now);
    REQUIRE(created);
    return std::move(*created);
  }
  bool stands(const Created& c, Mono now) {
    page.beat(now);
    return reader.stands(page.epoch(), c.slot, c.generation, now);
  }
};

}  // namespace

TEST_CASE("a session lives until it is idle too long or too old", "[sessions]") {
  struct Row {
    const char* what;
    std::int64_t touched, asked;  // minutes after the login; touched 0: never
    Standing standing;
  };
  const Row rows[] = {
      {"at once", 0, 0, Standing::good},
      {"a minute before it is idle too long", 0, 29, Standing::good},
      {"when it is idle too long", 0, 30, Standing::expired},
      {"a minute later", 0, 31, Standing::expired},
      {"a minute before, after a touch", 20, 49, Standing::good},
      {"when it is idle too long after a touch", 20, 50, Standing::expired},
      {"a minute later, after a touch", 20, 51, Standing::expired},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    House house(rules_with(Bind::exact));
    const Created c = house.log_in("kate", "192.0.2.1");
    const auto minutes = [](std::int64_t n) { return t0 + seconds(60 * n); };
    if (row.touched != 0)
      REQUIRE(house.table.touch(c.slot, c.generation, at("192.0.2.1"), minutes(row.touched)));
    const Judgement j = house.table.judge(c.cookie, at("192.0.2.1"), minutes(row.asked));
    CHECK(j.standing == row.standing);
    CHECK(house.stands(c, minutes(row.asked)) == (row.standing == Standing::good));
    CHECK(house.table.touch(c.slot, c.generation, at("192.0.2.1"), minutes(row.asked)) ==
          (row.standing == Standing::good));
  }
}

TEST_CASE("no touch lets a session outlive its lifetime", "[sessions]") {
  House house(rules_with(Bind::exact));
  const Created c = house.log_in("kate", "192.0.2.1");
  const Mono end = t0 + seconds(8 * 3600);
  for (Mono now = t0; now < end - seconds(60); now = now + seconds(600))
    REQUIRE(house.table.touch(c.slot, c.generation, at("192.0.2.1"), now));
  const Mono just = end - Duration{1};
  REQUIRE(house.table.touch(c.slot, c.generation, at("192.0.2.1"), just));
  CHECK(house.table.judge(c.cookie, at("192.0.2.1"), just).standing == Standing::good);
  CHECK(house.stands(c, just));
  CHECK(house.table.sweep(just, town_day).empty());
  CHECK(house.table.judge(c.cookie, at("192.0.2.1"), end).standing == Standing::expired);
  CHECK_FALSE(house.stands(c, end));
  const auto ended = house.table.sweep(end, town_day);
  REQUIRE(ended.size() == 1);
  CHECK_FALSE(ended[0].by_idle);
  CHECK(house.table.judge(c.cookie, at("192.0.2.1"), end).standing == Standing::unknown);
}

TEST_CASE("a cookie is good only from where its session may be used", "[sessions]") {
  struct Row {
    Bind bind;
    const char* login;
    const char* request;
    bool good;
  };
  const Row rows[] = {
      {Bind::exact, "192.0.2.1", "192.0.2.1", true},
      {Bind::exact, "192.0.2.1", "192.0.2.2", false},
      {Bind::exact, "192.0.2.1", "2001:db8::1", false},
      {Bind::exact, "192.0.2.1", "::ffff:192.0.2.1", true},  // one host, one spelling
      {Bind::exact, "2001:db8::1", "2001:db8::1", true},
      {Bind::exact, "2001:db8::1", "2001:db8::2", false},
      {Bind::exact, "2001:db8::1", "192.0.2.1", false},
      {Bind::prefix, "192.0.2.1", "192.0.2.254", true},
      {Bind::prefix, "192.0.2.1", "192.0.3.1", false},
      {Bind::prefix, "192.0.2.1", "2001:db8::1", false},
      {Bind::prefix, "2001:db8:0:1100::1", "2001:db8:0:11ff::9", true},
      {Bind::prefix, "2001:db8:0:1100::1", "2001:db8:0:1200::1", false},
      {Bind::prefix, "2001:db8::1", "192.0.2.1", false},
      {Bind::none, "192.0.2.1", "203.0.113.9", true},
      {Bind::none, "192.0.2.1", "2001:db8::1", true},
  };
  for (const Row& row : rows) {
    INFO(row.login << " then " << row.request << " bind " << static_cast<int>(row.bind));
    House house(rules_with(row.bind));
    const Created c = house.log_in("kate", row.login);
    const Judgement j = house.table.judge(c.cookie, at(row.request), t0);
    CHECK(j.standing == (row.good ? Standing::good : Standing::wrong_address));
    CHECK(house.table.touch(c.slot, c.generation, at(row.request), t0) == row.good);
    CHECK(house.table.judge(c.cookie, Address(), t0).standing == Standing::wrong_address);
  }
}

TEST_CASE("only the exact value of a live session is a cookie", "[sessions]") {
  House house(rules_with(Bind::none));
  const Created c = house.log_in("kate", "192.0.2.1");
  const Address here = at("192.0.2.1");
  REQUIRE(house.table.judge(c.cookie, here, t0).standing == Standing::good);
  for (std::size_t bit = 0; bit < 256; ++bit) {
    CookieValue other;
    REQUIRE(other.assign(c.cookie.bytes()));
    other.fill(32)[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    REQUIRE(house.table.judge(other, here, t0).standing == Standing::unknown);
  }
  CookieValue part;
  REQUIRE(part.assign(c.cookie.bytes().first(31)));
  CHECK(house.table.judge(part, here, t0).standing == Standing::unknown);
  CHECK(house.table.judge(CookieValue(), here, t0).standing == Standing::unknown);
  // What is kept is a hash: shown as a cookie it opens nothing.
  std::uint32_t slot = 0;
  CookieValue kept;
  REQUIRE(kept.assign(house.table.next_live(slot)->hash));
  CHECK(house.table.judge(kept, here, t0).standing == Standing::unknown);
}

TEST_CASE("values and sids differ at every login", "[sessions]") {
  House house({.lifetime = seconds(10), .idle = seconds(10), .bind = Bind::exact,
               .max_sessions = 200, .sessions_per_user = 200}, 200);
  std::set<std::string> values, sids;
  for (int i = 0; i < 200; ++i) {
    const Created c = house.log_in("kate", "192.0.2.1");
    REQUIRE(c.cookie.size() == 32);
    REQUIRE(c.sid.size() == 12);
    values.insert(std::string(c.cookie.text()));
    sids.insert(std::string(c.sid.view()));
  }
  CHECK(values.size() == 200);
  CHECK(sids.size() == 200);
}

TEST_CASE("a generation never comes back, whoever gets the slot", "[sessions]") {
  House house(rules_with(Bind::exact), 1);
  std::uint64_t last = 0;
  for (int i = 0; i < 500; ++i) {
    const Created c = house.log_in(i % 2 == 0 ? "kate" : "hugo", "192.0.2.1");
    REQUIRE(c.slot == 0);
    if (i != 0) REQUIRE(c.generation > last);
    last = c.generation;
    REQUIRE(house.stands(c, t0));
    const auto ended = house.table.end(c.slot, c.generation);
    REQUIRE(ended);
    CHECK(ended->generation == c.generation);
    REQUIRE_FALSE(house.stands(c, t0));
    REQUIRE_FALSE(house.table.end(c.slot, c.generation));
    REQUIRE_FALSE(house.table.touch(c.slot, c.generation, at("192.0.2.1"), t0));
    REQUIRE(house.table.judge(c.cookie, at("192.0.2.1"), t0).standing == Standing::unknown);
  }
  CHECK(house.table.size() == 0);
}

TEST_CASE("one login too many ends the user's oldest session", "[sessions]") {
  House house(rules_with(Bind::exact));
  const Created first = house.log_in("kate", "192.0.2.1", t0);
  const Created second = house.log_in("kate", "192.0.2.1", t0 + seconds(1));
  const Created other = house.log_in("hugo", "192.0.2.1", t0 + seconds(1));
  const Created third = house.log_in("kate", "192.0.2.1", t0 + seconds(2));
  CHECK(third.displaced.empty());
  const Created fourth = house.log_in("kate", "192.0.2.1", t0 + seconds(3));
  REQUIRE(fourth.displaced.size() == 1);
  CHECK(fourth.displaced[0].sid == first.sid);
  const Mono now = t0 + seconds(4);
  CHECK_FALSE(house.stands(first, now));
  for (const Created* c : {&second, &other, &third, &fourth}) CHECK(house.stands(*c, now));
}

TEST_CASE("a full table refuses a login and changes nothing", "[sessions]") {
  House house(rules_with(Bind::exact));
  const char* const users[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  std::vector<Created> all;
  for (const char* user : users) all.push_back(house.log_in(user, "192.0.2.1"));
  const NewSession one_more{.user = UserName("i"), .client = at("192.0.2.1"), .connection = 1,
                            .login = {}, .last_login = 0, .last_source = {}, .failures = 0};
  CHECK_FALSE(house.table.create(one_more, t0));
  CHECK(house.table.size() == 8);
  for (const Created& c : all) CHECK(house.stands(c, t0));
  REQUIRE(house.table.end(all[3].slot, all[3].generation));
  CHECK(house.table.create(one_more, t0));
}

TEST_CASE("who is at his own limit may still log in when the table is full", "[sessions]") {
  SessionRules rules = rules_with(Bind::exact);
  rules.max_sessions = 3;
  House house(rules);
  for (int i = 0; i < 3; ++i) (void)house.log_in("kate", "192.0.2.1");
  CHECK(house.log_in("kate", "192.0.2.1").displaced.size() == 1);
  CHECK(house.table.size() == 3);
}

TEST_CASE("sessions end by sid and by user, and only those", "[sessions]") {
  House house(rules_with(Bind::exact));
  const Created a = house.log_in("kate", "192.0.2.1"), b = house.log_in("kate", "192.0.2.2"),
                c = house.log_in("hugo", "192.0.2.3");
  CHECK(house.table.end_sid("nosuchsid").empty());
  CHECK(house.table.end_sid("").empty());
  REQUIRE(house.table.end_sid(b.sid.view()).size() == 1);
  CHECK(house.stands(a, t0));
  CHECK_FALSE(house.stands(b, t0));
  CHECK(house.table.end_user("kat").empty());
  REQUIRE(house.table.end_user("kate").size() == 1);
  CHECK_FALSE(house.stands(a, t0));
  CHECK(house.stands(c, t0));
  CHECK(house.table.size() == 1);
}

TEST_CASE("sweeping ends what is past its time and says why", "[sessions]") {
  House house(rules_with(Bind::exact));
  const Created idle = house.log_in("kate", "192.0.2.1", t0);
  const Created fresh = house.log_in("kate", "192.0.2.1", t0 + seconds(60));
  const auto ended = house.table.sweep(t0 + seconds(30 * 60), town_day);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].sid == idle.sid);
  CHECK(ended[0].by_idle);
  CHECK(house.stands(fresh, t0 + seconds(30 * 60)));
}

TEST_CASE("new rules hold for the sessions that there are", "[sessions]") {
  House house(rules_with(Bind::exact));
  const Created c = house.log_in("kate", "192.0.2.1");
  SessionRules rules = rules_with(Bind::prefix);
  rules.idle = seconds(60);
  house.table.set_rules(rules);
  CHECK(house.table.judge(c.cookie, at("192.0.2.9"), t0).standing == Standing::good);
  CHECK(house.stands(c, t0 + seconds(59)));
  CHECK_FALSE(house.stands(c, t0 + seconds(60)));
  CHECK(house.table.judge(c.cookie, at("192.0.2.1"), t0 + seconds(60)).standing == Standing::expired);
  house.table.set_rules(rules_with(Bind::exact));
  CHECK(house.table.judge(c.cookie, at("192.0.2.9"), t0).standing == Standing::wrong_address);
}

TEST_CASE("sessions are found among many with colliding buckets", "[sessions]") {
  SessionRules rules = rules_with(Bind::exact);
  rules.max_sessions = rules.sessions_per_user = 1000;
  House house(rules, 1000);
  std::vector<Created> all;
  for (int i = 0; i < 1000; ++i) all.push_back(house.log_in("kate", "192.0.2.1"));
  for (std::size_t i = 0; i < all.size(); i += 3)
    REQUIRE(house.table.end(all[i].slot, all[i].generation));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Judgement j = house.table.judge(all[i].cookie, at("192.0.2.1"), t0);
    REQUIRE(j.standing == (i % 3 == 0 ? Standing::unknown : Standing::good));
    if (i % 3 != 0) REQUIRE(j.slot == all[i].slot);
  }
}
