// Requests that may go on without a session, and how far.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

WfdSettings open_settings(const std::string& more = "", const std::string& headers = "yes") {
  const auto made = parse_wfd(
      "[tls]\ncertificate=/c\nkey=/k\n[domain]\nname=example.org\n[intranet]\nnetworks=10.0.0.0/8\n"
      "[login]\nhost=login.example.org\n[identity]\nheaders=" + headers + "\n[policy]\ncors_origins=app.example.org\n"
      "[hosts]\na.example.org=10.1.0.1\nb.example.org=10.1.0.2\n[host a.example.org]\npublic_paths=/pub\n" + more, "wfd.conf");
  INFO((made ? "" : made.error().what));
  REQUIRE(made);
  return *made;
}

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string told_of_client =
    "Forwarded: for=192.0.2.7;proto=https;host=a.example.org\r\nX-Forwarded-For: 192.0.2.7\r\n"
    "X-Forwarded-Proto: https\r\nX-Forwarded-Host: a.example.org\r\n";
const std::string asking = "Origin: https://app.example.org\r\nAccess-Control-Request-Method: PUT\r\n";

// The next dial, which must be nobody's.
Dial nobodys_dial(Rig& rig, Ground ground, std::string_view subject) {
  Dial order = rig.hear<Dial>(rig.broker);
  CHECK(order.ground == ground);
  CHECK(order.subject.view() == subject);
  CHECK(order.cookie.empty());
  return order;
}
void not_known(Rig& rig, Standing standing) {
  Verdict verdict;
  verdict.tag = rig.hear<Judge>(rig.sessions).tag;
  verdict.standing = standing;
  rig.say(rig.sessions, verdict);
}

}  // namespace

TEST_CASE("a public path is served to nobody, and nothing is said of anybody", "[connection][public]") {
  Rig rig(open_settings());
  WireEnd& client = rig.client();
  client.send(request("GET /pub/x?y", 0, "X-Postern-User: root\r\nX_Postern_Session: s\r\nX.Postern.Assertion: a\r\nX-Mine: m\r\n"));
  WireEnd& server = rig.connected(nobodys_dial(rig, Ground::public_path, "/pub/x").tag);
  CHECK(rig.hear_text(server, "\r\n\r\n") == "GET /pub/x?y HTTP/1.1\r\nHost: a.example.org\r\nX-Mine: m\r\n" + told_of_client + "\r\n");
  server.send(ok);
  CHECK(rig.hear_text(client, "ok") == ok);
  rig.settle();
  CHECK(has(rig.lines("request").at(0), " host=a.example.org user=- sid=- method=GET target=/pub/x?y status=200 "));
  CHECK(rig.is_silent(rig.sessions));
}

TEST_CASE("who has a session is known on a public path, too", "[connection][public]") {
  Rig rig(open_settings());
  WireEnd& client = rig.client();
  client.send(request("GET /pub"));
  rig.judge_good();
  const Dial order = rig.hear<Dial>(rig.broker);
  CHECK(order.ground == Ground::session);
  CHECK(order.cookie == cookie_of(1));
  CHECK(order.subject.empty());
  CHECK(has(rig.hear_text(rig.connected(order.tag), "\r\n\r\n"), "X-Postern-User: user1\r\nX-Postern-Session: sid1\r\n"));
}

TEST_CASE("a cookie that stands for nobody does not bar a public path, and stays here", "[connection][public]") {
  const Standing standing = GENERATE(Standing::unknown, Standing::expired, Standing::wrong_address);
  Rig rig(open_settings("[cookie]\nforward=yes\n"));
  WireEnd& client = rig.client();
  client.send(request("GET /pub", 1, "Cookie: other=1\r\n"));
  not_known(rig, standing);
  WireEnd& server = rig.connected(nobodys_dial(rig, Ground::public_path, "/pub").tag, true);
  CHECK(rig.hear_text(server, "\r\n\r\n") == "GET /pub HTTP/1.1\r\nHost: a.example.org\r\nCookie: other=1\r\n" + told_of_client + "\r\n");
}

TEST_CASE("cookies that are none are nobody's", "[connection][public]") {
  const std::string fields = GENERATE(std::string("Cookie: SessionID=short\r\n"), cookie_field(1) + cookie_field(1));
  Rig rig(open_settings());
  WireEnd& client = rig.client();
  client.send(request("GET /pub", 0, fields));
  WireEnd& server = rig.connected(nobodys_dial(rig, Ground::public_path, "/pub").tag);
  CHECK_FALSE(has(rig.hear_text(server, "\r\n\r\n"), "SessionID"));
  CHECK(rig.is_silent(rig.sessions));
}

TEST_CASE("whether a cookie stands must be known", "[connection][public]") {
  Rig rig(open_settings());
  WireEnd& client = rig.client();
  client.send(request("GET /pub"));
  SECTION("sessions cannot say") { not_known(rig, Standing::not_ready); }
  SECTION("sessions is gone") {
    (void)rig.hear<Judge>(rig.sessions);
    rig.sessions.close();
  }
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 503 Service Unavailable");
  CHECK(rig.is_silent(rig.broker));
  client.close();
  rig.settle();
  WireEnd& other = rig.client();
  other.send(request("GET /pub", 0));
  (void)nobodys_dial(rig, Ground::public_path, "/pub");
}

TEST_CASE("everything beside a public path needs a session", "[connection][public]") {
  Rig rig(open_settings("[host b.example.org]\nmethods=GET,PROPFIND\npublic_paths=/pub\n"));
  struct Row { std::string line, host; };
  for (const Row& row :
       {Row{"GET /", "a.example.org"}, Row{"GET /public", "a.example.org"}, Row{"GET /pub", "c.example.org"}, Row{"GET /x?/pub", "a.example.org"},
        Row{"GET /pub/../x", "a.example.org"}, Row{"GET /pub/%2e%2e/x", "a.example.org"}, Row{"GET /pub/..;/x", "a.example.org"},
        Row{"GET //pub", "a.example.org"}, Row{"GET /%70ub", "a.example.org"}, Row{"GET /PUB", "a.example.org"},
        Row{"OPTIONS *", "a.example.org"}, Row{"PROPFIND /pub", "b.example.org"}}) {
    INFO(row.line << " at " << row.host);
    WireEnd& client = rig.client(row.host.c_str());
    client.send(request(row.line, 0, "", row.host));
    CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
    client.close();
    rig.settle();
  }
  CHECK(rig.is_silent(rig.broker));
}

TEST_CASE("a connection to a server is one user's, or serves one request of nobody's", "[connection][public]") {
  Rig rig(open_settings());
  WireEnd& client = rig.client();
  client.send(request("GET /pub/1", 0));
  WireEnd& first = rig.connected(nobodys_dial(rig, Ground::public_path, "/pub/1").tag);
  rig.hear_text(first, "\r\n\r\n");
  first.send(ok);
  rig.hear_text(client, "ok");
  rig.hear_end(first);  // at once, and not when the next request comes
  // Nobody again: perhaps another one, so it is another connection.
  client.send(request("GET /pub/2", 0));
  WireEnd& again = rig.connected(nobodys_dial(rig, Ground::public_path, "/pub/2").tag);
  CHECK(has(rig.hear_text(again, "\r\n\r\n"), "GET /pub/2 "));
  again.send(ok);
  rig.hear_text(client, "ok");
  CHECK(first.got.empty());
  // Somebody: another one.
  client.send(request("GET /pub/3"));
  rig.judge_good();
  const Dial order = rig.hear<Dial>(rig.broker);
  CHECK(order.ground == Ground::session);
  WireEnd& second = rig.connected(order.tag);
  CHECK(has(rig.hear_text(second, "\r\n\r\n"), "X-Postern-User: user1\r\n"));
  second.send(ok);
  rig.hear_text(client, "ok");
  // And nobody once more.
  client.send(request("GET /pub/4", 0));
  WireEnd& third = rig.connected(nobodys_dial(rig, Ground::public_path, "/pub/4").tag);
  CHECK_FALSE(has(rig.hear_text(third, "\r\n\r\n"), "X-Postern-User"));
  rig.hear_end(second);
  third.send(ok);
  rig.hear_text(client, "ok");
  // A private path does not go where nobody's connection is open.
  client.send(request("GET /private", 0));
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
  rig.settle();
  CHECK(third.got.empty());
}

TEST_CASE("a tunnel is somebody's, on a public path too", "[connection][public]") {
  Rig rig(open_settings());
  WireEnd& client = rig.client();
  client.send(request("GET /pub", 0,
                      "Upgrade: websocket\r\nConnection: upgrade\r\nOrigin: https://a.example.org\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
  CHECK(rig.is_silent(rig.broker));
}

TEST_CASE("nobody's request keeps nobody's session awake", "[connection][public]") {
  Rig rig(open_settings());
  WireEnd& client = rig.client();
  client.send(request("GET /"));
  Verdict verdict = rig.good(rig.hear<Judge>(rig.sessions));
  verdict.touch_after = 1;
  rig.say(rig.sessions, verdict);
  WireEnd& server = rig.dialled();
  rig.hear_text(server, "\r\n\r\n");
  server.send(ok);
  rig.hear_text(client, "ok");
  rig.settle();
  Packet packet;
  while (rig.sessions.receive(packet) == Heard::packet) CHECK(packet.kind == Kind::touch);
  client.send(request("GET /pub", 0));
  WireEnd& other = rig.connected(nobodys_dial(rig, Ground::public_path, "/pub").tag);
  rig.hear_text(other, "\r\n\r\n");
  other.send(ok);
  rig.hear_text(client, "ok");
  CHECK(rig.is_silent(rig.sessions));
}

TEST_CASE("the other port is dialled on the same ground", "[connection][public]") {
  Rig rig(open_settings());
  WireEnd& client = rig.client();
  client.send(request("GET /pub", 0));
  WireEnd& https = rig.connected(nobodys_dial(rig, Ground::public_path, "/pub").tag, true);
  rig.hear_text(https, "\r\n\r\n");
  https.send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
  WireEnd& http = rig.connected(nobodys_dial(rig, Ground::public_path, "/pub").tag);
  CHECK(rig.hear_text(http, "\r\n\r\n") == "GET /pub HTTP/1.1\r\nHost: a.example.org\r\n" + told_of_client + "\r\n");
  http.send(ok);
  CHECK(status_of(rig.hear_text(client, "ok")) == "HTTP/1.1 200 OK");
}

TEST_CASE("the broker's word counts", "[connection][public]") {
  Rig rig(open_settings());
  WireEnd& client = rig.client();
  client.send(request("GET /pub", 0));
  rig.dial_fails(DialFault::forbidden);
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 403 Forbidden");
}

TEST_CASE("a preflight of a listed origin goes on, and nothing beside its question", "[connection][public]") {
  Rig rig(open_settings("", "no"));
  WireEnd& client = rig.client("b.example.org");
  client.send(request("OPTIONS /api", 0, asking + "Authorization: Basic eA==\r\nCookie: other=1\r\n", "b.example.org"));
  WireEnd& server = rig.connected(nobodys_dial(rig, Ground::preflight, "app.example.org").tag);
  CHECK(rig.hear_text(server, "\r\n\r\n") == "OPTIONS /api HTTP/1.1\r\nHost: b.example.org\r\n" + asking + "\r\n");
  const std::string allowed = "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: https://app.example.org\r\n\r\n";
  server.send(allowed);
  CHECK(rig.hear_text(client, "\r\n\r\n") == allowed);
  // With a session it is the user's request, and goes on whole.
  client.send(request("OPTIONS /api", 1, asking + "X-Any: y\r\n", "b.example.org"));
  rig.judge_good();
  CHECK(has(rig.hear_text(rig.dialled(), "\r\n\r\n"), "X-Any: y\r\n"));
}

TEST_CASE("other preflights need a session", "[connection][public]") {
  Rig rig(open_settings());
  for (const std::string& fields : {std::string("Origin: https://evil.example.org\r\nAccess-Control-Request-Method: PUT\r\n"),
                                   std::string("Origin: https://app.example.org\r\n"), asking + "Content-Length: 0\r\nOrigin: null\r\n"}) {
    INFO(fields);
    WireEnd& client = rig.client();
    client.send(request("OPTIONS /api", 0, fields));
    CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
    client.close();
    rig.settle();
  }
  CHECK(rig.is_silent(rig.broker));
}

TEST_CASE("a listed origin's script can read that it must log in, another's cannot", "[connection][public]") {
  Rig rig(open_settings());
  WireEnd& client = rig.client();
  client.send(request("GET /api", 0, "Origin: https://app.example.org\r\nAccept: application/json\r\nSec-Fetch-Mode: cors\r\n"));
  const std::string answer = rig.hear_text(client, "}\n");
  CHECK(status_of(answer) == "HTTP/1.1 401 Unauthorized");
  for (const char* field : {"\r\nAccess-Control-Allow-Origin: https://app.example.org\r\n", "\r\nAccess-Control-Allow-Credentials: true\r\n",
                            "\r\nAccess-Control-Expose-Headers: WWW-Authenticate, X-Postern-Error\r\n", "\r\nVary: Origin\r\n",
                            "\r\nWWW-Authenticate: Postern login=\"https://login.example.org/login\"\r\n",
                            "\r\nContent-Type: application/json\r\n"})
    CHECK(has(answer, field));
  CHECK(has(body_of(answer), "\"login\":\"https://login.example.org/login\"}"));
  client.send(request("GET /api", 0, "Origin: https://evil.example.org\r\n"));
  CHECK_FALSE(has(rig.hear_text(client, "\r\n\r\n"), "Access-Control"));
  client.send(request("DELETED /api", 0, "Origin: https://app.example.org\r\n"));
  const std::string refused = rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(refused) == "HTTP/1.1 405 Method Not Allowed");
  CHECK(has(refused, "\r\nAccess-Control-Allow-Origin: https://app.example.org\r\n"));
}
