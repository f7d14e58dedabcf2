// Sealing tickets.  Only the porter seals; broker, signer and sessions check, each with
// the number of the channel's worker.  Never compare a seal but in constant time, and
// never trust a field of a ticket whose seal was not checked.

#include "common/ticket.h"

#include <openssl/hmac.h>

#include "common/wire.h"

namespace postern {
namespace {

struct SealedPart {
  const Ticket& ticket;
  template <class A>
  void fields(A& a) { const_cast<Ticket&>(ticket).unsealed(a); }
};

bool compute(const Ticket& ticket, const TicketKey& key, std::array<std::byte, 32>& seal) {
  if (key.size() != TicketKey::capacity) return false;
  std::array<std::byte, 128> text{};
  const std::size_t size = encode(SealedPart{ticket}, text);
  unsigned length = 0;
  const unsigned char* made =
      HMAC(EVP_sha256(), key.bytes().data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), size,
           reinterpret_cast<unsigned char*>(seal.data()), &length);
  return size != 0 && made != nullptr && length == seal.size();
}

}  // namespace

void seal_ticket(Ticket& ticket, const TicketKey& key) {
  if (!compute(ticket, key, ticket.seal)) ticket.seal = {};
}

bool is_sealed_for(const Ticket& ticket, const TicketKey& key, std::uint64_t worker) {
  std::array<std::byte, 32> expected{};
  if (!compute(ticket, key, expected)) return false;
  return same_secret(expected, ticket.seal) && ticket.worker == worker;
}

}  // namespace postern
