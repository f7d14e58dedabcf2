// Role sessions at work, over real channels: who is believed, who is not, and who hears
// of an end.

#include "unit/authd/town.h"

#include <set>

#include "authd/sessions_holdings.h"

using namespace postern;
using namespace postern::authd;

TEST_CASE("a login is granted, judged, looked at and ended", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  UniqueFd page_fd;
  Channel worker = town.worker(wfd, 5, &page_fd);
  const auto reader = GenerationReader::map(std::move(page_fd));
  REQUIRE(reader);
  const Ticket ticket = wfd.ticket(5);

  const LoginResult login = town.log_in(worker, ticket, "kate");
  REQUIRE(login.granted);
  CHECK(login.tag == 7);
  CHECK(login.cookie.size() == 32);
  CHECK(login.user.view() == "kate");
  CHECK(login.last_login == 1000);
  CHECK(login.failures == 3);
  CHECK(town.logged("event=login id=0000000000001234 user=kate src=192.0.2.1 result=ok reason=-"));

  const auto verdict = town.ask<Verdict>(worker, Town::about<Judge>(ticket, login.cookie));
  REQUIRE(verdict);
  CHECK(verdict->standing == Standing::good);
  CHECK(verdict->tag == 9);
  CHECK(verdict->user.view() == "kate");
  CHECK(verdict->sid == login.sid);
  CHECK(verdict->touch_after == 60'000);
  const auto stands = [&] {
    return reader->stands(verdict->epoch, verdict->slot, verdict->generation, read_mono());
  };
  CHECK(stands());

  const auto info = town.ask<SessionInfo>(worker, Town::about<Look>(ticket, login.cookie));
  REQUIRE(info);
  CHECK(info->standing == Standing::good);
  CHECK(info->login == town_time.s);
  CHECK(info->idle_left >= 1799);
  CHECK(info->left >= 8 * 3600 - 1);
  CHECK(info->last_source == addr("198.51.100.7"));

  const auto ended = town.ask<Ended>(worker, Town::about<Logout>(ticket, login.cookie));
  REQUIRE(ended);
  const auto out = town.next<LoggedOut>(worker);
  REQUIRE(out);
  CHECK(out->done);
  CHECK(out->for_good);
  CHECK_FALSE(stands());
  CHECK(ended->slot == verdict->slot);
  CHECK(ended->generation == verdict->generation);
  CHECK(town.logged("event=logout sid=" + std::string(login.sid.view()) + " user=kate by=user"));
  const auto after = town.ask<Verdict>(worker, Town::about<Judge>(ticket, login.cookie));
  REQUIRE(after);
  CHECK(after->standing == Standing::unknown);
  CHECK(after->generation == 0);
  CHECK(town.logged("event=refuse id=0000000000001234 src=192.0.2.1 dst=10.1.0.5 status=- "
                    "reason=unknown-session"));
}

TEST_CASE("every no to a login looks the same to the worker", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  struct Row {
    LoginOutcome outcome;
    const char* reason;
  };
  const Row rows[] = {
      {LoginOutcome::failed, "failed"},
      {LoginOutcome::unknown_user, "unknown-user"},
      {LoginOutcome::wrong_pin, "wrong-pin"},
      {LoginOutcome::wrong_passcode, "wrong-passcode"},
      {LoginOutcome::spent_passcode, "spent-passcode"},
      {LoginOutcome::throttled, "throttled"},
      {LoginOutcome::disabled, "disabled"},
      {LoginOutcome::store_error, "store-error"},
  };
  LoginResult bare;
  bare.tag = 7;
  std::array<std::byte, max_message> expected{}, got{};
  const std::size_t size = encode(bare, expected);
  for (const Row& row : rows) {
    INFO(row.reason);
    const LoginResult login = town.log_in(worker, wfd.ticket(5), "kate", row.outcome);
    CHECK_FALSE(login.granted);
    REQUIRE(encode(login, got) == size);
    CHECK(got == expected);
    CHECK(town.logged(std::string("user=kate src=192.0.2.1 result=fail reason=") + row.reason));
  }
}

TEST_CASE("what was typed as a user reaches the log only if it may be a name", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  (void)town.log_in(worker, wfd.ticket(5), "2468 123456", LoginOutcome::unknown_user);
  const auto lines = town.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("user=- ") != std::string::npos);
  CHECK(lines[0].find("123456") == std::string::npos);
}

TEST_CASE("PIN and passcode go to the vault as they came, with the kernel's address", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  const auto question = town.ask_vault(worker, wfd.ticket(5, "203.0.113.8"), "Kate!");
  REQUIRE(question);
  CHECK(question->user.view() == "Kate!");
  CHECK(question->pin.text() == "2468");
  CHECK(question->passcode.text() == "123456");
  CHECK(question->source == addr("203.0.113.8"));
}

TEST_CASE("a cookie is worth nothing at another address", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5), thief = town.worker(wfd, 6);
  const LoginResult login = town.log_in(worker, wfd.ticket(5), "kate");
  const Ticket elsewhere = wfd.ticket(6, "203.0.113.66");
  town.lines();
  const auto verdict = town.ask<Verdict>(thief, Town::about<Judge>(elsewhere, login.cookie));
  REQUIRE(verdict);
  CHECK(verdict->standing == Standing::wrong_address);
  CHECK(verdict->generation == 0);
  CHECK(verdict->user.empty());
  CHECK(town.logged("src=203.0.113.66 dst=10.1.0.5 status=- reason=wrong-address"));
  const auto info = town.ask<SessionInfo>(thief, Town::about<Look>(elsewhere, login.cookie));
  REQUIRE(info);
  CHECK(info->standing == Standing::wrong_address);
  CHECK(info->user.empty());
  const auto out = town.ask<LoggedOut>(thief, Town::about<Logout>(elsewhere, login.cookie));
  REQUIRE(out);
  CHECK_FALSE(out->done);
  const auto asked = Town::about<Judge>(elsewhere, login.cookie);
  const auto dial = town.ask<Verdict>(wfd.broker, asked);
  REQUIRE(dial);
  CHECK(dial->standing == Standing::wrong_address);
  CHECK(town.ask<Verdict>(worker, Town::about<Judge>(wfd.ticket(5), login.cookie))->standing ==
        Standing::good);
}

TEST_CASE("a worker is believed only with its own ticket", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1), other = town.wfd(77);
  const auto flip = [](Ticket t) {
    t.seal[31] ^= std::byte{1};
    return t;
  };
  const auto moved = [](Ticket t) {
    t.client.address = addr("198.51.100.1");
    return t;
  };
  const Ticket own = wfd.ticket(5);
  const struct {
    const char* what;
    Ticket ticket;
  } rows[] = {
      {"one bit of the seal", flip(own)},
      {"another client address", moved(own)},
      {"another worker's ticket", wfd.ticket(6)},
      {"a ticket of another wfd", other.ticket(5)},
      {"no seal at all", Ticket{}},
  };
  const CookieValue cookie;
  for (const auto& row : rows) {
    INFO(row.what);
    const auto broken_by = [&](const auto& message) {
      Channel worker = town.worker(wfd, 5);
      REQUIRE(worker.send(message) == Told::sent);
      town.run();
      CHECK(town.is_closed(worker));
      const auto kill = town.next<KillWorkers>(wfd.master);
      REQUIRE(kill);
      CHECK(kill->workers[0] == 5);
      CHECK(town.is_silent(other.master));
      CHECK(town.is_silent(town.vault));
      CHECK(town.logged("event=fault role=worker pid=- what=\"a worker broke the rules, number 5\""));
    };
    broken_by(Town::about<Judge>(row.ticket, cookie));
    broken_by(Town::about<Look>(row.ticket, cookie));
    broken_by(Town::about<Logout>(row.ticket, cookie));
    broken_by(Town::login_of(row.ticket, "kate"));
    broken_by(Touch{row.ticket, 0, 0});
  }
}

TEST_CASE("two wfds with different keys live side by side", "[sessions]") {
  Town town;
  Wfd one = town.wfd(1), two = town.wfd(77);
  Channel first = town.worker(one, 5), second = town.worker(two, 5);  // the same number
  const LoginResult login = town.log_in(first, one.ticket(5), "kate");
  REQUIRE(login.granted);
  // One session, whichever generation of wfd serves it.
  const auto verdict = town.ask<Verdict>(second, Town::about<Judge>(two.ticket(5), login.cookie));
  REQUIRE(verdict);
  CHECK(verdict->standing == Standing::good);
  REQUIRE(second.send(Town::about<Judge>(one.ticket(5), login.cookie)) == Told::sent);
  town.run();
  CHECK(town.is_closed(second));
  CHECK(town.next<KillWorkers>(two.master));
  CHECK(town.is_silent(one.master));
  CHECK(town.ask<Verdict>(first, Town::about<Judge>(one.ticket(5), login.cookie))->standing ==
        Standing::good);
}

TEST_CASE("the broker is believed with any ticket of its own wfd", "[sessions]") {
  Town town;
  Wfd one = town.wfd(1), two = town.wfd(77);
  Channel worker = town.worker(one, 5);
  const LoginResult login = town.log_in(worker, one.ticket(5), "kate");
  const auto verdict = town.ask<Verdict>(one.broker, Town::about<Judge>(one.ticket(9), login.cookie));
  REQUIRE(verdict);
  CHECK(verdict->standing == Standing::good);
  REQUIRE(two.broker.send(Town::about<Judge>(one.ticket(5), login.cookie)) == Told::sent);
  town.run();
  CHECK(town.is_closed(two.broker));
}

TEST_CASE("who holds a verdict hears of its end, must confirm, and else is killed", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  Channel good = town.worker(wfd, 1), deaf = town.worker(wfd, 2), idle = town.worker(wfd, 3),
          broker_like = town.worker(wfd, 4);
  const LoginResult login = town.log_in(idle, wfd.ticket(3), "kate");
  const auto verdict = town.ask<Verdict>(good, Town::about<Judge>(wfd.ticket(1), login.cookie));
  REQUIRE(town.ask<Verdict>(deaf, Town::about<Judge>(wfd.ticket(2), login.cookie)));
  REQUIRE(town.ask<SessionInfo>(broker_like, Town::about<Look>(wfd.ticket(4), login.cookie)));
  REQUIRE(town.ask<LoggedOut>(idle, Town::about<Logout>(wfd.ticket(3), login.cookie))->done);
  CHECK(town.next<Ended>(good));
  CHECK(town.next<Ended>(deaf));
  CHECK(town.is_silent(idle));
  CHECK(town.is_silent(broker_like));
  REQUIRE(good.send(EndedSeen{verdict->slot, verdict->generation}) == Told::sent);

  town.run(900);
  CHECK(town.is_silent(wfd.master));
  CHECK(town.is_silent(deaf));
  town.run(150);
  const auto kill = town.next<KillWorkers>(wfd.master);
  REQUIRE(kill);
  CHECK(kill->workers[0] == 2);
  CHECK(town.is_closed(deaf));
  town.run(200);
  CHECK(town.is_silent(wfd.master));
  CHECK(town.is_silent(good));
}

TEST_CASE("confirming what was never told breaks the rules", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 1);
  const LoginResult login = town.log_in(worker, wfd.ticket(1), "kate");
  const auto verdict = town.ask<Verdict>(worker, Town::about<Judge>(wfd.ticket(1), login.cookie));
  REQUIRE(worker.send(EndedSeen{verdict->slot, verdict->generation}) == Told::sent);
  town.run();
  CHECK(town.is_closed(worker));
  CHECK(town.next<KillWorkers>(wfd.master));
}

TEST_CASE("a worker that hangs up with a verdict in hand is killed, others are not", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  Channel holder = town.worker(wfd, 1), plain = town.worker(wfd, 2);
  const LoginResult login = town.log_in(plain, wfd.ticket(2), "kate");
  REQUIRE(town.ask<Verdict>(holder, Town::about<Judge>(wfd.ticket(1), login.cookie)));
  plain.close();
  town.run();
  CHECK(town.is_silent(wfd.master));
  holder.close();
  town.run();
  CHECK(town.is_silent(wfd.master));  // it has a moment to be gone
  town.run(100);
  const auto kill = town.next<KillWorkers>(wfd.master);
  REQUIRE(kill);
  CHECK(kill->workers[0] == 1);
}

TEST_CASE("a crowd of workers that hang up is named in few messages", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  constexpr std::uint64_t crowd = 300;
  std::vector<Channel> holders;
  for (std::uint64_t number = 1; number <= crowd; ++number) holders.push_back(town.worker(wfd, number));
  const LoginResult login = town.log_in(holders[0], wfd.ticket(1), "kate");
  for (std::uint64_t number = 1; number <= crowd; ++number)
    REQUIRE(town.ask<Verdict>(holders[number - 1], Town::about<Judge>(wfd.ticket(number), login.cookie)));
  holders.clear();
  town.run(200);
  std::set<std::uint64_t> named;
  std::size_t messages = 0;
  while (const auto order = town.next<KillWorkers>(wfd.master)) {
    ++messages;
    for (const std::uint64_t number : order->workers)
      if (number != 0) named.insert(number);
  }
  CHECK(named.size() == crowd);
  CHECK(messages <= 2 * crowd / kills_in_one);
}

TEST_CASE("only who holds a verdict can keep its session awake", "[sessions]") {
  AuthdSettings settings = town_settings();
  settings.session.idle = seconds(2);
  Town town(settings);
  Wfd wfd = town.wfd(1);
  Channel holder = town.worker(wfd, 1), other = town.worker(wfd, 2);
  const LoginResult login = town.log_in(holder, wfd.ticket(1), "kate");
  const auto verdict = town.ask<Verdict>(holder, Town::about<Judge>(wfd.ticket(1), login.cookie));
  CHECK(verdict->touch_after == 100);
  const auto idle_left = [&] {
    return town.ask<SessionInfo>(other, Town::about<Look>(wfd.ticket(2), login.cookie))->idle_left;
  };
  town.run(1100);
  CHECK(idle_left() == 0);  // less than a second
  REQUIRE(other.send(Touch{wfd.ticket(2), verdict->slot, verdict->generation}) == Told::sent);
  town.run();
  CHECK(idle_left() == 0);
  REQUIRE(holder.send(Touch{wfd.ticket(1), verdict->slot, verdict->generation}) == Told::sent);
  town.run();
  CHECK(idle_left() == 1);
  town.run(3100);
  const auto ended = town.next<Ended>(holder);
  REQUIRE(ended);
  CHECK(ended->generation == verdict->generation);
  CHECK(town.logged("event=expire sid=" + std::string(login.sid.view()) + " user=kate by=idle"));
}

TEST_CASE("the login that is one too many ends the oldest, everywhere", "[sessions]") {
  AuthdSettings settings = town_settings();
  settings.session.sessions_per_user = 1;
  Town town(settings);
  Wfd wfd = town.wfd(1);
  Channel one = town.worker(wfd, 1), two = town.worker(wfd, 2);
  const LoginResult first = town.log_in(one, wfd.ticket(1), "kate");
  REQUIRE(town.ask<Verdict>(one, Town::about<Judge>(wfd.ticket(1), first.cookie)));
  const LoginResult second = town.log_in(two, wfd.ticket(2), "kate");
  REQUIRE(second.granted);
  CHECK(town.next<Ended>(one));
  CHECK(town.logged("event=revoke sid=" + std::string(first.sid.view()) + " user=kate by=limit"));
}

TEST_CASE("what a worker holds is remembered exactly", "[sessions]") {
  Holdings held;
  CHECK(held.empty());
  held.give(3, 10);
  held.give(1, 10);
  held.give(3, 10);
  held.give(3, 11);
  CHECK(held.holds(3, 10));
  CHECK_FALSE(held.holds(3, 12));
  CHECK_FALSE(held.holds(2, 10));
  CHECK_FALSE(held.confirm(3, 10));
  CHECK(held.tell(3, 10, Mono{50}));
  CHECK_FALSE(held.tell(3, 10, Mono{60}));
  CHECK(held.tell(1, 10, Mono{40}));
  CHECK_FALSE(held.tell(9, 10, Mono{1}));
  CHECK(held.due() == Mono{40});
  CHECK(held.confirm(1, 10));
  CHECK(held.due() == Mono{50});
  CHECK(held.confirm(3, 10));
  CHECK_FALSE(held.due());
  CHECK_FALSE(held.confirm(3, 10));
  CHECK_FALSE(held.empty());
  CHECK(held.holds(3, 11));
}
