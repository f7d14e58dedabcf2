// What the broker remembers of a server: which of its two ports answered lately, and
// whether it has proved itself with TLS (DESIGN 3.6).  Pure, bounded, takes the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>

#include "common/address.h"
#include "common/clock.h"
#include "common/messages.h"
#include "wfd/destination.h"

namespace postern::wfd {

class PortMemory {
 public:
  static constexpr Duration port_lifetime = seconds(10 * 60);
  static constexpr Duration proof_lifetime = seconds(24 * 60 * 60);

  // Remembers at most `capacity` servers; of more, the one learned of longest ago goes.
  explicit PortMemory(std::size_t capacity = 4096) : capacity_(capacity) {}

  // `server` (DialPlan::key) answered a request on `port`.  Port::none forgets which port
  // answered, so that the next dial begins with TLS again; a proof is never forgotten
  // before its time.
  void learn(const Endpoint& server, Port port, Mono now);

  // `plan` as it is to be tried: plain first when only the plain port answered lately,
  // TLS alone for a server that has proved itself.
  DialPlan arrange(DialPlan plan, Mono now) const;

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Port port = Port::none;
    Mono port_until;
    bool proved = false;
    Mono proved_until;
    std::list<Endpoint>::iterator age;
  };

  Entry& entry_of(const Endpoint& server);

  std::size_t capacity_;
  std::map<Endpoint, Entry> entries_;
  std::list<Endpoint> ages_;  // the oldest first
};

}  // namespace postern::wfd
