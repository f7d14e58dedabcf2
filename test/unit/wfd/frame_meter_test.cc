#include "wfd/frame_meter.h"

#include <string>

#include "unit/catch.h"

using namespace postern::wfd;
using namespace std::literals;

namespace {

const std::string mask = "\x11\x22\x33\x44";

// A frame as a client sends it; `size` counts, whatever the length says.
std::string frame(unsigned char first, std::size_t size) {
  std::string text(1, static_cast<char>(first));
  if (size < 126) {
    text += static_cast<char>(0x80 | size);
  } else if (size < 65536) {
    text += {'\xfe', static_cast<char>(size >> 8), static_cast<char>(size & 255)};
  } else {
    text += '\xff';
    for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>((size >> shift) & 255);
  }
  return text + mask + std::string(size, 'x');
}

struct Row {
  const char* what;
  std::string bytes;
  bool good;
  bool data;
};

const Row rows[] = {
    {"nothing", "", true, false},
    {"text", frame(0x81, 5), true, true},
    {"binary", frame(0x82, 5), true, true},
    {"a first piece", frame(0x01, 5), true, true},
    {"a further piece", frame(0x00, 5), true, true},
    {"text of nothing", frame(0x81, 0), true, true},
    {"125 bytes", frame(0x81, 125), true, true},
    {"126 bytes", frame(0x81, 126), true, true},
    {"65535 bytes", frame(0x82, 65535), true, true},
    {"65536 bytes", frame(0x82, 65536), true, true},
    {"compressed", frame(0xc1, 9), true, true},
    {"all reserved bits", frame(0xf1, 9), true, true},
    {"a reserved data code", frame(0x83, 9), true, true},
    {"half of text", frame(0x81, 50).substr(0, 20), true, true},
    {"only its head", frame(0x81, 50).substr(0, 6), true, true},
    {"not all of its head", frame(0x81, 50).substr(0, 5), true, false},
    {"ping", frame(0x89, 4), true, false},
    {"ping of nothing", frame(0x89, 0), true, false},
    {"pong", frame(0x8a, 125), true, false},
    {"close", frame(0x88, 2), true, false},
    {"a reserved control code", frame(0x8b, 2), true, false},
    {"pongs", frame(0x8a, 4) + frame(0x8a, 0) + frame(0x8a, 4), true, false},
    {"text between pongs", frame(0x8a, 4) + frame(0x81, 1) + frame(0x8a, 4), true, true},
    {"a pong that looks like text inside", "\x8a\x86"s + mask + "\x81\x85xxxx", true, false},
    {"text without mask", "\x81\x05hello", false, false},
    {"ping without mask", "\x89\x00"s, false, false},
    {"text without mask behind a pong", frame(0x8a, 4) + "\x81\x05hello", false, false},
    {"a long ping", frame(0x89, 126), false, false},
    {"a very long ping", frame(0x89, 65536), false, false},
    {"a ping in pieces", frame(0x09, 4), false, false},
    {"a close in pieces", frame(0x08, 2), false, false},
    {"more than there is", "\x82\xff\x80"s, false, false},
    {"the most there is", "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"s + mask + "x", true, true},
    {"HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", false, false},
    {"TLS", "\x16\x03\x01\x02\x00\x01"s, false, false},
};

}  // namespace

TEST_CASE("data counts, control does not, and what is no frame is refused", "[frame_meter]") {
  for (const Row& row : rows) {
    INFO(row.what);
    FrameMeter meter;
    CHECK(meter.take(row.bytes) == row.good);
    if (row.good) CHECK(meter.took_data() == row.data);
  }
}

TEST_CASE("frames may be cut anywhere", "[frame_meter]") {
  for (const Row& row : rows) {
    INFO(row.what);
    FrameMeter meter;
    bool good = true;
    for (const char byte : row.bytes) good = good && meter.take({&byte, 1});
    CHECK(good == row.good);
    if (row.good) CHECK(meter.took_data() == row.data);
  }
}

TEST_CASE("asking for data forgets it, and the rest of a frame is data again", "[frame_meter]") {
  FrameMeter meter;
  const std::string text = frame(0x81, 200);
  REQUIRE(meter.take(text.substr(0, 100)));
  CHECK(meter.took_data());
  CHECK_FALSE(meter.took_data());
  REQUIRE(meter.take(text.substr(100, 10)));
  CHECK(meter.took_data());
  REQUIRE(meter.take(text.substr(110) + frame(0x8a, 3)));
  CHECK(meter.took_data());
  REQUIRE(meter.take(frame(0x8a, 3)));
  CHECK_FALSE(meter.took_data());
}
