// Roaming: a session that is used from another address gets it with one passcode, and
// nobody else gets anything.
#include "unit/authd/town.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr const char* home = "192.0.2.1";
constexpr const char* home6 = "2001:db8::7";
constexpr const char* cafe = "203.0.113.66";

// Kate's session, made at home over IPv4, and workers for whoever else connects.
struct Roaming : Town {
  explicit Roaming(const AuthdSettings& settings = town_settings()) : Town(settings) {
    if (settings.session.persist) recall_all();
    gate = wfd(1);
    worker = Town::worker(gate, 5);
    login = log_in(worker, gate.ticket(5), "kate");
    REQUIRE(login.granted);
    lines();
  }
  Ticket from(const char* client) const { return gate.ticket(5, client); }

  Verdict judge(const char* client, const CookieValue& cookie, Doing doing = Doing::background) {
    Judge question = about<Judge>(from(client), cookie);
    question.doing = doing;
    const auto verdict = ask<Verdict>(worker, question);
    REQUIRE(verdict);
    return *verdict;
  }
  Standing standing(const char* client, const CookieValue& cookie) { return judge(client, cookie).standing; }
  // What a person is offered who goes somewhere at `client`.
  LinkHandle offered(const char* client) {
    const Verdict verdict = judge(client, login.cookie, Doing::navigation);
    CHECK(verdict.standing == Standing::wrong_address);
    CHECK(verdict.user.empty());
    return verdict.link;
  }
  SessionInfo look(const char* client, const CookieValue& cookie, const LinkHandle& link, bool wanted = false) {
    Look question = about<Look>(from(client), cookie);
    question.link = link;
    question.link_wanted = wanted;
    const auto info = ask<SessionInfo>(worker, question);
    REQUIRE(info);
    return *info;
  }
  Login passcode_for(const LinkHandle& link, const char* client, const CookieValue& cookie, const char* user = "") {
    Login question = login_of(from(client), user);
    question.link = link;
    REQUIRE(question.cookie.assign(cookie.bytes()));
    return question;
  }
  // What the vault is asked about it, if it is.
  std::optional<CheckPasscode> try_link(const LinkHandle& link, const char* client, const CookieValue& cookie) {
    return try_link(passcode_for(link, client, cookie));
  }
  std::optional<CheckPasscode> try_link(const Login& question) {
    REQUIRE(worker.send(question) == Told::sent);
    run();
    return next<CheckPasscode>(vault);
  }
  void vault_says(const CheckPasscode& question, LoginOutcome outcome, const char* user = "kate") {
    PasscodeResult result;
    result.tag = question.tag;
    result.outcome = outcome;
    result.user = UserName(user);
    REQUIRE(vault.send(result) == Told::sent);
  }
  LoginResult answer() {
    for (int i = 0; i < 500; ++i) {  // a no has its time
      run(1);
      if (auto told = hear()) return std::move(*told);
    }
    FAIL("no answer");
    return {};
  }
  // The answer to a login; ends on the way are kept.
  std::optional<LoginResult> hear() {
    Packet packet;
    while (receive(worker, packet) == Heard::packet) {
      LoginResult result;
      Ended end;
      if (packet.read(result)) return std::optional<LoginResult>(std::move(result));
      if (packet.read(end)) ended.push_back(end);
    }
    return {};
  }
  LoginResult linked(const LinkHandle& link, const char* client) {
    const auto question = try_link(link, client, login.cookie);
    REQUIRE(question);
    vault_says(*question, LoginOutcome::granted);
    return answer();
  }

  Wfd gate;
  Channel worker;
  LoginResult login;
  std::vector<Ended> ended;
};

}  // namespace

TEST_CASE("a person at another address is offered to add it, nobody else is", "[sessions][link]") {
  Roaming town;
  CHECK(town.judge(home, town.login.cookie, Doing::navigation).link.empty());
  for (const Doing doing : {Doing::background, Doing::use}) CHECK(town.judge(home6, town.login.cookie, doing).link.empty());
  CookieValue made_up;
  (void)made_up.fill(32);
  CHECK(town.judge(home6, made_up, Doing::navigation).link.empty());
  CHECK(town.offered(home6).size() == 22);
  CHECK(town.offered(home6) != town.offered(cafe));
}

TEST_CASE("one passcode adds an address of the other family", "[sessions][link]") {
  Roaming town;
  const Verdict old = town.judge(home, town.login.cookie);
  const LinkHandle link = town.offered(home6);
  const char* here = GENERATE(home, home6);  // the login host may have been reached by either
  INFO(here);
  const SessionInfo info = town.look(here, town.login.cookie, link);
  CHECK(info.refused == addr(home6));
  CHECK(info.link == link);
  town.lines();
  const auto question = town.try_link(link, here, town.login.cookie);
  REQUIRE(question);
  CHECK(question->user.view() == "kate");
  CHECK(question->pin.empty());
  CHECK(question->without_pin);
  CHECK(question->passcode.text() == "123456");
  CHECK(question->source == addr(here));
  town.vault_says(*question, LoginOutcome::granted);
  const LoginResult answer = town.answer();
  REQUIRE(answer.granted);
  CHECK(answer.user.view() == "kate");
  CHECK(answer.sid == town.login.sid);
  CHECK_FALSE(answer.cookie == town.login.cookie);
  const auto lines = town.lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("event=login id=0000000000001234 user=kate src=" + std::string(here) + " result=ok reason=link") != std::string::npos);
  CHECK(lines[1].find("event=link sid=" + std::string(answer.sid.view()) + " user=kate address=2001:db8::7") != std::string::npos);
  CHECK(town.standing(home, answer.cookie) == Standing::good);
  CHECK(town.standing(home6, answer.cookie) == Standing::good);
  CHECK(town.standing(cafe, answer.cookie) == Standing::wrong_address);
  // The old cookie is nothing any more, and what stood on it ends.
  CHECK(town.standing(home, town.login.cookie) == Standing::unknown);
  REQUIRE(town.ended.size() == 1);
  CHECK(town.ended[0].slot == old.slot);
  CHECK(town.ended[0].generation == old.generation);
}

TEST_CASE("an address of the same family takes the place of the one before", "[sessions][link]") {
  Roaming town;
  const LoginResult answer = town.linked(town.offered(cafe), cafe);
  REQUIRE(answer.granted);
  CHECK(town.standing(cafe, answer.cookie) == Standing::good);
  CHECK(town.standing(home, answer.cookie) == Standing::wrong_address);
}

TEST_CASE("a handle works once, for one try at a time, and for two minutes", "[sessions][link]") {
  Roaming town;
  const LinkHandle link = town.offered(home6), other = town.offered(home6);
  const auto question = town.try_link(link, home6, town.login.cookie);
  REQUIRE(question);
  CHECK_FALSE(town.try_link(link, home6, town.login.cookie));
  CHECK(town.logged("result=fail reason=busy"));
  CHECK_FALSE(town.answer().granted);
  // A wrong passcode leaves it as it is.
  town.vault_says(*question, LoginOutcome::wrong_passcode);
  const LoginResult no = town.answer();
  CHECK_FALSE(no.granted);
  CHECK(no.refused == addr(home6));
  CHECK(no.user.empty());
  CHECK(no.cookie.empty());
  CHECK(town.standing(home, town.login.cookie) == Standing::good);
  CHECK(town.standing(home6, town.login.cookie) == Standing::wrong_address);
  const LoginResult yes = town.linked(link, home6);
  REQUIRE(yes.granted);
  for (const LinkHandle& handle : {link, other})  // with the cookie all of its handles are over
    for (const CookieValue* cookie : {&std::as_const(town.login.cookie), &yes.cookie}) {
      CHECK_FALSE(town.try_link(handle, home6, *cookie));
      const LoginResult answer = town.answer();
      CHECK_FALSE(answer.granted);
      CHECK_FALSE(answer.refused);
      CHECK(town.logged("user=- src=2001:db8::7 result=fail reason=no-link"));
    }
}

TEST_CASE("a handle is nothing without the cookie, elsewhere, or for another session", "[sessions][link]") {
  Roaming town;
  const LoginResult hugo = town.log_in(town.worker, town.from(home), "hugo");
  const LinkHandle link = town.offered(home6), at_cafe = town.offered(cafe);
  const CookieValue none;
  struct Row {
    const char* what;
    const LinkHandle& link;
    const char* client;
    const CookieValue& cookie;
  };
  for (const Row& row : {Row{"no cookie", link, home6, none}, Row{"another session's cookie", link, home6, hugo.cookie},
                         Row{"a third address", link, cafe, town.login.cookie},
                         Row{"another address of its family", link, "2001:db8::8", town.login.cookie},
                         Row{"his one IPv4 address for another one, from there", at_cafe, home, town.login.cookie},
                         Row{"no such handle", LinkHandle(std::string_view("none")), home6, town.login.cookie}}) {
    INFO(row.what);
    CHECK_FALSE(town.look(row.client, row.cookie, row.link).refused);
    CHECK_FALSE(town.try_link(row.link, row.client, row.cookie));
    const LoginResult answer = town.answer();
    CHECK_FALSE(answer.granted);
    CHECK_FALSE(answer.refused);
    CHECK(town.logged("result=fail reason=no-link"));
  }
  CHECK(town.linked(link, home6).granted);
}

TEST_CASE("a link is always a matter of the session's own user", "[sessions][link]") {
  Roaming town;
  const LinkHandle link = town.offered(home6);
  const auto question = town.try_link(town.passcode_for(link, home6, town.login.cookie, "hugo"));
  REQUIRE(question);
  CHECK(question->user.view() == "kate");  // so his passcode is a wrong one, and guessed at kate
  CHECK(question->pin.empty());
  town.vault_says(*question, LoginOutcome::wrong_passcode);
  CHECK_FALSE(town.answer().granted);
  CHECK(town.logged("user=kate src=2001:db8::7 result=fail reason=wrong-passcode"));
}

TEST_CASE("a session that ends meanwhile gets nothing", "[sessions][link]") {
  Roaming town;
  const auto question = town.try_link(town.offered(home6), home6, town.login.cookie);
  REQUIRE(question);
  REQUIRE(town.worker.send(Town::about<Logout>(town.from(home), town.login.cookie)) == Told::sent);
  town.run();
  town.vault_says(*question, LoginOutcome::granted);
  const LoginResult answer = town.answer();
  CHECK_FALSE(answer.granted);
  CHECK_FALSE(answer.refused);
  CHECK(town.logged("result=fail reason=gone"));
}

TEST_CASE("bind=prefix and bind=none ask for less", "[sessions][link]") {
  AuthdSettings settings = town_settings();
  SECTION("prefix") {
    settings.session.bind = Bind::prefix;
    Roaming town(settings);
    CHECK(town.judge("192.0.2.200", town.login.cookie, Doing::navigation).standing == Standing::good);
    const LinkHandle link = town.offered(home6);
    CHECK_FALSE(town.look("2001:db8:0:100::1", town.login.cookie, link).refused);  // another /56
    // A browser may have a new address a moment later, but it stays in its /56.
    const LoginResult answer = town.linked(link, "2001:db8::ffff");
    REQUIRE(answer.granted);
    CHECK(town.standing("2001:db8:0:ff::1", answer.cookie) == Standing::good);
  }
  SECTION("none") {
    settings.session.bind = Bind::none;
    Roaming town(settings);
    const Verdict verdict = town.judge(cafe, town.login.cookie, Doing::navigation);
    CHECK(verdict.standing == Standing::good);
    CHECK(verdict.link.empty());
  }
}

TEST_CASE("whoever asks for the form, or the portal, at another address is offered a handle, too", "[sessions][link]") {
  Roaming town;
  const SessionInfo info = town.look(home6, town.login.cookie, {}, true);
  CHECK(info.standing == Standing::wrong_address);
  CHECK(info.refused == addr(home6));
  CHECK(info.user.empty());
  CHECK(town.linked(info.link, home6).granted);
  Roaming other;
  CHECK(other.look(home, other.login.cookie, {}, true).link.empty());
  CHECK(other.look(home6, other.login.cookie, {}, false).link.empty());
}

TEST_CASE("a new address is told when the vault has the new cookie", "[sessions][link][persist]") {
  Roaming town(persistent_settings());
  town.run_kept();
  town.kept.answers = false;
  const auto question = town.try_link(town.offered(home6), home6, town.login.cookie);
  REQUIRE(question);
  town.kept.remembered.clear();
  town.vault_says(*question, LoginOutcome::granted);
  town.run();
  REQUIRE(town.is_silent(town.vault));
  REQUIRE(town.kept.remembered.size() == 1);
  CHECK(town.kept.remembered[0].bound_v6 == addr(home6));
  CHECK(town.kept.remembered[0].bound_v4 == addr(home));
  CHECK(town.kept.remembered[0].sid == town.login.sid);
  CHECK_FALSE(town.hear());
  CHECK(town.standing(home, town.login.cookie) == Standing::unknown);
}

TEST_CASE("a session that is ended before its new cookie is kept gets nothing", "[sessions][link][persist]") {
  Roaming town(persistent_settings());
  const LoginResult other = town.log_in(town.worker, town.from(home), "kate");
  REQUIRE(other.granted);
  town.run_kept();
  const auto question = town.try_link(town.offered(home6), home6, town.login.cookie);
  REQUIRE(question);
  town.vault_says(*question, LoginOutcome::granted);
  town.run();  // the vault was told, and has said nothing yet
  Logout order = Town::about<Logout>(town.from(home), other.cookie);
  order.sid = town.login.sid;
  REQUIRE(town.worker.send(order) == Told::sent);
  town.run();
  town.run_kept();
  const LoginResult answer = town.answer();
  CHECK_FALSE(answer.granted);
  CHECK(answer.cookie.empty());
  CHECK(town.logged("result=fail reason=gone"));
}

TEST_CASE("a new cookie that cannot be kept ends its session", "[sessions][link][persist]") {
  Roaming town(persistent_settings());
  town.run_kept();
  const LinkHandle link = town.offered(home6);
  town.kept.writes = false;
  const auto question = town.try_link(link, home6, town.login.cookie);
  REQUIRE(question);
  town.vault_says(*question, LoginOutcome::granted);
  town.run_kept();
  const LoginResult answer = town.answer();
  CHECK_FALSE(answer.granted);
  CHECK(answer.cookie.empty());
  CHECK(town.logged("event=revoke sid=" + std::string(town.login.sid.view()) + " user=kate by=vault"));
}

// ---- the session that a browser had before --------------------------------------

TEST_CASE("a new login ends the session that the browser brings", "[sessions][login]") {
  Roaming town;
  const auto log_in_with = [&](const CookieValue& cookie, const char* client, const char* user, LoginOutcome outcome) {
    Login question = Town::login_of(town.from(client), user);
    REQUIRE(question.cookie.assign(cookie.bytes()));
    const auto asked = town.try_link(question);
    REQUIRE(asked);
    CHECK_FALSE(asked->without_pin);
    town.vault_says(*asked, outcome, user);
    return town.answer();
  };
  const std::string line = "event=revoke sid=" + std::string(town.login.sid.view()) + " user=kate by=login";
  SECTION("his own") {
    REQUIRE(log_in_with(town.login.cookie, home, "kate", LoginOutcome::granted).granted);
    CHECK(town.logged(line));
    CHECK(town.standing(home, town.login.cookie) == Standing::unknown);
  }
  SECTION("his own, though his address is another one by now") {
    const LoginResult fresh = log_in_with(town.login.cookie, cafe, "kate", LoginOutcome::granted);
    REQUIRE(fresh.granted);
    CHECK(town.logged(line));
    CHECK(town.standing(home, town.login.cookie) == Standing::unknown);
    CHECK(town.standing(cafe, fresh.cookie) == Standing::good);
  }
  SECTION("somebody else's, whose browser it is") {
    REQUIRE(log_in_with(town.login.cookie, home, "hugo", LoginOutcome::granted).granted);
    CHECK(town.logged(line));
    CHECK(town.standing(home, town.login.cookie) == Standing::unknown);
  }
  SECTION("not when it fails") {
    CHECK_FALSE(log_in_with(town.login.cookie, home, "kate", LoginOutcome::wrong_pin).granted);
    CHECK(town.standing(home, town.login.cookie) == Standing::good);
  }
  SECTION("not somebody else's whose cookie was stolen") {
    REQUIRE(log_in_with(town.login.cookie, cafe, "hugo", LoginOutcome::granted).granted);
    CHECK_FALSE(town.logged("by=login"));
    CHECK(town.standing(home, town.login.cookie) == Standing::good);
  }
}

TEST_CASE("a login in place of a session costs no other one", "[sessions][login]") {
  AuthdSettings settings = town_settings();
  settings.session.sessions_per_user = 2;
  Roaming town(settings);
  const LoginResult second = town.log_in(town.worker, town.from(home), "kate");
  Login question = Town::login_of(town.from(home), "kate");
  REQUIRE(question.cookie.assign(second.cookie.bytes()));
  const auto asked = town.try_link(question);
  REQUIRE(asked);
  town.vault_says(*asked, LoginOutcome::granted);
  REQUIRE(town.answer().granted);
  CHECK(town.standing(home, town.login.cookie) == Standing::good);
  CHECK(town.standing(home, second.cookie) == Standing::unknown);
}
