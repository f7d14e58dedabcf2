// A new start of role sessions: what is made of what the vault remembers.

#include <set>

#include "unit/authd/awake.h"

using namespace postern;
using namespace postern::authd;

namespace {

Standing standing_after(const SessionRow& row, const CookieValue& cookie, const Stamp& last, unsigned char boot,
                        std::int64_t wall_step) {
  town_wall = town_time;
  Town town(persistent_settings(), seconds(10), boot);
  town_wall.s += wall_step;
  town.recall_all({row}, last);
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  return town.ask<Verdict>(worker, Town::about<Judge>(wfd.ticket(5), cookie)).value().standing;
}

}  // namespace

TEST_CASE("nobody is let in, out or logged in before the vault has said what it remembers", "[sessions][persist]") {
  town_wall = town_time;
  const CookieValue cookie = cookie_of(7);
  Town town(persistent_settings());
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  const Ticket ticket = wfd.ticket(5);
  CHECK(town.ask<Verdict>(worker, Town::about<Judge>(ticket, cookie))->standing == Standing::not_ready);
  CHECK(town.logged("reason=not-ready"));
  CHECK(town.ask<Verdict>(wfd.broker, Town::about<Judge>(ticket, cookie))->standing == Standing::not_ready);
  CHECK(town.ask<SessionInfo>(worker, Town::about<Look>(ticket, cookie))->standing == Standing::not_ready);
  const auto out = town.ask<LoggedOut>(worker, Town::about<Logout>(ticket, cookie));
  REQUIRE(out);
  CHECK_FALSE(out->done);
  CHECK_FALSE(out->for_good);
  const auto login = town.ask<LoginResult>(worker, Town::login_of(ticket, "kate"));
  REQUIRE(login);
  CHECK_FALSE(login->granted);
  CHECK(login->unheard);
  CHECK(town.logged("result=fail reason=not-ready"));
  town.recall_all({living(3, cookie)}, here());
  CHECK(town.logged("event=recall sessions=1"));
  const auto verdict = town.ask<Verdict>(worker, Town::about<Judge>(ticket, cookie));
  REQUIRE(verdict);
  CHECK(verdict->standing == Standing::good);
  CHECK(verdict->sid.view() == "sid3");
  CHECK(verdict->epoch == town.page.epoch());
}

TEST_CASE("verdicts of before a new start stand nowhere after it", "[sessions][persist]") {
  town_wall = town_time;
  Awake before;
  const LoginResult login = before.town.log_in(before.worker, before.wfd.ticket(5), "kate");
  const auto old = before.town.ask<Verdict>(before.worker, Town::about<Judge>(before.wfd.ticket(5), login.cookie));
  before.town.run_kept();
  REQUIRE(before.town.kept.remembered.size() == 1);
  Awake after({before.town.kept.remembered[0]}, here());
  UniqueFd page;
  Channel worker = after.town.worker(after.wfd, 6, &page);
  const auto reader = GenerationReader::map(std::move(page));
  REQUIRE(reader);
  const auto fresh = after.town.ask<Verdict>(worker, Town::about<Judge>(after.wfd.ticket(6), login.cookie));
  REQUIRE(fresh);
  REQUIRE(fresh->standing == Standing::good);
  CHECK(fresh->slot == old->slot);
  CHECK(reader->stands(fresh->epoch, fresh->slot, fresh->generation, read_mono()));
  CHECK_FALSE(reader->stands(old->epoch, old->slot, old->generation, read_mono()));
  CHECK_FALSE(reader->stands(old->epoch, old->slot, fresh->generation, read_mono()));
}

TEST_CASE("clocks over a new start, table by table", "[sessions][persist]") {
  const std::int64_t half_hour = 1800, eight_hours = 8 * 3600;
  struct Row {
    const char* what;
    std::int64_t age, idle;
    unsigned char boot;      // at the new start; the row is of boot 1
    std::int64_t seen;       // when the clock was looked at last, before now
    std::int64_t step;       // of the wall clock, at the new start
    Standing standing;
  };
  const Row rows[] = {
      {"the same boot", 100, 10, 1, 5, 0, Standing::good},
      {"idle for almost too long", 5000, half_hour - 60, 1, 5, 0, Standing::good},
      {"idle for too long", 5000, half_hour + 1, 1, 5, 0, Standing::unknown},
      {"almost too old", eight_hours - 60, 10, 1, 5, 0, Standing::good},
      {"too old", eight_hours + 1, 10, 1, 5, 0, Standing::unknown},
      {"the same boot, the wall clock set back", 5000, half_hour + 1, 1, 5, -3600, Standing::unknown},
      {"the same boot, set back, and not idle", 100, 10, 1, 5, -3600, Standing::good},
      {"the same boot, set ahead beyond idle", 100, 10, 1, 5, half_hour + 60, Standing::unknown},
      {"another boot", 100, 10, 2, 5, 0, Standing::good},
      {"another boot, idle for too long", 5000, half_hour, 2, 5, 0, Standing::unknown},
      {"another boot, later by almost half an hour", 100, 10, 2, 5, half_hour - 60, Standing::good},
      {"another boot, later by half an hour", 100, 10, 2, 5, half_hour, Standing::unknown},
      {"another boot, the wall clock set back by a minute", 100, 10, 2, 5, -60, Standing::unknown},
      {"another boot, set back to before the login", 100, 10, 2, 5, -3600, Standing::unknown},
      {"another boot, a dead clock", 100, 10, 2, 5, -town_time.s, Standing::unknown},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    town_wall = town_time;
    const CookieValue cookie = cookie_of(9);
    const SessionRow was = living(4, cookie, row.age, row.idle);
    const Stamp last = stamp_of(1, read_mono().us - seconds(row.seen).us, town_time.s - row.seen);
    CHECK(standing_after(was, cookie, last, row.boot, row.step) == row.standing);
  }
}

TEST_CASE("what expired while nobody was there is logged, forgotten and ends nobody else", "[sessions][persist]") {
  town_wall = town_time;
  const CookieValue old = cookie_of(1), young = cookie_of(2);
  Awake awake({living(1, old, 5000, 4000), living(2, young)}, here());
  CHECK(awake.town.logged("event=expire sid=sid1 user=kate by=idle"));
  awake.town.run_kept();
  REQUIRE(awake.town.kept.forgotten.size() == 1);
  CHECK(awake.town.kept.forgotten[0].sid.view() == "sid1");
  CHECK(awake.town.kept.forgotten[0].slot == 1);
  CHECK_FALSE(awake.town.kept.forgotten[0].logout);
  CHECK(awake.standing(young) == Standing::good);
}

TEST_CASE("a session of another boot ends when the wall clock, set right, says so", "[sessions][persist]") {
  for (const bool used : {false, true}) {
    INFO(used);
    town_wall = town_time;
    const CookieValue cookie = cookie_of(3);
    SessionRow row = living(1, cookie, 100, 10);
    Awake awake({row}, here(), 2);  // the machine's clock stood still while it was off
    if (used) REQUIRE(awake.standing(cookie) == Standing::good);
    town_wall.s += 3600;            // now it hears the time
    awake.town.run_kept(600);
    CHECK(awake.standing(cookie) == (used ? Standing::good : Standing::unknown));
    town_wall.s += 8 * 3600;
    awake.town.run_kept(600);
    CHECK(awake.standing(cookie) == Standing::unknown);
  }
}

TEST_CASE("what the vault remembers comes in parts, and again when it could not be read", "[sessions][persist]") {
  town_wall = town_time;
  const CookieValue one = cookie_of(1), two = cookie_of(2);
  Town town(persistent_settings());
  town.run();
  const auto first = town.next<Recall>(town.vault);
  REQUIRE(first);
  CHECK(first->from == 0);
  REQUIRE(town.vault.send(Recalled{first->tag + 1, living(8, cookie_of(8))}) == Told::sent);  // of no question
  REQUIRE(town.vault.send(Recalled{first->tag, living(8, cookie_of(8))}) == Told::sent);
  RecallEnd broken;
  broken.tag = first->tag;
  REQUIRE(town.vault.send(broken) == Told::sent);
  town.run(static_cast<int>(recall_pause.ms()) + 50);
  CHECK(town.logged("what=\"the vault cannot read what it remembers\""));
  town.recall_all({living(1, one)}, here(), true);
  town.vault.close();  // in the middle
  town.run();
  town.bring_vault();
  town.run();
  const auto third = town.next<Recall>(town.vault);
  REQUIRE(third);
  CHECK(third->from == 2);
  REQUIRE(town.vault.send(Recalled{third->tag, living(5, two)}) == Told::sent);
  RecallEnd end;
  end.tag = third->tag;
  end.done = true;
  end.last = here();
  REQUIRE(town.vault.send(end) == Told::sent);
  town.run();
  CHECK(town.logged("event=recall sessions=2"));
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  for (const CookieValue* cookie : {&one, &two})
    CHECK(town.ask<Verdict>(worker, Town::about<Judge>(wfd.ticket(5), *cookie))->standing == Standing::good);
  CHECK(town.ask<Verdict>(worker, Town::about<Judge>(wfd.ticket(5), cookie_of(8)))->standing == Standing::unknown);
}

TEST_CASE("nobody's sessions are killed while only some of them are back", "[sessions][persist]") {
  town_wall = town_time;
  const CookieValue one = cookie_of(1), two = cookie_of(2);
  Town town(persistent_settings());
  town.recall_all({living(1, one)}, here(), true);
  auto ends = make_channel();
  REQUIRE(ends);
  town.sessions.add_admin(std::move(ends->second));
  Channel boss(std::move(ends->first), Role::admin, Role::sessions);
  AdminAsk ask;
  ask.verb = AdminVerb::session_kill_user;
  ask.user = UserName("kate");
  const auto early = town.ask<AdminEnd>(boss, ask);
  REQUIRE(early);
  CHECK_FALSE(early->done);
  CHECK(early->reason.view() == "sessions are still being read back, try again");
  town.recall_all({living(2, two)}, here());
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  for (const CookieValue* cookie : {&one, &two})
    CHECK(town.ask<Verdict>(worker, Town::about<Judge>(wfd.ticket(5), *cookie))->standing == Standing::good);
  REQUIRE(boss.send(ask) == Told::sent);
  town.run_kept();
  const auto end = town.next<AdminEnd>(boss);
  REQUIRE(end);
  CHECK(end->done);
  for (const CookieValue* cookie : {&one, &two}) {
    Channel next = town.worker(wfd, cookie == &one ? 6 : 7);
    CHECK(town.ask<Verdict>(next, Town::about<Judge>(wfd.ticket(cookie == &one ? 6 : 7), *cookie))->standing == Standing::unknown);
  }
}

TEST_CASE("a vault that recalls in circles, or without an end, breaks the rules", "[sessions][persist]") {
  town_wall = town_time;
  Town town(persistent_settings());
  town.run();
  auto question = town.next<Recall>(town.vault);
  REQUIRE(question);
  SECTION("in circles") {
    RecallEnd end;
    end.tag = question->tag;
    end.done = end.more = true;
    REQUIRE(town.vault.send(end) == Told::sent);
  }
  SECTION("without an end") {
    for (std::size_t i = 0; i <= max_recalled; ++i) {
      if (town.vault.send(Recalled{question->tag, row_of(1, "kate")}) != Told::sent) --i;
      if (i % 32 == 0) town.run(1);
    }
  }
  town.run(20);
  CHECK(town.is_closed(town.vault));
  CHECK(town.logged("what=\"the vault broke the rules\""));
}

TEST_CASE("what has no place in the table is forgotten", "[sessions][persist]") {
  town_wall = town_time;
  AuthdSettings settings = persistent_settings();
  settings.session.max_sessions = 3;
  const SessionRow twice = living(1, cookie_of(1));
  SessionRow same_cookie = living(2, cookie_of(1));
  Awake awake({living(0, cookie_of(9)), twice, same_cookie, living(7, cookie_of(7))}, here(), 1, settings);
  awake.town.run_kept();
  std::set<std::string> dropped;
  for (const Forget& order : awake.town.kept.forgotten) dropped.emplace(order.sid.view());
  CHECK(dropped == std::set<std::string>{"sid2", "sid7"});
  CHECK(awake.standing(cookie_of(1)) == Standing::good);
  CHECK(awake.standing(cookie_of(9)) == Standing::good);
  CHECK(awake.standing(cookie_of(7)) == Standing::unknown);
}
