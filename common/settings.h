// What the three configuration files say, as typed values.  Every key is a row of one
// table per daemon (settings_redird.cc, settings_wfd.cc, settings_authd.cc); the shipped
// file, the manual page and these structs are held equal by test/audit/keys_documented.
// parse_*() are pure functions of text: the master and each of its roles parse the same
// bytes and get the same values.  What only the system can answer (does the file exist,
// is there such a user) is asked in settings_check.h, by the master alone.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/address.h"
#include "common/clock.h"
#include "common/host.h"
#include "common/result.h"
#include "common/roles.h"

namespace postern {

enum class ListenMode : std::uint8_t { redirect, tproxy, direct };
enum class OnFailure : std::uint8_t { deny, proceed };           // "deny", "continue"
enum class TlsVersion : std::uint8_t { v1_2, v1_3 };
enum class Plain : std::uint8_t { never, fallback };             // may port 80 be tried?
enum class SourceAddress : std::uint8_t { proxy, client };       // seen by intranet servers
enum class Bind : std::uint8_t { exact, prefix, none };          // session to address
enum class IdleCounts : std::uint8_t { navigation, all };        // which requests keep a session awake
enum class Scheme : std::uint8_t { any, http, https };
enum class NoStore : std::uint8_t { no, html, all };             // what browsers may not keep

// Where each key was written, for messages about it after parsing.
struct Origin {
  std::string file;
  std::map<std::string, unsigned> lines;  // "section key" to line, for keys in the file
  // "FILE:LINE: [section] key", or "FILE: [section] key" when it stands at its default.
  std::string where(std::string_view section, std::string_view key) const;
  bool has(std::string_view section, std::string_view key) const;
};

struct ProcessSettings {
  std::string user_prefix;               // + role = user name; unused when there is uid_base
  std::optional<std::uint32_t> uid_base; // + RoleRow::uid_offset = user and group id
  std::string chroot;                    // absolute; chroot + "/" + role is the jail
  std::string pidfile;
  bool operator==(const ProcessSettings&) const = default;
};

struct LogSettings {
  std::string socket;
  OnFailure on_failure{};
  bool operator==(const LogSettings&) const = default;
};

struct ListenSettings {
  std::vector<Address> addresses;  // at least one
  std::uint16_t port = 0;
  ListenMode mode{};
  bool operator==(const ListenSettings&) const = default;
};

// What the porter allows one source (an IPv4 address, or an IPv6 /64).
struct SourceLimits {
  std::uint32_t live = 0;           // connections at the same time
  std::uint32_t per_minute = 0;     // new connections
  std::uint32_t penalty_limit = 0;  // score at which it is refused
  Duration penalty_halving;         // time in which a score halves
};

// ---- redird ---------------------------------------------------------------------

struct RedirdSettings {
  Origin origin;
  ProcessSettings process;
  LogSettings log;
  ListenSettings listen;
  std::vector<std::string> domains;  // lower case; hosts at or below these are ours
  struct Isolation {
    std::uint32_t connections_per_worker = 0;
    std::uint32_t workers = 0;
  } isolation;
  SourceLimits source;
  struct Limits {
    Duration head_timeout;     // for the head, and again for taking the answer
    std::size_t head_bytes = 0;
  } limits;
};

// ---- wfd ------------------------------------------------------------------------

// How the certificate of an intranet server is judged.
struct UpstreamVerify {
  bool required = true;                               // false: any certificate will do
  std::optional<std::array<std::uint8_t, 32>> pinned; // SHA-256 of the certificate (DER)
  bool operator==(const UpstreamVerify&) const = default;
};

// What holds for one host; complete: keys not in [host NAME] have their general value.
struct HostPolicy {
  std::vector<std::string> methods;        // others get 405; none of common/methods.h
  std::vector<std::string> blocked_hosts;  // at or below these: 403
  std::vector<std::string> strip_request_headers;   // lower case
  std::vector<std::string> strip_response_headers;  // lower case
  bool hsts = false;
  NoStore no_store{};
  std::vector<std::string> websocket_origins;  // lower case; beside the host itself
  Plain plain{};
  UpstreamVerify verify;
  std::vector<std::string> public_paths;  // plain, served without login; [host NAME] only
  std::vector<std::string> cors_origins;  // lower case: hosts of pages whose scripts may ask
  bool operator==(const HostPolicy&) const = default;
};

// A row of [hosts].  Scheme any without a port means both ports of [intranet], as for
// other servers; with a port it means TLS, for one port does not speak both.
struct FixedServer {
  std::string name;  // lower case
  Scheme scheme{};
  Address address;
  std::uint16_t port = 0;  // 0: the port of [intranet]
  bool has_two_ports() const { return scheme == Scheme::any && port == 0; }
  bool operator==(const FixedServer&) const = default;
};

struct WfdSettings {
  Origin origin;
  ProcessSettings process;
  LogSettings log;
  ListenSettings listen;
  struct Tls {
    std::vector<std::string> certificates;  // files, leaf first; as many as keys
    std::vector<std::string> keys;
    TlsVersion min_version{};
  } tls;
  std::vector<std::string> domains;  // lower case; we answer for hosts at or below these
  struct Intranet {
    std::vector<Network> networks;
    std::vector<Network> exclude;
    std::uint16_t https_port = 0;
    std::uint16_t http_port = 0;
    Duration https_timeout;
    SourceAddress source{};
  } intranet;  // its plain= is in everyone.plain
  std::string ca_file;
  std::string login_host;
  std::string language;  // of our pages, for who asks for none that there is
  struct Cookie {
    std::string name;
    bool forward = false;
  } cookie;
  struct Identity {
    bool headers = false;
    bool assertion = false;
    bool plain = false;
  } identity;
  std::vector<Network> verify_networks;
  HostPolicy everyone;                      // [policy], [intranet] plain, [upstream_tls] verify
  std::map<std::string, HostPolicy, std::less<>> host_policies;  // [host NAME]
  std::vector<FixedServer> fixed_servers;   // [hosts]
  struct Isolation {
    std::uint32_t connections_per_worker = 0;
    std::uint32_t spare_workers = 0;
    std::uint32_t max_workers = 0;
  } isolation;
  SourceLimits source;
  struct Limits {
    Duration handshake_timeout;
    Duration head_timeout;
    Duration idle_timeout;
    Duration connect_timeout;
    Duration response_timeout;
    Duration body_timeout;
    Duration tunnel_timeout;
    Duration connection_lifetime;
    std::size_t head_bytes = 0;
    std::size_t line_bytes = 0;
    std::uint32_t head_fields = 0;
    std::size_t replay_bytes = 0;
  } limits;
  std::string authd_socket;
  struct Trace {                            // what the configuration has traced
    std::vector<std::string> hosts;         // lower case: at or below these
    std::vector<Network> sources;
    bool operator==(const Trace&) const = default;
  } trace;

  // The policy of `host` (lower case, without port).  Refers into *this.
  const HostPolicy& policy_for(std::string_view host) const;
  // The row of [hosts] for `host`, or nullptr.  Refers into *this.
  const FixedServer* fixed_server(std::string_view host) const;
};

// ---- authd ----------------------------------------------------------------------

struct AuthdSettings {
  Origin origin;
  ProcessSettings process;
  LogSettings log;
  struct Listen {
    std::string gate;
    std::string admin;
    bool operator==(const Listen&) const = default;
  } listen;
  struct Session {
    Duration lifetime;
    Duration idle;
    IdleCounts idle_counts{};
    Bind bind{};
    std::string domain;  // lower case
    std::uint32_t max_sessions = 0;
    std::uint32_t sessions_per_user = 0;
    bool persist = false;
  } session;
  struct Identity {
    std::string assertion_key;  // file; empty: none
    std::string previous_key;   // file; empty: none
    std::uint32_t verify_rate = 0;  // of one source, in a second
  } identity;
  struct Passcode {
    std::uint32_t totp_window = 0;  // steps before and after now
    std::uint32_t hotp_window = 0;  // counters ahead
    std::uint32_t totp_wide_window = 0, hotp_wide_window = 0;  // where two in a row count
  } passcode;
  struct Lockout {
    std::uint32_t free_failures = 0;  // of one source at one user
    Duration delay;                   // after the next one; doubles with each more
    Duration max_delay;
  } lockout;
  struct Store {
    std::string path;         // as the jailed vault sees it: "/db/..."
    std::string sealing_key;  // file
  } store;
};

// ---- parsing --------------------------------------------------------------------

// Files longer than this are refused: 256 KiB.
inline constexpr std::size_t max_settings_size = 256 * 1024;

// `text` is the whole file, `file` its name for messages.  The error is one line,
// "FILE:LINE: what is wrong and what is allowed" ("FILE: ..." for a key that is missing).
Result<RedirdSettings> parse_redird(std::string_view text, std::string_view file);
Result<WfdSettings> parse_wfd(std::string_view text, std::string_view file);
Result<AuthdSettings> parse_authd(std::string_view text, std::string_view file);

// One row of the tables, for the audit that compares them with the files and manuals.
struct KeyInfo {
  std::string_view section;  // "host NAME" for the sections that name a host
  std::string_view key;      // "NAME" in [hosts]
  std::string_view text;     // the default, or an example when `required`
  bool required;
  bool built;                // false: only the default is accepted yet
  std::string_view help;
};
std::vector<KeyInfo> list_keys(Daemon daemon);

}  // namespace postern
