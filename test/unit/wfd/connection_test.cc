// The way of a request through a worker, from TLS to the log line.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

TEST_CASE("a request of a session goes up rebuilt, and its answer comes down", "[connection]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /page?q=1"));
  CHECK(rig.hear_text(server, "\r\n\r\n") == "GET /page?q=1 HTTP/1.1\r\nHost: a.example.org\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello");
  CHECK(rig.hear_text(client, "hello") == "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello");
  const Learned learned = rig.hear<Learned>(rig.broker);
  CHECK(learned.port == Port::http);
  CHECK(learned.host.view() == "a.example.org");
  rig.settle();
  REQUIRE(rig.lines("request").size() == 1);
  CHECK(rig.lines("request")[0].starts_with(
      "event=request id=0000000000001001 src=192.0.2.7 sport=40000 dst=10.1.2.3 dport=443 host=a.example.org "
      "user=user1 sid=sid1 method=GET target=/page?q=1 status=200 in=0 out=5 ms="));
}
