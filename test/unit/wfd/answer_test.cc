#include "wfd/answer.h"

#include "wfd/outward.h"

#include <array>
#include <string>

#include "unit/heads.h"

using namespace postern;
using namespace postern::wfd;

namespace {

const std::array<std::string, 1> ours = {"lab.example"};
const ClientSide modern{Version::http_1_1, false, false};
const ClientSide closing{Version::http_1_1, false, true};
const ClientSide asking_head{Version::http_1_1, true, false};
const ClientSide old{Version::http_1_0, false, true};
const ClientSide old_kept{Version::http_1_0, false, false};

std::string answered(const Response& made, const ClientSide& client = modern, AnswerPlan plan = {}) {
  plan.cookie_name = "SessionID";
  plan.domains = ours;
  const auto head = answer_head(made.head, plan, client, frame_for(made.head, client));
  REQUIRE(head);
  return *head;
}
std::string ok(const std::string& fields) { return answered(*response("HTTP/1.1 200 OK", fields + "Content-Length: 2\r\n")); }
const std::string bare = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

}  // namespace

TEST_CASE("a known length stays one, an unknown one is chunked or lasts until the close", "[answer]") {
  const auto sized = response("HTTP/1.1 200 OK", "Content-Length: 2\r\n");
  const auto chunked = response("HTTP/1.1 200 OK", "Transfer-Encoding: chunked\r\n");
  const auto closed = response("HTTP/1.0 200 OK", "");
  for (const ClientSide& client : {modern, closing, old, old_kept})
    CHECK(frame_for(sized->head, client).framing == Framing::length);
  for (const auto* unknown : {&chunked, &closed}) {
    CHECK(frame_for((*unknown)->head, modern).framing == Framing::chunked);
    CHECK_FALSE(frame_for((*unknown)->head, modern).close);
    CHECK(frame_for((*unknown)->head, closing).close);
    CHECK(frame_for((*unknown)->head, old_kept).framing == Framing::until_close);
    CHECK(frame_for((*unknown)->head, old_kept).close);
  }
  CHECK(answered(*chunked) == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(answered(*closed, old) == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  CHECK(answered(*sized, old_kept) == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n");
  CHECK(answered(*sized, closing) == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
}

TEST_CASE("answers without a body have none, and keep the length that they speak of", "[answer]") {
  CHECK(answered(*response("HTTP/1.1 200 OK", "Content-Length: 99\r\n", true), asking_head) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
  CHECK(answered(*response("HTTP/1.1 200 OK", "Transfer-Encoding: chunked\r\n", true), asking_head) ==
        "HTTP/1.1 200 OK\r\n\r\n");
  CHECK(answered(*response("HTTP/1.1 304 Not Modified", "Content-Length: 5\r\nETag: x\r\n")) ==
        "HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 5\r\n\r\n");
  CHECK(answered(*response("HTTP/1.1 204 No Content", "")) == "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(answered(*response("HTTP/1.1 204 No Content", "Content-Length: 5\r\n")) == "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(answered(*response("HTTP/1.1 103 Early Hints", "Link: x\r\n")) == "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
  CHECK(answered(*response("HTTP/1.1 200 OK", "Content-Length: 0\r\n")) == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("fields for one connection, and those in our name, end here", "[answer]") {
  for (const std::string field :
       {"Connection: keep-alive", "Keep-Alive: timeout=5", "Proxy-Connection: x", "Proxy-Authenticate: Basic", "Trailer: x",
        "Upgrade: h2c", "Content_Length: 99", "X-Postern-Login: x", "X_Postern_User: x", "x.postern.sid: x",
        "Alt-Svc: h2=\":8443\"", "Strict-Transport-Security: max-age=1", "Set-Cookie: SessionID=evil",
        "set-cookie: SessionID=evil; Domain=lab.example", "Set-Cookie:  SessionID = evil", "Set-Cookie: =SessionID=evil",
        "Connection: X-Hop\r\nX-Hop: 1"}) {
    INFO(field);
    CHECK(ok(field + "\r\n") == bare);
  }
}

TEST_CASE("all other fields go on in their order", "[answer]") {
  const std::string fields =
      "Server: x\r\nSet-Cookie: a=b; Secure\r\nSet-Cookie: sessionid=c; secure\r\nWWW-Authenticate: NTLM\r\nDate: x\r\nVia: y\r\n";
  CHECK(ok(fields) == "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: 2\r\n\r\n");
}

TEST_CASE("Connection cannot take a server's protecting fields away", "[answer]") {
  const std::string kept = "Set-Cookie: a=b; Secure\r\nContent-Security-Policy: x\r\nX-Frame-Options: DENY\r\nCache-Control: no-store\r\n";
  CHECK(ok("Connection: set-cookie, content-security-policy, x-frame-options, cache-control\r\n" + kept) ==
        "HTTP/1.1 200 OK\r\n" + kept + "Content-Length: 2\r\n\r\n");
}

TEST_CASE("policy decides about HSTS and about names to leave out", "[answer]") {
  const auto made = response("HTTP/1.1 200 Fine", "Strict-Transport-Security: max-age=1\r\nX_Powered_By: y\r\nContent-Length: 2\r\n");
  const std::array<std::string, 1> strip = {"x-powered-by"};
  AnswerPlan plan;
  plan.hsts = true;
  plan.strip = strip;
  CHECK(answered(*made, modern, plan) ==
        "HTTP/1.1 200 Fine\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 2\r\n\r\n");
  const auto silent = response("HTTP/1.1 200 Fine", "Content-Length: 2\r\n");
  CHECK(answered(*silent, modern, plan) ==
        "HTTP/1.1 200 Fine\r\nStrict-Transport-Security: max-age=31536000\r\nContent-Length: 2\r\n\r\n");
  plan.hsts = false;
  CHECK(answered(*made, modern, plan) == "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\n");
}

TEST_CASE("a redirect to http on one of our hosts becomes https, others stay as they are", "[answer]") {
  struct Row { std::string in, out; };
  for (const auto& [in, out] :
       {Row{"http://a.lab.example/x?y#z", "https://a.lab.example/x?y#z"}, Row{"HTTP://A.Lab.Example:80/", "https://a.lab.example/"},
        Row{"http://lab.example", "https://lab.example"}, Row{"http://a.lab.example?q", "https://a.lab.example?q"},
        Row{"http://a.lab.example:8080/", "http://a.lab.example:8080/"}, Row{"http://evil.net/", "http://evil.net/"},
        Row{"http://evil-lab.example/", "http://evil-lab.example/"}, Row{"https://a.lab.example/", "https://a.lab.example/"},
        Row{"http://u@a.lab.example/", "http://u@a.lab.example/"}, Row{"/x", "/x"}, Row{"//a.lab.example/", "//a.lab.example/"},
        Row{"http:/a.lab.example/", "http:/a.lab.example/"}, Row{"http://", "http://"}, Row{"", ""},
        Row{"http://a.lab.example\\@evil.net/", "http://a.lab.example\\@evil.net/"}}) {
    INFO(in);
    CHECK(secure_location(in, ours) == out);
  }
  CHECK(contains(ok("location: http://a.lab.example/x\r\n"), "\r\nlocation: https://a.lab.example/x\r\n"));
}

TEST_CASE("a 101 has its fields written anew, and none without an accept key", "[answer]") {
  const auto made = response("HTTP/1.1 101 Switching", "Connection: Upgrade, x\r\nUpgrade: WebSocket\r\nX: 1\r\nSec-WebSocket-Accept: theirs\r\n"
                             "Sec_WebSocket_Accept: theirs\r\nSec-WebSocket-Protocol: p\r\nSet-Cookie: SessionID=evil\r\nX-Postern-User: root\r\n");
  AnswerPlan plan;
  CHECK_FALSE(answer_head(made->head, plan, modern, {}));
  plan.websocket_accept = "ours";
  CHECK(answered(*made, modern, plan) ==
        "HTTP/1.1 101 Switching\r\nSec-WebSocket-Protocol: p\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ours\r\n\r\n");
}

TEST_CASE("a reply of our own is written whole, without its body for HEAD", "[answer]") {
  Reply reply = text_reply(404, "no\n");
  reply.add<"X-A">("b");
  const std::string head =
      "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\nX-A: b\r\n"
      "Content-Length: 3\r\n";
  CHECK(*write_reply(reply, modern, {784111777}) == head + "\r\nno\n");
  CHECK(*write_reply(reply, asking_head, {784111777}) == head + "\r\n");
  CHECK(*write_reply(reply, closing, {784111777}) == head + "Connection: close\r\n\r\nno\n");
  reply.add<"X-B">("a\r\nSet-Cookie: SessionID=evil");
  CHECK_FALSE(write_reply(reply, modern, {784111777}));
}

TEST_CASE("a reply copies what its maker keeps, and takes what he gives away", "[answer]") {
  std::string kept(40, 'k'), given(40, 'g');
  const char* const place = given.data();
  Reply reply;
  reply.add<"X-A">(kept);
  reply.add<"X-B">(std::move(given));
  CHECK(kept == std::string(40, 'k'));
  CHECK(reply.fields[0].second == kept);
  CHECK(reply.fields[1].second.data() == place);
}

TEST_CASE("a reply has all its room from the beginning, so that nothing of a cookie is left elsewhere", "[answer]") {
  for (const std::size_t fields : {1, 5, 30, 100}) {
    for (const std::size_t size : {10, 40, 400, 9000}) {
      Reply reply = text_reply(431, std::string(size, 'b'));  // of the longest phrase
      for (std::size_t i = 0; i < fields; ++i) reply.add<"Set-Cookie">(std::string(size, 'c'));
      const auto text = write_reply(reply, old_kept, {784111777});
      INFO(fields << " of " << size);
      REQUIRE(text);
      CHECK(text->capacity() < text->size() + 256);  // text that had to grow has twice what it had
    }
  }
}
