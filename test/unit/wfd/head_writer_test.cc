// Heads hold what was written and nothing else, however much they outgrow their room.
#include "wfd/head_writer.h"

#include <string>

#include "common/http_grammar.h"
#include "unit/catch.h"
#include "wfd/reply.h"

using namespace postern;
using namespace std::literals;
using wfd::ConstantFields;

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

// What the compiler takes.
template <wfd::Literal text>
concept is_lines = requires { ConstantFields::of<text>(); };
static_assert(is_lines<""> && is_lines<"A: b\r\n"> && is_lines<"A: b\r\nC-D: e f\r\n">);
static_assert(!is_lines<"A: b"> && !is_lines<"A: b\n"> && !is_lines<"A: b\0\r\n"> && !is_lines<"A: b\r\n\r\n">);
template <wfd::Literal name>
concept is_name = requires(wfd::Reply reply, std::string_view value) { reply.add<name>(value); };
static_assert(is_name<"X-A"> && is_name<"~">);
static_assert(!is_name<""> && !is_name<"X A"> && !is_name<"X-A:"> && !is_name<"X\r\n"> && !is_name<"X\0"> && !is_name<"\xe4">);

TEST_CASE("constant lines stand in a head as they are, behind its start line only", "[head]") {
  wfd::HeadWriter writer;
  writer.fields(ConstantFields::of<"A: b\r\n">());
  CHECK_FALSE(writer.finish());
  writer.status_line(200, "OK");
  writer.fields(ConstantFields());
  writer.fields(ConstantFields::of<"A: b\r\nC-D: e f\r\n">());
  CHECK(*writer.finish() == "HTTP/1.1 200 OK\r\nA: b\r\nC-D: e f\r\n\r\n");
}

TEST_CASE("what the compiler takes for a field's name is what a writer takes", "[head]") {
  CHECK_FALSE(wfd::is_field_name(""));
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (const std::size_t at : {0, 5, 11}) {
      std::string name = "Content-Type";
      name[at] = static_cast<char>(byte);
      CHECK(wfd::is_field_name(name) == is_token(name));
    }
  }
}

TEST_CASE("of constant lines each is judged as a field would be", "[head]") {
  for (const std::string_view good : {"", "A: b\r\n", "A: \r\n", "A-1: b\r\nC: \td;e=\"f\"\xff\r\n"}) {
    INFO(good);
    CHECK(wfd::are_field_lines(good));
  }
  for (const std::string_view bad : {"A"sv, "A:"sv, "A: b"sv, "A: b\r"sv, "A: b\n"sv, "A:b\r\n"sv, ": b\r\n"sv, "A : b\r\n"sv, " A: b\r\n"sv,
                                     "\r\n"sv, "A: b\r\n\r\n"sv, "A: b\r\n C: d\r\n"sv, "A: b\rC: d\r\n"sv, "A: b\0\r\n"sv, "A: b\x7f\r\n"sv,
                                     "A: b\r\nC: d"sv, "A(: b\r\n"sv,
                                     "A: b\n\n"sv, "A: b\n\nC: d\r\n"sv, "A: b\x7f\n"sv, "A: b\r\rC: d\r\n"sv}) {
    INFO(bad);
    CHECK_FALSE(wfd::are_field_lines(bad));
  }
}
