// The way into the jail: directories that are refused, and what a process is after it.
#include "common/jail.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "unit/catch.h"
#include "unit/common/role_child.h"

using namespace postern;
using test::in_child;
using test::left_with;
using test::Scratch;

namespace {

constexpr unsigned uid = 64321, gid = 64322;

JailPlan plan_of(Daemon daemon, Role role, const std::string& directory) {
  JailPlan plan;
  plan.row = find_role(daemon, role);
  plan.directory = directory;
  plan.uid = uid;
  plan.gid = gid;
  return plan;
}

void make_file(const std::string& path, mode_t mode) {
  const UniqueFd fd = UniqueFd::adopt(::open(path.c_str(), O_CREAT | O_WRONLY | O_EXCL, 0600));
  REQUIRE(fd);
  REQUIRE(::fchmod(fd.get(), mode) == 0);
}
void make_directory(const std::string& path, mode_t mode = 0755) {
  REQUIRE(::mkdir(path.c_str(), 0700) == 0);
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

// All bits of the three capability sets of this process, and of its bounding set.
std::uint64_t all_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return ~std::uint64_t{0};
  std::uint64_t bits = 0;
  for (int i = 0; i < 2; ++i)
    bits |= static_cast<std::uint64_t>(data[i].effective | data[i].permitted | data[i].inheritable) << (32 * i);
  for (unsigned cap = 0; cap < 64; ++cap) {
    if (::prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1) bits |= std::uint64_t{1} << cap;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1) bits |= std::uint64_t{1} << cap;
  }
  return bits;
}

// Enters the jail of `plan` in a new process and asks `work` there: 0 for well.
template <class Work>
int inside(const JailPlan& plan, Work work) {
  return in_child([&] {
    const Result<void> entered = enter_jail(plan);
    if (!entered) {
      (void)!::write(2, entered.error().what.data(), entered.error().what.size());
      return 100;
    }
    return work();
  });
}

}  // namespace

TEST_CASE("a jail of root that holds nothing more than its row is accepted", "[jail]") {
  POSTERN_NEEDS_ROOT
  const Scratch scratch;
  CHECK(check_jail(plan_of(Daemon::redird, Role::porter, scratch.path())).has_value());
  CHECK(check_jail(plan_of(Daemon::wfd, Role::worker, scratch.path())).has_value());  // pages are missed elsewhere
  make_directory(scratch.path() + "/pages");
  make_file(scratch.path() + "/pages/login.html", 0444);
  make_directory(scratch.path() + "/pages/static");
  make_file(scratch.path() + "/pages/static/style.css", 0644);
  CHECK(check_jail(plan_of(Daemon::wfd, Role::worker, scratch.path())).has_value());
  CHECK_FALSE(check_jail(plan_of(Daemon::redird, Role::porter, scratch.path())).has_value());
}

TEST_CASE("a jail that somebody else could change, or that holds what it should not, is refused", "[jail]") {
  POSTERN_NEEDS_ROOT
  const Scratch scratch;
  const std::string top = scratch.path(), pages = top + "/pages", file = pages + "/x";
  make_directory(pages);
  make_file(file, 0644);
  const JailPlan plan = plan_of(Daemon::wfd, Role::worker, top);
  REQUIRE(check_jail(plan).has_value());
  std::string culprit = file;
  SECTION("the top of another user") { culprit = top; REQUIRE(::chown(top.c_str(), uid, 0) == 0); }
  SECTION("the top of another group") { culprit = top; REQUIRE(::chown(top.c_str(), 0, gid) == 0); }
  SECTION("the top writable by all") { culprit = top; REQUIRE(::chmod(top.c_str(), 0777) == 0); }
  SECTION("the top writable by its group") { culprit = top; REQUIRE(::chmod(top.c_str(), 0775) == 0); }
  SECTION("a directory below of another user") { culprit = pages; REQUIRE(::chown(pages.c_str(), uid, 0) == 0); }
  SECTION("a directory below writable by all") { culprit = pages; REQUIRE(::chmod(pages.c_str(), 01777) == 0); }
  SECTION("a file of another user") { REQUIRE(::chown(file.c_str(), uid, 0) == 0); }
  SECTION("a file writable by all") { REQUIRE(::chmod(file.c_str(), 0646) == 0); }
  SECTION("a set-user-id file") { REQUIRE(::chmod(file.c_str(), 04755) == 0); }
  SECTION("a set-group-id file") { REQUIRE(::chmod(file.c_str(), 02755) == 0); }
  SECTION("a link") { culprit = pages + "/l"; REQUIRE(::symlink("/etc/passwd", culprit.c_str()) == 0); }
  SECTION("a pipe") { culprit = pages + "/p"; REQUIRE(::mkfifo(culprit.c_str(), 0600) == 0); }
  SECTION("a device") { culprit = pages + "/d"; REQUIRE(::mknod(culprit.c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0); }
  SECTION("something beside its row") { culprit = top + "/etc"; make_directory(culprit); }
  SECTION("something hidden beside its row") { culprit = top + "/..."; make_file(culprit, 0600); }
  SECTION("a link in place of its row") {
    culprit = pages;
    REQUIRE(::rename(pages.c_str(), (top + "-moved").c_str()) == 0);
    REQUIRE(::symlink((top + "-moved").c_str(), pages.c_str()) == 0);
  }
  const Result<void> checked = check_jail(plan);
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().what.starts_with(culprit + " "));
  CHECK_FALSE(enter_jail(plan).has_value());  // and nobody enters; this process stays as it was
  CHECK(::geteuid() == 0);
  (void)!std::system(("rm -rf -- " + top + "-moved").c_str());
}

TEST_CASE("a jail that is missing, no directory, or a link to one is refused", "[jail]") {
  POSTERN_NEEDS_ROOT
  const Scratch scratch;
  make_file(scratch.path() + "/file", 0644);
  make_directory(scratch.path() + "/real");
  REQUIRE(::symlink("real", (scratch.path() + "/link").c_str()) == 0);
  CHECK(check_jail(plan_of(Daemon::redird, Role::porter, scratch.path() + "/real")).has_value());
  for (const char* name : {"/missing", "/file", "/link"})
    CHECK_FALSE(check_jail(plan_of(Daemon::redird, Role::porter, scratch.path() + name)).has_value());
}

TEST_CASE("the database's directory belongs to the vault alone, with mode 0700", "[jail]") {
  POSTERN_NEEDS_ROOT
  const Scratch scratch;
  const std::string db = scratch.path() + "/db";
  make_directory(db, 0700);
  const JailPlan plan = plan_of(Daemon::authd, Role::vault, scratch.path());
  CHECK_FALSE(check_jail(plan).has_value());  // still root's
  REQUIRE(::chown(db.c_str(), uid, gid) == 0);
  CHECK(check_jail(plan).has_value());
  for (const mode_t mode : {0755, 0770, 0701, 01700, 04700, 02700, 0500}) {
    REQUIRE(::chmod(db.c_str(), mode) == 0);
    CHECK_FALSE(check_jail(plan).has_value());
  }
  REQUIRE(::chmod(db.c_str(), 0700) == 0);
  REQUIRE(::chown(db.c_str(), uid + 1, gid) == 0);
  CHECK_FALSE(check_jail(plan).has_value());
}

TEST_CASE("inside its jail a role is its user, without groups, capabilities or a way back", "[jail]") {
  POSTERN_NEEDS_ROOT
  const RoleRow row = GENERATE(from_range(std::vector<RoleRow>(std::begin(role_table), std::end(role_table))));
  INFO(name_of(row.daemon) << "/" << name_of(row.role));
  const Scratch scratch;
  const gid_t groups[] = {4, 27, 44};
  const int status = in_child([&] {
    if (::setgroups(3, groups) != 0) return 1;
    ::setenv("SECRET", "x", 1);
    if (!enter_jail(plan_of(row.daemon, row.role, scratch.path()))) return 2;
    uid_t r = 0, e = 0, s = 0;
    gid_t rg = 0, eg = 0, sg = 0;
    if (::getresuid(&r, &e, &s) != 0 || r != uid || e != uid || s != uid) return 3;
    if (::getresgid(&rg, &eg, &sg) != 0 || rg != gid || eg != gid || sg != gid) return 4;
    if (::getgroups(0, nullptr) != 0) return 5;
    if (all_capabilities() != 0) return 6;
    if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 7;
    if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return 8;
    if (::setuid(0) == 0 || ::setgid(0) == 0 || ::setgroups(0, nullptr) == 0) return 9;
    if (::getenv("SECRET") != nullptr) return 10;
    int signal_of_parent = 0;
    if (::prctl(PR_GET_PDEATHSIG, &signal_of_parent, 0, 0, 0) != 0 || signal_of_parent != SIGKILL) return 11;
    return ::umask(0) == 077 ? 0 : 12;
  });
  CHECK(left_with(status, 0));
  INFO("status " << status);
}

TEST_CASE("the jail is the root, and there is no way out of it", "[jail]") {
  POSTERN_NEEDS_ROOT
  const Scratch scratch;
  CHECK(left_with(inside(plan_of(Daemon::redird, Role::porter, scratch.path()), [] {
    char where[64] = "";
    if (::getcwd(where, sizeof where) == nullptr || std::string(where) != "/") return 1;
    for (const char* path : {"/etc/passwd", "/proc/self/exe", "/dev/null", "/../etc/passwd", "../../../../etc/passwd"})
      if (::open(path, O_RDONLY) >= 0) return 2;
    if (::chroot("/") == 0 || ::chroot("..") == 0) return 3;
    if (::open("/x", O_CREAT | O_WRONLY, 0600) >= 0 || ::mkdir("/x", 0700) == 0) return 4;
    return ::mount("none", "/", "tmpfs", 0, nullptr) == 0 ? 5 : 0;
  }), 0));
}

TEST_CASE("a role's limits are those of its row, and cannot be raised", "[jail]") {
  POSTERN_NEEDS_ROOT
  const RoleRow row = GENERATE(from_range(std::vector<RoleRow>(std::begin(role_table), std::end(role_table))));
  INFO(name_of(row.daemon) << "/" << name_of(row.role));
  const Scratch scratch;
  rlimit given{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &given) == 0);
  const std::uint64_t files = std::min<std::uint64_t>(row.limits.files, given.rlim_max);
  const int status = inside(plan_of(row.daemon, row.role, scratch.path()), [&] {
    constexpr std::uint64_t mib = 1024 * 1024;
    const std::pair<int, std::uint64_t> wanted[] = {
        {RLIMIT_NOFILE, files}, {RLIMIT_NPROC, row.limits.processes}, {RLIMIT_DATA, row.limits.memory * mib},
        {RLIMIT_FSIZE, row.limits.file_size * mib}, {RLIMIT_CORE, 0}, {RLIMIT_MEMLOCK, 0}};
    for (const auto& [which, value] : wanted) {
      rlimit limit{};
      if (::getrlimit(static_cast<__rlimit_resource>(which), &limit) != 0) return 1;
      if (limit.rlim_max > value || limit.rlim_cur != limit.rlim_max) return 2;
      const rlimit more{value + 1, value + 1};
      if (::setrlimit(static_cast<__rlimit_resource>(which), &more) == 0) return 3;
    }
    if (row.limits.processes == 0 && ::fork() >= 0) return 4;
    return 0;
  });
  CHECK(left_with(status, 0));
}

TEST_CASE("only the broker, and only when asked to, keeps CAP_NET_RAW and nothing else", "[jail]") {
  POSTERN_NEEDS_ROOT
  const Scratch scratch;
  JailPlan plan = plan_of(Daemon::wfd, Role::broker, scratch.path());
  plan.client_address = true;
  CHECK(left_with(inside(plan, [] { return all_capabilities() == std::uint64_t{1} << CAP_NET_RAW ? 0 : 1; }), 0));
}

TEST_CASE("nobody becomes root by way of a plan", "[jail]") {
  POSTERN_NEEDS_ROOT
  const Scratch scratch;
  JailPlan plan = plan_of(Daemon::redird, Role::porter, scratch.path());
  plan.uid = 0;
  CHECK(left_with(in_child([&] { return enter_jail(plan) ? 1 : 0; }), 0));
  plan.uid = uid;
  plan.gid = 0;
  CHECK(left_with(in_child([&] { return enter_jail(plan) ? 1 : 0; }), 0));
}

TEST_CASE("a process dies with its parent, and not without knowing that it is dead already", "[jail]") {
  CHECK(left_with(in_child([] { return die_with_parent(1234567) ? 1 : 0; }), 0));
  auto [mine, theirs] = make_channel().value();
  const int status = in_child([&] {
    const int parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);
      const bool asked = die_with_parent(parent).has_value();
      if (!asked || ::send(theirs.get(), "x", 1, 0) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    pollfd sign{mine.get(), POLLIN, 0};
    return ::poll(&sign, 1, 5000) == 1 ? 0 : 1;  // the child waits; now its parent goes
  });
  CHECK(left_with(status, 0));
  theirs.reset();
  char sign = 0;
  REQUIRE(::recv(mine.get(), &sign, 1, 0) == 1);
  pollfd end{mine.get(), POLLIN, 0};
  CHECK(::poll(&end, 1, 5000) == 1);  // nobody holds the other end any more
}
