// A ticket: who is at the other end of a connection, as the porter had it from the
// kernel, sealed with HMAC-SHA256 under a key drawn when the daemon started.  Every
// message of a worker about a connection carries it, so that addresses never come
// from the worker's word (DESIGN: R3, R7).
#pragma once

#include <array>
#include <cstdint>

#include "common/address.h"
#include "common/secret.h"

namespace postern {

using TicketKey = Secret<32>;

struct Ticket {
  std::uint64_t connection = 0;  // random; the `id` of every log line about it
  std::uint64_t worker = 0;      // the worker that serves it
  Endpoint client;
  Endpoint destination;          // what the client dialled
  std::array<std::byte, 32> seal{};

  template <class A>
  void fields(A& a) {
    unsealed(a);
    a(seal);
  }
  // What the seal covers: everything before it.
  template <class A>
  void unsealed(A& a) {
    a(connection);
    a(worker);
    a(client);
    a(destination);
  }
};

// Seals `ticket` under `key` (32 bytes).
void seal_ticket(Ticket& ticket, const TicketKey& key);
// True only for a ticket sealed under `key` and made for `worker`.  An empty key
// seals nothing, so it never says yes.
bool is_sealed_for(const Ticket& ticket, const TicketKey& key, std::uint64_t worker);

}  // namespace postern
