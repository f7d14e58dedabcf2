// What the protocol trace may say of a head.

#include "wfd/trace.h"

#include <sys/socket.h>

#include <vector>

#include "common/channel.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::wfd;

namespace {

struct Written {
  Log log;
  UniqueFd end;
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    char room[4096];
    for (ssize_t n = 0; (n = ::recv(end.get(), room, sizeof room, MSG_DONTWAIT)) > 0;)
      all.emplace_back(room + 1, static_cast<std::size_t>(n) - 1);
    return all;
  }
};

Written make_log() {
  auto pair = make_channel().value();
  return {Log::open(std::move(pair.first), {}, OnLogFailure::deny, false).value(), std::move(pair.second)};
}

}  // namespace

const TraceSubject elsewhere{0x1234, "login.lab.example", false};
const TraceSubject login{0x1234, "login.lab.example", true};

TEST_CASE("a field that holds a secret is traced by its length only", "[trace]") {
  const auto [line, shown] = GENERATE(table<std::string, std::string>({
      {"Cookie: SessionID=abc", "Cookie: (14 bytes)"},
      {"COOKIE:x", "COOKIE: (1 bytes)"},
      {"Set-Cookie: a=b; Path=/", "Set-Cookie: (12 bytes)"},
      {"Set_Cookie: a=b", "Set_Cookie: (4 bytes)"},
      {"Authorization: Basic QQ==", "Authorization: (11 bytes)"},
      {"proxy.authorization: x", "proxy.authorization: (2 bytes)"},
      {"Authentication-Info: x", "Authentication-Info: (2 bytes)"},
      {"X-Postern-Assertion: eyJ", "X-Postern-Assertion: (4 bytes)"},
      {"X-Auth-Token: t", "X-Auth-Token: (2 bytes)"},
      {"X_CSRF_TOKEN: t", "X_CSRF_TOKEN: (2 bytes)"},
      {"X-Api-Key: k", "X-Api-Key: (2 bytes)"},
      {"apikey: k", "apikey: (2 bytes)"},
      {"X-Client-Secret: s", "X-Client-Secret: (2 bytes)"},
      {"X-Password: p", "X-Password: (2 bytes)"},
      {"X-Jwt: j", "X-Jwt: (2 bytes)"},
      {"Sec-WebSocket-Key: k", "Sec-WebSocket-Key: (2 bytes)"},
      {"Accept: text/html", "Accept: text/html"},
      {"WWW-Authenticate: Basic realm=x", "WWW-Authenticate: Basic realm=x"},
      {"GET /a:b HTTP/1.1", "GET /a:b HTTP/1.1"},
      {"GET /token?x=y HTTP/1.1", "GET /token?x=y HTTP/1.1"},
      {"HTTP/1.1 200 OK", "HTTP/1.1 200 OK"},
      {"X-Cookie: a", "X-Cookie: a"},
      {"X-Postern-Session: sid", "X-Postern-Session: sid"},
  }));
  INFO(line);
  CHECK(without_secrets(line, elsewhere) == shown);
}

TEST_CASE("queries of the login host are traced by their length only, wherever they stand", "[trace]") {
  const auto [line, on_login_host, shown] = GENERATE(table<std::string, bool, std::string>({
      {"GET /login?host=a&path=b&link=c HTTP/1.1", true, "GET /login?(20 bytes) HTTP/1.1"},
      {"GET /?pin=1234 HTTP/1.1", true, "GET /?(8 bytes) HTTP/1.1"},
      {"GET /?a?b HTTP/1.1", true, "GET /?(3 bytes) HTTP/1.1"},
      {"GET /? HTTP/1.1", true, "GET /?(0 bytes) HTTP/1.1"},
      {"GET / HTTP/1.1", true, "GET / HTTP/1.1"},
      {"HTTP/1.1 303 See Other?", true, "HTTP/1.1 303 See Other?"},
      {"GET /x?y=z HTTP/1.1", false, "GET /x?y=z HTTP/1.1"},
      {"Location: https://login.lab.example/login?host=a&link=c", false, "Location: https://login.lab.example/login?(13 bytes)"},
      {"Referer: https://LOGIN.lab.example/login?pin=1", true, "Referer: https://LOGIN.lab.example/login?(5 bytes)"},
      {"Location: https://login.lab.example:443/login?a", false, "Location: https://login.lab.example:443/login?(1 bytes)"},
      {"Link: <https://login.lab.example/?a>; rel=x, <https://login.lab.example/?bc>", false,
       "Link: <https://login.lab.example/?(1 bytes)>; rel=x, <https://login.lab.example/?(2 bytes)>"},
      {"Refresh: 0; url='https://login.lab.example/?a'", false, "Refresh: 0; url='https://login.lab.example/?(1 bytes)'"},
      {"Location: https://login.lab.example/", false, "Location: https://login.lab.example/"},
      {"Location: https://a.lab.example/x?y", false, "Location: https://a.lab.example/x?y"},
      {"X: login.lab.example, what?", false, "X: login.lab.example, what?"},
      {"Host: login.lab.example", true, "Host: login.lab.example"},
  }));
  INFO(line);
  CHECK(without_secrets(line, on_login_host ? login : elsewhere) == shown);
}

TEST_CASE("what is traced is told by host or by source", "[trace]") {
  WfdSettings::Trace trace;
  const Address near = *Address::parse("192.0.2.7"), far = *Address::parse("198.51.100.7");
  CHECK_FALSE(is_traced(trace, "a.lab.example", near));
  trace.hosts = {"a.lab.example"};
  CHECK(is_traced(trace, "a.lab.example", near));
  CHECK(is_traced(trace, "x.a.lab.example", far));
  CHECK_FALSE(is_traced(trace, "b.lab.example", near));
  CHECK_FALSE(is_traced(trace, "", near));
  trace.sources = {*Network::parse("192.0.2.0/24"), *Network::parse("2001:db8::/32")};
  CHECK(is_traced(trace, "b.lab.example", near));
  CHECK(is_traced(trace, "", *Address::parse("2001:db8::7")));
  CHECK_FALSE(is_traced(trace, "b.lab.example", far));
}

TEST_CASE("a head is traced line by line, with its connection and who spoke", "[trace]") {
  Written written = make_log();
  trace_head(written.log, elsewhere, "client-gate", "GET / HTTP/1.1\r\nHost: a.example\r\nCookie: k=v\r\n\r\n");
  const std::vector<std::string> lines = written.lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "event=trace id=0000000000001234 side=client-gate line=\"GET / HTTP/1.1\"");
  CHECK(lines[1] == "event=trace id=0000000000001234 side=client-gate line=\"Host: a.example\"");
  CHECK(lines[2] == "event=trace id=0000000000001234 side=client-gate line=\"Cookie: (4 bytes)\"");
}

TEST_CASE("a head without end is traced up to a bound", "[trace]") {
  Written written = make_log();
  std::string head;
  for (int i = 0; i < 1000; ++i) head += "X: y\r\n";
  trace_head(written.log, elsewhere, "server-gate", head);
  CHECK(written.lines().size() == 150);
}
