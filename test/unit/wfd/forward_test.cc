#include "wfd/forward.h"

#include <array>
#include <string>

#include "unit/heads.h"

using namespace postern;
using namespace postern::wfd;
using namespace std::literals;

namespace {

std::string forwarded(const Request& made, ForwardPlan plan = {}) {
  if (plan.cookie_name.empty()) plan.cookie_name = "SessionID";
  const auto head = forward_head(made.head, plan);
  REQUIRE(head);
  return *head;
}
ForwardPlan with_identity(const std::string& client = "192.0.2.7") {
  ForwardPlan plan;
  plan.cookie_name = "SessionID";
  plan.identity = true;
  plan.user = "ada";
  plan.sid = "0123456789abcdef";
  plan.client = *Address::parse(client);
  return plan;
}

}  // namespace

TEST_CASE("a head is made anew, end-to-end fields in their order", "[forward]") {
  const auto made = request("GET /x?y HTTP/1.0", "B: 1\r\nA:  two \r\nb: 3\r\nEmpty:\r\n", "A.Lab.Example.:443");
  CHECK(forwarded(*made) == "GET /x?y HTTP/1.1\r\nHost: a.lab.example\r\nB: 1\r\nA: two\r\nb: 3\r\nEmpty: \r\n\r\n");
}

TEST_CASE("the framing is ours", "[forward]") {
  CHECK(forwarded(*request("PUT / HTTP/1.1", "content-LENGTH: 007\r\n")) ==
        "PUT / HTTP/1.1\r\nHost: a.lab.example\r\nContent-Length: 7\r\n\r\n");
  CHECK(forwarded(*request("PUT / HTTP/1.1", "Transfer-Encoding: chunked\r\n")) ==
        "PUT / HTTP/1.1\r\nHost: a.lab.example\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(forwarded(*request("POST / HTTP/1.1", "")) == "POST / HTTP/1.1\r\nHost: a.lab.example\r\nContent-Length: 0\r\n\r\n");
  CHECK(forwarded(*request("DELETE / HTTP/1.1", "")) == "DELETE / HTTP/1.1\r\nHost: a.lab.example\r\n\r\n");
}

TEST_CASE("fields for one connection end here, in every spelling", "[forward]") {
  for (const std::string field :
       {"Connection: keep-alive", "Keep-Alive: timeout=5", "Proxy-Connection: x", "Proxy-Authorization: Basic eDp5",
        "Proxy_Authorization: x", "TE: trailers", "Trailer: x", "Upgrade: websocket", "HTTP2-Settings: x",
        "Expect: 100-continue", "Transfer_Encoding: chunked", "Transfer.Encoding: chunked", "Content_Length: 7",
        "Proxy: http://evil.net", "PROXY: x"}) {
    INFO(field);
    CHECK(forwarded(*get(field + "\r\n")) == "GET / HTTP/1.1\r\nHost: a.lab.example\r\n\r\n");
  }
}

TEST_CASE("nobody speaks in our name, in any spelling, with or without identity", "[forward]") {
  const std::string plain = forwarded(*get(""));
  const std::string identified = forwarded(*get(""), with_identity());
  for (const std::string field :
       {"X-Postern-User", "x-postern-user", "X_Postern_User", "X.Postern.User", "X-Postern_User", "X!Postern~User",
        "X-Postern-Anything", "X_POSTERN_SESSION", "Forwarded", "forwarded", "X-Forwarded-For", "X_Forwarded_For",
        "X.Forwarded.For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded", "X-Real-IP",
        "X_Real_IP", "X.Real-IP", "Early-Data", "X-Original-URL", "X_Rewrite_Url"}) {
    INFO(field);
    CHECK(forwarded(*get(field + ": root\r\n")) == plain);
    CHECK(forwarded(*get(field + ": root\r\n"), with_identity()) == identified);
    CHECK(forwarded(*request("OPTIONS / HTTP/1.1", field + ": root\r\n")) == "OPTIONS" + plain.substr(3));
  }
}

TEST_CASE("names that only look like ours go on", "[forward]") {
  for (const std::string field : {"Postern-User: x", "X-Posterns: x", "XPostern-User: x", "X-Forward: x", "Via: 1.1 x",
                                  "X--Forwarded-For: x", "Content-Lengthy: 1"})
    CHECK(contains(forwarded(*get(field + "\r\n")), "\r\n" + field + "\r\n"));
}

TEST_CASE("Connection takes away what it names, but nothing that matters", "[forward]") {
  const auto made = get(
      "Connection: x-hop, Host, cookie\r\nConnection: AUTHORIZATION,Content-Type, origin, if-match, accept-language\r\n"
      "Connection: X-Postern-User, X-Forwarded-For, sec-fetch-site\r\n"
      "X-Hop: 1\r\nCookie: a=b\r\nAuthorization: Basic x\r\nContent-Type: text/plain\r\nOrigin: https://a\r\n"
      "If-Match: x\r\nAccept-Language: de\r\nSec-Fetch-Site: none\r\n");
  const std::string head = forwarded(*made, with_identity());
  CHECK_FALSE(contains(head, "X-Hop"));
  CHECK_FALSE(contains(head, "Connection"));
  for (const std::string field : {"Host: a.lab.example", "Cookie: a=b", "Authorization: Basic x", "Content-Type: text/plain",
                                  "Origin: https://a", "If-Match: x", "Accept-Language: de", "X-Postern-User: ada",
                                  "X-Forwarded-For: 192.0.2.7", "Sec-Fetch-Site: none"})
    CHECK(contains(head, "\r\n" + field + "\r\n"));
}

TEST_CASE("Connection cannot take the framing away", "[forward]") {
  const std::string head = forwarded(*request("POST / HTTP/1.1", "Connection: Content-Length\r\nContent-Length: 5\r\n"));
  CHECK(contains(head, "\r\nContent-Length: 5\r\n"));
}

TEST_CASE("our cookie stays here, others go on, and an empty field is dropped", "[forward]") {
  CHECK(contains(forwarded(*get("Cookie: a=b; SessionID=x; c=d\r\n")), "\r\nCookie: a=b; c=d\r\n"));
  CHECK_FALSE(contains(forwarded(*get("Cookie: SessionID=x\r\n")), "ookie"));
  CHECK_FALSE(contains(forwarded(*get("cookie: SessionID=x; SessionID=y\r\nCOOKIE: SessionID=z\r\n")), "SessionID"));
  ForwardPlan plan;
  plan.cookie_name = "SessionID";
  plan.forward_cookie = true;
  CHECK(contains(forwarded(*get("Cookie: a=b; SessionID=x\r\n"), plan), "\r\nCookie: a=b; SessionID=x\r\n"));
}

TEST_CASE("identity is added behind the client's fields, and only when it is asked for", "[forward]") {
  CHECK(forwarded(*get("A: b\r\n"), with_identity()) ==
        "GET / HTTP/1.1\r\nHost: a.lab.example\r\nA: b\r\nX-Postern-User: ada\r\nX-Postern-Session: 0123456789abcdef\r\n"
        "Forwarded: for=192.0.2.7;proto=https;host=a.lab.example\r\nX-Forwarded-For: 192.0.2.7\r\n"
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: a.lab.example\r\n\r\n");
  const std::string v6 = forwarded(*get(""), with_identity("2001:db8::7"));
  CHECK(contains(v6, "\r\nForwarded: for=\"[2001:db8::7]\";proto=https;host=a.lab.example\r\n"));
  CHECK(contains(v6, "\r\nX-Forwarded-For: 2001:db8::7\r\n"));
  ForwardPlan nobody = with_identity();
  nobody.user = nobody.sid = {};
  CHECK_FALSE(contains(forwarded(*get(""), nobody), "Postern"));
}

TEST_CASE("an assertion is the gate's own, once, and cannot be taken away", "[forward]") {
  const auto made = get("X-Postern-Assertion: forged\r\nx_postern_assertion: forged\r\nConnection: X-Postern-Assertion\r\n");
  ForwardPlan plan;
  plan.cookie_name = "SessionID";
  CHECK_FALSE(contains(forwarded(*made, plan), "ssertion"));
  plan.assertion = "he.ad.er";
  CHECK(forwarded(*made, plan) == "GET / HTTP/1.1\r\nHost: a.lab.example\r\nX-Postern-Assertion: he.ad.er\r\n\r\n");
  plan.assertion = "he.ad\r\nX: y";
  CHECK_FALSE(forward_head(made->head, plan));
}

TEST_CASE("configured names are left out, in every spelling", "[forward]") {
  const std::array<std::string, 2> strip = {"x-debug", "authorization"};
  ForwardPlan plan;
  plan.strip = strip;
  CHECK(forwarded(*get("X_Debug: 1\r\nAuthorization: x\r\nX-Debugger: 1\r\n"), plan) ==
        "GET / HTTP/1.1\r\nHost: a.lab.example\r\nX-Debugger: 1\r\n\r\n");
}

TEST_CASE("a handshake has its fields written anew", "[forward]") {
  ForwardPlan plan;
  plan.websocket_key = "dGhlIHNhbXBsZSBub25jZQ==";
  const std::string written = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                              "Sec-WebSocket-Version: 13\r\n\r\n";
  CHECK(forwarded(*get("Connection: a, Upgrade, keep-alive\r\nUpgrade: WebSocket\r\nsec-websocket-key: other\r\n"
                       "Sec_WebSocket_Key: other\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Accept: x\r\nA: 1\r\n"
                       "Sec-WebSocket-Protocol: p, q\r\nSec-WebSocket-Extensions: e; f=1\r\n"), plan) ==
        "GET / HTTP/1.1\r\nHost: a.lab.example\r\nSec-WebSocket-Protocol: p, q\r\nSec-WebSocket-Extensions: e; f=1\r\n" + written);
  CHECK(forwarded(*get("Connection: Upgrade\r\nUpgrade: websocket\r\n")) == "GET / HTTP/1.1\r\nHost: a.lab.example\r\n\r\n");
}

TEST_CASE("a value that could begin a line spoils the whole head", "[forward]") {
  for (const std::string_view bad : {"a\r\nX: y"sv, "a\nb"sv, "a\r"sv, "a\0b"sv, "\x7f"sv}) {
    ForwardPlan plan = with_identity();
    plan.user = bad;
    CHECK_FALSE(forward_head(get("")->head, plan));
  }
}
