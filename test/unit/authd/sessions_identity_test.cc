// Role sessions and what servers of the intranet are told: assertions, keys, and whose
// cookie it is; and what a worker in wrong hands gets out of it.
#include "unit/authd/assertion_keys.h"
#include "unit/authd/town.h"

using namespace postern;
using namespace postern::authd;

namespace {

Vouch vouch_for(const Ticket& ticket, const CookieValue& cookie, const std::string& host = "wiki.example.org") {
  Vouch question = Town::about<Vouch>(ticket, cookie);
  REQUIRE(question.host.assign(host));
  return question;
}

// A town where kate has logged in by worker 5, from 192.0.2.1.
struct Court {
  Town town;
  Wfd wfd;
  Channel worker;
  LoginResult login;

  explicit Court(const AuthdSettings& settings = town_settings(), bool with_key = true)
      : town(settings), wfd(town.wfd(1)), worker(town.worker(wfd, 5)) {
    if (with_key) take_key(rfc_key);
    login = town.log_in(worker, wfd.ticket(5), "kate");
    REQUIRE(login.granted);
    (void)town.lines();
  }
  void take_key(const std::string& pem) {
    IdentityKeys keys;
    keys.current.emplace(key_from(pem));
    town.sessions.take_keys(std::move(keys));
  }
  Assertion ask(const Vouch& question) {
    auto answer = town.ask<Assertion>(worker, question);
    REQUIRE(answer);
    return std::move(*answer);
  }
  Assertion vouch(const std::string& host = "wiki.example.org") {
    return ask(vouch_for(wfd.ticket(5), login.cookie, host));
  }
  Verification verify(Channel& from, const Ticket& ticket, const CookieValue& cookie) {
    const auto answer = town.ask<Verification>(from, Town::about<Verify>(ticket, cookie));
    REQUIRE(answer);
    return *answer;
  }
  std::uint32_t idle_left() {
    return town.ask<SessionInfo>(worker, Town::about<Look>(wfd.ticket(5), login.cookie))->idle_left;
  }
  // True when `message` is the last that worker 5 says.
  template <class M>
  bool ends_worker(const M& message) {
    Channel hostile = town.worker(wfd, 6);
    REQUIRE(hostile.send(message) == Told::sent);
    town.run();
    const auto kill = town.next<KillWorkers>(wfd.master);
    return town.is_closed(hostile) && kill && kill->workers[0] == 6;
  }
};

}  // namespace

TEST_CASE("an assertion comes from the table, the ticket and the gate's master", "[sessions][identity]") {
  Court court;
  const Assertion made = court.vouch();
  CHECK(made.tag == 9);
  CHECK(made.outcome == VouchOutcome::vouched);
  CHECK((made.fresh_for > 59'000 && made.fresh_for <= 60'000));
  const TokenParts parts = parts_of(made.token.text());
  CHECK(is_signed_by(parts, rfc_public));
  CHECK(parts.claims == R"({"iss":"https://login.example.org","aud":"https://wiki.example.org","sub":"kate","sid":")" +
                            std::string(court.login.sid.view()) +
                            R"(","iat":1700000000,"nbf":1700000000,"exp":1700000300,"dst":"10.1.0.5:443"})");
  CHECK_FALSE(court.vouch("www.example.org").token == made.token);
  CHECK(court.town.lines().empty());
}

TEST_CASE("an assertion never outlives its session", "[sessions][identity]") {
  AuthdSettings settings = town_settings();
  settings.session.lifetime = seconds(90);
  settings.session.idle = seconds(60);
  Court court(settings);
  const std::string claims = parts_of(court.vouch().token.text()).claims;
  CHECK((claims.find("\"exp\":1700000089,") != std::string::npos || claims.find("\"exp\":1700000090,") != std::string::npos));
}

TEST_CASE("each wfd has its own login host, and one that has none gets no assertions", "[sessions][identity]") {
  Court court;
  struct Row {
    const char* login_host;
    const char* issuer;  // nullptr: nothing is asserted
    bool told;
  };
  const Row rows[] = {{"gate.sales.example.org", "\"iss\":\"https://gate.sales.example.org\"", false},
                      {"example.org", "\"iss\":\"https://example.org\"", false},
                      {"", nullptr, false},
                      {"login.example.com", nullptr, true},
                      {"evilexample.org", nullptr, true},
                      {"LOGIN.example.org", nullptr, true},
                      {"login.example.org\",\"x\":\"", nullptr, true}};
  unsigned char seed = 40;
  for (const Row& row : rows) {
    INFO(row.login_host);
    court.town.login_host = row.login_host;
    Wfd other = court.town.wfd(seed += 3);
    CHECK(court.town.logged("role=master pid=- what=\"the login host of a gate is not at or below [session] domain\"") == row.told);
    Channel worker = court.town.worker(other, 7);
    const auto made = court.town.ask<Assertion>(worker, vouch_for(other.ticket(7), court.login.cookie));
    REQUIRE(made);
    CHECK(made->outcome == (row.issuer == nullptr ? VouchOutcome::no_key : VouchOutcome::vouched));
    if (row.issuer != nullptr) CHECK(parts_of(made->token.text()).claims.find(row.issuer) != std::string::npos);
  }
}

TEST_CASE("a worker that names a host it could not have served is done for", "[sessions][identity]") {
  for (const std::string host :
       {"example.com", "wiki.example.com", "evilexample.org", "example.org.evil.com", "", ".", "wiki.example.org.", "Wiki.example.org",
        "wiki.example.org:443", "wiki.example.org/x", "a..example.org", "-a.example.org", "a_b.example.org", "wiki.example.org\",\"sub\":\"root",
        "10.1.0.5", "https://wiki.example.org", "wiki.example.org,www.example.org", " wiki.example.org", "login.example.org"}) {
    INFO(host);
    Court court;
    CHECK(court.ends_worker(vouch_for(court.wfd.ticket(6), court.login.cookie, host)));
  }
}

TEST_CASE("a worker asks with its own ticket only", "[sessions][identity]") {
  Court court;
  const Wfd other = court.town.wfd(77);
  Ticket flipped = court.wfd.ticket(6);
  flipped.seal[0] ^= std::byte{1};
  Ticket moved = court.wfd.ticket(6);
  moved.destination = *Endpoint::parse("10.1.0.9:443");
  const Ticket inside = court.wfd.ticket(5, "10.1.0.7");
  for (const Ticket& ticket : {court.wfd.ticket(5), flipped, moved, other.ticket(6), Ticket{}, inside}) {
    CHECK(court.ends_worker(vouch_for(ticket, court.login.cookie)));
    CHECK(court.ends_worker(Town::about<Verify>(ticket, court.login.cookie)));
    ListKeys list;
    list.ticket = ticket;
    CHECK(court.ends_worker(list));
  }
}

TEST_CASE("nobody is vouched for without a session that is good from there", "[sessions][identity]") {
  Court court;
  const auto outcome = [&](const Ticket& ticket, const CookieValue& cookie) {
    Assertion made = court.ask(vouch_for(ticket, cookie));
    CHECK(made.token.empty());
    return made.outcome;
  };
  CookieValue guess, half;
  (void)guess.fill(32);
  half.assign(court.login.cookie.bytes().first(31));
  CHECK(outcome(court.wfd.ticket(5), guess) == VouchOutcome::no_session);
  CHECK(court.town.logged("reason=unknown-session"));
  CHECK(outcome(court.wfd.ticket(5), half) == VouchOutcome::no_session);
  CHECK(outcome(court.wfd.ticket(5), CookieValue()) == VouchOutcome::no_session);
  CHECK(outcome(court.wfd.ticket(5, "203.0.113.66"), court.login.cookie) == VouchOutcome::no_session);
  CHECK(court.town.logged("src=203.0.113.66 dst=10.1.0.5 status=- reason=wrong-address"));
  CHECK(court.vouch().outcome == VouchOutcome::vouched);
  REQUIRE(court.town.ask<LoggedOut>(court.worker, Town::about<Logout>(court.wfd.ticket(5), court.login.cookie))->done);
  CHECK(outcome(court.wfd.ticket(5), court.login.cookie) == VouchOutcome::no_session);  // what was kept is worth nothing
}

TEST_CASE("a flood of questions gets no flood of signatures", "[sessions][identity]") {
  Court court;
  std::size_t made = 0, busy = 0;
  const std::string first(court.vouch("h0.example.org").token.text());
  REQUIRE_FALSE(first.empty());
  for (int i = 1; i < 400; ++i) {
    const Assertion answer = court.vouch("h" + std::to_string(i) + ".example.org");
    made += answer.outcome == VouchOutcome::vouched;
    busy += answer.outcome == VouchOutcome::busy;
  }
  CHECK(made == assertions_a_minute - 1);
  CHECK(busy == 400 - assertions_a_minute);
  for (int i = 0; i < 300; ++i) {  // the clock of the town stands still, so some are not given out again
    const Assertion again = court.vouch("h0.example.org");
    REQUIRE((again.outcome == VouchOutcome::busy || again.token.text() == first));
  }
  Channel other = court.town.worker(court.wfd, 8);  // a fresh worker and connection changes nothing
  const auto elsewhere = court.town.ask<Assertion>(other, vouch_for(court.wfd.ticket(8), court.login.cookie, "new.example.org"));
  CHECK(elsewhere->outcome == VouchOutcome::busy);
}

TEST_CASE("being vouched for keeps no session awake", "[sessions][identity]") {
  AuthdSettings settings = town_settings();
  settings.session.idle = seconds(2);
  Court court(settings);
  court.town.run(1200);
  CHECK(court.vouch().outcome == VouchOutcome::vouched);
  CHECK(court.idle_left() == 0);
}

TEST_CASE("without a key there are no assertions, and no list of keys", "[sessions][identity]") {
  Court court(town_settings(), false);
  CHECK(court.vouch().outcome == VouchOutcome::no_key);
  ListKeys list;
  list.tag = 3;
  list.ticket = court.wfd.ticket(5);
  const auto none = court.town.ask<KeyList>(court.worker, list);
  REQUIRE(none);
  CHECK(none->tag == 3);
  CHECK(none->json.empty());
  court.take_key(rfc_key);
  CHECK(court.town.ask<KeyList>(court.worker, list)->json.view() == "{\"keys\":[" + rfc_jwk + "]}");
  CHECK(court.vouch().outcome == VouchOutcome::vouched);
}

TEST_CASE("a server that was given a cookie hears whose it is", "[sessions][identity]") {
  AuthdSettings settings = town_settings();
  settings.session.idle = seconds(3);
  Court court(settings);
  Channel server = court.town.worker(court.wfd, 9);
  court.town.run(1100);
  const std::string sid(court.login.sid.view());
  for (const char* from : {"10.1.0.10", "fd00:1::10"}) {
    const Verification good = court.verify(server, court.wfd.ticket(9, from), court.login.cookie);
    CHECK(good.outcome == VerifyOutcome::good);
    CHECK(good.tag == 9);
    CHECK(good.user.view() == "kate");
    CHECK(good.sid == court.login.sid);
    CHECK(court.town.logged(std::string("event=verify id=0000000000001234 src=") + from + " user=kate sid=" + sid + " result=ok reason=-"));
  }
  CHECK(court.idle_left() == 1);  // the clock runs on, from before
  CookieValue guess;
  (void)guess.fill(32);
  const Verification bad = court.verify(server, court.wfd.ticket(9, "10.1.0.10"), guess);
  CHECK(bad.outcome == VerifyOutcome::unknown);
  CHECK(bad.user.empty());
  CHECK(court.town.logged("event=verify id=0000000000001234 src=10.1.0.10 user=- sid=- result=fail reason=unknown-session"));
  court.town.run(2100);
  CHECK(court.verify(server, court.wfd.ticket(9, "10.1.0.10"), court.login.cookie).outcome == VerifyOutcome::unknown);
}

TEST_CASE("who is not in the networks of the gate may not even ask", "[sessions][identity]") {
  for (const char* from : {"192.0.2.1", "10.2.0.1", "fd00:2::1", "2001:db8::1"}) {
    INFO(from);
    Court court;
    CHECK(court.ends_worker(Town::about<Verify>(court.wfd.ticket(6, from), court.login.cookie)));
  }
}

TEST_CASE("a source that asks too fast has to wait, others have not", "[sessions][identity]") {
  Court court;
  Channel server = court.town.worker(court.wfd, 9);
  const auto ask = [&](const char* from) { return court.verify(server, court.wfd.ticket(9, from), court.login.cookie).outcome; };
  int good = 0, busy = 0;
  for (int i = 0; i < 60; ++i) {
    const VerifyOutcome outcome = ask("10.1.0.10");
    good += outcome == VerifyOutcome::good;
    busy += outcome == VerifyOutcome::busy;
  }
  CHECK(good >= 20);
  CHECK(good + busy == 60);
  CHECK(busy > 0);
  CHECK(ask("10.1.0.11") == VerifyOutcome::good);
  const auto lines = court.town.lines();
  const auto refused = std::ranges::count_if(lines, [](const std::string& line) { return line.ends_with("result=fail reason=busy"); });
  CHECK((refused >= 1 && refused <= 2));  // one line a second, not sixty
  court.town.run(1000);
  CHECK(ask("10.1.0.10") == VerifyOutcome::good);
}
