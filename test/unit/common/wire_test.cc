// The carriers of messages: texts, blobs, writers and readers at their bounds.
#include "common/wire.h"

#include <string>

#include "unit/catch.h"

using namespace postern;

namespace {

enum class Colour : std::uint8_t { none, red, green, last = green };

struct Sample {
  bool flag = false;
  std::uint16_t number = 0;
  std::int64_t signed_number = 0;
  Colour colour = Colour::none;
  Text<5> text;
  Bytes<3> bytes;
  template <class A> void fields(A& a) { a(flag); a(number); a(signed_number); a(colour); a(text); a(bytes); }
};

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

const std::vector<std::byte> sample_bytes = bytes_of(
    {1, 0x34, 0x12, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 2, 0, 'o', 'k', 1, 0, 0x7f});

}  // namespace

TEST_CASE("a message has one layout: little-endian, sizes in two bytes, nothing between", "[wire]") {
  Sample sample;
  sample.flag = true;
  sample.number = 0x1234;
  sample.signed_number = -2;
  sample.colour = Colour::green;
  REQUIRE(sample.text.assign("ok"));
  REQUIRE(sample.bytes.assign(bytes_of({0x7f})));
  std::array<std::byte, 64> room{};
  const std::size_t size = encode(sample, room);
  REQUIRE(size == sample_bytes.size());
  CHECK(std::equal(sample_bytes.begin(), sample_bytes.end(), room.begin()));
  Sample back;
  REQUIRE(decode(std::span(room).first(size), back));
  CHECK((back.flag && back.number == 0x1234 && back.signed_number == -2 && back.colour == Colour::green));
  CHECK((back.text.view() == "ok" && back.bytes.size() == 1));
}

TEST_CASE("a writer without room says so and writes nothing beyond it", "[wire]") {
  Sample sample;
  REQUIRE(sample.text.assign("12345"));
  std::array<std::byte, 64> room{};
  const std::size_t needed = encode(sample, room);
  for (std::size_t n = 0; n < needed; ++n) {
    std::array<std::byte, 64> small{};
    CHECK(encode(sample, std::span(small).first(n)) == 0);
    for (std::size_t i = n; i < small.size(); ++i) CHECK(small[i] == std::byte{});
  }
  CHECK(encode(sample, std::span(room).first(needed)) == needed);
}

TEST_CASE("a reader refuses values out of range and lengths beyond the room or the end", "[wire]") {
  struct Row { std::size_t at; int value; };
  const Row row = GENERATE(values<Row>({{0, 2}, {0, 255},          // a boolean
                                        {11, 3}, {11, 255},        // an enumerator
                                        {12, 6}, {12, 3}, {13, 1}, // the text: no room, too long, far too long
                                        {16, 0}, {16, 2}}));       // the blob: something left over, too long
  std::vector<std::byte> bytes = sample_bytes;
  bytes[row.at] = static_cast<std::byte>(row.value);
  Sample sample;
  CHECK_FALSE(decode(bytes, sample));
  if (row.at == 11) CHECK(sample.colour == Colour::none);
  if (row.at == 0) CHECK_FALSE(sample.flag);
}

TEST_CASE("a length above the room is refused although the bytes are there", "[wire]") {
  std::vector<std::byte> bytes(2 + 6);
  bytes[0] = std::byte{6};
  Text<5> text;
  Reader reader(bytes);
  reader(text);
  CHECK_FALSE(reader.complete());
  CHECK(text.empty());
}

TEST_CASE("a reader that failed stays failed and gives only empty values", "[wire]") {
  const auto bytes = bytes_of({7, 5, 0, 'h', 'e', 'l', 'l', 'o'});
  Reader reader(bytes);
  bool flag = true;
  Text<5> text;
  std::uint16_t number = 99;
  reader(flag);  // 7 is no boolean
  reader(number);
  reader(text);
  CHECK_FALSE(reader.complete());
  CHECK((!flag && number == 0 && text.empty()));
}

TEST_CASE("texts and blobs hold their room and not a byte more", "[wire]") {
  Text<4> text;
  CHECK(text.assign("1234"));
  CHECK_FALSE(text.assign("12345"));
  CHECK(text.empty());  // not the old value, not a cut one
  CHECK(Text<4>("12345").view() == "1234");
  Bytes<2> bytes;
  CHECK(bytes.assign(bytes_of({1, 2})));
  CHECK_FALSE(bytes.assign(bytes_of({1, 2, 3})));
  CHECK(bytes.empty());
  Secret<2> secret;
  CHECK(secret.assign(std::string_view("12")));
  CHECK_FALSE(secret.assign(std::string_view("123")));
  CHECK(secret.empty());
}
