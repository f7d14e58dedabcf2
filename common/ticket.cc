// Sealing tickets.  Only the porter seals; broker, signer and sessions check, each with
// the number of the channel's worker.  A connection's ticket is checked some eight times, so
// HMAC (RFC 2104) is written out here over the library's SHA-256: asking the library for
// an HMAC costs four times as much, most of it for finding the algorithm.
// Never compare a seal but in constant time, and never trust a field of a ticket whose seal
// was not checked.

#include "common/ticket.h"

#define OPENSSL_SUPPRESS_DEPRECATED  // SHA256_Init and its like: no lookup, no allocation
#include <openssl/sha.h>

#include <algorithm>
#include <span>

#include "common/wire.h"

namespace postern {
namespace {

struct SealedPart {
  const Ticket& ticket;
  template <class A>
  void fields(A& a) { const_cast<Ticket&>(ticket).unsealed(a); }
};

using Seal = std::array<std::byte, SHA256_DIGEST_LENGTH>;

// SHA-256 of the key, each byte with `mark` on it and zeros behind, and then `text`.
bool hash(const TicketKey& key, std::byte mark, std::span<const std::byte> text, Seal& out) {
  Secret<SHA256_CBLOCK> block;
  const std::span<std::byte> padded = block.fill(SHA256_CBLOCK);
  std::ranges::copy(key.bytes(), padded.begin());
  for (std::byte& b : padded) b ^= mark;
  SHA256_CTX state{};
  const bool good = SHA256_Init(&state) == 1 && SHA256_Update(&state, padded.data(), padded.size()) == 1 &&
                    SHA256_Update(&state, text.data(), text.size()) == 1 &&
                    SHA256_Final(reinterpret_cast<unsigned char*>(out.data()), &state) == 1;
  wipe(&state, sizeof state);
  return good;
}

bool compute(const Ticket& ticket, const TicketKey& key, Seal& seal) {
  if (key.size() != TicketKey::capacity) return false;
  std::array<std::byte, 128> text{};
  const std::size_t size = encode(SealedPart{ticket}, text);
  Seal inner{};
  return size != 0 && hash(key, std::byte{0x36}, std::span(text).first(size), inner) &&
         hash(key, std::byte{0x5c}, inner, seal);
}

}  // namespace

void seal_ticket(Ticket& ticket, const TicketKey& key) {
  if (!compute(ticket, key, ticket.seal)) ticket.seal = {};
}

bool is_sealed_for(const Ticket& ticket, const TicketKey& key, std::uint64_t worker) {
  Seal expected{};
  if (!compute(ticket, key, expected)) return false;
  return same_secret(expected, ticket.seal) && ticket.worker == worker;
}

}  // namespace postern
