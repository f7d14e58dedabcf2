// Whatever takes long ends within a second of its session, whoever is there to say so.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

const std::string handshake =
    request("GET /chat", 1, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://a.example.org\r\n");

// Everything that can go on under a verdict, each at the moment when only time goes by.
enum class Work { dialling, waiting, download, event_stream, rest_of_an_answer, upload, tunnel };

WireEnd& begin(Rig& rig, Work work) {
  WireEnd& client = rig.client();
  if (work == Work::dialling) {
    client.send(request("GET /"));
    rig.judge_good();
    (void)rig.hear<Dial>(rig.broker);
    return client;
  }
  const bool upload = work == Work::upload;
  const std::string text = upload ? request("POST /", 1, "Content-Length: 100\r\n") + "half"
                           : work == Work::tunnel ? handshake
                                                  : request("GET /");
  WireEnd& server = rig.relayed(client, text);
  rig.hear_text(server, upload ? "half" : "\r\n\r\n");
  if (work == Work::download) server.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  if (work == Work::event_stream) server.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nhalf");
  if (work == Work::download || work == Work::event_stream) rig.hear_text(client, "half");
  if (work == Work::tunnel) {
    server.send("HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    rig.hear_text(client, "\r\n\r\n");
  }
  if (work == Work::rest_of_an_answer) {
    client.reading = false;
    server.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 260000\r\n\r\n" + std::string(260000, 'x'));
    rig.settle();
  }
  return client;
}

// The connection is over after at most `limit`, and nothing more came.
void check_end(Rig& rig, WireEnd& client, Duration limit) {
  const Mono from = rig.loop.now();
  REQUIRE(rig.until([&] { return !rig.lines("request").empty(); }));
  CHECK(rig.loop.now() - from < limit);
  client.reading = true;
  rig.hear_end(client);
  CHECK_FALSE(client.clean);
  CHECK(client.got.size() < 260000);
  CHECK(rig.lines("request").size() == 1);
}

}  // namespace

TEST_CASE("what goes on ends with its session, also when nobody says so", "[connection][standing]") {
  const Work work = GENERATE(Work::dialling, Work::waiting, Work::download, Work::event_stream,
                             Work::rest_of_an_answer, Work::upload, Work::tunnel);
  INFO("work " << static_cast<int>(work));
  Rig rig;
  WireEnd& client = begin(rig, work);
  SECTION("its time is up") { rig.page->set_deadline(1, rig.loop.now()); }
  SECTION("its generation has ended") { rig.page->end(1); }
  SECTION("sessions is gone") { rig.sessions.close(); }
  check_end(rig, client, milliseconds(900));
}

TEST_CASE("what goes on ends when sessions is silent for long", "[connection][standing]") {
  for (const Work work : {Work::download, Work::tunnel}) {
    INFO("work " << static_cast<int>(work));
    Rig rig;
    WireEnd& client = begin(rig, work);
    rig.beating = false;
    check_end(rig, client, milliseconds(2500));
  }
}

TEST_CASE("what goes on survives a heart that is late once", "[connection][standing]") {
  for (const Work work : {Work::download, Work::tunnel}) {
    INFO("work " << static_cast<int>(work));
    Rig rig;
    WireEnd& client = begin(rig, work);
    for (int i = 0; i < 3; ++i) {  // three times, but never for long
      rig.beating = false;
      rig.page->beat(rig.loop.now() - milliseconds(1001));
      const Mono late = rig.loop.now() + milliseconds(400);
      rig.until([&] { return rig.loop.now() > late; });
      rig.beating = true;
      const Mono good = rig.loop.now() + milliseconds(600);
      rig.until([&] { return rig.loop.now() > good; });
    }
    CHECK_FALSE(client.ended);
  }
}

TEST_CASE("another request of the same session, or a later deadline, ends nothing", "[connection][standing]") {
  Rig rig;
  WireEnd& client = begin(rig, Work::download);
  rig.page->set_deadline(1, rig.loop.now() + milliseconds(500));
  rig.settle();
  rig.page->set_deadline(1, rig.loop.now() + seconds(60));  // touched
  const Mono later = rig.loop.now() + milliseconds(900);
  rig.until([&] { return rig.loop.now() > later; });
  CHECK_FALSE(client.ended);
}

TEST_CASE("a connection that waits for a request is not watched", "[connection][standing]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  rig.hear_text(client, "ok");
  rig.page->set_deadline(1, rig.loop.now());
  const Mono later = rig.loop.now() + milliseconds(600);
  rig.until([&] { return rig.loop.now() > later; });
  CHECK_FALSE(client.ended);
  client.send(request("GET /"));
  rig.judge_bad();
  CHECK(rig.hear_text(client, "\r\n\r\n").starts_with("HTTP/1.1 401 "));
}
