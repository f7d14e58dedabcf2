// Judging destinations.  Only the broker calls this, after sessions has said yes to the
// cookie; the worker, which may be hostile, has no part in it but to name the host.
// Never put a socket or a clock here, nor a rule that trusts what a worker says.

#include "wfd/destination.h"

#include <algorithm>

namespace postern::wfd {
namespace {

struct FaultRow {
  DialFault fault;
  std::string_view word;
  int status;
};
constexpr FaultRow faults[] = {
    {DialFault::internal,     "internal",     500},
    {DialFault::no_session,   "no-session",   401},
    {DialFault::forbidden,    "forbidden",    403},
    {DialFault::unknown_host, "unknown-host", 421},
    {DialFault::refused,      "refused",      502},
    {DialFault::unreachable,  "unreachable",  502},
    {DialFault::timeout,      "timeout",      504},
    {DialFault::missing_peer, "missing-peer", 503},
    {DialFault::busy,         "busy",         503},
    {DialFault::misdirected,  "misdirected",  421},
};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < std::size(faults); ++i)
    if (static_cast<std::size_t>(faults[i].fault) != i) return false;
  return std::size(faults) == static_cast<std::size_t>(DialFault::last) + 1;
}
static_assert(rows_are_in_order());

// A client behind REDIRECT or TPROXY may have dialled the port of https although we
// listen on another one, to which the firewall brings it.
constexpr std::uint16_t port_of_https = 443;

bool is_class_e(const Address& address) {
  return address.family() == Family::v4 && address.bytes()[0] >= 240;
}

void add(DialPlan& plan, const Address& address, std::uint16_t port, bool tls) {
  plan.targets[plan.count++] = {{address, port}, tls};
}

}  // namespace

std::string_view word_of(DialFault fault) { return faults[static_cast<std::size_t>(fault)].word; }
int status_of(DialFault fault) { return faults[static_cast<std::size_t>(fault)].status; }

bool is_never_dialled(const Address& address) {
  return !address || address.is_loopback() || address.is_link_local() || address.is_multicast() ||
         address.is_unspecified() || is_class_e(address);
}

DestinationPolicy::DestinationPolicy(const WfdSettings& settings, std::vector<Address> own,
                                     Forbidden forbidden)
    : settings_(settings),
      networks_(settings.intranet.networks),
      exclude_(settings.intranet.exclude),
      own_(std::move(own)),
      forbidden_(forbidden) {
  std::sort(own_.begin(), own_.end());
}

bool DestinationPolicy::is_off_limits(const Address& address) const {
  return forbidden_(address) || std::binary_search(own_.begin(), own_.end(), address);
}

bool DestinationPolicy::is_listed(const Address& address) const {
  return std::ranges::any_of(settings_.fixed_servers,
                             [&](const FixedServer& server) { return server.address == address; });
}

std::expected<DialPlan, DialFault> DestinationPolicy::plan_for_fixed(const FixedServer& server,
                                                                    std::string_view host,
                                                                    Ports ports) const {
  // The operator's word: it need not be inside the networks, but the bastion stays out of reach.
  if (is_off_limits(server.address)) return std::unexpected(DialFault::forbidden);
  const std::uint16_t tls_port = server.port != 0 ? server.port : settings_.intranet.https_port;
  const std::uint16_t plain_port = server.port != 0 ? server.port : settings_.intranet.http_port;
  const bool may_plain = server.scheme == Scheme::http ||
                         (server.has_two_ports() && settings_.policy_for(host).plain == Plain::fallback);
  DialPlan plan;
  plan.fixed = true;
  plan.key = {server.address, tls_port};
  if (server.scheme != Scheme::http && ports != Ports::http) add(plan, server.address, tls_port, true);
  if (may_plain && ports != Ports::https) add(plan, server.address, plain_port, false);
  if (plan.count == 0) return std::unexpected(DialFault::forbidden);
  return plan;
}

std::expected<DialPlan, DialFault> DestinationPolicy::plan_for_dialled(const Endpoint& dialled,
                                                                      std::string_view host,
                                                                      Ports ports) const {
  const bool right_port = dialled.port == port_of_https || dialled.port == settings_.listen.port;
  const Address& address = dialled.address;
  if (!right_port || is_off_limits(address)) return std::unexpected(DialFault::forbidden);
  // A server of [hosts], and none of its names: somebody was led there by a name alone
  // (Squid's CVE-2009-0801).
  if (is_listed(address)) return std::unexpected(DialFault::misdirected);
  if (!networks_.contains(address) || exclude_.contains(address))
    return std::unexpected(DialFault::forbidden);
  const bool may_plain = settings_.policy_for(host).plain == Plain::fallback;
  DialPlan plan;
  plan.key = {address, settings_.intranet.https_port};
  if (ports != Ports::http) add(plan, address, settings_.intranet.https_port, true);
  if (may_plain && ports != Ports::https) add(plan, address, settings_.intranet.http_port, false);
  if (plan.count == 0) return std::unexpected(DialFault::forbidden);
  return plan;
}

std::expected<DialPlan, DialFault> DestinationPolicy::judge(const Endpoint& dialled,
                                                            std::string_view host,
                                                            Ports ports) const {
  if (!is_at_or_below(host, settings_.domains)) return std::unexpected(DialFault::unknown_host);
  if (is_at_or_below(host, settings_.policy_for(host).blocked_hosts)) return std::unexpected(DialFault::forbidden);
  const FixedServer* fixed = settings_.fixed_server(host);
  if (fixed != nullptr) return plan_for_fixed(*fixed, host, ports);
  if (settings_.listen.mode == ListenMode::direct) return std::unexpected(DialFault::unknown_host);
  return plan_for_dialled(dialled, host, ports);
}

}  // namespace postern::wfd
