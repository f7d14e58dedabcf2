// A seal holds for every byte of a ticket, for one worker, under one key.
#include "common/ticket.h"

#include <openssl/hmac.h>

#include "common/wire.h"
#include "unit/catch.h"

using namespace postern;

namespace {

void fill_key(TicketKey& key, std::uint8_t with) {
  for (std::byte& b : key.fill(TicketKey::capacity)) b = std::byte{with};
}

Ticket sample() {
  Ticket ticket;
  ticket.connection = 0x0123456789abcdef;
  ticket.worker = (7ull << 32) | 5;
  ticket.client = Endpoint::parse("[2001:db8::7]:51234").value();
  ticket.destination = Endpoint::parse("10.1.2.3:443").value();
  return ticket;
}

}  // namespace

TEST_CASE("a sealed ticket is good for its worker and no other", "[ticket]") {
  TicketKey key;
  fill_key(key, 0x5a);
  Ticket ticket = sample();
  seal_ticket(ticket, key);
  CHECK(is_sealed_for(ticket, key, ticket.worker));
  for (const std::uint64_t other : {std::uint64_t{0}, ticket.worker + 1, ticket.worker - 1, ticket.worker & 0xffffffff, ~ticket.worker})
    CHECK_FALSE(is_sealed_for(ticket, key, other));
}

TEST_CASE("a seal is the HMAC-SHA256 of all that stands before it", "[ticket]") {
  TicketKey key;
  for (std::size_t i = 0; std::byte& b : key.fill(TicketKey::capacity)) b = static_cast<std::byte>(i++ * 7 + 200);
  Ticket ticket = sample();
  seal_ticket(ticket, key);
  std::array<std::byte, 256> bytes{};
  const std::size_t size = encode(ticket, bytes) - ticket.seal.size();
  std::array<unsigned char, 32> expected{};
  unsigned length = 0;
  REQUIRE(::HMAC(EVP_sha256(), key.bytes().data(), 32, reinterpret_cast<const unsigned char*>(bytes.data()), size,
                 expected.data(), &length) != nullptr);
  CHECK(std::ranges::equal(std::as_bytes(std::span(expected)), ticket.seal));
}

TEST_CASE("every bit of a ticket is under its seal", "[ticket]") {
  TicketKey key;
  fill_key(key, 0x5a);
  Ticket ticket = sample();
  seal_ticket(ticket, key);
  std::array<std::byte, 256> bytes{};
  const std::size_t size = encode(ticket, bytes);
  REQUIRE(size != 0);
  for (std::size_t bit = 0; bit < 8 * size; ++bit) {
    std::array<std::byte, 256> changed = bytes;
    changed[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    Ticket forged;
    if (!decode(std::span(changed).first(size), forged)) continue;
    if (is_sealed_for(forged, key, ticket.worker) || is_sealed_for(forged, key, forged.worker))
      FAIL_CHECK("bit " << bit << " can be changed");
  }
}

TEST_CASE("fields of a ticket cannot change places", "[ticket]") {
  TicketKey key;
  fill_key(key, 0x5a);
  Ticket ticket = sample();
  seal_ticket(ticket, key);
  std::swap(ticket.client, ticket.destination);
  CHECK_FALSE(is_sealed_for(ticket, key, ticket.worker));
}

TEST_CASE("a ticket of another key, without a seal, or under no key is never good", "[ticket]") {
  TicketKey key, other, empty, half;
  fill_key(key, 0x5a);
  fill_key(other, 0x5b);
  for (std::byte& b : half.fill(TicketKey::capacity / 2)) b = std::byte{0x5a};
  Ticket ticket = sample();
  CHECK_FALSE(is_sealed_for(ticket, key, ticket.worker));
  seal_ticket(ticket, key);
  CHECK_FALSE(is_sealed_for(ticket, other, ticket.worker));
  CHECK_FALSE(is_sealed_for(ticket, empty, ticket.worker));
  for (const TicketKey* bad : {&empty, &half}) {
    seal_ticket(ticket, *bad);
    CHECK(ticket.seal == std::array<std::byte, 32>{});  // not the old seal either
    CHECK_FALSE(is_sealed_for(ticket, *bad, ticket.worker));
    CHECK_FALSE(is_sealed_for(ticket, key, ticket.worker));
  }
}
