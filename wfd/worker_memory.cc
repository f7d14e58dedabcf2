// What a worker's connections hold when nobody reads from either side.  Called by main.cc for the
// nursery, which limits its workers.  Whoever gives a connection another buffer counts it here.
// Never leave out what only an attacker fills: one client could then end the worker of all.
#include "wfd/worker_memory.h"

#include "wfd/straight.h"

namespace postern::wfd {

// Their buffers, as many records ready to be sent on either side, what OpenSSL reads into, and the buffers
// of a first server whose 404 is kept; a head in each of these and one that is looked at; and a body that
// is kept.
std::uint64_t worker_memory(const WfdSettings& settings) {
  const std::uint64_t each = 9 * straight_bytes + 7 * settings.limits.head_bytes + settings.limits.replay_bytes;
  return settings.isolation.connections_per_worker * each / (1024 * 1024) + 1;
}

}  // namespace postern::wfd
