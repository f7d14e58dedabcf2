// What a restore means for sessions: everybody logs in again, and places are asked for anew,
// also when nobody knows whether it was done.
#include "unit/authd/town.h"

using namespace postern;
using namespace postern::authd;

namespace {

// A town with one session, of kate, and an operator who has a restore before the vault.
struct Restored : Town {
  Wfd gate = wfd(1);
  Channel one = worker(gate, 1);
  CookieValue cookie = std::move(log_in(one, gate.ticket(1), "kate").cookie);
  Channel boss;
  std::uint32_t tag = 0;

  explicit Restored(bool dry_run) {
    REQUIRE(standing() == Standing::good);
    auto ends = make_channel();
    REQUIRE(ends);
    sessions.add_admin(std::move(ends->second));
    boss = Channel(std::move(ends->first), Role::admin, Role::sessions);
    AdminAsk ask;
    ask.tag = 3;
    ask.verb = AdminVerb::restore;
    ask.dry_run = dry_run;
    REQUIRE(boss.send(ask) == Told::sent);
    run();
    const auto question = next<AdminAsk>(vault);
    REQUIRE(question);
    tag = question->tag;
  }
  void answer(bool done) {
    AdminEnd end;
    end.tag = tag;
    end.done = done;
    REQUIRE(vault.send(end) == Told::sent);
    run();
  }
  Standing standing() {
    const auto verdict = ask<Verdict>(one, about<Judge>(gate.ticket(1), cookie));
    REQUIRE(verdict);
    return verdict->standing;
  }
};

}  // namespace

TEST_CASE("nobody is logged in any more after a restore, whatever became of its answer", "[sessions][restore]") {
  const bool done = GENERATE(true, false), here = GENERATE(true, false);
  Restored town(false);
  if (!here) town.boss.close();  // the operator did not wait
  town.answer(done);
  CHECK(town.logged("event=revoke"));
  CHECK(town.next<Ended>(town.one));
  CHECK(town.standing() == Standing::unknown);
  if (!here) return;
  const auto end = town.next<AdminEnd>(town.boss);
  REQUIRE(end);
  CHECK(end->done == done);
}

TEST_CASE("nobody is logged in any more when the vault goes in the middle of a restore", "[sessions][restore]") {
  Restored town(false);
  town.vault.close();
  town.run();
  CHECK(town.next<Ended>(town.one));
  CHECK(town.standing() == Standing::unknown);
}

TEST_CASE("a restore that is only tried ends nothing", "[sessions][restore]") {
  Restored town(true);
  town.answer(true);
  CHECK(town.standing() == Standing::good);
  CHECK(town.is_silent(town.vault));
}

TEST_CASE("who is known where is asked anew after a restore", "[sessions][restore]") {
  Restored town(false);
  town.answer(true);
  REQUIRE(town.next<AskPlaces>(town.vault));
  Places known;
  known.count = 1;
  known.rows[0] = {UserName("hugo"), addr("192.0.2.7")};
  REQUIRE(town.vault.send(known) == Told::sent);
  town.run();
  const auto more = town.next<AskPlaces>(town.vault);
  REQUIRE(more);
  CHECK(more->from == 1);
  // Before the vault is one already; of the others hugo goes first, kate as a stranger.
  const auto asks = [&](const char* user, const char* client) {
    REQUIRE(town.one.send(town.login_of(town.gate.ticket(1, client), user)) == Told::sent);
    town.run();
  };
  asks("first", "198.51.100.1");
  asks("anna", "198.51.100.2");
  asks("kate", "192.0.2.1");
  asks("hugo", "192.0.2.7");
  std::string order;
  while (const auto question = town.next<CheckPasscode>(town.vault)) {
    order += std::string(question->user.view()) + " ";
    PasscodeResult no;
    no.tag = question->tag;
    no.outcome = LoginOutcome::wrong_pin;
    REQUIRE(town.vault.send(no) == Told::sent);
    town.run();
  }
  CHECK(order == "first hugo anna kate ");
}
