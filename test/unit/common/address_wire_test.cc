// Addresses on their way through a message.
#include "common/address.h"

#include "common/wire.h"
#include "unit/catch.h"

using namespace postern;

TEST_CASE("an address in a message comes back, or becomes none", "[address]") {
  std::array<std::byte, 64> room{};
  const Endpoint endpoint = Endpoint::parse(GENERATE("192.0.2.1:80", "[2001:db8::1]:443")).value();
  const std::size_t size = encode(endpoint, room);
  Endpoint back;
  REQUIRE(size == 19);
  REQUIRE(decode(std::span(room).first(size), back));
  CHECK(back == endpoint);
  CHECK_FALSE(decode(std::span(room).first(size - 1), back));

  room = {};
  room[0] = std::byte{2};  // IPv6 bytes that spell a mapped IPv4 address
  room[11] = room[12] = std::byte{0xff};
  REQUIRE(decode(std::span(room).first(19), back));
  CHECK_FALSE(back.address);
  room[0] = std::byte{1};  // IPv4 with bytes behind it
  REQUIRE(decode(std::span(room).first(19), back));
  CHECK_FALSE(back.address);
  room[0] = std::byte{3};  // no such family
  CHECK_FALSE(decode(std::span(room).first(19), back));
}
