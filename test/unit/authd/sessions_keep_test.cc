// Sessions that outlive their role: what the vault is told and when, who waits for it, and
// what is made of what it says at a new start.

#include <openssl/sha.h>

#include <set>

#include "authd/json.h"
#include "unit/authd/town.h"

using namespace postern;
using namespace postern::authd;

namespace {

Stamp here(unsigned char boot = 1) { return stamp_of(boot, read_mono().us, town_wall.s); }

// A session of kate's that began `age` and was used `idle` seconds ago.
SessionRow living(std::uint32_t slot, const CookieValue& cookie, std::int64_t age = 100, std::int64_t idle = 10) {
  SessionRow row = row_of(slot, "kate");
  REQUIRE(SHA256(reinterpret_cast<const unsigned char*>(cookie.bytes().data()), 32,
                 reinterpret_cast<unsigned char*>(row.hash.data())) != nullptr);
  const Stamp now = here();
  row.created = stamp_of(1, now.mono - seconds(age).us, now.wall - age);
  row.used = stamp_of(1, now.mono - seconds(idle).us, now.wall - idle);
  return row;
}

CookieValue cookie_of(unsigned char fill) {
  CookieValue cookie;
  for (std::byte& b : cookie.fill(32)) b = std::byte{fill};
  return cookie;
}

// A town that has been told what its vault remembers, with a worker of a wfd in it.
struct Awake {
  Town town;
  Wfd wfd;
  Channel worker;

  explicit Awake(const std::vector<SessionRow>& rows = {}, const Stamp& last = {}, unsigned char boot = 1,
                 AuthdSettings settings = persistent_settings())
      : town(settings, seconds(10), boot) {
    const Wall wall = town_wall;
    town.recall_all(rows, last);
    town_wall = wall;
    wfd = town.wfd(1);
    worker = town.worker(wfd, 5);
  }
  Standing standing(const CookieValue& cookie, const char* client = "192.0.2.1") {
    REQUIRE(worker.send(Town::about<Judge>(wfd.ticket(5, client), cookie)) == Told::sent);
    town.run();
    for (;;) {  // news of ends may come first
      Packet packet;
      Verdict verdict;
      REQUIRE(worker.receive(packet) == Heard::packet);
      if (packet.read(verdict)) return verdict.standing;
    }
  }
  SessionInfo info(const CookieValue& cookie) {
    return town.ask<SessionInfo>(worker, Town::about<Look>(wfd.ticket(5), cookie)).value();
  }
};

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
  CHECK_FALSE(town.ask<LoginResult>(worker, Town::login_of(ticket, "kate"))->granted);
  CHECK(town.logged("result=fail reason=not-ready"));
  town.recall_all({living(3, cookie)}, here());
  CHECK(town.logged("event=recall sessions=1"));
  const auto verdict = town.ask<Verdict>(worker, Town::about<Judge>(ticket, cookie));
  REQUIRE(verdict);
  CHECK(verdict->standing == Standing::good);
  CHECK(verdict->sid.view() == "sid3");
  CHECK(verdict->epoch == town.page.epoch());
}

TEST_CASE("a login is remembered as it was granted, by its hash alone", "[sessions][persist]") {
  town_wall = town_time;
  Awake awake;
  const LoginResult login = awake.town.log_in(awake.worker, awake.wfd.ticket(5), "kate");
  REQUIRE(login.granted);
  awake.town.run_kept();
  REQUIRE(awake.town.kept.remembered.size() == 1);
  const SessionRow& row = awake.town.kept.remembered[0];
  CHECK(row.sid == login.sid);
  CHECK(row.user.view() == "kate");
  CHECK(row.client == addr("192.0.2.1"));
  CHECK(row.bound_v4 == addr("192.0.2.1"));
  CHECK_FALSE(row.bound_v6);
  CHECK(row.created.wall <= town_time.s);
  CHECK(row.created.wall >= town_time.s - 1);
  CHECK(row.failures == 3);
  CHECK_FALSE(std::ranges::equal(row.hash, login.cookie.bytes()));
  CookieValue hash;
  REQUIRE(hash.assign(row.hash));
  CHECK(awake.standing(hash) == Standing::unknown);
  // Another role of the same boot takes it back, with the same clocks.
  const SessionInfo before = awake.info(login.cookie);
  Awake next({row}, here());
  CHECK(next.standing(login.cookie) == Standing::good);
  CHECK(next.standing(login.cookie, "192.0.2.2") == Standing::wrong_address);
  const SessionInfo after = next.info(login.cookie);
  CHECK(after.sid == login.sid);
  CHECK(after.left <= before.left);
  CHECK(after.left + 2 >= before.left);
  CHECK(after.last_login == 1000);
  CHECK(after.failures == 3);
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

TEST_CASE("a logout is confirmed once it is on disk, and not before", "[sessions][persist]") {
  town_wall = town_time;
  Awake awake;
  Town& town = awake.town;
  const LoginResult login = town.log_in(awake.worker, awake.wfd.ticket(5), "kate");
  town.run_kept();
  REQUIRE(awake.worker.send(Town::about<Logout>(awake.wfd.ticket(5), login.cookie)) == Told::sent);
  town.run(20);
  CHECK(town.is_silent(awake.worker));                    // it is not there yet,
  CHECK(awake.standing(login.cookie) == Standing::unknown);  // but over at once
  town.run_kept();
  const auto out = town.next<LoggedOut>(awake.worker);
  REQUIRE(out);
  CHECK(out->done);
  CHECK(out->for_good);
  REQUIRE(town.kept.forgotten.size() == 1);
  const Forget& order = town.kept.forgotten[0];
  CHECK(order.sid == login.sid);
  CHECK(order.logout);
  CHECK(order.user.view() == "kate");
  CHECK(order.source == addr("192.0.2.1"));
  CHECK(order.time == town_time.s);
}

TEST_CASE("an end that does not reach the disk is not confirmed, and is tried again", "[sessions][persist]") {
  town_wall = town_time;
  AuthdSettings settings = persistent_settings();
  settings.session.idle = seconds(2);  // refreshes five times a second
  Awake awake({}, {}, 1, settings);
  Town& town = awake.town;
  const LoginResult login = town.log_in(awake.worker, awake.wfd.ticket(5), "kate");
  town.run_kept();
  SECTION("because the vault cannot write") { town.kept.writes = false; }
  SECTION("because the vault is gone") { town.kept.answers = false; }
  REQUIRE(awake.worker.send(Town::about<Logout>(awake.wfd.ticket(5), login.cookie)) == Told::sent);
  town.run();
  CHECK(town.is_silent(town.vault));
  if (!town.kept.answers) town.vault.close();
  town.run();
  const auto out = town.next<LoggedOut>(awake.worker);
  REQUIRE(out);
  CHECK(out->done);
  CHECK_FALSE(out->for_good);
  CHECK(awake.standing(login.cookie) == Standing::unknown);
  const std::size_t before = town.kept.forgotten.size();
  REQUIRE(before == 1);
  if (!town.vault) town.bring_vault();
  town.kept.answers = town.kept.writes = true;
  town.run_kept(250);
  REQUIRE(town.kept.forgotten.size() == before + 1);
  CHECK(town.kept.forgotten[1].sid == login.sid);
  town.run_kept(250);
  CHECK(town.kept.forgotten.size() == before + 1);  // and then it is done
}

TEST_CASE("a silent vault makes nobody wait for ever", "[sessions][persist]") {
  town_wall = town_time;
  Awake awake;
  Town& town = awake.town;
  const LoginResult login = town.log_in(awake.worker, awake.wfd.ticket(5), "kate");
  town.run_kept();
  town.kept.answers = false;
  REQUIRE(awake.worker.send(Town::about<Logout>(awake.wfd.ticket(5), login.cookie)) == Told::sent);
  town.run_kept(static_cast<int>(disk_patience.ms()) + 100);
  const auto out = town.next<LoggedOut>(awake.worker);
  REQUIRE(out);
  CHECK_FALSE(out->for_good);
}

TEST_CASE("the use of sessions is told in batches, with the clocks", "[sessions][persist]") {
  town_wall = town_time;
  AuthdSettings settings = persistent_settings();
  settings.session.idle = seconds(3);
  std::vector<SessionRow> rows;
  const std::uint32_t many = 50;
  for (std::uint32_t i = 0; i < many; ++i) rows.push_back(living(i, cookie_of(static_cast<unsigned char>(i)), 100, 1));
  Awake awake(rows, here(), 1, settings);
  Town& town = awake.town;
  town.run_kept(350);
  town.kept.refreshed.clear();
  const Mono before = read_mono();
  for (const int which : {3, 4, 40})
    REQUIRE(awake.standing(cookie_of(static_cast<unsigned char>(which))) == Standing::good);
  town.run_kept(350);
  std::set<std::uint32_t> told;
  for (const Refresh& one : town.kept.refreshed) {
    CHECK(one.now.boot == here().boot);
    CHECK(one.now.wall == town_time.s);
    for (std::uint32_t i = 0; i < one.count; ++i) {
      CHECK(told.insert(one.rows[i].slot).second);
      CHECK(one.rows[i].mono >= before.us);
      CHECK(one.rows[i].wall >= town_time.s - 1);
      CHECK(one.rows[i].wall <= town_time.s);
    }
  }
  CHECK(told == std::set<std::uint32_t>{3, 4, 40});
  CHECK(town.kept.remembered.empty());
}

TEST_CASE("more uses than one message holds come in several", "[sessions][persist]") {
  town_wall = town_time;
  AuthdSettings settings = persistent_settings();
  settings.session.idle = seconds(20);
  Town town(settings);
  town_began = read_mono();
  town.recall_all();
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  const std::size_t many = 2 * use_rows + 10;
  std::vector<LoginResult> logins;
  for (std::size_t i = 0; i < many; ++i) logins.push_back(town.log_in(worker, wfd.ticket(5), "kate"));
  town.run_kept(20);
  CHECK(town.kept.remembered.size() == many);
  town.kept.refreshed.clear();
  for (const LoginResult& login : logins)
    REQUIRE(town.ask<Verdict>(worker, Town::about<Judge>(wfd.ticket(5), login.cookie))->standing == Standing::good);
  std::size_t told = 0;
  for (int i = 0; i < 100 && told < many; ++i) {
    town.run_kept(50);
    told = 0;
    for (const Refresh& one : town.kept.refreshed) told += one.count;
  }
  CHECK(told >= many);
}

TEST_CASE("a wall clock that is set back has every session written anew, as old as it is", "[sessions][persist]") {
  town_wall = town_time;
  AuthdSettings settings = persistent_settings();
  settings.session.idle = seconds(3);
  Awake awake({}, {}, 1, settings);
  Town& town = awake.town;
  const LoginResult login = town.log_in(awake.worker, awake.wfd.ticket(5), "kate");
  town.run_kept(350);
  REQUIRE(town.kept.remembered.size() == 1);
  town_wall.s -= 600;
  town.run_kept(350);
  town.run_kept(350);
  REQUIRE(town.kept.remembered.size() == 2);
  CHECK(town.kept.remembered[1].sid == login.sid);
  CHECK(town.kept.remembered[1].created.wall <= town_time.s - 600);
  CHECK(town.kept.refreshed.back().now.wall == town_time.s);  // the latest that there ever was
  town.run_kept(400);
  CHECK(town.kept.remembered.size() == 2);
}

TEST_CASE("a disabled user's sessions end, and are forgotten", "[sessions][persist]") {
  town_wall = town_time;
  const CookieValue cookie = cookie_of(5);
  Awake awake({living(1, cookie)}, here());
  auto ends = make_channel();
  REQUIRE(ends);
  awake.town.sessions.add_admin(std::move(ends->second));
  Channel boss(std::move(ends->first), Role::admin, Role::sessions);
  AdminAsk ask;
  ask.verb = AdminVerb::session_kill;
  ask.sid = Sid("sid1");
  SECTION("killed, and confirmed when it is on disk") {
    REQUIRE(boss.send(ask) == Told::sent);
    awake.town.run();
    CHECK(awake.town.is_silent(boss));
    awake.town.run_kept();
    CHECK(awake.town.next<AdminEnd>(boss)->done);
  }
  SECTION("killed, and not written down") {
    awake.town.kept.writes = false;
    REQUIRE(boss.send(ask) == Told::sent);
    awake.town.run_kept();
    const auto end = awake.town.next<AdminEnd>(boss);
    REQUIRE(end);
    CHECK_FALSE(end->done);
    CHECK(end->reason.view().find("the vault has not written that down") != std::string_view::npos);
  }
  SECTION("disabled") {
    ask.verb = AdminVerb::user_disable;
    ask.user = UserName("kate");
    REQUIRE(boss.send(ask) == Told::sent);
    awake.town.run();
    const auto question = awake.town.next<AdminAsk>(awake.town.vault);
    REQUIRE(question);
    AdminEnd done;
    done.tag = question->tag;
    done.done = true;
    REQUIRE(awake.town.vault.send(done) == Told::sent);
    awake.town.run_kept();
    CHECK(awake.town.next<AdminEnd>(boss)->done);
  }
  CHECK(awake.standing(cookie) == Standing::unknown);
  awake.town.run_kept();
  CHECK(awake.town.kept.forgotten.size() == 1);
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

TEST_CASE("an answer to what was never asked breaks the rules", "[sessions][persist]") {
  town_wall = town_time;
  Awake awake;
  awake.town.run_kept();
  REQUIRE(awake.town.vault.send(Noted{12345, true}) == Told::sent);
  awake.town.run();
  CHECK(awake.town.is_closed(awake.town.vault));
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

TEST_CASE("without persist nothing is kept, and what was kept before is forgotten", "[sessions][persist]") {
  town_wall = town_time;
  Town town;
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  const LoginResult login = town.log_in(worker, wfd.ticket(5), "kate");
  REQUIRE(login.granted);
  const auto out = town.ask<LoggedOut>(worker, Town::about<Logout>(wfd.ticket(5), login.cookie));
  REQUIRE(out);  // waits for nobody
  CHECK(out->for_good);
  town.run_kept();
  CHECK(town.kept.remembered.empty());
  CHECK(town.kept.refreshed.empty());
  REQUIRE(town.kept.forgotten.size() == 2);
  CHECK(town.kept.forgotten[0].all);
  CHECK_FALSE(town.kept.forgotten[1].all);
  CHECK(town.kept.forgotten[1].logout);
}

TEST_CASE("whether sessions persist cannot change at run time", "[sessions][persist]") {
  Town town;
  CHECK(town.sessions.reload(town_settings()));
  const auto refused = town.sessions.reload(persistent_settings());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("persist cannot change without a new start") != std::string::npos);
}
