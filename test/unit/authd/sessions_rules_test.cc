// Role sessions when things are not as they should be: wrong directions, no vault, no
// log, too many of everything; and the operator.

#include "unit/authd/town.h"

#include <set>

#include "authd/json.h"

using namespace postern;
using namespace postern::authd;

namespace {

// A channel on which the test pretends to be somebody whom the other end does not expect.
Channel posing(Channel& channel, Role as, Role to) {
  return Channel(UniqueFd::adopt(::fcntl(channel.fd(), F_DUPFD_CLOEXEC, 0)), as, to);
}

struct Answer {
  std::vector<JsonMembers> rows;
  std::optional<AdminEnd> end;
};

Channel operator_of(Town& town) {
  auto ends = make_channel();
  REQUIRE(ends);
  town.sessions.add_admin(std::move(ends->second));
  return Channel(std::move(ends->first), Role::admin, Role::sessions);
}

// Hears everything up to the end of an answer.
Answer hear(Town& town, Channel& channel) {
  Answer answer;
  for (int i = 0; i < 1000 && !answer.end; ++i) {
    town.run(2);
    Packet packet;
    while (!answer.end && channel.receive(packet) == Heard::packet) {
      AdminRow row;
      AdminEnd end;
      if (packet.read(row)) answer.rows.push_back(read_flat_json(row.json.text()).value());
      else if (packet.read(end)) answer.end = end;
    }
  }
  return answer;
}

Answer ask_as_operator(Town& town, AdminVerb verb, const char* user = "", std::string_view sid = "") {
  Channel channel = operator_of(town);
  AdminAsk ask;
  ask.tag = 3;
  ask.verb = verb;
  ask.user = UserName(user);
  ask.sid = Sid(sid);
  REQUIRE(channel.send(ask) == Told::sent);
  return hear(town, channel);
}

std::string member(const JsonMembers& row, std::string_view key) {
  for (const auto& [name, value] : row)
    if (name == key) return value;
  return "(none)";
}

}  // namespace

TEST_CASE("at the gate everybody may say only what is his to say", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  const auto hello_with = [&](Role as, std::size_t key_size) {
    UniqueFd fd = town.knock();
    Channel channel(std::move(fd), Role::master, Role::sessions);
    GateHello message;
    message.as = as;
    (void)message.ticket_key.fill(key_size);
    REQUIRE(channel.send(message) == Told::sent);
    town.run();
    return town.is_closed(channel);
  };
  CHECK_FALSE(hello_with(Role::porter, 32));
  CHECK(hello_with(Role::porter, 31));
  CHECK(hello_with(Role::broker, 0));
  CHECK(hello_with(Role::worker, 32));
  CHECK(hello_with(Role::vault, 32));
  CHECK(hello_with(Role::admin, 32));
  CHECK(hello_with(Role::none, 32));

  GateHello again;
  again.as = Role::master;
  (void)again.ticket_key.fill(32);
  REQUIRE(wfd.master.send(again) == Told::sent);
  town.run();
  CHECK(town.is_closed(wfd.master));

  Channel asking = posing(wfd.porter, Role::broker, Role::sessions);
  REQUIRE(asking.send(Town::about<Judge>(wfd.ticket(1), CookieValue())) == Told::sent);
  town.run();
  CHECK(town.is_closed(wfd.porter));

  Channel enrolling = posing(wfd.broker, Role::porter, Role::sessions);
  const int lent[] = {0};
  REQUIRE(enrolling.send(Enroll{1}, lent) == Told::sent);
  town.run();
  CHECK(town.is_closed(wfd.broker));

  UniqueFd silent = town.knock();
  Channel early(std::move(silent), Role::porter, Role::sessions);
  REQUIRE(early.send(Enroll{1}, lent) == Told::sent);  // before any hello
  town.run();
  CHECK(town.is_closed(early));
}

TEST_CASE("a message in the wrong direction ends a worker", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  const auto ends_it = [&](Role as, Role to, const auto& message) {
    Channel worker = town.worker(wfd, 5);
    Channel liar = posing(worker, as, to);
    REQUIRE(liar.send(message) == Told::sent);
    town.run();
    CHECK(town.is_closed(worker));
    CHECK(town.next<KillWorkers>(wfd.master));
  };
  ends_it(Role::sessions, Role::worker, Verdict{});
  ends_it(Role::sessions, Role::worker, Ended{0, 0});
  ends_it(Role::sessions, Role::master, KillWorkers{{1}});
  ends_it(Role::vault, Role::sessions, PasscodeResult{});
  ends_it(Role::admin, Role::sessions, AdminAsk{});
  ends_it(Role::sessions, Role::vault, CheckPasscode{});
  ends_it(Role::master, Role::sessions, GateHello{});
  ends_it(Role::master, Role::sessions, Start{});
  CHECK(town.is_silent(town.vault));
}

TEST_CASE("without a vault nobody comes in, and with a new one they do", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  REQUIRE(town.ask_vault(worker, wfd.ticket(5), "kate"));
  CHECK(town.is_silent(worker));
  town.vault.close();  // with the question in its hands
  town.run();
  const auto owed = town.next<LoginResult>(worker);
  REQUIRE(owed);
  CHECK_FALSE(owed->granted);
  const auto lines = town.lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].find("result=fail reason=missing-peer") != std::string::npos);

  const auto none = town.ask<LoginResult>(worker, Town::login_of(wfd.ticket(5), "kate"));
  REQUIRE(none);
  CHECK_FALSE(none->granted);
  town.bring_vault();
  CHECK(town.log_in(worker, wfd.ticket(5), "kate").granted);
}

TEST_CASE("a silent vault means no, and its late yes means nothing", "[sessions]") {
  Town town(town_settings(), milliseconds(50));
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  const auto question = town.ask_vault(worker, wfd.ticket(5), "kate");
  REQUIRE(question);
  town.run(70);
  const auto answer = town.next<LoginResult>(worker);
  REQUIRE(answer);
  CHECK_FALSE(answer->granted);
  CHECK(town.logged("result=fail reason=timeout"));
  PasscodeResult late;
  late.tag = question->tag;
  late.outcome = LoginOutcome::granted;
  late.user = UserName("kate");
  REQUIRE(town.vault.send(late) == Told::sent);
  town.run();
  CHECK(town.is_silent(worker));
  CHECK(ask_as_operator(town, AdminVerb::session_list).rows.empty());
}

TEST_CASE("a vault that breaks the rules is left", "[sessions]") {
  Town town;
  Channel liar = posing(town.vault, Role::worker, Role::sessions);
  REQUIRE(liar.send(EndedSeen{0, 0}) == Told::sent);
  town.run();
  CHECK(town.is_closed(town.vault));
}

TEST_CASE("a login that cannot be logged did not happen, unless the settings say so", "[sessions]") {
  for (const bool deny : {true, false}) {
    AuthdSettings settings = town_settings();
    settings.log.on_failure = deny ? OnFailure::deny : OnFailure::proceed;
    Town town(settings);
    Wfd wfd = town.wfd(1);
    Channel worker = town.worker(wfd, 5);
    town.log_lines.reset();
    const LoginResult login = town.log_in(worker, wfd.ticket(5), "kate");
    CHECK(login.granted == !deny);
    CHECK(login.cookie.empty() == deny);
    CHECK(ask_as_operator(town, AdminVerb::session_list).rows.size() == (deny ? 0 : 1));
  }
}

TEST_CASE("a granted login of a worker that is gone leaves no session", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  const auto question = town.ask_vault(worker, wfd.ticket(5), "kate");
  REQUIRE(question);
  worker.close();
  town.run();
  PasscodeResult result;
  result.tag = question->tag;
  result.outcome = LoginOutcome::granted;
  result.user = UserName("kate");
  REQUIRE(town.vault.send(result) == Told::sent);
  town.run();
  CHECK(town.logged("result=fail reason=gone"));
  CHECK(ask_as_operator(town, AdminVerb::session_list).rows.empty());
}

TEST_CASE("logins under way are bounded by worker and by place", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  const auto flood = [&](Channel& worker, const Ticket& ticket, int tries) {
    for (int i = 0; i < tries; ++i) REQUIRE(worker.send(Town::login_of(ticket, "kate")) == Told::sent);
    town.run(20);
    int refused = 0;
    while (town.next<LoginResult>(worker)) ++refused;
    return tries - refused;
  };
  Channel one = town.worker(wfd, 1), two = town.worker(wfd, 2), three = town.worker(wfd, 3);
  CHECK(flood(one, wfd.ticket(1, "192.0.2.1"), 12) == 8);
  CHECK(flood(one, wfd.ticket(1, "192.0.2.9"), 3) == 0);   // the worker has its share
  CHECK(flood(two, wfd.ticket(2, "192.0.2.1"), 3) == 0);   // the place has
  CHECK(flood(two, wfd.ticket(2, "2001:db8:1:2::1"), 8) == 8);
  CHECK(flood(three, wfd.ticket(3, "2001:db8:1:2::ffff"), 3) == 0);
  CHECK(flood(three, wfd.ticket(3, "192.0.2.3"), 8) == 8);
  CHECK(town.logged("reason=busy"));
}

TEST_CASE("the operator lists many sessions, those of one user, and ends some", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  LoginResult last;
  for (int i = 0; i < 450; ++i) {
    last = town.log_in(worker, wfd.ticket(5), i % 9 == 0 ? "hugo" : "kate");
    REQUIRE(last.granted);
    if (i % 50 == 0) town.lines();  // a log that nobody reads would stop the logins
  }
  town.lines();
  REQUIRE(town.ask<Verdict>(worker, Town::about<Judge>(wfd.ticket(5), last.cookie)));

  const Answer all = ask_as_operator(town, AdminVerb::session_list);
  REQUIRE(all.end);
  CHECK(all.end->done);
  REQUIRE(all.rows.size() == 450);
  std::set<std::string> sids;
  for (const JsonMembers& row : all.rows) sids.insert(member(row, "sid"));
  CHECK(sids.size() == 450);
  const JsonMembers& row = all.rows.back();
  REQUIRE(row.size() == 6);
  CHECK(member(row, "sid") == last.sid.view());
  CHECK(member(row, "user") == "kate");
  CHECK(member(row, "src") == "192.0.2.1");
  CHECK(member(row, "login") == "2023-11-14T22:13:20Z");
  CHECK(member(row, "used").starts_with("2023-11-14T22:13:"));
  CHECK(member(row, "expires").starts_with("2023-11-14T22:43:"));

  CHECK(ask_as_operator(town, AdminVerb::session_list, "hugo").rows.size() == 50);
  CHECK_FALSE(ask_as_operator(town, AdminVerb::session_kill, "", "nosuchsid").end->done);
  CHECK(ask_as_operator(town, AdminVerb::session_kill, "", last.sid.view()).end->done);
  CHECK(town.next<Ended>(worker));
  CHECK(town.logged("event=revoke sid=" + std::string(last.sid.view()) + " user=kate by=admin"));
  CHECK(ask_as_operator(town, AdminVerb::session_kill_user, "kate").end->done);
  CHECK_FALSE(ask_as_operator(town, AdminVerb::session_kill_user, "kate").end->done);
  CHECK(ask_as_operator(town, AdminVerb::session_list).rows.size() == 50);
}

TEST_CASE("the operator sees how things stand", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1), two = town.wfd(50);
  Channel worker = town.worker(wfd, 5);
  REQUIRE(town.log_in(worker, wfd.ticket(5), "kate").granted);
  const Answer answer = ask_as_operator(town, AdminVerb::status);
  REQUIRE(answer.rows.size() == 1);
  CHECK(member(answer.rows[0], "version") == POSTERN_VERSION);
  CHECK(member(answer.rows[0], "sessions") == "1");
  CHECK(member(answer.rows[0], "gates") == "2");
  CHECK(member(answer.rows[0], "workers") == "1");
  CHECK(member(answer.rows[0], "vault") == "true");
  town.vault.close();
  town.run();
  CHECK(member(ask_as_operator(town, AdminVerb::status).rows[0], "vault") == "false");
  CHECK_FALSE(ask_as_operator(town, AdminVerb::user_list).end->done);
}

TEST_CASE("who is disabled or removed loses his sessions before the operator hears of it",
          "[sessions]") {
  for (const AdminVerb verb : {AdminVerb::user_disable, AdminVerb::user_remove}) {
    Town town;
    Wfd wfd = town.wfd(1);
    Channel worker = town.worker(wfd, 5);
    const LoginResult kate = town.log_in(worker, wfd.ticket(5), "kate");
    REQUIRE(town.log_in(worker, wfd.ticket(5), "hugo").granted);
    REQUIRE(town.ask<Verdict>(worker, Town::about<Judge>(wfd.ticket(5), kate.cookie)));
    Channel boss = operator_of(town);
    AdminAsk ask;
    ask.tag = 3;
    ask.verb = verb;
    ask.user = UserName("kate");
    REQUIRE(boss.send(ask) == Told::sent);
    town.run();
    const auto asked = town.next<AdminAsk>(town.vault);
    REQUIRE(asked);
    CHECK(asked->verb == verb);
    CHECK(asked->user.view() == "kate");
    REQUIRE(town.vault.send(AdminEnd{asked->tag, true, {}}) == Told::sent);
    town.run();
    CHECK(town.next<Ended>(worker));
    const auto end = town.next<AdminEnd>(boss);
    REQUIRE(end);
    CHECK(end->tag == 3);
    CHECK(end->done);
    CHECK(town.logged(verb == AdminVerb::user_disable ? "by=disabled" : "by=removed"));
    CHECK(ask_as_operator(town, AdminVerb::session_list).rows.size() == 1);
  }
}

TEST_CASE("an operator who asks nonsense, or twice at once, is left", "[sessions]") {
  Town town;
  Channel nonsense = operator_of(town);
  REQUIRE(nonsense.send(AdminAsk{}) == Told::sent);
  town.run();
  CHECK(town.is_closed(nonsense));
  Channel hasty = operator_of(town);
  AdminAsk ask;
  ask.verb = AdminVerb::user_list;
  REQUIRE(hasty.send(ask) == Told::sent);
  REQUIRE(hasty.send(ask) == Told::sent);
  town.run();
  CHECK(town.is_closed(hasty));
}

TEST_CASE("a reload swaps the rules, or says why it does not", "[sessions]") {
  Town town;
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  const LoginResult login = town.log_in(worker, wfd.ticket(5), "kate");
  const auto standing = [&](const char* client) {
    return town.ask<Verdict>(worker, Town::about<Judge>(wfd.ticket(5, client), login.cookie))->standing;
  };
  CHECK(standing("192.0.2.77") == Standing::wrong_address);
  AuthdSettings settings = town_settings();
  settings.session.bind = Bind::prefix;
  CHECK(town.sessions.reload(settings));
  CHECK(standing("192.0.2.77") == Standing::good);
  settings.session.bind = Bind::none;
  settings.session.max_sessions = 2001;
  CHECK_FALSE(town.sessions.reload(settings));
  settings.session.max_sessions = 2000;
  settings.session.domain = "example.net";
  CHECK_FALSE(town.sessions.reload(settings));
  CHECK(standing("203.0.113.1") == Standing::wrong_address);
}

TEST_CASE("rows of JSON come back as they went in", "[json]") {
  JsonRow row;
  row.add("a", "q\"b\\c\x01\x7f/").add("n", std::int64_t{-5}).add_bool("yes", true);
  row.add("when", std::optional(Wall{951'827'696})).add("never", std::optional<Wall>());
  const JsonText text = row.take();
  CHECK(text.text() == R"({"a":"q\"b\\c\u0001\u007f/","n":-5,"yes":true,"when":"2000-02-29T12:34:56Z","never":null})");
  const auto read = read_flat_json(text.text());
  REQUIRE(read);
  CHECK(member(*read, "a") == "q\"b\\c\x01\x7f/");
  CHECK(member(*read, "n") == "-5");
  CHECK(member(*read, "never").empty());
  for (const char* bad : {"", "{", "{}x", "[]", R"({"a")", R"({"a":})", R"({"a":{}})", R"({"a":"\u00ff"})",
                          R"({"a":"x)", R"({"a":"b",})", R"({a:1})"})
    CHECK_FALSE(read_flat_json(bad));
  CHECK(read_flat_json("{}")->empty());
  JsonRow full;
  full.add("x", std::string(3000, 'x')).add("y", "1");
  CHECK_FALSE(full.complete());
  CHECK(full.take().text() == R"({"y":"1"})");
}
