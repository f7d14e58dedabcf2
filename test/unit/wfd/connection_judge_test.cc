// What is refused before anybody is asked, and what the log says of it.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

struct Case {
  std::string request;
  std::string status;
  std::string reason;  // empty: none is logged
  bool ends;           // the connection, after it
  Cause cause = Cause::served;
  const char* sni = "a.example.org";
};

const std::string host = "Host: a.example.org\r\n";

const Case cases[] = {
    {"GET / HTTP/1.1\r\nHost: a.other.org\r\n\r\n", "421", "misdirected", true, Cause::refused, nullptr},
    {"GET / HTTP/1.1\r\nHost: b.example.org\r\n\r\n", "421", "misdirected", true, Cause::refused},
    {"GET / HTTP/1.1\r\nHost: evil-example.org\r\n\r\n", "421", "misdirected", true, Cause::refused, nullptr},
    {"GET / HTTP/1.1\r\nHost: a.example.org:8443\r\n\r\n", "400", "host-port", true},
    {"GET / HTTP/1.1\r\nHost: a.example.org:443\r\n\r\n", "401", "no-session", false},
    {"GET / HTTP/1.1\r\nHost: A.Example.ORG.\r\n\r\n", "401", "no-session", false},
    {"GET / HTTP/1.1\r\nHost: a.example.org.:443\r\n\r\n", "401", "no-session", false, Cause::served, "A.EXAMPLE.ORG"},
    {"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", "401", "no-session", false, Cause::served, nullptr},
    {"GET / HTTP/1.1\r\nHost: org\r\n\r\n", "421", "misdirected", true, Cause::refused, nullptr},
    {"GET / HTTP/1.1\r\nHost: a.example.org.evil.net\r\n\r\n", "421", "misdirected", true, Cause::refused, nullptr},
    {"GET / HTTP/1.1\r\nHost: login.example.org\r\n\r\n", "421", "misdirected", true, Cause::refused},
    {"GET / HTTP/1.1\r\nHost: a.example.org:80\r\n\r\n", "400", "host-port", true},
    {"GET / HTTP/1.1\r\nHost: 10.1.2.3\r\n\r\n", "400", "bad-host", true, Cause::unparsable, nullptr},
    {"GET / HTTP/1.1\r\nHost: 10.1.2.3:443\r\n\r\n", "400", "bad-host", true, Cause::unparsable, nullptr},
    {"GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n", "400", "bad-host", true, Cause::unparsable, nullptr},
    {"GET / HTTP/1.1\r\nHost: 167838211\r\n\r\n", "400", "bad-host", true, Cause::unparsable, nullptr},
    {"GET / HTTP/1.1\r\nHost: a.example.org..\r\n\r\n", "400", "bad-host", true, Cause::unparsable},
    {"GET / HTTP/1.1\r\nHost: a.example.org:\r\n\r\n", "400", "bad-host", true, Cause::unparsable},
    {"GET / HTTP/1.1\r\nHost: u@a.example.org\r\n\r\n", "400", "bad-host", true, Cause::unparsable},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "400", "bad-host", true, Cause::unparsable},
    {"GET / HTTP/1.1\r\n\r\n", "400", "host-missing", true, Cause::unparsable},
    {"GET / HTTP/1.1\r\n" + host + host + "\r\n", "400", "host-twice", true, Cause::unparsable},
    {"GET / HTTP/1.1\nHost: x\n\n", "400", "bare-lf", true, Cause::unparsable},
    {"GET / HTTP/2.0\r\n" + host + "\r\n", "400", "", true, Cause::unparsable},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400", "", true, Cause::unparsable},
    {"CONNECT a:443 HTTP/1.1\r\n" + host + "\r\n", "400", "", true, Cause::unparsable},
    {"GET / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400", "", true, Cause::unparsable},
    {"GET / HTTP/1.1\r\n" + host + "Expect: magic\r\n\r\n", "417", "", true, Cause::unparsable},
    {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", "414", "", true, Cause::unparsable},
    {"GET / HTTP/1.1\r\n" + host + "X: " + std::string(9000, 'a') + "\r\n\r\n", "431", "", true, Cause::unparsable},
    {"TRACE / HTTP/1.1\r\n" + host + "\r\n", "405", "method", true},
    {"GET / HTTP/1.1\r\n" + host + "Cookie: SessionID=short\r\n\r\n", "401", "no-session", false},
    {"GET / HTTP/1.1\r\n" + host + "Cookie: sessionid=" + std::string(43, 'A') + "\r\n\r\n", "401", "no-session", false},
    {"OPTIONS * HTTP/1.1\r\n" + host + "\r\n", "401", "no-session", false},
};

}  // namespace

TEST_CASE("what is refused goes no further", "[connection][judge]") {
  for (const Case& one : cases) {
    INFO(one.request.substr(0, 80));
    Rig rig;
    WireEnd& client = rig.client(one.sni);
    client.send(one.request);
    const std::string answer = rig.hear_text(client, "\r\n\r\n");
    CHECK(answer.substr(0, 13) == "HTTP/1.1 " + one.status + " ");
    CHECK(has(answer, "Connection: close\r\n") == one.ends);
    REQUIRE(rig.lines("refuse").size() == 1);
    CHECK(rig.lines("refuse")[0].starts_with("event=refuse id=0000000000001001 src=192.0.2.7 dst=10.1.2.3 status=" + one.status + " reason="));
    if (!one.reason.empty()) CHECK(rig.lines("refuse")[0].ends_with("reason=" + one.reason));
    CHECK(rig.is_silent(rig.sessions));
    CHECK(rig.is_silent(rig.broker));
    client.close();
    REQUIRE(rig.until([&] { return rig.over; }));
    CHECK(rig.cause() == one.cause);
    REQUIRE(rig.lines("request").size() == 1);
    CHECK(has(rig.lines("request")[0], " status=" + one.status + " "));
  }
}

TEST_CASE("a person is led to the login, and a program is told of it", "[connection][judge]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("GET /a?b=c", 0, "Accept: text/html\r\n"));
  const std::string page = rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(page) == "HTTP/1.1 302 Found");
  CHECK(has(page, "Location: https://login.example.org/login?host=a.example.org&path=%2Fa%3Fb%3Dc\r\n"));
  client.send(request("GET /x", 0));
  const std::string told = rig.hear_text(client, "\r\n\r\n");
  CHECK(has(told, "WWW-Authenticate: Postern login=\"https://login.example.org/login\"\r\n"));
  CHECK_FALSE(has(told, "Set-Cookie"));
}

TEST_CASE("two cookies of our name count as none, and are deleted", "[connection][judge]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("GET /a/b", 1, cookie_field(1)));
  const std::string answer = rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(answer) == "HTTP/1.1 401 Unauthorized");
  CHECK(has(answer, "Set-Cookie: SessionID=; Max-Age=0; Path=/; Secure"));
  CHECK(has(answer, "Set-Cookie: SessionID=; Max-Age=0; Domain=example.org; Path=/a; Secure"));
  CHECK(rig.is_silent(rig.sessions));
  CHECK(rig.lines("refuse").at(0).ends_with("reason=cookie-twice"));
}

TEST_CASE("no cookie, no PIN and no query of the login host stands in the log", "[connection][judge]") {
  const std::string secret(write_cookie_value(cookie_of(1)).text());
  Rig rig;
  for (const std::string& text :
       {request("GET /login?pin=4711&passcode=123456", 1, "", "login.example.org"),
        request("GET /login?pin=4711", 1, "", "login.example.org:8443"),
        request("TRACE /session?pin=4711", 1, "", "login.example.org"),
        std::string("POST /login HTTP/1.1\r\nHost: login.example.org\r\nContent-Length: 30\r\n\r\nuser=a&pin=4711&passcode=x&x=y")}) {
    WireEnd& client = rig.client("login.example.org");
    client.send(text);
    if (text.starts_with("GET /login?pin=4711&")) {
      SessionInfo unknown;
      unknown.tag = rig.hear<Look>(rig.sessions).tag;
      rig.say(rig.sessions, unknown);
    }
    rig.hear_text(client, "\r\n\r\n");
    client.close();
    rig.settle();
  }
  CHECK(rig.lines("request").size() == 4);
  for (const std::string& line : rig.all_lines) {
    INFO(line);
    CHECK_FALSE(has(line, "4711"));
    CHECK_FALSE(has(line, secret));
    CHECK_FALSE(has(line, secret.substr(0, 12)));
  }
}

TEST_CASE("a client that never says anything, or never ends, costs its source", "[connection][judge]") {
  WfdSettings settings = bench_settings();
  settings.limits.head_timeout = milliseconds(100);
  settings.limits.handshake_timeout = milliseconds(100);
  Rig rig(std::move(settings));
  std::string answer;
  SECTION("no byte of TLS") {
    auto [ours, theirs] = tls_rig::socket_pair();
    Serve order;
    order.add(make_ticket(5, 1, key_of(1)));
    const int lent[] = {ours.get()};
    REQUIRE(rig.porter.send(order, lent) == Told::sent);
    REQUIRE(rig.until([&] { return rig.over; }));
    CHECK(rig.lines("refuse").at(0).ends_with(" status=- reason=slow"));
  }
  SECTION("no request") {
    rig.hear_end(rig.client());
  }
  SECTION("half a head") {
    WireEnd& client = rig.client();
    client.send("GET / HTTP/1.1\r\nHost: a.exam");
    CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 408 Request Timeout");
    CHECK(has(rig.lines("refuse").at(0), " status=408 reason=slow"));
  }
  SECTION("half a form") {
    WireEnd& client = rig.client("login.example.org");
    client.send("POST /login HTTP/1.1\r\nHost: login.example.org\r\nContent-Length: 29\r\n\r\nuser=a");
    CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 408 Request Timeout");
  }
  CHECK(rig.cause() == Cause::slow);
}

TEST_CASE("a handshake that fails costs its source, however it ends", "[connection][judge]") {
  for (const char* bytes : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01", ""}) {
    Rig rig;
    auto [ours, theirs] = tls_rig::socket_pair();
    Serve order;
    order.add(make_ticket(5, 1, key_of(1)));
    const int lent[] = {ours.get()};
    REQUIRE(rig.porter.send(order, lent) == Told::sent);
    WireEnd client(std::move(theirs));
    client.send(bytes);
    ours.reset();
    client.vanish();
    REQUIRE(rig.until([&] { return rig.over; }));
    CHECK(rig.cause() == Cause::handshake);
    CHECK(rig.lines("refuse").size() == 1);
  }
}

TEST_CASE("a handshake that we cannot sign costs nobody anything", "[connection][judge]") {
  Rig rig;
  rig.seat.signer.close();
  WireEnd& client = rig.connect();
  REQUIRE(rig.until([&] { return rig.over; }));
  CHECK_FALSE(client.shaken);
  CHECK(rig.cause() == Cause::none);
  CHECK(rig.lines("refuse").at(0).ends_with(" reason=signer"));
}

TEST_CASE("what cannot be recorded is not let through", "[connection][judge]") {
  auto memory = make_log_page();
  REQUIRE(memory);
  LogPage* page = map_log_page(memory->first.get(), true);
  page->heartbeat = read_mono().us;
  page->recording = 1;
  Rig rig;
  Ends ends = make_ends();
  auto log = Log::open(std::move(ends.theirs), std::move(memory->second), OnLogFailure::deny, false);
  REQUIRE(log);
  rig.seat.log = &*log;
  WireEnd& client = rig.client();
  page->heartbeat = read_mono().us;
  client.send(request("GET /", 0));
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
  SECTION("the logger says so") { page->recording = 0; }
  SECTION("the logger is dead") { page->heartbeat = 0; }
  client.send(request("GET /"));
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 503 Service Unavailable");
  CHECK(rig.is_silent(rig.sessions));
}
