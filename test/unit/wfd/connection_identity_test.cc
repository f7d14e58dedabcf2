// What servers are told for certain about a user: the assertion that goes with a request,
// the keys behind it, and answers to servers that were given a cookie.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

const std::string place = "login.example.org";
const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

WfdSettings asserting() {
  WfdSettings settings = bench_settings();
  settings.identity.assertion = true;
  return settings;
}
WfdSettings verifying() {
  WfdSettings settings = bench_settings();
  settings.verify_networks = {*Network::parse("192.0.2.0/24")};  // where the bench's client is
  return settings;
}
void answer(Rig& rig, const Vouch& asked, const std::string& token, std::uint32_t fresh_for = 60'000) {
  Assertion made;
  made.tag = asked.tag;
  made.outcome = VouchOutcome::vouched;
  made.fresh_for = fresh_for;
  REQUIRE(made.token.assign(token));
  rig.say(rig.sessions, made);
}
Vouch vouched(Rig& rig, const std::string& token, std::uint32_t fresh_for = 60'000) {
  Vouch asked = rig.hear<Vouch>(rig.sessions);
  answer(rig, asked, token, fresh_for);
  return asked;
}
std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}
// The head of the request at `server`, to which it says hello.
std::string served(Rig& rig, WireEnd& client, WireEnd& server) {
  const std::string head = rig.hear_text(server, "\r\n\r\n");
  server.send(hello);
  rig.hear_text(client, "hello");
  return head;
}

}  // namespace

TEST_CASE("a proved server gets an assertion, and nothing before it is there", "[connection][identity]") {
  Rig rig(asserting());
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /x", 1, "X-Postern-Assertion: forged\r\nx_postern.assertion: forged\r\nA: b\r\n"), true);
  const Vouch asked = rig.hear<Vouch>(rig.sessions);
  CHECK(asked.host.view() == "a.example.org");
  CHECK(asked.cookie == cookie_of(1));
  CHECK(asked.ticket.connection == rig.last_id);
  rig.settle();
  CHECK(server.shaken);
  CHECK(server.got.empty());
  answer(rig, asked, "he.ad.er");
  const std::string head = served(rig, client, server);
  CHECK(head == "GET /x HTTP/1.1\r\nHost: a.example.org\r\nA: b\r\nX-Postern-Assertion: he.ad.er\r\n\r\n");
  CHECK(rig.lines("request").at(0).find("he.ad.er") == std::string::npos);
}

TEST_CASE("an assertion is used again while it is fresh, on one connection", "[connection][identity]") {
  Rig rig(asserting());
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /1"), true);
  vouched(rig, "one");
  CHECK(has(served(rig, client, server), "X-Postern-Assertion: one\r\n"));
  client.send(request("GET /2"));
  CHECK(has(served(rig, client, server), "X-Postern-Assertion: one\r\n"));
  CHECK(rig.is_silent(rig.sessions));
}

TEST_CASE("an assertion that is no longer fresh is made anew", "[connection][identity]") {
  Rig rig(asserting());
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /2"), true);
  vouched(rig, "one", 0);
  CHECK(has(served(rig, client, server), "X-Postern-Assertion: one\r\n"));
  client.send(request("GET /3"));
  vouched(rig, "two");
  const std::string head = served(rig, client, server);
  CHECK(has(head, "GET /3 "));
  CHECK(count(head, "X-Postern-Assertion") == 1);
  CHECK(has(head, "X-Postern-Assertion: two\r\n"));
}

TEST_CASE("another user, or another host, has another assertion", "[connection][identity]") {
  Rig rig(asserting());
  WireEnd& client = rig.connect(nullptr);  // without SNI it may be any host of ours
  REQUIRE(rig.until([&] { return client.shaken; }));
  WireEnd& first = rig.relayed(client, request("GET /1"), true);
  vouched(rig, "one");
  served(rig, client, first);
  client.send(request("GET /2", 2));
  rig.judge_good(2);
  WireEnd& second = rig.dialled(true);
  CHECK(vouched(rig, "two").cookie == cookie_of(2));
  CHECK(has(served(rig, client, second), "X-Postern-Assertion: two\r\n"));
  client.send(request("GET /3", 2, "", "c.example.org"));
  WireEnd& third = rig.dialled(true, false, {.names = "DNS:c.example.org"});
  CHECK(vouched(rig, "three").host.view() == "c.example.org");
  CHECK(has(served(rig, client, third), "X-Postern-Assertion: three\r\n"));
}

TEST_CASE("only a server that is proved for the name gets an assertion", "[connection][identity]") {
  struct Row {
    const char* what;
    bool tls, fixed, plain, verify, gets;
    std::string names = "DNS:a.example.org";
  };
  const Row rows[] = {
      {"its certificate is good", true, false, false, true, true},
      {"its certificate is another's, and nobody minds", true, false, false, false, false, "DNS:other.example.org"},
      {"its certificate would be good, but nobody looks", true, false, false, false, false},
      {"a fixed server, any certificate", true, true, false, false, true, "DNS:other.example.org"},
      {"no TLS", false, false, false, true, false},
      {"no TLS, and plain=yes proves nobody", false, false, true, true, false},
      {"no TLS, a fixed server", false, true, false, true, false},
      {"no TLS, a fixed server, and plain=yes", false, true, true, true, true},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    WfdSettings settings = asserting();
    settings.identity.plain = row.plain;
    settings.everyone.verify.required = row.verify;
    Rig rig(std::move(settings));
    WireEnd& client = rig.client();
    client.send(request("GET /", 1, "X-Postern-Assertion: forged\r\n"));
    rig.judge_good();
    WireEnd& server = rig.dialled(row.tls, row.fixed, {.names = row.names});
    if (row.gets) vouched(rig, "token");
    const std::string head = served(rig, client, server);
    CHECK(has(head, "X-Postern-Assertion: token\r\n") == row.gets);
    CHECK_FALSE(has(head, "forged"));
    CHECK(rig.is_silent(rig.sessions));
  }
}

TEST_CASE("the cookie goes to the same servers as an assertion, and to no others", "[connection][identity]") {
  for (const bool proved : {true, false}) {
    WfdSettings settings = bench_settings();
    settings.cookie.forward = true;
    Rig rig(std::move(settings));
    WireEnd& client = rig.client();
    client.send(request("GET /"));
    rig.judge_good();
    WireEnd& server = rig.dialled(proved);
    CHECK(has(served(rig, client, server), "Cookie: SessionID=") == proved);
  }
}

TEST_CASE("a server that is owed an assertion gets no request without one", "[connection][identity]") {
  struct Row {
    VouchOutcome outcome;
    const char* token;
    const char* reason;
  };
  for (const Row& row : {Row{VouchOutcome::failed, "", "no-assertion"}, Row{VouchOutcome::no_key, "", "no-assertion-key"},
                         Row{VouchOutcome::busy, "", "too-many-assertions"}, Row{VouchOutcome::vouched, "", "no-assertion"},
                         Row{VouchOutcome::failed, "token", "no-assertion"}}) {
    INFO(row.reason);
    Rig rig(asserting());
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, request("GET /"), true);
    Assertion no;
    no.tag = rig.hear<Vouch>(rig.sessions).tag;
    no.outcome = row.outcome;
    REQUIRE(no.token.assign(std::string_view(row.token)));
    rig.say(rig.sessions, no);
    CHECK(has(rig.hear_text(client, "\r\n\r\n"), "HTTP/1.1 503 "));
    rig.settle();
    CHECK(server.got.empty());
    CHECK(has(rig.lines("refuse").at(0), std::string(" status=503 reason=") + row.reason));
  }
}

TEST_CASE("while sessions is silent, or gone, a request waits and then is refused", "[connection][identity]") {
  Rig rig(asserting());
  rig.shop->patience.sessions = milliseconds(200);
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /1"), true);
  const Vouch asked = rig.hear<Vouch>(rig.sessions);
  SECTION("gone") { rig.sessions.close(); }
  SECTION("silent") {}
  CHECK(has(rig.hear_text(client, "Request 0"), "HTTP/1.1 503 "));
  rig.settle();
  CHECK(server.got.empty());
  if (!rig.sessions) return;
  answer(rig, asked, "late");  // belongs to nobody
  client.send(request("GET /2"));
  WireEnd& again = rig.dialled(true);
  vouched(rig, "in-time");
  CHECK(has(served(rig, client, again), "X-Postern-Assertion: in-time\r\n"));
}

TEST_CASE("a session that ended a moment ago is not vouched for", "[connection][identity]") {
  Rig rig(asserting());
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"), true);
  Assertion no;
  no.tag = rig.hear<Vouch>(rig.sessions).tag;
  no.outcome = VouchOutcome::no_session;
  rig.say(rig.sessions, no);
  CHECK(has(rig.hear_text(client, "\r\n\r\n"), "HTTP/1.1 401 "));
  rig.settle();
  CHECK(server.got.empty());
}

TEST_CASE("a session that ends while it is vouched for ends the connection", "[connection][identity]") {
  Rig rig(asserting());
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"), true);
  const Vouch asked = rig.hear<Vouch>(rig.sessions);
  rig.say(rig.sessions, Ended{1, rig.page->generation(1)});
  rig.hear_end(client);
  answer(rig, asked, "late");
  rig.settle();
  CHECK(server.got.empty());
}

TEST_CASE("a server that leaves while its assertion is made is asked again, or missed", "[connection][identity]") {
  Rig rig(asserting());
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /1"), true);
  Vouch asked = rig.hear<Vouch>(rig.sessions);
  SECTION("before it ever answered") {
    server.vanish();
    rig.settle();
    answer(rig, asked, "one");
    CHECK(has(rig.hear_text(client, "\r\n\r\n"), "HTTP/1.1 502 "));
  }
  SECTION("after it had answered") {
    answer(rig, asked, "one", 0);
    CHECK(has(served(rig, client, server), "X-Postern-Assertion: one\r\n"));
    client.send(request("GET /2"));
    asked = rig.hear<Vouch>(rig.sessions);
    server.vanish();
    rig.settle();
    answer(rig, asked, "two");
    WireEnd& again = rig.dialled(true);
    CHECK(has(served(rig, client, again), "X-Postern-Assertion: two\r\n"));
  }
}

TEST_CASE("a server that speaks while its assertion is made costs no time", "[connection][identity]") {
  Rig rig(asserting());
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /1"), true);
  const Vouch asked = rig.hear<Vouch>(rig.sessions);
  server.send("unasked");
  const Mono from = rig.loop.now();
  const Duration spent = cpu_of([&] { rig.until([&] { return rig.loop.now() > from + milliseconds(300); }); });
  CHECK(spent < milliseconds(250));
  answer(rig, asked, "token");
  CHECK(has(rig.hear_text(client, "\r\n\r\n"), "HTTP/1.1 502 "));  // that was no answer
}

TEST_CASE("a body waits until the head may go, and then goes with it", "[connection][identity]") {
  Rig rig(asserting());
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("POST /up", 1, "Content-Length: 4\r\nExpect: 100-continue\r\n"), true);
  const Vouch asked = rig.hear<Vouch>(rig.sessions);
  rig.settle();
  CHECK(client.got.empty());  // no 100 before
  answer(rig, asked, "token");
  rig.hear_text(client, "100 Continue\r\n\r\n");
  client.send("body");
  CHECK(has(rig.hear_text(server, "body"), "X-Postern-Assertion: token\r\n"));
  server.send(hello);
  rig.hear_text(client, "hello");
}

TEST_CASE("the list of keys is for everybody, if there is one", "[connection][identity]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(request("GET /.well-known/jwks.json", 0, "", place));
  ListKeys asked = rig.hear<ListKeys>(rig.sessions);
  CHECK(asked.ticket.connection == rig.last_id);
  KeyList list;
  list.tag = asked.tag;
  REQUIRE(list.json.assign(R"({"keys":[]})"));
  rig.say(rig.sessions, list);
  CHECK(rig.hear_text(client, "}\n").ends_with(
      "\r\nContent-Type: application/jwk-set+json\r\nCache-Control: public, max-age=300\r\n"
      "X-Content-Type-Options: nosniff\r\nContent-Length: 12\r\n\r\n{\"keys\":[]}\n"));
  client.send(request("HEAD /.well-known/jwks.json", 0, "", place));
  list.tag = rig.hear<ListKeys>(rig.sessions).tag;
  rig.say(rig.sessions, list);
  CHECK(rig.hear_text(client, "\r\n\r\n").ends_with("Content-Length: 12\r\n\r\n"));
  client.send(request("GET /.well-known/jwks.json", 0, "", place));
  KeyList none;
  none.tag = rig.hear<ListKeys>(rig.sessions).tag;
  rig.say(rig.sessions, none);
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 404 Not Found");
}

TEST_CASE("a server of the networks hears whose cookie it was given", "[connection][identity]") {
  Rig rig(verifying());
  WireEnd& client = rig.client(place.c_str());
  const auto ask = [&](const std::string& fields) {
    client.send(request("GET /verify", 3, fields, place));
    const Verify asked = rig.hear<Verify>(rig.sessions);
    CHECK(asked.cookie == cookie_of(3));
    CHECK(asked.ticket.connection == rig.last_id);
    Verification made;
    made.tag = asked.tag;
    return made;
  };
  Verification good = ask("");
  good.outcome = VerifyOutcome::good;
  good.user = UserName("ada");
  good.sid = Sid("sid3");
  rig.say(rig.sessions, good);
  std::string heard = rig.hear_text(client, "\r\n\r\nada\n");
  CHECK(status_of(heard) == "HTTP/1.1 200 OK");
  for (const char* field : {"X-Postern-User: ada\r\n", "X-Postern-Session: sid3\r\n", "Cache-Control: no-store\r\n",
                            "Content-Type: text/plain; charset=utf-8\r\n"})
    CHECK(has(heard, field));
  good.tag = ask("Accept: application/json\r\n").tag;
  rig.say(rig.sessions, good);
  heard = rig.hear_text(client, "\"}\n");
  CHECK(has(heard, "Content-Type: application/json\r\n"));
  CHECK(body_of(heard) == "{\"user\":\"ada\",\"sid\":\"sid3\"}\n");

  rig.say(rig.sessions, ask(""));  // unknown
  heard = rig.hear_text(client, "Request 0");
  CHECK(status_of(heard) == "HTTP/1.1 401 Unauthorized");
  for (const char* field : {"X-Postern-User", "X-Postern-Session"}) CHECK_FALSE(has(heard, field));
  Verification busy = ask("");
  busy.outcome = VerifyOutcome::busy;
  rig.say(rig.sessions, busy);
  heard = rig.hear_text(client, "second.\n");
  CHECK(status_of(heard) == "HTTP/1.1 429 Too Many Requests");
  CHECK(has(heard, "Retry-After: 1\r\n"));
  CHECK_FALSE(has(heard, "Connection: close"));
  rig.settle();
  CHECK(has(rig.lines("request").at(0), " user=ada sid=sid3 method=GET target=/verify status=200 "));
  CHECK(rig.is_silent(rig.broker));
}

TEST_CASE("a question without one cookie of ours needs nobody's answer", "[connection][identity]") {
  Rig rig(verifying());
  WireEnd& client = rig.client(place.c_str());
  for (const std::string& fields : {std::string(), std::string("Cookie: SessionID=short\r\n"), cookie_field(1) + cookie_field(2)}) {
    client.send(request("GET /verify", 0, fields, place));
    const std::string heard = rig.hear_text(client, "Request 0");
    CHECK(status_of(heard) == "HTTP/1.1 401 Unauthorized");
    CHECK_FALSE(has(heard, "Set-Cookie"));  // the cookies are a browser's, elsewhere
  }
  CHECK(rig.is_silent(rig.sessions));
}

TEST_CASE("for all others there is no such page", "[connection][identity]") {
  for (const char* networks : {"", "198.51.100.0/24", "192.0.2.8/32", "2001:db8::/32"}) {
    WfdSettings settings = bench_settings();
    if (*networks != '\0') settings.verify_networks = {*Network::parse(networks)};
    Rig rig(std::move(settings));
    WireEnd& client = rig.client(place.c_str());
    client.send(request("GET /verify", 1, "X-Forwarded-For: 198.51.100.7\r\n", place));
    CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 404 Not Found");
    CHECK(rig.is_silent(rig.sessions));
  }
}

TEST_CASE("without sessions there are no keys and no answers", "[connection][identity]") {
  for (const char* path : {"/verify", "/.well-known/jwks.json"})
    for (const bool was_there : {true, false}) {
      Rig rig(verifying());
      WireEnd& client = rig.client(place.c_str());
      if (!was_there) rig.sessions.close();
      client.send(request(std::string("GET ") + path, 1, "", place));
      rig.settle();
      rig.sessions.close();
      CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 503 Service Unavailable");
    }
}
