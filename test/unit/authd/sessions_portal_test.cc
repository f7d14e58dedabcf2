// What a user sees of his sessions and ends of them, and what keeps one awake.
#include "unit/authd/town.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr const char* home = "192.0.2.1";
constexpr const char* office = "192.0.2.200";

// Kate with a session at home and one in the office, and hugo.
struct Portal : Town {
  explicit Portal(const AuthdSettings& settings = town_settings()) : Town(settings) {
    gate = wfd(1);
    worker = Town::worker(gate, 5);
    at_home = log_in(worker, from(home), "kate");
    at_office = log_in(worker, from(office), "kate");
    hugo = log_in(worker, from(home), "hugo");
    lines();
  }
  Ticket from(const char* client) const { return gate.ticket(5, client); }
  std::optional<OwnSessions> list(const char* client, const CookieValue& cookie) {
    return ask<OwnSessions>(worker, about<ListOwn>(from(client), cookie));
  }
  Standing standing(const char* client, const CookieValue& cookie) {
    const auto verdict = ask<Verdict>(other, about<Judge>(gate.ticket(6, client), cookie));
    REQUIRE(verdict);
    return verdict->standing;
  }
  LoggedOut end(const char* client, const CookieValue& cookie, std::string_view sid, bool others = false) {
    Logout order = about<Logout>(from(client), cookie);
    order.sid = Sid(sid);
    order.others = others;
    const auto answer = ask<LoggedOut>(worker, order);
    REQUIRE(answer);
    CHECK(answer->tag == order.tag);
    return *answer;
  }
  // What the idle clock of the session at home says.
  std::uint32_t idle_left() {
    const auto info = ask<SessionInfo>(worker, about<Look>(from(home), at_home.cookie));
    REQUIRE(info);
    return info->idle_left;
  }

  Wfd gate;
  Channel worker, other;
  LoginResult at_home, at_office, hugo;
};

}  // namespace

TEST_CASE("a user sees all sessions of his own, and nobody else's", "[sessions][portal]") {
  Portal town;
  const auto own = town.list(office, town.at_office.cookie);
  REQUIRE(own);
  CHECK(own->tag == 9);
  CHECK(own->session.standing == Standing::good);
  CHECK(own->session.user.view() == "kate");
  CHECK(own->session.sid == town.at_office.sid);
  CHECK(own->session.failures == 3);
  CHECK(own->total == 2);
  REQUIRE(own->count == 2);
  const OwnRow& newest = own->rows[0];
  const OwnRow& oldest = own->rows[1];
  CHECK(newest.sid == town.at_office.sid);
  CHECK(newest.here);
  CHECK(newest.client_v4 == addr(office));
  CHECK_FALSE(newest.client_v6);
  CHECK(newest.login == town_time.s);
  CHECK(newest.used >= town_time.s - 1);
  CHECK(oldest.sid == town.at_home.sid);
  CHECK_FALSE(oldest.here);
  CHECK(oldest.client_v4 == addr(home));
}

TEST_CASE("without a good session there is no list", "[sessions][portal]") {
  Portal town;
  CookieValue made_up;
  (void)made_up.fill(32);
  struct Row {
    const char* client;
    const CookieValue& cookie;
    Standing standing;
  };
  for (const Row& row : {Row{office, town.at_home.cookie, Standing::wrong_address}, Row{home, made_up, Standing::unknown}}) {
    const auto own = town.list(row.client, row.cookie);
    REQUIRE(own);
    CHECK(own->session.standing == row.standing);
    CHECK(own->session.user.empty());
    CHECK(own->session.link.empty());
    CHECK(own->total == 0);
    CHECK(own->count == 0);
    CHECK(own->rows[0].sid.empty());
  }
  ListOwn question = Town::about<ListOwn>(town.from(office), town.at_home.cookie);
  question.link_wanted = true;
  CHECK(town.ask<OwnSessions>(town.worker, question)->session.link.size() == 22);
}

TEST_CASE("a long list is cut, and says how long it is", "[sessions][portal]") {
  Portal town;
  for (std::size_t i = 0; i < own_rows; ++i) (void)town.log_in(town.worker, town.from(home), "kate");
  const auto own = town.list(home, town.at_home.cookie);
  REQUIRE(own);
  CHECK(own->total == own_rows + 2);
  REQUIRE(own->count == own_rows);
  for (std::uint32_t i = 1; i < own->count; ++i) CHECK(own->rows[i - 1].used >= own->rows[i].used);
}

TEST_CASE("a user ends one session of his, or all others", "[sessions][portal]") {
  Portal town;
  town.other = town.Town::worker(town.gate, 6);
  const LoginResult third = town.log_in(town.worker, town.from(home), "kate");
  const std::string home_sid(town.at_home.sid.view()), office_sid(town.at_office.sid.view());
  town.lines();
  SECTION("one") {
    const LoggedOut answer = town.end(office, town.at_office.cookie, home_sid);
    CHECK(answer.done);
    CHECK(answer.for_good);
    CHECK_FALSE(answer.here);
    CHECK(town.logged("event=logout sid=" + home_sid + " user=kate by=portal"));
    CHECK(town.standing(home, town.at_home.cookie) == Standing::unknown);
    CHECK(town.standing(office, town.at_office.cookie) == Standing::good);
    CHECK(town.standing(home, third.cookie) == Standing::good);
    CHECK_FALSE(town.end(office, town.at_office.cookie, home_sid).done);  // it is over already
  }
  SECTION("all others") {
    const LoggedOut answer = town.end(office, town.at_office.cookie, "", true);
    CHECK(answer.done);
    CHECK_FALSE(answer.here);
    CHECK(town.standing(home, town.at_home.cookie) == Standing::unknown);
    CHECK(town.standing(home, third.cookie) == Standing::unknown);
    CHECK(town.standing(office, town.at_office.cookie) == Standing::good);
    CHECK(town.list(office, town.at_office.cookie)->total == 1);
    CHECK_FALSE(town.end(office, town.at_office.cookie, "", true).done);
  }
  SECTION("his own") {
    const LoggedOut answer = town.end(office, town.at_office.cookie, office_sid);
    CHECK(answer.done);
    CHECK(answer.here);
    CHECK(town.logged("event=logout sid=" + office_sid + " user=kate by=user"));
    CHECK(town.standing(office, town.at_office.cookie) == Standing::unknown);
  }
  SECTION("never somebody else's") {
    const LoggedOut answer = town.end(home, town.at_home.cookie, town.hugo.sid.view());
    CHECK_FALSE(answer.done);
    CHECK(answer.standing == Standing::good);
  }
  SECTION("not with a stolen cookie") {
    for (const bool others : {false, true}) {
      const LoggedOut answer = town.end(office, town.at_home.cookie, others ? "" : office_sid, others);
      CHECK_FALSE(answer.done);
      CHECK(answer.standing == Standing::wrong_address);
    }
    CHECK(town.standing(home, town.at_home.cookie) == Standing::good);
  }
  CHECK(town.standing(home, town.hugo.cookie) == Standing::good);
}

TEST_CASE("whoever holds a verdict of an ended session hears of it", "[sessions][portal]") {
  Portal town;
  town.other = town.Town::worker(town.gate, 6);
  REQUIRE(town.standing(home, town.at_home.cookie) == Standing::good);
  REQUIRE(town.end(office, town.at_office.cookie, town.at_home.sid.view()).done);
  CHECK(town.next<Ended>(town.other));
}

TEST_CASE("a foreign ticket ends its worker", "[sessions][portal]") {
  Portal town;
  REQUIRE(town.worker.send(Town::about<ListOwn>(town.gate.ticket(6), town.at_home.cookie)) == Told::sent);
  town.run();
  CHECK(town.is_closed(town.worker));
}

// ---- idle -----------------------------------------------------------------------

TEST_CASE("what a page does by itself keeps a session awake only with idle_counts=all", "[sessions][idle]") {
  AuthdSettings settings = town_settings();
  settings.session.idle = seconds(60);
  settings.session.idle_counts = GENERATE(IdleCounts::navigation, IdleCounts::all);
  const bool all = settings.session.idle_counts == IdleCounts::all;
  Portal town(settings);
  const auto wait = [&] { town.run(1050); };  // of the 60 whole seconds one is over then
  const auto is_fresh = [&] { return town.idle_left() >= 59; };
  const auto ask_as = [&](Doing doing) {
    Judge question = Town::about<Judge>(town.from(home), town.at_home.cookie);
    question.doing = doing;
    return *town.ask<Verdict>(town.worker, question);
  };
  wait();
  Verdict verdict = ask_as(Doing::background);
  REQUIRE(verdict.standing == Standing::good);
  CHECK(is_fresh() == all);
  verdict = ask_as(GENERATE(Doing::use, Doing::navigation));
  CHECK(is_fresh());
  wait();
  Touch touch{.ticket = town.from(home), .slot = verdict.slot, .generation = verdict.generation};
  REQUIRE(town.worker.send(touch) == Told::sent);
  CHECK(is_fresh() == all);
  touch.doing = Doing::use;
  REQUIRE(town.worker.send(touch) == Told::sent);
  CHECK(is_fresh());
}
