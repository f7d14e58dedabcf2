// Every key of redird.conf.  A new key is a new row here, a member in settings.h, a
// paragraph in etc/redird.conf and one in man/redird.conf.5; the audit compares them.
// Pure; never put here: a look at the system, or what a value is used for.
#include "common/settings_table.h"

namespace postern {
namespace {

using S = RedirdSettings;
using L = S::Limits;
using P = ProcessSettings;

constexpr Row<S> rows[] = {
    {"process", "user_prefix", "_redird-", Need::optional, text_of(Form::user_prefix), set<S, &S::process, &P::user_prefix>,
     "Each role runs as the user of this name with the role's name behind it."},
    {"process", "uid_base", "", Need::optional, from_to(1, 2'000'000'000), set<S, &S::process, &P::uid_base>,
     "Instead of user_prefix: roles run as users and groups with numbers from this one on."},
    {"process", "chroot", "/var/lib/postern/jail/redird", Need::optional, text_of(Form::path), set<S, &S::process, &P::chroot>,
     "The directory that holds one jail for each role; make jails builds it."},
    {"process", "pidfile", "/run/postern/redird.pid", Need::optional, text_of(Form::path), set<S, &S::process, &P::pidfile>,
     "Where the master writes its process id."},
    {"log", "socket", "/dev/log", Need::optional, text_of(Form::socket_path), set<S, &S::log, &LogSettings::socket>,
     "The socket of syslogd."},
    {"log", "on_failure", "deny", Need::optional, {}, set<S, &S::log, &LogSettings::on_failure>,
     "What happens to clients while nothing can be logged: deny or continue."},
    {"listen", "address", "0.0.0.0,::", Need::optional, {}, set<S, &S::listen, &ListenSettings::addresses>,
     "The addresses to listen on; :: listens on IPv6 only."},
    {"listen", "port", "80", Need::optional, {}, set<S, &S::listen, &ListenSettings::port>,
     "The port to listen on."},
    {"listen", "mode", "redirect", Need::optional, {}, set<S, &S::listen, &ListenSettings::mode>,
     "How connections get here: redirect, tproxy or direct."},
    {"redirect", "domain", "example.org", Need::required, text_of(Form::host), set<S, &S::domains>,
     "Hosts at or below these names are ours and get a redirect to https."},
    {"isolation", "connections_per_worker", "256", Need::optional, from_to(1, 1500), set<S, &S::isolation, &S::Isolation::connections_per_worker>,
     "How many connections one worker serves at the same time."},
    {"isolation", "workers", "2", Need::optional, from_to(1, 64), set<S, &S::isolation, &S::Isolation::workers>,
     "How many workers there are."},
    {"limits", "per_source", "100", Need::optional, from_to(1, 100'000), set<S, &S::source, &SourceLimits::live>,
     "Live connections of one source address (IPv6: of one /64)."},
    {"limits", "per_source_rate", "600", Need::optional, from_to(1, 1'000'000), set<S, &S::source, &SourceLimits::per_minute>,
     "New connections a minute of one source address."},
    {"limits", "penalty_limit", "100", Need::optional, from_to(1, 1'000'000), set<S, &S::source, &SourceLimits::penalty_limit>,
     "The penalty score at which a source address is refused."},
    {"limits", "penalty_halving", "1m", Need::optional, from_to(seconds(1), seconds(86400)), set<S, &S::source, &SourceLimits::penalty_halving>,
     "The time in which a penalty score halves."},
    {"limits", "head_timeout", "10s", Need::optional, from_to(milliseconds(100), seconds(3600)), set<S, &S::limits, &L::head_timeout>,
     "How long a client may take for its request head, and again to take the answer."},
    {"limits", "head_bytes", "8k", Need::optional, from_to(512, 256 << 10), set<S, &S::limits, &L::head_bytes>,
     "The longest request head."},
};

constexpr std::span<const Row<S>> table(rows);

}  // namespace

Result<RedirdSettings> parse_redird(std::string_view text, std::string_view file) {
  const auto sections = TRY(read_ini(text, file));
  RedirdSettings settings;
  TRY_VOID(fill(table, sections, file, [](std::string_view) { return false; }, settings));
  TRY_VOID(check_process(settings.origin, settings.process));
  return settings;
}

std::vector<KeyInfo> list_redird_keys() {
  std::vector<KeyInfo> keys;
  list_rows(table, keys);
  return keys;
}

}  // namespace postern
