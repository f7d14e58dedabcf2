// The limits of a head, as [limits] sets them, at both ends of a connection.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

WfdSettings with_lines_of(std::size_t bytes) {
  WfdSettings settings = bench_settings();
  settings.limits.line_bytes = bytes;
  return settings;
}

std::string field_of(std::size_t bytes) { return "X: " + std::string(bytes - 3, 'x') + "\r\n"; }
std::string line_of(std::size_t bytes) { return "GET /" + std::string(bytes - 14, 'a'); }  // and " HTTP/1.1"

}  // namespace

TEST_CASE("a line of a request is as long as line_bytes, and no longer", "[connection][limits]") {
  struct Row {
    std::string line, fields, status;
  };
  for (const Row& row : {Row{line_of(16384), "", ""}, Row{line_of(16385), "", "414 URI Too Long"},
                         Row{"GET /", field_of(16384), ""}, Row{"GET /", field_of(16385), "431 Request Header Fields Too Large"}}) {
    Rig rig(with_lines_of(16384));
    WireEnd& client = rig.client();
    client.send(request(row.line, 1, row.fields));
    if (row.status.empty()) {
      rig.judge_good();
      const std::string head = rig.hear_text(rig.dialled(), "\r\n\r\n");
      CHECK(head.starts_with(row.line + " HTTP/1.1\r\n"));
      CHECK(has(head, row.fields));
    } else {
      CHECK(status_of(rig.hear_text(client, "Request 0")) == "HTTP/1.1 " + row.status);
      CHECK(rig.is_silent(rig.sessions));
    }
  }
}

TEST_CASE("a line of an answer is as long as line_bytes, and no longer", "[connection][limits]") {
  for (const std::size_t bytes : {16384u, 16385u}) {
    Rig rig(with_lines_of(16384));
    WireEnd& client = rig.client();
    WireEnd& server = rig.relayed(client, request("GET /"));
    server.send("HTTP/1.1 200 OK\r\n" + field_of(bytes) + "Content-Length: 2\r\n\r\nok");
    const std::string answer = rig.hear_text(client, bytes == 16384 ? "\r\n\r\nok" : "Request 0");
    CHECK(status_of(answer) == (bytes == 16384 ? "HTTP/1.1 200 OK" : "HTTP/1.1 502 Bad Gateway"));
  }
}
