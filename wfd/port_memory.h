// What the broker remembers of a server: which of its two ports answered lately, which
// said nothing, and whether it has proved itself with TLS (DESIGN 3.6).  Pure, bounded, takes the time.
#pragma once

#include <array>
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
  static constexpr Duration news_lifetime = seconds(60);  // it is told again after so long
  static constexpr Duration proof_lifetime = seconds(24 * 60 * 60);
  static constexpr Duration silence_lifetime = seconds(60);

  // Remembers at most `capacity` servers; of more, the one learned of longest ago goes.
  explicit PortMemory(std::size_t capacity = 4096) : capacity_(capacity) {}

  // `server` (DialPlan::key) answered a request on `port`.  Port::none forgets which port
  // answered, so that the next dial begins with TLS again; a proof is never forgotten
  // before its time.
  void learn(const Endpoint& server, Port port, Mono now);

  // `server` was reached again, on its TLS port or the plain one.  The port, if that is the one which
  // answered within the last minute: then nobody need say so again, and it is remembered as if he had.
  Port known(const Endpoint& server, bool tls, Mono now);

  // `plan` as it is to be tried: plain first when only the plain port answered lately,
  // TLS alone for a server that has proved itself.
  DialPlan arrange(DialPlan plan, Mono now) const;

  // The TLS port (or the plain one) of `server` was dialled, and was `silent` or not.  Only
  // silence is remembered, for it costs the next one who asks as long a wait, and only of
  // servers that have answered: strangers must not drive out what is known of others.
  void note(const Endpoint& server, bool tls, bool silent, Mono now);
  bool is_silent(const Endpoint& server, bool tls, Mono now) const;

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Port port = Port::none;
    Mono port_until, news_until;
    bool proved = false;
    Mono proved_until;
    std::array<Mono, 2> silent_until{};  // of the plain port, of the TLS port
    std::list<Endpoint>::iterator age;
  };

  Entry& entry_of(const Endpoint& server);
  static void extend(Entry& entry, Mono now);

  std::size_t capacity_;
  std::map<Endpoint, Entry> entries_;
  std::list<Endpoint> ages_;  // the oldest first
};

}  // namespace postern::wfd
