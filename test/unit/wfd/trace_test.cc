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

TEST_CASE("a field that holds a secret is traced by its length only", "[trace]") {
  const auto [line, shown] = GENERATE(table<std::string, std::string>({
      {"Cookie: SessionID=abc", "Cookie: (14 bytes)"},
      {"COOKIE:x", "COOKIE: (1 bytes)"},
      {"Set-Cookie: a=b; Path=/", "Set-Cookie: (12 bytes)"},
      {"Set_Cookie: a=b", "Set_Cookie: (4 bytes)"},
      {"Authorization: Basic QQ==", "Authorization: (11 bytes)"},
      {"proxy.authorization: x", "proxy.authorization: (2 bytes)"},
      {"X-Postern-Assertion: eyJ", "X-Postern-Assertion: (4 bytes)"},
      {"Accept: text/html", "Accept: text/html"},
      {"GET /a:b HTTP/1.1", "GET /a:b HTTP/1.1"},
      {"X-Cookie: a", "X-Cookie: a"},
  }));
  CHECK(without_secrets(line) == shown);
}

TEST_CASE("a head is traced line by line, with its connection and who spoke", "[trace]") {
  Written written = make_log();
  trace_head(written.log, 0x1234, "client-gate", "GET / HTTP/1.1\r\nHost: a.example\r\nCookie: k=v\r\n\r\n");
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
  trace_head(written.log, 1, "server-gate", head);
  CHECK(written.lines().size() == 150);
}
