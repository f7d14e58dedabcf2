// Sessions that outlive their role: what the vault is told and when, and who waits for it.
// What is made of what it says at a new start: sessions_recall_test.cc.

#include <set>

#include "unit/authd/awake.h"

using namespace postern;
using namespace postern::authd;

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

TEST_CASE("an answer to what was never asked breaks the rules", "[sessions][persist]") {
  town_wall = town_time;
  Awake awake;
  awake.town.run_kept();
  REQUIRE(awake.town.vault.send(Noted{12345, true}) == Told::sent);
  awake.town.run();
  CHECK(awake.town.is_closed(awake.town.vault));
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
