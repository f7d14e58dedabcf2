// Every key of authd.conf.  A new key is a new row here, a member in settings.h, a
// paragraph in etc/authd.conf and one in man/authd.conf.5; the audit compares them.
// Pure; never put here: a look at the system, or what a value is used for.
#include "common/settings_table.h"

namespace postern {
namespace {

using S = AuthdSettings;
using C = S::Passcode;
using I = S::Identity;
using K = S::Lockout;
using P = ProcessSettings;
using V = S::Session;

constexpr Row<S> rows[] = {
    {"process", "user_prefix", "_authd-", Need::optional, text_of(Form::user_prefix), set<S, &S::process, &P::user_prefix>,
     "Each role runs as the user of this name with the role's name behind it."},
    {"process", "uid_base", "", Need::optional, from_to(1, 2'000'000'000), set<S, &S::process, &P::uid_base>,
     "Instead of user_prefix: roles run as users and groups with numbers from this one plus 20 on."},
    {"process", "chroot", "/var/lib/postern/jail/authd", Need::optional, text_of(Form::path), set<S, &S::process, &P::chroot>,
     "The directory that holds one jail for each role; make jails builds it."},
    {"process", "pidfile", "/run/postern/authd.pid", Need::optional, text_of(Form::path), set<S, &S::process, &P::pidfile>,
     "Where the master writes its process id."},
    {"log", "socket", "/dev/log", Need::optional, text_of(Form::socket_path), set<S, &S::log, &LogSettings::socket>,
     "The socket of syslogd."},
    {"log", "on_failure", "deny", Need::optional, {}, set<S, &S::log, &LogSettings::on_failure>,
     "What happens to logins while nothing can be logged: deny or continue."},
    {"listen", "gate", "/run/postern/gate.sock", Need::optional, text_of(Form::socket_path), set<S, &S::listen, &S::Listen::gate>,
     "The socket for wfd; only root may connect."},
    {"listen", "admin", "/run/postern/admin.sock", Need::optional, text_of(Form::socket_path), set<S, &S::listen, &S::Listen::admin>,
     "The socket for authctl; only root may connect."},
    {"session", "lifetime", "8h", Need::optional, from_to(seconds(1), seconds(30 * 86400)), set<S, &S::session, &V::lifetime>,
     "How long a session lives, whatever its user does."},
    {"session", "idle", "30m", Need::optional, from_to(seconds(1), seconds(30 * 86400)), set<S, &S::session, &V::idle>,
     "How long a session lives without a request."},
    {"session", "idle_counts", "navigation", Need::optional, {}, set<S, &S::session, &V::idle_counts>,
     "Which requests keep a session from being idle: navigation or all."},
    {"session", "bind", "exact", Need::optional, {}, set<S, &S::session, &V::bind>,
     "What of the client's address a session is bound to: exact, prefix or none."},
    {"session", "domain", "example.org", Need::required, text_of(Form::host), set<S, &S::session, &V::domain>,
     "The domain of the session cookie; all names of wfd are at or below it."},
    {"session", "max_sessions", "100000", Need::optional, from_to(1, 1'000'000), set<S, &S::session, &V::max_sessions>,
     "How many sessions there may be."},
    {"session", "sessions_per_user", "10", Need::optional, from_to(1, 10'000), set<S, &S::session, &V::sessions_per_user>,
     "How many sessions one user may have; one more ends the oldest."},
    {"session", "persist", "yes", Need::optional, {}, set<S, &S::session, &V::persist>,
     "Sessions survive a new start of authd: yes or no."},
    {"identity", "assertion_key", "", Need::optional, text_of(Form::path), set<S, &S::identity, &I::assertion_key>,
     "The private key (PEM, EC P-256) that signs assertions; empty: none are made."},
    {"identity", "previous_key", "", Need::optional, text_of(Form::path), set<S, &S::identity, &I::previous_key>,
     "The key before that one (PEM), to be published for another 24 hours."},
    {"identity", "verify_rate", "500", Need::optional, from_to(1, 1'000'000), set<S, &S::identity, &I::verify_rate>,
     "How many questions to /verify one source address may ask in a second."},
    {"passcode", "totp_window", "1", Need::optional, from_to(0, 10), set<S, &S::passcode, &C::totp_window>,
     "How many time steps a token's clock may be off, in both directions."},
    {"passcode", "hotp_window", "10", Need::optional, from_to(1, 48), set<S, &S::passcode, &C::hotp_window>,
     "How many presses a counting token may be ahead."},
    {"passcode", "totp_wide_window", "10", Need::optional, from_to(0, 20), set<S, &S::passcode, &C::totp_wide_window>,
     "How many time steps a token's clock may be off when two passcodes in a row are typed."},
    {"passcode", "hotp_wide_window", "100", Need::optional, from_to(0, 500), set<S, &S::passcode, &C::hotp_wide_window>,
     "How many presses a counting token may be ahead when two passcodes in a row are typed."},
    {"lockout", "free_failures", "5", Need::optional, from_to(1, 1000), set<S, &S::lockout, &K::free_failures>,
     "How many failed logins of one source at one user need no wait."},
    {"lockout", "delay", "1s", Need::optional, from_to(milliseconds(100), seconds(86400)), set<S, &S::lockout, &K::delay>,
     "How long the source waits after the next one; each more doubles it."},
    {"lockout", "max_delay", "15m", Need::optional, from_to(milliseconds(100), seconds(86400)), set<S, &S::lockout, &K::max_delay>,
     "The longest wait."},
    {"store", "path", "/db/authd.db", Need::optional, text_of(Form::path), set<S, &S::store, &S::Store::path>,
     "The database, a file in db/ of the vault's jail."},
    {"store", "sealing_key", "/etc/postern/sealing.key", Need::required, text_of(Form::path), set<S, &S::store, &S::Store::sealing_key>,
     "The file with the random key that seals token secrets; only root may read it."},
};

constexpr std::span<const Row<S>> table(rows);

// The database is named as the vault sees it ("/db/NAME") or as the host does
// (CHROOT/vault/db/NAME); the vault gets its own view.
Result<void> place_store(S& s) {
  const std::string outside = s.process.chroot + "/vault";
  if (s.store.path.starts_with(outside + "/")) s.store.path.erase(0, outside.size());
  const std::size_t name = s.store.path.rfind('/') + 1;
  if (s.store.path.substr(0, name) != "/db/")
    return fail(s.origin.where("store", "path") + ": \"" + s.store.path + "\" is not allowed: write a file in /db/ or in " +
                outside + "/db/");
  return {};
}

Result<void> check_sockets(const S& s) {
  if (s.listen.gate == s.listen.admin) return fail(s.origin.where("listen", "admin") + " is the same as gate");
  return {};
}

}  // namespace

Result<AuthdSettings> parse_authd(std::string_view text, std::string_view file) {
  const auto sections = TRY(read_ini(text, file));
  AuthdSettings settings;
  TRY_VOID(fill(table, sections, file, [](std::string_view) { return false; }, settings));
  TRY_VOID(check_process(settings.origin, settings.process));
  TRY_VOID(check_sockets(settings));
  TRY_VOID(place_store(settings));
  return settings;
}

std::vector<KeyInfo> list_authd_keys() {
  std::vector<KeyInfo> keys;
  list_rows(table, keys);
  return keys;
}

}  // namespace postern
