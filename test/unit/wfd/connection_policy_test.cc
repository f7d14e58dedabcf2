// Keys of wfd.conf that the worker acts on, each as written in the file.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

WfdSettings configured(const std::string& more, const std::string& headers = "no") {
  const auto made = parse_wfd(
      "[tls]\ncertificate=/c\nkey=/k\n[domain]\nname=example.org\n[intranet]\nnetworks=10.0.0.0/8\n"
      "[login]\nhost=login.example.org\n" + (headers.empty() ? "" : "[identity]\nheaders=" + headers + "\n") + more, "wfd.conf");
  INFO((made ? "" : made.error().what));
  REQUIRE(made);
  return *made;
}

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// What of a request to `host` reaches its server.
std::string reaches(Rig& rig, const std::string& text, const std::string& host = "a.example.org", bool tls = false,
                    bool fixed = false) {
  WireEnd& client = rig.client(host.c_str());
  client.send(text);
  rig.judge_good();
  WireEnd& server = rig.dialled(tls, fixed, {.names = "DNS:" + host});
  const std::string got = rig.hear_text(server, "\r\n\r\n");
  server.send(ok);
  rig.hear_text(client, "ok");
  client.close();
  rig.settle();
  return got;
}
// What of `answer` reaches the client.
std::string returns(Rig& rig, const std::string& answer, const std::string& host = "a.example.org") {
  WireEnd& client = rig.client(host.c_str());
  WireEnd& server = rig.relayed(client, request("GET /", 1, "", host));
  rig.hear_text(server, "\r\n\r\n");
  server.send(answer);
  const std::string got = rig.hear_text(client, "ok");
  client.close();
  rig.settle();
  return got;
}
std::string answer_to(Rig& rig, const std::string& text, const std::string& host = "a.example.org") {
  WireEnd& client = rig.client(host.c_str());
  client.send(text);
  const std::string got = rig.hear_text(client, "\r\n\r\n");
  client.close();
  rig.settle();
  return got;
}

}  // namespace

TEST_CASE("methods: others get 405 and are told which there are", "[connection][policy]") {
  Rig rig(configured("[policy]\nmethods=GET,POST\n[host b.example.org]\nmethods=PUT\n"));
  const std::string no = answer_to(rig, request("DELETE /"));
  CHECK(status_of(no) == "HTTP/1.1 405 Method Not Allowed");
  CHECK(has(no, "\r\nAllow: GET, POST\r\n"));
  for (const char* never : {"TRACE", "TRACK", "DEBUG", "get", "Post", "PROPFIND"}) {
    INFO(never);
    CHECK(status_of(answer_to(rig, request(std::string(never) + " /"))) == "HTTP/1.1 405 Method Not Allowed");
  }
  CHECK(status_of(answer_to(rig, request("CONNECT /"))) == "HTTP/1.1 400 Bad Request");
  CHECK(rig.is_silent(rig.sessions));
  CHECK(has(reaches(rig, request("GET /")), "GET / "));
  const std::string other = answer_to(rig, request("GET /", 1, "", "b.example.org"), "b.example.org");
  CHECK(has(other, "\r\nAllow: PUT\r\n"));
  CHECK(status_of(answer_to(rig, request("DELETE /login", 1, "", "login.example.org"), "login.example.org")) ==
        "HTTP/1.1 405 Method Not Allowed");
  CHECK(status_of(answer_to(rig, request("HEAD /login", 0, "", "login.example.org"), "login.example.org")) == "HTTP/1.1 200 OK");
}

TEST_CASE("methods: those of WebDAV can be added", "[connection][policy]") {
  Rig rig(configured("[host b.example.org]\nmethods=GET,PROPFIND,MKCOL\n"));
  CHECK(has(reaches(rig, request("PROPFIND /d/", 1, "Depth: 1\r\n", "b.example.org"), "b.example.org"),
            "PROPFIND /d/ HTTP/1.1\r\nHost: b.example.org\r\nDepth: 1\r\n"));
  const std::string elsewhere = answer_to(rig, request("PROPFIND /d/"));
  CHECK(status_of(elsewhere) == "HTTP/1.1 405 Method Not Allowed");
  CHECK(has(elsewhere, "\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"));
}

TEST_CASE("blocked_hosts: at or below them nobody gets in", "[connection][policy]") {
  Rig rig(configured("[policy]\nblocked_hosts=b.example.org\n[host c.example.org]\nblocked_hosts=c.example.org\n"));
  CHECK(status_of(answer_to(rig, request("GET /", 1, "", "b.example.org"), "b.example.org")) == "HTTP/1.1 403 Forbidden");
  CHECK(status_of(answer_to(rig, request("GET /", 1, "", "x.b.example.org"), "x.b.example.org")) ==
        "HTTP/1.1 403 Forbidden");
  CHECK(status_of(answer_to(rig, request("GET /", 1, "", "c.example.org"), "c.example.org")) == "HTTP/1.1 403 Forbidden");
  CHECK(rig.is_silent(rig.sessions));
  CHECK(has(reaches(rig, request("GET /")), "GET / "));
  CHECK(rig.lines("refuse").at(0).ends_with(" status=403 reason=blocked-host"));
}

TEST_CASE("strip_request_headers: in every spelling, for all or for one host", "[connection][policy]") {
  Rig rig(configured("[policy]\nstrip_request_headers=x-debug\n[host b.example.org]\nstrip_request_headers=x-other\n"));
  const std::string fields = "X_Debug: 1\r\nX-DEBUG: 2\r\nX-Other: 3\r\n";
  CHECK(reaches(rig, request("GET /", 1, fields)) == "GET / HTTP/1.1\r\nHost: a.example.org\r\nX-Other: 3\r\n\r\n");
  CHECK(reaches(rig, request("GET /", 1, fields, "b.example.org"), "b.example.org") ==
        "GET / HTTP/1.1\r\nHost: b.example.org\r\nX_Debug: 1\r\nX-DEBUG: 2\r\n\r\n");
}

TEST_CASE("strip_response_headers: of interim answers, too", "[connection][policy]") {
  Rig rig(configured("[policy]\nstrip_response_headers=server\n[host b.example.org]\nstrip_response_headers=x-a\n"));
  const std::string answer =
      "HTTP/1.1 103 Early Hints\r\nServer: x\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok";
  CHECK(returns(rig, answer) == "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok");
  CHECK(has(returns(rig, answer, "b.example.org"), "\r\nServer: x\r\nContent-Length: 2\r\n"));
}

TEST_CASE("hsts: taken away, or seen to", "[connection][policy]") {
  Rig rig(configured("[host b.example.org]\nhsts=yes\n"));
  const std::string own = "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=9\r\nContent-Length: 2\r\n\r\nok";
  CHECK_FALSE(has(returns(rig, own), "Strict-Transport-Security"));
  CHECK(has(returns(rig, own, "b.example.org"), "Strict-Transport-Security: max-age=9\r\n"));
  CHECK(has(returns(rig, ok, "b.example.org"), "Strict-Transport-Security: max-age=31536000\r\n"));
}

TEST_CASE("no_store: for all, or for one host", "[connection][policy]") {
  Rig rig(configured("[policy]\nno_store=html\n[host b.example.org]\nno_store=all\n[host c.example.org]\nno_store=no\n"));
  const std::string page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: public\r\nContent-Security-Policy: x\r\n"
                           "Content-Length: 2\r\n\r\nok";
  const std::string image = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nCache-Control: public\r\nContent-Length: 2\r\n\r\nok";
  CHECK(has(returns(rig, page), "\r\nCache-Control: no-store\r\n"));
  CHECK_FALSE(has(returns(rig, page), "public"));
  CHECK(returns(rig, image) == image);
  CHECK(has(returns(rig, image, "b.example.org"), "\r\nCache-Control: no-store\r\n"));
  CHECK_FALSE(has(returns(rig, image, "b.example.org"), "public"));
  CHECK(returns(rig, page, "c.example.org") == page);
}

TEST_CASE("verify: the host's own word counts", "[connection][policy]") {
  const tls_fixture::Spec stranger{.names = "DNS:elsewhere", .issuer = "stranger"};
  const auto known = tls_fixture::certificate({.names = "DNS:elsewhere"});
  unsigned char digest[32];
  unsigned size = sizeof digest;
  REQUIRE(X509_digest(known.get(), EVP_sha256(), digest, &size) == 1);
  std::string hex;
  for (const unsigned char byte : digest) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", byte);
    hex += two;
  }
  Rig rig(configured("[host b.example.org]\nverify=no\n[host c.example.org]\nverify=sha256:" + hex + "\n"));
  struct Case { const char* host; std::string status; };
  for (const Case& one : {Case{"a.example.org", "HTTP/1.1 502 Bad Gateway"}, Case{"b.example.org", "HTTP/1.1 200 OK"},
                          Case{"c.example.org", "HTTP/1.1 502 Bad Gateway"}}) {
    INFO(one.host);
    WireEnd& client = rig.client(one.host);
    client.send(request("GET /", 1, "", one.host));
    rig.judge_good();
    rig.dialled(true, false, stranger).send(ok);
    CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == one.status);
    client.close();
    rig.settle();
  }
}

TEST_CASE("identity: headers is yes unless the file says no", "[connection][policy]") {
  Rig told(configured("", ""));
  const std::string with = reaches(told, request("GET /", 1, "X-Postern-User: root\r\n"));
  CHECK(with ==
        "GET / HTTP/1.1\r\nHost: a.example.org\r\nX-Postern-User: user1\r\nX-Postern-Session: sid1\r\n"
        "Forwarded: for=192.0.2.7;proto=https;host=a.example.org\r\nX-Forwarded-For: 192.0.2.7\r\n"
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: a.example.org\r\n\r\n");
  Rig silent(configured("", "no"));
  CHECK(reaches(silent, request("GET /", 1, "X-Postern-User: root\r\n")) == "GET / HTTP/1.1\r\nHost: a.example.org\r\n\r\n");
}

TEST_CASE("the cookie goes to proved servers only, and in clear text only on demand", "[connection][policy]") {
  struct Case { bool forward, plain, tls, fixed, goes; };
  for (const Case& one : {Case{false, true, true, true, false}, Case{true, false, true, false, true},
                          Case{true, false, true, true, true}, Case{true, false, false, false, false},
                          Case{true, false, false, true, false}, Case{true, true, false, true, true},
                          Case{true, true, false, false, false}}) {
    INFO(one.forward << one.plain << one.tls << one.fixed);
    Rig rig(configured(std::string("[cookie]\nforward=") + (one.forward ? "yes" : "no") + "\n",
                       std::string("no\nplain=") + (one.plain ? "yes" : "no")));
    const std::string got = reaches(rig, request("GET /", 1, "Cookie: other=1\r\n"), "a.example.org", one.tls, one.fixed);
    CHECK(has(got, cookie_field(1)) == one.goes);
    CHECK(has(got, "Cookie: other=1\r\n"));
  }
}

TEST_CASE("the cookie stays here when the server's certificate was not checked", "[connection][policy]") {
  Rig rig(configured("[cookie]\nforward=yes\n[upstream_tls]\nverify=no\n"));
  CHECK_FALSE(has(reaches(rig, request("GET /"), "a.example.org", true, false), "SessionID"));
}
