// Waiting costs nothing: whatever a client or a server leaves undone, the worker sleeps.
#include <sys/wait.h>

#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

TEST_CASE("a worker sleeps while a server is slow with its handshake", "[connection][spin]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("GET /"));
  rig.judge_good();
  auto [ours, theirs] = tls_rig::socket_pair();
  Dialled answer;
  answer.tag = rig.hear<Dial>(rig.broker).tag;
  answer.tls = true;
  const int lent[] = {ours.get()};
  REQUIRE(rig.broker.send(answer, lent) == Told::sent);
  rig.settle();
  CHECK(sleeps(rig));
}

TEST_CASE("a worker sleeps while a client takes nothing and sends on", "[connection][spin]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  client.reading = false;
  // More than the sockets hold, so that the end of the answer stays with the worker.
  std::size_t size = 0;
  SECTION("the answer is whole at the worker") { size = 260000; }
  SECTION("the answer is longer than all buffers") { size = 2000000; }
  server.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x'));
  rig.settle();
  client.send(request("GET /next"));
  CHECK(sleeps(rig));
  client.reading = true;
  rig.until([&] { return client.got.size() >= size; });
  rig.hear_text(server, "GET /next ");
}

TEST_CASE("a worker sleeps while a form is longer than its room", "[connection][spin]") {
  Rig rig;
  WireEnd& client = rig.client("login.example.org");
  std::string chunks;
  for (int i = 0; i < 20000; ++i) chunks += "1\r\na\r\n";
  client.send("POST /login HTTP/1.1\r\nHost: login.example.org\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
  CHECK(sleeps(rig));
  CHECK(has(client.got, "HTTP/1.1 413 "));
}

TEST_CASE("a worker sleeps while nobody does anything", "[connection][spin]") {
  Rig rig;
  WireEnd& client = rig.client();
  SECTION("no request") {}
  SECTION("half a head") { client.send("GET / HTTP/1.1\r\nHo"); }
  SECTION("no verdict") {
    client.send(request("GET /"));
    (void)rig.hear<Judge>(rig.sessions);
    client.send(request("GET /pipelined"));
  }
  SECTION("no answer") {
    WireEnd& server = rig.relayed(client, request("GET /"), true);
    rig.hear_text(server, "\r\n\r\n");
    client.send(request("GET /pipelined"));
  }
  SECTION("an upload that the server does not read") {
    WireEnd& server = rig.relayed(client, request("POST /", 1, "Content-Length: 9000000\r\n"), true);
    rig.hear_text(server, "\r\n\r\n");
    server.reading = false;
    client.send(std::string(9000000, 'x'));
  }
  SECTION("a server that is done with us") {
    WireEnd& server = rig.relayed(client, request("GET /"));
    rig.hear_text(server, "\r\n\r\n");
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    rig.hear_text(client, "ok");
    server.close();
  }
  rig.settle();
  CHECK(sleeps(rig));
}

TEST_CASE("a worker sleeps when a server said its last word, and the client takes none of it", "[connection][spin]") {
  // Somewhere between these sizes, a part of the answer has to wait at the worker.
  for (std::size_t size = 240000; size <= 420000; size += 30000) {
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, request("POST /", 1, "Content-Length: 9000000\r\n"), true);
    rig.hear_text(server, "\r\n\r\n");
    server.reading = client.reading = false;
    client.send(std::string(9000000, 'x'));
    server.send("HTTP/1.1 200 OK\r\n\r\n" + std::string(size, 'x'));
    rig.until([&] { return server.all_sent(); }, milliseconds(300));
    if (!server.all_sent()) break;
    server.say_bye();
    rig.settle();
    server.reading = true;  // there is room for the request again, but no use
    rig.settle();
    INFO(size);
    CHECK(sleeps(rig));
  }
}

TEST_CASE("a flood in both directions still leaves room for an order", "[connection][spin]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\n\r\n");  // until it closes
  rig.hear_text(client, "\r\n\r\n");
  // Both ends go on in processes of their own, as fast as they can, for three seconds.
  const Mono end = read_mono() + seconds(3);
  const pid_t writer = ::fork();
  if (writer == 0) {
    const std::string much(65536, 'x');
    while (read_mono() < end)
      if (::send(server.fd(), much.data(), much.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN) break;
    ::_exit(0);
  }
  const pid_t reader = ::fork();
  if (reader == 0) {
    char room[65536];
    while (read_mono() < end) {
      const int n = SSL_read(client.ssl(), room, sizeof room);
      if (n <= 0 && SSL_get_error(client.ssl(), n) != SSL_ERROR_WANT_READ) break;
    }
    ::_exit(0);
  }
  client.reading = false;
  server.reading = false;
  bool told = false;
  const Mono began = read_mono();
  REQUIRE(rig.until([&] {
    if (!told && read_mono() - began > milliseconds(200)) {
      Ended ended;
      ended.slot = 1;
      ended.generation = rig.page->generation(1);
      told = rig.sessions.send(ended) == Told::sent;
    }
    Packet packet;
    return told && rig.sessions.receive(packet) == Heard::packet && packet.kind == Kind::ended_seen;
  }));
  CHECK(read_mono() - began < seconds(1));
  ::kill(writer, SIGKILL);
  ::kill(reader, SIGKILL);
  int status = 0;
  ::waitpid(writer, &status, 0);
  ::waitpid(reader, &status, 0);
}
