// What only the system can answer about a configuration.  Called by the masters and by
// -n, never by a role: a jailed process can see none of this.  Never put here: rules
// that follow from the text alone (settings_*.cc).
#include "common/settings_check.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/jail.h"

namespace postern {
namespace {

// One key of a file whose value is being checked.
struct Place {
  const Origin& origin;
  std::string_view section, key;
  Failure wrong(const std::string& what) const { return fail(origin.where(section, key) + ": " + what); }
};

Result<struct stat> look(const Place& place, const std::string& path) {
  struct stat s{};
  if (::stat(path.c_str(), &s) != 0) return place.wrong(path + ": " + std::strerror(errno));
  return s;
}

Result<void> check_file(const Place& place, const std::string& path) {
  const struct stat s = TRY(look(place, path));
  if (!S_ISREG(s.st_mode)) return place.wrong(path + " is not a file");
  return {};
}

// A file that nobody but its owner, root or who starts us, can read.
Result<void> check_secret_file(const Place& place, const std::string& path) {
  const struct stat s = TRY(look(place, path));
  if (!S_ISREG(s.st_mode)) return place.wrong(path + " is not a file");
  if (s.st_uid != 0 && s.st_uid != ::geteuid()) return place.wrong(path + " must belong to root");
  if ((s.st_mode & 077) != 0) return place.wrong(path + " must not be open to group or others (chmod 600)");
  return {};
}

// That the directory in which `path` will be made exists.
Result<void> check_parent(const Place& place, const std::string& path) {
  const std::string parent = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  const struct stat s = TRY(look(place, parent));
  if (!S_ISDIR(s.st_mode)) return place.wrong(parent + " is not a directory");
  return {};
}

Result<JailPlan> plan_of(const Origin& origin, const ProcessSettings& process, const RoleRow& row) {
  JailPlan plan;
  plan.row = &row;
  plan.directory = process.chroot + "/" + std::string(name_of(row.user));
  if (process.uid_base) {
    plan.uid = plan.gid = *process.uid_base + row.uid_offset;
    return plan;
  }
  const std::string user = process.user_prefix + std::string(name_of(row.user));
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr)
    return Place{origin, "process", "user_prefix"}.wrong("there is no user " + user + " (make install makes it)");
  plan.uid = entry->pw_uid;
  plan.gid = entry->pw_gid;
  return plan;
}

Result<void> check_house(Daemon daemon, const Origin& origin, const ProcessSettings& process, const LogSettings& log) {
  TRY_VOID(check_parent({origin, "process", "pidfile"}, process.pidfile));
  TRY_VOID(check_parent({origin, "log", "socket"}, log.socket));
  for (const RoleRow& row : role_table) {
    if (row.daemon != daemon) continue;
    const JailPlan plan = TRY(plan_of(origin, process, row));
    const auto jail = check_jail(plan);
    if (!jail) return Place{origin, "process", "chroot"}.wrong(jail.error().what + " (make jails builds it)");
  }
  return {};
}

}  // namespace

Result<void> check_system(const RedirdSettings& s) {
  return check_house(Daemon::redird, s.origin, s.process, s.log);
}

Result<void> check_system(const WfdSettings& s) {
  for (const std::string& file : s.tls.certificates) TRY_VOID(check_file({s.origin, "tls", "certificate"}, file));
  for (const std::string& file : s.tls.keys) TRY_VOID(check_secret_file({s.origin, "tls", "key"}, file));
  bool needs_ca = s.everyone.verify.required;
  for (const auto& [host, policy] : s.host_policies) needs_ca = needs_ca || policy.verify.required;
  if (needs_ca) TRY_VOID(check_file({s.origin, "upstream_tls", "ca_file"}, s.ca_file));
  return check_house(Daemon::wfd, s.origin, s.process, s.log);
}

Result<void> check_system(const AuthdSettings& s) {
  TRY_VOID(check_secret_file({s.origin, "store", "sealing_key"}, s.store.sealing_key));
  const auto& keys = s.identity;
  if (!keys.assertion_key.empty()) TRY_VOID(check_secret_file({s.origin, "identity", "assertion_key"}, keys.assertion_key));
  if (!keys.previous_key.empty()) TRY_VOID(check_secret_file({s.origin, "identity", "previous_key"}, keys.previous_key));
  TRY_VOID(check_parent({s.origin, "listen", "gate"}, s.listen.gate));
  TRY_VOID(check_parent({s.origin, "listen", "admin"}, s.listen.admin));
  return check_house(Daemon::authd, s.origin, s.process, s.log);
}

}  // namespace postern
