// WebSockets: the handshake both ways, and the tunnel behind it.
#include <sys/ioctl.h>

#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

const std::string fields =
    "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://a.example.org\r\n";
const std::string handshake = request("GET /chat", 1, fields);
const std::string agreed =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Frames as a client sends them.
std::string frame(char first, const std::string& text) {
  std::string made = {first, text.size() < 126 ? static_cast<char>(0x80 | text.size()) : '\xfe'};
  if (text.size() >= 126) made += {static_cast<char>(text.size() >> 8), static_cast<char>(text.size() & 255)};
  return made + std::string(4, '\0') + text;
}
std::string text_frame(const std::string& text) { return frame('\x81', text); }
const std::string pong = frame('\x8a', "");

// A tunnel that stands.
struct Open {
  WireEnd& client;
  WireEnd& server;
};
Open open_tunnel(Rig& rig, bool tls = false, const std::string& first_words = "") {
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, handshake, tls);
  rig.hear_text(server, "\r\n\r\n");
  server.send(agreed + "\r\n" + first_words);
  rig.hear_text(client, "\r\n\r\n" + first_words);
  return {client, server};
}
WfdSettings with(void (*change)(WfdSettings&)) {
  WfdSettings settings = bench_settings();
  change(settings);
  return settings;
}
// The touches that came to sessions, and nothing else.
int touches(Rig& rig) {
  rig.settle();
  int count = 0;
  Packet packet;
  while (rig.sessions.receive(packet) == Heard::packet) {
    CHECK(packet.kind == Kind::touch);
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("a handshake goes up anew, and its answer comes down anew", "[connection][tunnel]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /chat", 1, fields + "Sec-WebSocket-Protocol: v2, v1\r\nX-Hop: 1\r\n"
                                                "Connection: x-hop, sec-websocket-key\r\nSec_WebSocket_Key: other\r\n"));
  const std::string head = rig.hear_text(server, "\r\n\r\n");
  CHECK(head == "GET /chat HTTP/1.1\r\nHost: a.example.org\r\nOrigin: https://a.example.org\r\n"
                "Sec-WebSocket-Protocol: v2, v1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  server.send(agreed + "Sec-WebSocket-Protocol: v1\r\nSet-Cookie: SessionID=evil\r\nSet-Cookie: a=b\r\nAlt-Svc: x\r\n\r\n");
  CHECK(rig.hear_text(client, "\r\n\r\n") ==
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: v1\r\nSet-Cookie: a=b; Secure\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  CHECK(rig.lines("refuse").size() == 2);
  CHECK(rig.lines("request").empty());  // it is not over
}

TEST_CASE("a handshake that is not a good one goes nowhere", "[connection][tunnel]") {
  struct Case { std::string fields, status, reason; };
  const auto without = [](const std::string& name) {
    std::string left = fields;
    const std::size_t at = left.find(name);
    return left.erase(at, left.find("\r\n", at) + 2 - at);
  };
  const Case cases[] = {
      {without("Connection"), "400", "websocket-connection"},
      {without("Sec-WebSocket-Key"), "400", "websocket-key"},
      {without("Sec-WebSocket-Version") + "Sec-WebSocket-Version: 8\r\n", "400", "websocket-version"},
      {fields + "Upgrade: h2c\r\n", "400", "websocket-upgrade"},
      {without("Origin"), "403", "websocket-origin"},
      {without("Origin") + "Origin: https://b.example.org\r\n", "403", "websocket-origin"},
      {without("Origin") + "Origin: null\r\n", "403", "websocket-origin"},
  };
  for (const Case& one : cases) {
    INFO(one.fields);
    Rig rig;
    WireEnd& client = rig.client();
    client.send(request("GET /chat", 1, one.fields));
    const std::string answer = rig.hear_text(client, "Request 0");
    CHECK(answer.starts_with("HTTP/1.1 " + one.status + " "));
    CHECK(has(answer, "Connection: close\r\n"));
    CHECK(has(answer, "Sec-WebSocket-Version: 13\r\n") == (one.reason == "websocket-version"));
    CHECK(rig.lines("refuse").at(0).ends_with(" status=" + one.status + " reason=" + one.reason));
    CHECK(rig.is_silent(rig.sessions));
    CHECK(rig.is_silent(rig.broker));
  }
}

TEST_CASE("a handshake with something behind it is refused", "[connection][tunnel]") {
  for (const std::string& behind : {text_frame("early"), request("GET /next")}) {
    Rig rig;
    WireEnd& client = rig.client();
    client.send(handshake + behind);
    CHECK(rig.hear_text(client, "Request 0").starts_with("HTTP/1.1 400 "));
    CHECK(rig.lines("refuse").at(0).ends_with(" status=400 reason=websocket-early-data"));
    CHECK(rig.is_silent(rig.sessions));
  }
}

TEST_CASE("pages of the hosts that are named may open a WebSocket, too", "[connection][tunnel]") {
  Rig rig(with([](WfdSettings& s) { s.everyone.websocket_origins = {"b.example.org"}; }));
  WireEnd& client = rig.client();
  std::string from_b = handshake;
  from_b.replace(from_b.find("https://a."), 10, "https://b.");
  WireEnd& server = rig.relayed(client, from_b);
  CHECK(has(rig.hear_text(server, "\r\n\r\n"), "Origin: https://b.example.org\r\n"));
}

TEST_CASE("without a session there is no WebSocket", "[connection][tunnel]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("GET /chat", 0, fields));
  CHECK(rig.hear_text(client, "\r\n\r\n").starts_with("HTTP/1.1 401 "));
  CHECK(rig.is_silent(rig.broker));
}

TEST_CASE("the login host does not become a tunnel", "[connection][tunnel]") {
  Rig rig;
  WireEnd& client = rig.client("login.example.org");
  client.send(request("GET /login", 0, fields, "login.example.org"));
  CHECK(rig.hear_text(client, "</html>").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("other upgrades are left out, and the request is one like any other", "[connection][tunnel]") {
  for (const std::string other : {"h2c", "TLS/1.2", "websockets"}) {
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, request("GET /", 1, "Upgrade: " + other + "\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                                                  "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"));
    CHECK(rig.hear_text(server, "\r\n\r\n") == "GET / HTTP/1.1\r\nHost: a.example.org\r\n\r\n");
    // A server that switches all the same has not understood.
    server.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: " + other + "\r\nConnection: Upgrade\r\n\r\n");
    CHECK(rig.hear_text(client, "Request 0").starts_with("HTTP/1.1 502 "));
    CHECK(rig.lines("refuse").at(0).ends_with(" reason=upgrade-not-asked"));
  }
}

TEST_CASE("a server that did not agree gets no tunnel", "[connection][tunnel]") {
  const std::pair<std::string, std::string> cases[] = {
      {"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "websocket-accept"},
      {"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", "websocket-accept"},
      {"HTTP/1.1 101 S\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", "websocket-upgrade"},
      {agreed + "Content-Length: 5\r\n\r\nhello", "websocket-body"},
      {agreed + "Sec-WebSocket-Protocol: v1\r\n\r\n", "websocket-protocol"},
      {agreed + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "websocket-extension"},
  };
  for (const auto& [sent, reason] : cases) {
    INFO(sent);
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, handshake);
    rig.hear_text(server, "\r\n\r\n");
    server.send(sent);
    const std::string answer = rig.hear_text(client, "Request 0");
    CHECK(answer.starts_with("HTTP/1.1 502 "));
    CHECK(rig.lines("refuse").at(0).ends_with(" status=502 reason=" + reason));
    rig.settle();
    CHECK(server.ended);
    // What was a request connection still is one.
    client.send(request("GET /after"));
    WireEnd& next = rig.dialled();
    CHECK(has(rig.hear_text(next, "\r\n\r\n"), "GET /after "));
  }
}

TEST_CASE("a server that agrees before it has the whole handshake gets no tunnel", "[connection][tunnel]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("GET /chat", 1, fields + "X-Long: " + std::string(8000, 'x') + "\r\n"));
  rig.judge_good();
  auto [ours, theirs] = tls_rig::socket_pair();
  const int least = 1;  // the kernel makes it some 4 KiB: less than the handshake
  REQUIRE(::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least) == 0);
  WireEnd server(std::move(theirs));
  server.reading = false;
  Dialled answer;
  answer.tag = rig.hear<Dial>(rig.broker).tag;
  answer.tls = false;
  const int lent[] = {ours.get()};
  REQUIRE(rig.broker.send(answer, lent) == Told::sent);
  ours.reset();
  rig.settle();
  server.send(agreed + "\r\n");
  CHECK(rig.hear_text(client, "Request 0").starts_with("HTTP/1.1 502 "));
  CHECK(rig.lines("refuse").at(0).ends_with(" status=502 reason=upgrade-early"));
  server.reading = true;
  rig.until([&] { return server.pump(), server.ended; });
  CHECK(has(server.got, "GET /chat "));
  CHECK_FALSE(has(server.got, "\r\n\r\n"));
}

TEST_CASE("any other answer to a handshake is an ordinary one", "[connection][tunnel]") {
  for (const std::string status : {"200 OK", "401 Unauthorized", "404 Not Found", "426 Upgrade Required"}) {
    INFO(status);
    Rig rig(with([](WfdSettings& s) { s.everyone.plain = Plain::never; }));
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, handshake, true);
    rig.hear_text(server, "\r\n\r\n");
    server.send("HTTP/1.1 " + status + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nno");
    CHECK(rig.hear_text(client, "no") == "HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\nno");
    client.send("garbage\r\n\r\n");  // were this a tunnel, it would go through
    CHECK(rig.hear_text(client, "Request 0").starts_with("HTTP/1.1 400 "));
    rig.settle();
    CHECK(server.got.empty());
    CHECK(has(rig.lines("request").at(0), " status=" + status.substr(0, 3) + " "));
  }
}

TEST_CASE("the other port may be the one with the WebSocket", "[connection][tunnel]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& first = rig.relayed(client, handshake, true);
  rig.hear_text(first, "\r\n\r\n");
  first.send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
  const Dial again = rig.hear<Dial>(rig.broker);
  CHECK(again.ports == Ports::http);
  WireEnd& second = rig.connected(again.tag);
  CHECK(has(rig.hear_text(second, "\r\n\r\n"), "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  SECTION("it is") {
    second.send(agreed + "\r\n");
    CHECK(rig.hear_text(client, "\r\n\r\n").starts_with("HTTP/1.1 101 "));
  }
  SECTION("it lies, so the first answer is the answer") {
    second.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    CHECK(rig.hear_text(client, "no").starts_with("HTTP/1.1 404 "));
  }
}

TEST_CASE("bytes go through as they are, both ways", "[connection][tunnel]") {
  const bool tls = GENERATE(false, true);
  Rig rig;
  auto [client, server] = open_tunnel(rig, tls, "said at once");
  const std::string up = text_frame("hello") + pong + text_frame(std::string(5000, 'u'));
  client.send(up);
  CHECK(rig.hear_text(server, std::string(5000, 'u')) == up);
  const std::string down = "\x81\x05hello\r\nHTTP/1.1 200 OK\r\n\r\nwhatever";
  server.send(down);
  CHECK(rig.hear_text(client, "whatever") == down);
  client.close();
  rig.hear_end(server);
  rig.until([&] { return !rig.lines("request").empty(); });
  CHECK(has(rig.lines("request").at(0), " method=GET target=/chat status=101 in=" + std::to_string(up.size()) +
                                            " out=" + std::to_string(down.size() + 12) + " "));
}

TEST_CASE("much goes through whole, however slowly it is taken", "[connection][tunnel]") {
  Rig rig;
  auto [client, server] = open_tunnel(rig);
  std::string up, down;
  for (int i = 0; i < 100; ++i) up += text_frame(std::string(20000, static_cast<char>('a' + i % 26)));
  for (int i = 0; i < 100; ++i) down += std::string(20000, static_cast<char>('A' + i % 26));
  client.reading = server.reading = false;
  client.send(up);
  server.send(down);
  rig.settle();
  CHECK_FALSE(client.all_sent());  // a full buffer stops the reading
  CHECK_FALSE(server.all_sent());
  client.reading = server.reading = true;
  REQUIRE(rig.until([&] { return client.got.size() == down.size() && server.got.size() == up.size(); }));
  CHECK(client.got == down);
  CHECK(server.got == up);
}

TEST_CASE("one side may end before the other", "[connection][tunnel]") {
  const bool tls = GENERATE(false, true);
  Rig rig;
  auto [client, server] = open_tunnel(rig, tls);
  SECTION("the client") {
    client.send(text_frame("last words"));
    client.finish();
    rig.hear_end(server);
    CHECK(server.got == text_frame("last words"));
    server.send("farewell");
    CHECK(rig.hear_text(client, "farewell") == "farewell");
    server.close();
    rig.hear_end(client);
    CHECK(client.clean);
  }
  SECTION("the server") {
    server.send("last words");
    server.finish();
    rig.hear_end(client);
    CHECK(client.got == "last words");
    CHECK(client.clean);
    client.send(text_frame("farewell"));
    CHECK(rig.hear_text(server, "farewell") == text_frame("farewell"));
    client.close();
    rig.hear_end(server);
  }
  REQUIRE(rig.until([&] { return rig.over; }));
  CHECK(rig.cause() == Cause::served);
  CHECK(rig.lines("request").size() == 1);
}

TEST_CASE("whoever vanishes takes the tunnel along", "[connection][tunnel]") {
  Rig rig;
  auto [client, server] = open_tunnel(rig);
  SECTION("the client") {
    client.vanish();
    rig.hear_end(server);
  }
  SECTION("the server") {
    server.send("last words");
    server.vanish();
    rig.hear_text(client, "last words");
    rig.hear_end(client);
    client.send(text_frame("to nobody"));
    client.vanish();
  }
  REQUIRE(rig.until([&] { return rig.over; }));
}

TEST_CASE("a server whose TLS breaks off ends the tunnel without a proper end", "[connection][tunnel]") {
  Rig rig;
  auto [client, server] = open_tunnel(rig, true);
  server.send("half");
  rig.settle();
  server.vanish();
  rig.hear_end(client);
  CHECK_FALSE(client.clean);
}

TEST_CASE("a client that sends no frames is cut off", "[connection][tunnel]") {
  Rig rig;
  auto [client, server] = open_tunnel(rig);
  client.send(request("GET /smuggled"));
  rig.hear_end(client);
  CHECK(server.got.empty());
  CHECK(has(rig.lines("refuse").at(0), " status=101 reason=websocket-frame"));
  CHECK(rig.cause() == Cause::unparsable);
}

TEST_CASE("a silent tunnel ends, one in which anything moves goes on", "[connection][tunnel]") {
  Rig rig(with([](WfdSettings& s) {
    s.limits.tunnel_timeout = milliseconds(400);
    s.limits.idle_timeout = s.limits.body_timeout = s.limits.response_timeout = milliseconds(100);
  }));
  auto [client, server] = open_tunnel(rig);
  for (int i = 0; i < 3; ++i) {
    const Mono until = rig.loop.now() + milliseconds(250);
    rig.until([&] { return rig.loop.now() > until; });
    if (i % 2 == 0) server.send("\x89");
    else client.send(pong);
  }
  rig.settle();
  CHECK_FALSE(client.ended);
  const Mono from = rig.loop.now();
  rig.hear_end(client);
  CHECK(rig.loop.now() - from > milliseconds(250));
  CHECK(rig.lines("request").size() == 1);
}

TEST_CASE("a tunnel with one end closed does not wait for ever", "[connection][tunnel]") {
  Rig rig(with([](WfdSettings& s) { s.limits.body_timeout = milliseconds(100); }));
  auto [client, server] = open_tunnel(rig);
  SECTION("by the client") { client.finish(); }
  SECTION("by the server") { server.finish(); }
  REQUIRE(rig.until([&] { return rig.over; }));
}

TEST_CASE("a tunnel ends with the connection's lifetime", "[connection][tunnel]") {
  Rig rig(with([](WfdSettings& s) { s.limits.connection_lifetime = milliseconds(500); }));
  auto [client, server] = open_tunnel(rig);
  rig.hear_end(client, milliseconds(1500));
}

TEST_CASE("only what a client says is activity of its session", "[connection][tunnel]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(handshake);
  Verdict verdict = rig.good(rig.hear<Judge>(rig.sessions));
  verdict.touch_after = 0;  // touch each time
  rig.say(rig.sessions, verdict);
  WireEnd& server = rig.dialled();
  rig.hear_text(server, "\r\n\r\n");
  server.send(agreed + "\r\n");
  rig.hear_text(client, "\r\n\r\n");
  CHECK(touches(rig) > 0);  // the handshake itself
  server.send("\x89\x00\x81\x02ok");
  CHECK(touches(rig) == 0);
  client.send(pong);
  CHECK(touches(rig) == 0);
  client.send(text_frame("I am here"));
  CHECK(touches(rig) > 0);
}

TEST_CASE("retiring leaves a tunnel alone", "[connection][tunnel]") {
  Rig rig;
  auto [client, server] = open_tunnel(rig);
  rig.say(rig.porter, Retire{});
  rig.settle();
  client.send(text_frame("still here"));
  rig.hear_text(server, "still here");
  client.close();
  rig.hear_end(server);
  REQUIRE(rig.until([&] { return rig.over; }));
}

// How many pieces of a server's can be put into a client's socket that nobody reads: then
// there is room for no byte more, the word of TLS that it is over included.
int pieces_of_a_full_socket(Rig& rig, Open tunnel, const std::string& piece) {
  tunnel.client.reading = false;
  for (int pieces = 0;; ++pieces) {
    int before = 0, after = 0;
    REQUIRE(::ioctl(tunnel.client.fd(), FIONREAD, &before) == 0);
    tunnel.server.send(piece);
    rig.settle();
    REQUIRE(::ioctl(tunnel.client.fd(), FIONREAD, &after) == 0);
    if (after == before) return pieces;
  }
}

TEST_CASE("a tunnel whose client has no room to hear of the end waits for it", "[connection][tunnel]") {
  const std::string piece(8000, 'x');
  Rig measured;
  const int pieces = pieces_of_a_full_socket(measured, open_tunnel(measured), piece);
  REQUIRE(pieces > 1);
  Rig rig;
  auto [client, server] = open_tunnel(rig);
  client.reading = false;
  for (int i = 0; i < pieces; ++i) {
    server.send(piece);
    rig.settle();
  }
  server.finish();
  rig.settle();
  CHECK(sleeps(rig));
  CHECK_FALSE(client.ended);
  client.reading = true;
  rig.hear_end(client);
  CHECK(client.clean);
  CHECK(client.got.size() == static_cast<std::size_t>(pieces) * piece.size());
}

TEST_CASE("a tunnel that waits costs nothing", "[connection][tunnel]") {
  Rig rig;
  auto [client, server] = open_tunnel(rig);
  SECTION("when nothing goes on") {}
  SECTION("when the client has ended") { client.finish(); }
  SECTION("when the server has ended") { server.finish(); }
  SECTION("when the client takes nothing, and the server has left") {
    client.reading = false;
    server.send(std::string(400000, 'x'));
    rig.settle();
    server.vanish();
  }
  SECTION("when the server takes nothing, and the client has ended") {
    server.reading = false;
    for (int i = 0; i < 40; ++i) client.send(text_frame(std::string(20000, 'x')));
    rig.settle();
    client.finish();
  }
  rig.settle();
  CHECK(sleeps(rig));
}
