// Rules that no single row of wfd.conf can state: lists of one length, names inside the
// domain, values that exclude each other.  Called by parse_wfd only; pure.  Never put
// here: the judging of a destination, which is the broker's at run time.
#include "common/settings_wfd_rules.h"

#include <algorithm>

#include "common/settings_text.h"

namespace postern {
namespace {

// Addresses that are never a server of the intranet.
bool is_special(const Address& address) {
  return address.is_loopback() || address.is_link_local() || address.is_multicast() || address.is_unspecified();
}

Result<void> check_tls(const WfdSettings& s) {
  if (s.tls.certificates.size() != s.tls.keys.size())
    return fail(s.origin.where("tls", "key") + " has " + std::to_string(s.tls.keys.size()) + " files, certificate has " +
                std::to_string(s.tls.certificates.size()) + "; one key for each certificate is allowed");
  return {};
}

Result<void> check_names(const WfdSettings& s) {
  constexpr std::string_view must = " is not at or below a name of [domain] name";
  if (!is_at_or_below(s.login_host, s.domains))
    return fail(s.origin.where("login", "host") + ": \"" + s.login_host + "\"" + std::string(must));
  for (const FixedServer& server : s.fixed_servers) {
    if (!is_at_or_below(server.name, s.domains)) return fail(s.origin.where("hosts", server.name) + std::string(must));
    if (server.name == s.login_host)
      return fail(s.origin.where("hosts", server.name) + " is the login host, which wfd serves itself");
  }
  for (const auto& [name, policy] : s.host_policies) {
    if (!is_at_or_below(name, s.domains)) return fail(s.origin.where("host", name) + std::string(must));
    if (name == s.login_host && !policy.public_paths.empty())
      return fail(s.origin.where("host", name) + " is the login host, which has no public_paths");
    if (!policy.public_paths.empty() && s.fixed_server(name) == nullptr)
      return fail(s.origin.where("host", name) + ": public_paths needs a row for " + name +
                  " in [hosts]: without one every address of the intranet would be open under that name");
  }
  for (const std::string& name : s.trace.hosts)
    if (!is_at_or_below(name, s.domains)) return fail(s.origin.where("trace", "hosts") + ": \"" + name + "\"" + std::string(must));
  return {};
}

Result<void> check_intranet(const WfdSettings& s) {
  const bool direct = s.listen.mode == ListenMode::direct;
  if (direct && s.fixed_servers.empty())
    return fail(s.origin.where("listen", "mode") + "=direct needs servers in [hosts]");
  if (!direct && s.intranet.networks.empty())
    return fail(s.origin.file + ": [intranet] networks is missing: only servers in these networks can be reached");
  for (const Network& network : s.intranet.networks)
    if (network.length > 0 && is_special(network.base))
      return fail(s.origin.where("intranet", "networks") + ": \"" + network.text() +
                  "\" is not allowed: loopback, link-local and multicast are never dialled");
  if (s.intranet.https_port == s.intranet.http_port)
    return fail(s.origin.where("intranet", "http_port") + " is the same as https_port");
  return {};
}

Result<void> check_identity(const WfdSettings& s) {
  if (s.intranet.source == SourceAddress::client && s.identity.headers)
    return fail(s.origin.where("intranet", "source") +
                "=client is not allowed with [identity] headers=yes: servers could not tell us from a forger");
  if (s.cookie.name.starts_with("__Host-"))
    return fail(s.origin.where("cookie", "name") + ": a name with __Host- is not allowed: browsers refuse it with a domain");
  return {};
}

// authd is told them in one message, of a fixed size.
Result<void> check_verify(const WfdSettings& s) {
  const std::size_t size = verify_networks_text(s).size();
  if (size > max_verify_networks)
    return fail(s.origin.where("verify", "networks") + " has " + std::to_string(size) + " characters; at most " +
                std::to_string(max_verify_networks) + " are allowed: write fewer, wider networks");
  return {};
}

// A spare_workers that nobody wrote gives way to a small max_workers instead.
Result<void> check_workers(const WfdSettings& s) {
  if (s.isolation.spare_workers > s.isolation.max_workers && s.origin.has("isolation", "spare_workers"))
    return fail(s.origin.where("isolation", "spare_workers") + " is more than max_workers (" +
                std::to_string(s.isolation.max_workers) + ")");
  return {};
}

}  // namespace

Result<FixedServer> read_fixed_server(std::string_view name, std::string_view value) {
  FixedServer made;
  auto host = read_text(name, Form::host);
  if (!host) return fail(host.error().what);
  made.name = std::move(*host);
  std::string_view rest = value;
  if (rest.starts_with("http://")) made.scheme = Scheme::http;
  if (rest.starts_with("https://")) made.scheme = Scheme::https;
  if (made.scheme != Scheme::any) rest.remove_prefix(rest.find("//") + 2);
  constexpr std::uint16_t unwritten = 1;  // any port will do: read once with and once without
  const auto endpoint = Endpoint::parse(rest, unwritten);
  if (!endpoint)
    return fail("\"" + std::string(value) + "\" is not allowed: write [http://|https://]ADDRESS[:PORT]");
  if (is_special(endpoint->address))
    return fail("\"" + std::string(value) + "\" is not allowed: loopback, link-local and multicast are never dialled");
  made.address = endpoint->address;
  made.port = Endpoint::parse(rest) ? endpoint->port : std::uint16_t{0};
  return made;
}

std::string verify_networks_text(const WfdSettings& settings) {
  std::string text;
  for (const Network& network : settings.verify_networks) text += (text.empty() ? "" : ",") + network.text();
  return text;
}

Result<void> check_rules(const WfdSettings& settings) {
  TRY_VOID(check_tls(settings));
  TRY_VOID(check_names(settings));
  TRY_VOID(check_intranet(settings));
  TRY_VOID(check_identity(settings));
  TRY_VOID(check_verify(settings));
  TRY_VOID(check_workers(settings));
  return {};
}

}  // namespace postern
