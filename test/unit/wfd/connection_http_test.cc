// HTTP on both sides of the worker: what bytes reach the server, and what the client.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

const std::string up_host = "Host: a.example.org\r\n";

struct Case {
  std::string name;
  std::string request;   // all that the client sends
  std::string up;        // all that the server gets
  std::string answer;    // all that the server sends
  std::string down;      // all that the client gets
  bool server_closes = false;
  bool client_sees_end = false;
};

std::string asks(const std::string& line, const std::string& fields = "") {
  return line + "\r\n" + up_host + cookie_field(1) + fields + "\r\n";
}
std::string goes(const std::string& line, const std::string& fields = "") {
  return line + " HTTP/1.1\r\n" + up_host + fields + "\r\n";
}

const Case cases[] = {
    {"HEAD has no body, but says its length", asks("HEAD / HTTP/1.1"), goes("HEAD /"),
     "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"},
    {"204 has no body", asks("GET / HTTP/1.1"), goes("GET /"), "HTTP/1.1 204 No Content\r\n\r\n",
     "HTTP/1.1 204 No Content\r\n\r\n"},
    {"304 has no body, whatever it says", asks("GET / HTTP/1.1"), goes("GET /"),
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n"},
    {"an empty body", asks("GET / HTTP/1.1"), goes("GET /"), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
    {"chunks are made anew, and trailers stay behind", asks("GET / HTTP/1.1"), goes("GET /"),
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0001\r\nc\r\n0\r\nX-Sum: 1\r\n\r\n",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"},
    {"a body until the close becomes chunks", asks("GET / HTTP/1.1"), goes("GET /"), "HTTP/1.0 200 OK\r\n\r\nabc",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", true},
    {"a client of HTTP/1.0 gets no chunks, and the close", asks("GET / HTTP/1.0"), goes("GET /"),
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab",
     false, true},
    {"a client of HTTP/1.0 may go on when it says so", asks("GET / HTTP/1.0", "Connection: keep-alive\r\n"), goes("GET /"),
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nab"},
    {"a client that wants the close gets it", asks("GET / HTTP/1.1", "Connection: close\r\n"), goes("GET /"),
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab",
     false, true},
    {"interim answers go on, but not 100", asks("GET / HTTP/1.1"), goes("GET /"),
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
     "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"},
    {"a client of HTTP/1.0 gets no interim answer", asks("GET / HTTP/1.0"), goes("GET /"),
     "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab", false, true},
    {"a body with its length", asks("POST / HTTP/1.1", "Content-Length: 5\r\n") + "hello",
     goes("POST /", "Content-Length: 5\r\n") + "hello", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"},
    {"a body in chunks, its trailers left behind",
     asks("PUT / HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "3\r\nhel\r\n002\r\nlo\r\n0\r\nX-Evil: 1\r\n\r\n",
     goes("PUT /", "Transfer-Encoding: chunked\r\n") + "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"},
    {"no field of the client's stands in for ours or frames twice",
     asks("POST / HTTP/1.1", "Content-Length: 2\r\nX-Postern-User: root\r\nX_Forwarded_For: 1\r\nTE: trailers\r\nConnection: x-a\r\nX-A: b\r\n") + "ok",
     goes("POST /", "Content-Length: 2\r\n") + "ok", "HTTP/1.1 200 OK\r\nSet-Cookie: SessionID=evil\r\nContent-Length: 0\r\n\r\n",
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
};

// `send` gives `text` in one piece or byte by byte.
void give(Rig& rig, WireEnd& end, const std::string& text, bool in_bytes) {
  if (!in_bytes) return end.send(text);
  for (const char c : text) {
    end.send({&c, 1});
    rig.until([&] { return true; });
  }
}

void run(const Case& one, bool tls, bool in_bytes) {
  INFO(one.name << (tls ? ", over TLS" : "") << (in_bytes ? ", byte by byte" : ""));
  Rig rig;
  WireEnd& client = rig.client();
  give(rig, client, one.request, in_bytes);
  rig.judge_good();
  WireEnd& server = rig.dialled(tls);
  REQUIRE(rig.until([&] { return server.got.size() >= one.up.size(); }));
  give(rig, server, one.answer, in_bytes);
  if (one.server_closes) server.close();
  (void)rig.until([&] { return client.got.size() >= one.down.size(); }, seconds(2));
  rig.settle();
  CHECK(server.got == one.up);
  if (one.down.find("chunked") == one.down.npos || !in_bytes) CHECK(client.got == one.down);
  else CHECK(client.got.ends_with("0\r\n\r\n"));
  CHECK(client.ended == one.client_sees_end);
  CHECK(client.clean == one.client_sees_end);
  CHECK(rig.lines("request").size() == 1);
}

}  // namespace

TEST_CASE("what goes up and what comes down", "[connection][http]") {
  for (const Case& one : cases) {
    run(one, false, false);
    run(one, true, false);
  }
}

TEST_CASE("it is the same however the bytes arrive", "[connection][http]") {
  for (const Case& one : cases)
    if (one.up.find("chunked") == one.up.npos) run(one, false, true);
}

TEST_CASE("requests in one packet are answered in their order, each one judged", "[connection][http]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("POST /1", 1, "Content-Length: 3\r\n") + "one" + request("GET /2", 0) + request("GET /3", 2));
  rig.judge_good(1);
  WireEnd& first = rig.dialled();
  CHECK(body_of(rig.hear_text(first, "one")) == "one");
  CHECK(rig.is_silent(rig.sessions));
  first.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
  rig.judge_good(2);
  WireEnd& third = rig.dialled();
  CHECK(has(rig.hear_text(third, "\r\n\r\n"), "GET /3 "));
  third.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3");
  const std::string all = rig.hear_text(client, "\r\n\r\n3");
  CHECK(all.find("200 OK") < all.find("401 Unauthorized"));
  CHECK(all.find("401 Unauthorized") < all.rfind("200 OK"));
  rig.settle();
  CHECK(first.got.empty());
  REQUIRE(rig.lines("request").size() == 3);
  CHECK(has(rig.lines("request")[0], " user=user1 sid=sid1 method=POST target=/1 status=200 in=3 out=1 "));
  CHECK(has(rig.lines("request")[1], " user=- sid=- method=GET target=/2 status=401 in=0 "));
  CHECK(has(rig.lines("request")[2], " user=user2 sid=sid2 method=GET target=/3 status=200 in=0 out=1 "));
}

TEST_CASE("a request that is refused takes its body with it", "[connection][http]") {
  // What follows a body that nobody read is never taken for a request.
  for (const auto& [framing, size] : {std::pair{"Content-Length: 60\r\n", ""}, std::pair{"Transfer-Encoding: chunked\r\n", "fff\r\n"}}) {
    Rig rig;
    WireEnd& client = rig.client();
    client.send(request("POST /", 0, framing) + size + request("GET /smuggled", 1));
    const std::string answer = rig.hear_text(client, "\r\n\r\n");
    CHECK(status_of(answer) == "HTTP/1.1 401 Unauthorized");
    CHECK(has(answer, "Connection: close\r\n"));
    rig.hear_end(client);
    CHECK(rig.is_silent(rig.sessions));
  }
}

TEST_CASE("broken chunks are refused, and the server's connection ends", "[connection][http]") {
  for (const char* body : {"5;x=y\r\nhello\r\n0\r\n\r\n", "5\r\nhelloX", "-5\r\n", "0x5\r\nhello\r\n", "5\nhello\r\n"}) {
    INFO(body);
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, request("POST /", 1, "Transfer-Encoding: chunked\r\n"));
    rig.hear_text(server, "\r\n\r\n");
    client.send(body);
    CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 400 Bad Request");
    CHECK(rig.cause() == Cause::unparsable);
    CHECK(server.ended);
    CHECK_FALSE(has(server.got, "0\r\n\r\n"));
  }
}

TEST_CASE("a body that moves is activity of its session, in either direction", "[connection][http]") {
  const bool upload = GENERATE(true, false);
  Rig rig;
  WireEnd& client = rig.client();
  client.send(upload ? request("PUT /", 1, "Content-Length: 100\r\n") : request("GET /"));
  Verdict verdict = rig.good(rig.hear<Judge>(rig.sessions));
  verdict.touch_after = 200;
  rig.say(rig.sessions, verdict);
  WireEnd& server = rig.dialled();
  rig.hear_text(server, "\r\n\r\n");
  if (!upload) server.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  std::vector<Touch> touches;
  for (int n = 0; n < 10; ++n) {
    rig.until([] { return false; }, milliseconds(60));
    (upload ? client : server).send("x");
    rig.settle();
    Packet packet;
    Touch touch;
    while (rig.sessions.receive(packet) == Heard::packet)
      if (packet.read(touch)) touches.push_back(touch);
  }
  CHECK(touches.size() >= 2);
  CHECK(touches.size() <= 4);
  for (const Touch& touch : touches) {
    CHECK(touch.slot == verdict.slot);
    CHECK(touch.generation == verdict.generation);
  }
  // And while nothing moves it is none.
  rig.until([] { return false; }, milliseconds(400));
  CHECK(rig.is_silent(rig.sessions));
}

TEST_CASE("what one side says goes on at once, byte by byte, in either direction", "[connection][http]") {
  struct Case { std::string head, before, behind, heard; };
  const Case one = GENERATE(Case{"Content-Length: 100\r\n", "", "", ""}, Case{"Transfer-Encoding: chunked\r\n", "1\r\n", "\r\n", "1\r\n"},
                            Case{"", "", "", "1\r\n"});  // until the close: in chunks to the client
  Rig rig;
  WireEnd& client = rig.client();
  const bool upload = GENERATE(true, false);
  if (upload && one.head.empty()) return;
  WireEnd& server = rig.relayed(client, request(upload ? "PUT /" : "GET /", 1, upload ? one.head : ""));
  rig.hear_text(server, "\r\n\r\n");
  if (!upload) {
    server.send("HTTP/1.1 200 OK\r\n" + one.head + "\r\n");
    rig.hear_text(client, "\r\n\r\n");
  }
  WireEnd &from = upload ? client : server, &to = upload ? server : client;
  for (const std::string byte : {"a", "b", "c"}) {
    from.send(one.before + byte + one.behind);
    rig.hear_text(to, one.heard + byte);
  }
}

TEST_CASE("a server may think for as long as response_timeout, whatever the other limits are", "[connection][http]") {
  WfdSettings settings = bench_settings();
  settings.limits.head_timeout = settings.limits.idle_timeout = settings.limits.body_timeout = milliseconds(100);
  settings.limits.connect_timeout = settings.intranet.https_timeout = milliseconds(100);
  settings.limits.response_timeout = seconds(2);
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /poll"));
  rig.hear_text(server, "\r\n\r\n");
  rig.until([] { return false; }, milliseconds(600));
  CHECK(client.got.empty());
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnews");
  CHECK(status_of(rig.hear_text(client, "news")) == "HTTP/1.1 200 OK");
}
