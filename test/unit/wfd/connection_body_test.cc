// A request body whose framing is broken: what of it is here when the request is judged
// keeps the whole request from the server.
#include "unit/common/http_chunk_cases.h"
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

std::string chunked_post() { return request("POST /", 1, "Transfer-Encoding: chunked\r\n"); }

bool is_refused_for(const std::string& line, HttpFault fault) {
  return has(line, " status=400 reason=" + std::string(word_of(fault)));
}

}  // namespace

TEST_CASE("broken chunks that came with their head are refused before anybody is asked", "[connection][http]") {
  Rig rig;
  std::size_t refused = 0;
  for (const cases::ChunkedCase& one : cases::chunked_cases) {
    if (one.fault == HttpFault::none) continue;
    CAPTURE(one.bytes);
    WireEnd& client = rig.client();
    client.send(chunked_post() + std::string(one.bytes));
    const std::string answer = rig.hear_text(client, "Request 0");
    CHECK(status_of(answer) == "HTTP/1.1 400 Bad Request");
    rig.hear_end(client);
    CHECK(rig.is_silent(rig.sessions));
    REQUIRE(rig.lines("refuse").size() == ++refused);
    CHECK(is_refused_for(rig.lines("refuse").back(), one.fault));
    client.close();
    rig.settle();
  }
  CHECK(refused >= 30);
}

TEST_CASE("broken chunks that came while the server was dialled keep the head from it", "[connection][http]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(chunked_post());
  rig.judge_good();
  const Dial order = rig.hear<Dial>(rig.broker);
  client.send("5;x=y\r\nhello\r\n0\r\n\r\n");
  rig.settle();
  WireEnd& server = rig.connected(order.tag);
  CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 400 Bad Request");
  rig.hear_end(server);
  CHECK(server.got.empty());
  CHECK(is_refused_for(rig.lines("refuse").back(), HttpFault::chunk_extension));
}

TEST_CASE("broken chunks that come later cut the request, and the log says why", "[connection][http]") {
  for (const bool answered : {false, true}) {
    Rig rig;
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, chunked_post());
    REQUIRE(rig.until([&] { return has(server.got, "\r\n\r\n"); }));
    if (answered) {
      server.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha");
      (void)rig.hear_text(client, "ha");
    }
    client.send("2\r\nab\r\n-1\r\n");
    rig.hear_end(server);
    CHECK_FALSE(has(server.got, "0\r\n\r\n"));
    rig.hear_end(client);
    if (!answered) CHECK(status_of(client.got) == "HTTP/1.1 400 Bad Request");
    const auto lines = rig.lines("refuse");
    REQUIRE(lines.size() == 1);
    CHECK(has(lines[0], " reason=bad-chunk"));
  }
}
