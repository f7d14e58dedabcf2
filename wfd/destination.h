// May this connection go there?  The one place that judges destinations (DESIGN 3.6).
// Pure: the settings, this host's own addresses, what the client dialled, the host of
// its request; out comes where to connect, or why not.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "common/address.h"
#include "common/messages.h"
#include "common/settings.h"

namespace postern::wfd {

// The word of a fault for the log, and the status that the client gets for it.
std::string_view word_of(DialFault fault);
int status_of(DialFault fault);

// One place to connect to.
struct DialTarget {
  Endpoint endpoint;
  bool tls = true;
  bool operator==(const DialTarget&) const = default;
};

// Where a request may go: one or two targets, the first to be tried first.  judge()
// puts TLS first; PortMemory may change that.
struct DialPlan {
  std::array<DialTarget, 2> targets;
  std::size_t count = 0;
  bool fixed = false;   // a server of [hosts]
  Endpoint key;         // what the server is remembered by: its address and TLS port

  std::span<const DialTarget> tries() const { return std::span(targets).first(count); }
};

// What nobody may dial, whatever the settings say: no address, loopback, link-local,
// multicast, unspecified, and 240.0.0.0/4 with the broadcast address in it.
bool is_never_dialled(const Address& address);

class DestinationPolicy {
 public:
  using Forbidden = bool (*)(const Address& address);

  // `settings` must outlive the policy.  `own`: this host's own addresses.  `forbidden`
  // is another function only in tests, which have nothing but loopback to dial.
  DestinationPolicy(const WfdSettings& settings, std::vector<Address> own,
                    Forbidden forbidden = is_never_dialled);

  // `dialled` is what the client dialled (from its ticket), `host` the canonical host of
  // its request; with `ports` other than both, the request came back from the other port
  // with a 404.  A host with a row in [hosts] goes to that row's server, whatever was
  // dialled; any other goes to the dialled address, unless [hosts] lists that for other
  // names.  Faults: forbidden (a blocked host, too); unknown_host (not at or below [domain] name, or in direct
  // mode not in [hosts]); misdirected (the address is another name's).
  std::expected<DialPlan, DialFault> judge(const Endpoint& dialled, std::string_view host,
                                           Ports ports) const;

  // Whether `address` is forbidden by itself or this host's own.
  bool is_off_limits(const Address& address) const;

 private:
  bool is_listed(const Address& address) const;
  std::expected<DialPlan, DialFault> plan_for_fixed(const FixedServer& server,
                                                    std::string_view host, Ports ports) const;
  std::expected<DialPlan, DialFault> plan_for_dialled(const Endpoint& dialled,
                                                      std::string_view host, Ports ports) const;

  const WfdSettings& settings_;
  NetworkSet networks_, exclude_;
  std::vector<Address> own_;  // sorted
  Forbidden forbidden_;
};

}  // namespace postern::wfd
