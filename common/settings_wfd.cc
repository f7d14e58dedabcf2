// Every key of wfd.conf.  A new key is a new row here, a member in settings.h, a
// paragraph in etc/wfd.conf and one in man/wfd.conf.5; the audit compares them.  What
// holds between keys is in settings_wfd_rules.cc.  Pure; never put here: a look at the
// system, or what a value is used for.
#include "common/settings_table.h"
#include "common/settings_wfd_rules.h"

namespace postern {
namespace {

using S = WfdSettings;
using H = HostPolicy;
using I = S::Intranet;
using L = S::Limits;
using P = ProcessSettings;

constexpr std::string_view usual_methods = "GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS";
constexpr Rule timeout = from_to(milliseconds(100), seconds(3600));

constexpr Row<S> rows[] = {
    {"process", "user_prefix", "_wfd-", Need::optional, text_of(Form::user_prefix), set<S, &S::process, &P::user_prefix>,
     "Each role runs as the user of this name with the role's name behind it."},
    {"process", "uid_base", "", Need::optional, from_to(1, 2'000'000'000), set<S, &S::process, &P::uid_base>,
     "Instead of user_prefix: roles run as users and groups with numbers from this one plus 10 on."},
    {"process", "chroot", "/var/lib/postern/jail/wfd", Need::optional, text_of(Form::path), set<S, &S::process, &P::chroot>,
     "The directory that holds one jail for each role; make jails builds it."},
    {"process", "pidfile", "/run/postern/wfd.pid", Need::optional, text_of(Form::path), set<S, &S::process, &P::pidfile>,
     "Where the master writes its process id."},
    {"log", "socket", "/dev/log", Need::optional, text_of(Form::socket_path), set<S, &S::log, &LogSettings::socket>,
     "The socket of syslogd."},
    {"log", "on_failure", "deny", Need::optional, {}, set<S, &S::log, &LogSettings::on_failure>,
     "What happens to clients while nothing can be logged: deny or continue."},
    {"listen", "address", "0.0.0.0,::", Need::optional, {}, set<S, &S::listen, &ListenSettings::addresses>,
     "The addresses to listen on; :: listens on IPv6 only."},
    {"listen", "port", "443", Need::optional, {}, set<S, &S::listen, &ListenSettings::port>,
     "The port to listen on."},
    {"listen", "mode", "redirect", Need::optional, {}, set<S, &S::listen, &ListenSettings::mode>,
     "How connections get here: redirect, tproxy or direct."},
    {"tls", "certificate", "/etc/postern/tls/example.org.pem", Need::required, text_of(Form::path), set<S, &S::tls, &S::Tls::certificates>,
     "Certificate files (PEM, leaf first), chosen by SNI; the first when none fits."},
    {"tls", "key", "/etc/postern/tls/example.org.key", Need::required, text_of(Form::path), set<S, &S::tls, &S::Tls::keys>,
     "Private key files (PEM), one for each certificate, in the same order."},
    {"tls", "min_version", "1.2", Need::optional, {}, set<S, &S::tls, &S::Tls::min_version>,
     "The oldest TLS version for clients: 1.2 or 1.3."},
    {"domain", "name", "example.org", Need::required, text_of(Form::host), set<S, &S::domains>,
     "Hosts at or below these names are answered for; others get 421."},
    {"intranet", "networks", "", Need::optional, {}, set<S, &S::intranet, &I::networks>,
     "Only servers in these networks can be reached."},
    {"intranet", "exclude", "", Need::optional, {}, set<S, &S::intranet, &I::exclude>,
     "Servers in these networks cannot be reached, though networks contains them."},
    {"intranet", "https_port", "443", Need::optional, {}, set<S, &S::intranet, &I::https_port>,
     "The port of intranet servers that is tried first, with TLS."},
    {"intranet", "http_port", "80", Need::optional, {}, set<S, &S::intranet, &I::http_port>,
     "The port of intranet servers that is tried then, without TLS."},
    {"intranet", "https_timeout", "2s", Need::optional, from_to(milliseconds(10), seconds(60)), set<S, &S::intranet, &I::https_timeout>,
     "How long the TLS port may stay silent before the plain one is tried."},
    {"intranet", "plain", "fallback", Need::optional, {}, set<S, &S::everyone, &H::plain>,
     "Whether the plain port may be tried at all: fallback or never."},
    {"intranet", "source", "proxy", Need::optional, {}, set<S, &S::intranet, &I::source>,
     "The address that intranet servers see: proxy or client."},
    {"upstream_tls", "verify", "yes", Need::optional, {}, set<S, &S::everyone, &H::verify>,
     "Whether the certificates of intranet servers must be valid."},
    {"upstream_tls", "ca_file", "/etc/ssl/certs/ca-certificates.crt", Need::optional, text_of(Form::path), set<S, &S::ca_file>,
     "The certificates (PEM) of those who may sign for intranet servers."},
    {"login", "host", "login.example.org", Need::required, text_of(Form::host), set<S, &S::login_host>,
     "The name of the login host, which wfd serves itself."},
    {"login", "language", "en", Need::optional, text_of(Form::token), set<S, &S::language>,
     "The language of the gate's pages for those who ask for none that there is."},
    {"cookie", "name", "SessionID", Need::optional, text_of(Form::token), set<S, &S::cookie, &S::Cookie::name>,
     "The name of the session cookie."},
    {"cookie", "forward", "no", Need::optional, {}, set<S, &S::cookie, &S::Cookie::forward>,
     "Whether proved intranet servers get the session cookie."},
    {"identity", "headers", "yes", Need::optional, {}, set<S, &S::identity, &S::Identity::headers>,
     "Whether intranet servers are told the user in header fields."},
    {"identity", "assertion", "no", Need::optional, {}, set<S, &S::identity, &S::Identity::assertion>,
     "Whether proved intranet servers get a signed assertion of the user."},
    {"identity", "plain", "no", Need::optional, {}, set<S, &S::identity, &S::Identity::plain>,
     "Whether cookie and assertion may go to a proved server without TLS."},
    {"verify", "networks", "", Need::optional, {}, set<S, &S::verify_networks>,
     "Who may ask /verify; empty: nobody."},
    {"policy", "methods", usual_methods, Need::optional, text_of(Form::method), set<S, &S::everyone, &H::methods>,
     "The methods that are let through; others get 405."},
    {"policy", "blocked_hosts", "", Need::optional, text_of(Form::host), set<S, &S::everyone, &H::blocked_hosts>,
     "Hosts at or below these names get 403."},
    {"policy", "strip_request_headers", "", Need::optional, text_of(Form::header), set<S, &S::everyone, &H::strip_request_headers>,
     "Header fields that are taken out of requests."},
    {"policy", "strip_response_headers", "", Need::optional, text_of(Form::header), set<S, &S::everyone, &H::strip_response_headers>,
     "Header fields that are taken out of answers."},
    {"policy", "hsts", "no", Need::optional, {}, set<S, &S::everyone, &H::hsts>,
     "Whether Strict-Transport-Security is added to answers."},
    {"policy", "no_store", "no", Need::optional, {}, set<S, &S::everyone, &H::no_store>,
     "Which answers browsers must not keep: no, html or all."},
    {"policy", "websocket_origins", "", Need::optional, text_of(Form::host), set<S, &S::everyone, &H::websocket_origins>,
     "Hosts whose pages may open WebSockets, beside those of the host itself."},
    {"policy", "cors_origins", "", Need::optional, text_of(Form::host), set<S, &S::everyone, &H::cors_origins>,
     "Hosts whose pages' scripts may ask others, as far as those servers let them."},
    {"isolation", "connections_per_worker", "1", Need::optional, from_to(1, 1500), set<S, &S::isolation, &S::Isolation::connections_per_worker>,
     "How many connections one worker serves; 1 keeps users apart in memory."},
    {"isolation", "spare_workers", "8", Need::optional, from_to(1, 1000), set<S, &S::isolation, &S::Isolation::spare_workers>,
     "How many workers wait, forked ahead of need; half of them used, more are forked."},
    {"isolation", "max_workers", "1000", Need::optional, from_to(1, 16'000), set<S, &S::isolation, &S::Isolation::max_workers>,
     "How many workers there may be, spare ones included."},
    {"limits", "per_source", "100", Need::optional, from_to(1, 100'000), set<S, &S::source, &SourceLimits::live>,
     "Live connections of one source address (IPv6: of one /64)."},
    {"limits", "per_source_rate", "600", Need::optional, from_to(1, 1'000'000), set<S, &S::source, &SourceLimits::per_minute>,
     "New connections a minute of one source address."},
    {"limits", "penalty_limit", "100", Need::optional, from_to(1, 1'000'000), set<S, &S::source, &SourceLimits::penalty_limit>,
     "The penalty score at which a source address is refused."},
    {"limits", "penalty_halving", "1m", Need::optional, from_to(seconds(1), seconds(86400)), set<S, &S::source, &SourceLimits::penalty_halving>,
     "The time in which a penalty score halves."},
    {"limits", "handshake_timeout", "10s", Need::optional, timeout, set<S, &S::limits, &L::handshake_timeout>,
     "How long a TLS handshake with a client may take."},
    {"limits", "head_timeout", "10s", Need::optional, timeout, set<S, &S::limits, &L::head_timeout>,
     "How long a client may take for a request head, from its first byte on."},
    {"limits", "idle_timeout", "60s", Need::optional, timeout, set<S, &S::limits, &L::idle_timeout>,
     "How long a connection is kept without a request."},
    {"limits", "connect_timeout", "10s", Need::optional, timeout, set<S, &S::limits, &L::connect_timeout>,
     "How long connecting to an intranet server may take in all."},
    {"limits", "response_timeout", "60s", Need::optional, timeout, set<S, &S::limits, &L::response_timeout>,
     "How long an intranet server may take for the head of its answer."},
    {"limits", "body_timeout", "60s", Need::optional, timeout, set<S, &S::limits, &L::body_timeout>,
     "How long a body may stand still, in either direction."},
    {"limits", "tunnel_timeout", "1h", Need::optional, from_to(milliseconds(100), seconds(30 * 86400)), set<S, &S::limits, &L::tunnel_timeout>,
     "How long a WebSocket may be silent, in both directions."},
    {"limits", "connection_lifetime", "24h", Need::optional, from_to(seconds(1), seconds(30 * 86400)), set<S, &S::limits, &L::connection_lifetime>,
     "How long a connection may live, whatever goes on in it."},
    {"limits", "head_bytes", "32k", Need::optional, from_to(4096, 256 << 10), set<S, &S::limits, &L::head_bytes>,
     "The longest head of a request or an answer."},
    {"limits", "line_bytes", "8k", Need::optional, from_to(1024, 128 << 10), set<S, &S::limits, &L::line_bytes>,
     "The longest line in a head."},
    {"limits", "head_fields", "100", Need::optional, from_to(10, 128), set<S, &S::limits, &L::head_fields>,
     "The most header fields in a head."},
    {"limits", "replay_bytes", "64k", Need::optional, from_to(0, 1 << 20), set<S, &S::limits, &L::replay_bytes>,
     "The longest request body that is kept while it may have to be sent again."},
    {"authd", "socket", "/run/postern/gate.sock", Need::optional, text_of(Form::socket_path), set<S, &S::authd_socket>,
     "The socket of authd."},
    {"trace", "hosts", "", Need::optional, text_of(Form::host), set<S, &S::trace, &S::Trace::hosts>,
     "Hosts at or below these names are traced."},
    {"trace", "sources", "", Need::optional, {}, set<S, &S::trace, &S::Trace::sources>,
     "Clients in these networks are traced."},
};

// The keys of each [host NAME]; what one leaves out has the general value, so the texts
// here only tell what a key that is not built yet may say.
constexpr Row<H> host_rows[] = {
    {"host NAME", "methods", usual_methods, Need::optional, text_of(Form::method), set<H, &H::methods>,
     "As in [policy], for one host."},
    {"host NAME", "blocked_hosts", "", Need::optional, text_of(Form::host), set<H, &H::blocked_hosts>,
     "As in [policy], for one host."},
    {"host NAME", "strip_request_headers", "", Need::optional, text_of(Form::header), set<H, &H::strip_request_headers>,
     "As in [policy], for one host."},
    {"host NAME", "strip_response_headers", "", Need::optional, text_of(Form::header), set<H, &H::strip_response_headers>,
     "As in [policy], for one host."},
    {"host NAME", "hsts", "no", Need::optional, {}, set<H, &H::hsts>,
     "As in [policy], for one host."},
    {"host NAME", "no_store", "no", Need::optional, {}, set<H, &H::no_store>,
     "As in [policy], for one host."},
    {"host NAME", "websocket_origins", "", Need::optional, text_of(Form::host), set<H, &H::websocket_origins>,
     "As in [policy], for one host."},
    {"host NAME", "plain", "fallback", Need::optional, {}, set<H, &H::plain>,
     "As in [intranet], for one host."},
    {"host NAME", "verify", "yes", Need::optional, {.pin = true}, set<H, &H::verify>,
     "As in [upstream_tls], for one host; sha256:HEX pins its one certificate."},
    {"host NAME", "cors_origins", "", Need::optional, text_of(Form::host), set<H, &H::cors_origins>,
     "As in [policy], for one host."},
    {"host NAME", "public_paths", "", Need::optional, text_of(Form::url_path), set<H, &H::public_paths>,
     "Paths at or below these are served without login."},
};

constexpr std::span<const Row<S>> table(rows);
constexpr std::span<const Row<H>> host_table(host_rows);
constexpr std::string_view host_prefix = "host ";

bool is_free_section(std::string_view section) { return section == "hosts" || section.starts_with(host_prefix); }

Result<void> take_host_policy(const IniSection& section, std::string_view file, S& settings) {
  const auto name = read_text(without_blanks(section.name.substr(host_prefix.size())), Form::host);
  if (!name) return fail(at_line(file, section.line) + "[" + section.name + "]: " + name.error().what);
  if (settings.host_policies.contains(*name)) return fail(at_line(file, section.line) + "[" + section.name + "] is there already");
  HostPolicy policy = settings.everyone;
  for (const IniEntry& entry : section.entries) {
    const auto done = set_entry(host_table, "host NAME", entry, policy);
    if (!done) return fail(at_line(file, entry.line) + done.error().what);
  }
  settings.origin.lines["host " + *name] = section.line;
  settings.host_policies.emplace(*name, std::move(policy));
  return {};
}

Result<void> take_fixed_servers(const IniSection& section, std::string_view file, S& settings) {
  for (const IniEntry& entry : section.entries) {
    auto server = read_fixed_server(entry.key, entry.value);
    if (!server) return fail(at_line(file, entry.line) + "[hosts] " + entry.key + ": " + server.error().what);
    if (settings.fixed_server(server->name) != nullptr)
      return fail(at_line(file, entry.line) + "[hosts] " + entry.key + " is there already");
    settings.origin.lines["hosts " + server->name] = entry.line;
    settings.fixed_servers.push_back(std::move(*server));
  }
  return {};
}

}  // namespace

Result<WfdSettings> parse_wfd(std::string_view text, std::string_view file) {
  const auto sections = TRY(read_ini(text, file));
  WfdSettings settings;
  TRY_VOID(fill(table, sections, file, is_free_section, settings));
  for (const IniSection& section : sections) {  // after fill(): hosts start from the general values
    if (section.name == "hosts") TRY_VOID(take_fixed_servers(section, file, settings));
    if (section.name.starts_with(host_prefix)) TRY_VOID(take_host_policy(section, file, settings));
  }
  TRY_VOID(check_process(settings.origin, settings.process));
  TRY_VOID(check_rules(settings));
  settings.isolation.spare_workers = std::min(settings.isolation.spare_workers, settings.isolation.max_workers);
  return settings;
}

const HostPolicy& WfdSettings::policy_for(std::string_view host) const {
  const auto found = host_policies.find(host);
  return found == host_policies.end() ? everyone : found->second;
}

const FixedServer* WfdSettings::fixed_server(std::string_view host) const {
  for (const FixedServer& server : fixed_servers)
    if (server.name == host) return &server;
  return nullptr;
}

std::vector<KeyInfo> list_wfd_keys() {
  std::vector<KeyInfo> keys;
  list_rows(table, keys);
  list_rows(host_table, keys);
  keys.push_back({"hosts", "NAME", "", false, true, "A fixed server for one host: [http://|https://]ADDRESS[:PORT]."});
  return keys;
}

}  // namespace postern
