// The steps into the jail.  The only file, with sandbox.cc, that knows libcap-ng and
// the calls that give up privilege.  Called by role_process.cc.  Never add a step that
// may fail quietly.

#include "common/jail.h"

#include <cap-ng.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "common/unique_fd.h"

namespace postern {
namespace {

struct CloseDirectory {
  void operator()(DIR* d) const { ::closedir(d); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

bool root_alone_writes(const struct stat& s) {
  return s.st_uid == 0 && s.st_gid == 0 && (s.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Result<struct stat> look_at(const std::string& path) {
  struct stat s{};
  if (::lstat(path.c_str(), &s) != 0) return fail_errno("cannot look at " + path);
  return s;
}

Result<void> check_tree(const std::string& path, bool files_too);

Result<void> check_entry(const std::string& path, bool files_too) {
  const struct stat s = TRY(look_at(path));
  if (!root_alone_writes(s)) return fail(path + " must belong to root and be writable by nobody else");
  if (S_ISDIR(s.st_mode)) return check_tree(path, files_too);
  if (!S_ISREG(s.st_mode) || !files_too) return fail(path + " has no place in a jail");
  if ((s.st_mode & (S_ISUID | S_ISGID)) != 0) return fail(path + " must not be set-id");
  return {};
}

Result<void> check_tree(const std::string& path, bool files_too) {
  const Directory directory(::opendir(path.c_str()));
  if (!directory) return fail_errno("cannot read " + path);
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    TRY_VOID(check_entry(path + "/" + std::string(name), files_too));
  }
  return {};
}

// The database's directory: the role's own, and nobody else may look in.
Result<void> check_own_directory(const std::string& path, const JailPlan& plan) {
  const struct stat s = TRY(look_at(path));
  if (!S_ISDIR(s.st_mode) || s.st_uid != plan.uid || (s.st_mode & 07777) != 0700)
    return fail(path + " must be a directory of user " + std::to_string(plan.uid) + " with mode 0700");
  return {};
}

// Never more than the process was given: a host that allows less is obeyed.
Result<void> set_limit(int which, std::uint64_t value) {
  rlimit given{};
  if (::getrlimit(static_cast<__rlimit_resource>(which), &given) != 0)
    return fail_errno("cannot ask for a resource limit");
  const rlim_t most = std::min<rlim_t>(value, given.rlim_max);
  if (given.rlim_cur == most && given.rlim_max == most) return {};
  const rlimit limit{most, most};
  if (::setrlimit(static_cast<__rlimit_resource>(which), &limit) != 0)
    return fail_errno("cannot set a resource limit");
  return {};
}

Result<void> change_root(const std::string& directory) {
  UniqueFd root = UniqueFd::adopt(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root) return fail_errno("cannot open " + directory);
  if (::fchdir(root.get()) != 0 || ::chroot(".") != 0 || ::chdir("/") != 0)
    return fail_errno("cannot make " + directory + " the root");
  return {};
}

Result<void> drop_privileges(const JailPlan& plan) {
  capng_clear(CAPNG_SELECT_ALL);
  if (plan.client_address &&
      capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED), CAP_NET_RAW) != 0)
    return fail("cannot keep CAP_NET_RAW");
  const int changed = capng_change_id(
      static_cast<int>(plan.uid), static_cast<int>(plan.gid),
      static_cast<capng_flags_t>(CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT));
  if (changed != 0) return fail("cannot give up privileges: step " + std::to_string(changed));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("cannot set no-new-privs");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("cannot forbid core dumps");
  return {};
}

// Tries what must not work any more.
Result<void> prove(const JailPlan& plan) {
  uid_t r = 0, e = 0, s = 0;
  gid_t rg = 0, eg = 0, sg = 0;
  if (::getresuid(&r, &e, &s) != 0 || ::getresgid(&rg, &eg, &sg) != 0)
    return fail_errno("cannot ask who we are");
  if (r != plan.uid || e != plan.uid || s != plan.uid || rg != plan.gid || eg != plan.gid || sg != plan.gid)
    return fail("still somebody else after giving up privileges");
  if (plan.uid == 0 || plan.gid == 0 || ::setresuid(0, 0, 0) == 0 || ::chroot(".") == 0)
    return fail("root can be had again after giving up privileges");
  if (::getgroups(0, nullptr) != 0) return fail("supplementary groups are left");
  if (::access("/proc", F_OK) == 0 || ::access("/etc", F_OK) == 0) return fail("the jail is not the root");
  capng_get_caps_process();
  const capng_results_t left = capng_have_capabilities(CAPNG_SELECT_CAPS);
  if (left != CAPNG_NONE && !(plan.client_address && left == CAPNG_PARTIAL)) return fail("capabilities are left");
  return {};
}

}  // namespace

Result<void> check_jail(const JailPlan& plan) {
  const struct stat top = TRY(look_at(plan.directory));
  if (!S_ISDIR(top.st_mode) || !root_alone_writes(top))
    return fail(plan.directory + " must be a directory of root, writable by nobody else");
  const Directory directory(::opendir(plan.directory.c_str()));
  if (!directory) return fail_errno("cannot read " + plan.directory);
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string path = plan.directory + "/" + std::string(name);
    if (name != plan.row->files) return fail(path + " has no place in a jail");
    if (name == "db") TRY_VOID(check_own_directory(path, plan));
    else TRY_VOID(check_entry(path, true));
  }
  return {};
}

Result<void> die_with_parent(int parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
    return fail_errno("cannot ask to die with the parent");
  if (::getppid() != parent) return fail("the parent is dead already");
  return {};
}

Result<void> limit_resources(const Limits& limits) {
  constexpr std::uint64_t mib = 1024 * 1024;
  TRY_VOID(set_limit(RLIMIT_NOFILE, limits.files));
  TRY_VOID(set_limit(RLIMIT_NPROC, limits.processes));
  TRY_VOID(set_limit(RLIMIT_DATA, limits.memory * mib));
  TRY_VOID(set_limit(RLIMIT_FSIZE, limits.file_size * mib));
  TRY_VOID(set_limit(RLIMIT_CORE, 0));
  return set_limit(RLIMIT_MEMLOCK, 0);
}

Result<void> enter_jail(const JailPlan& plan) {
  const int parent = ::getppid();
  capng_get_caps_process();  // learns what the kernel has while /proc is still there
  TRY_VOID(check_jail(plan));
  if (::clearenv() != 0) return fail("cannot clear the environment");
  ::umask(077);
  TRY_VOID(limit_resources(plan.row->limits));
  TRY_VOID(change_root(plan.directory));
  TRY_VOID(drop_privileges(plan));
  TRY_VOID(die_with_parent(parent));  // the change of user had cleared it
  return prove(plan);
}

Result<void> fill_numbers_below(int limit) {
  UniqueFd filler = UniqueFd::adopt(::memfd_create("filler", MFD_CLOEXEC));
  if (!filler) return fail_errno("cannot make a filler");
  for (;;) {
    const int fd = ::fcntl(filler.get(), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return fail_errno("cannot fill the low descriptor numbers");
    if (fd < limit) continue;
    UniqueFd::adopt(fd).reset();
    break;
  }
  (void)filler.release();
  return {};
}

}  // namespace postern
