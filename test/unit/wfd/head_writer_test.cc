// Heads hold what was written and nothing else, however much they outgrow their room.
#include "wfd/head_writer.h"

#include <string>

#include "unit/catch.h"

using namespace postern;

TEST_CASE("a head that outgrows its room is what was written", "[head]") {
  const std::size_t room = GENERATE(0u, 1u, 40u, 1000u);
  wfd::HeadWriter writer(room);
  writer.status_line(200, "OK");
  std::string expected = "HTTP/1.1 200 OK\r\n";
  for (std::size_t i = 0; i < 120; ++i) {
    const std::string name = "Name-" + std::to_string(i), value(i * 7 % 90, 'v');
    writer.field(name, value);
    expected += name + ": " + value + "\r\n";
  }
  const auto head = writer.finish();
  REQUIRE(head);
  CHECK(head->size() == expected.size() + 2);
  CHECK(*head == expected + "\r\n");
}
