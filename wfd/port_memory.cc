// The memory of ports.  Only the broker owns one, and it teaches it only what it has
// itself seen connect.  Nothing here may ever turn a proof of TLS back into doubt before
// its time: that would be the way to talk us down to clear text.

#include "wfd/port_memory.h"

#include <utility>

namespace postern::wfd {

PortMemory::Entry& PortMemory::entry_of(const Endpoint& server) {
  const auto known = entries_.find(server);
  if (known != entries_.end()) {
    ages_.splice(ages_.end(), ages_, known->second.age);
    return known->second;
  }
  if (entries_.size() >= capacity_ && !ages_.empty()) {
    entries_.erase(ages_.front());
    ages_.pop_front();
  }
  Entry& made = entries_[server];
  made.age = ages_.insert(ages_.end(), server);
  return made;
}

void PortMemory::learn(const Endpoint& server, Port port, Mono now) {
  if (port == Port::none) {
    const auto known = entries_.find(server);
    if (known != entries_.end()) known->second.port = Port::none;
    return;
  }
  Entry& entry = entry_of(server);
  entry.port = port;
  entry.news_until = now + news_lifetime;
  extend(entry, now);
}

void PortMemory::extend(Entry& entry, Mono now) {
  entry.port_until = now + port_lifetime;
  if (entry.port != Port::https_verified) return;
  entry.proved = true;
  entry.proved_until = now + proof_lifetime;
}

Port PortMemory::known(const Endpoint& server, bool tls, Mono now) {
  const auto known = entries_.find(server);
  if (known == entries_.end() || known->second.port == Port::none) return Port::none;
  if ((known->second.port == Port::http) == tls || now >= known->second.news_until) return Port::none;
  Entry& entry = entry_of(server);  // in use, so others are forgotten before it
  extend(entry, now);
  return entry.port;
}

void PortMemory::note(const Endpoint& server, bool tls, bool silent, Mono now) {
  const auto known = entries_.find(server);
  if (known != entries_.end()) known->second.silent_until[tls] = silent ? now + silence_lifetime : Mono{};
}

bool PortMemory::is_silent(const Endpoint& server, bool tls, Mono now) const {
  const auto known = entries_.find(server);
  return known != entries_.end() && now < known->second.silent_until[tls];
}

DialPlan PortMemory::arrange(DialPlan plan, Mono now) const {
  const auto known = entries_.find(plan.key);
  if (known == entries_.end() || plan.count != 2) return plan;
  const Entry& entry = known->second;
  if (entry.proved && now < entry.proved_until)
    plan.count = 1;  // TLS stands first
  else if (entry.port == Port::http && now < entry.port_until)
    std::swap(plan.targets[0], plan.targets[1]);
  return plan;
}

}  // namespace postern::wfd
