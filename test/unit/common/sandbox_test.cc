// Every system call there is, tried under the filter of every role in a process of its
// own, against the table read once more: a new row is tried without a new test.
#include "common/sandbox.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/log.h"
#include "common/sandbox_policy.h"
#include "unit/catch.h"
#include "unit/common/children.h"

using namespace postern;
using test::in_child;
using test::killed_by;
using test::left_with;

namespace {

using Args = std::array<unsigned long, 6>;
constexpr unsigned long all_ones = ~0ul;  // no call does harm with these
constexpr unsigned long set_mode_strict = 0, set_mode_filter = 1;  // of seccomp(2)
constexpr int last_call = 520;
const std::vector<Role> every_role = {Role::logger, Role::porter, Role::nursery, Role::worker,
                               Role::signer, Role::broker, Role::sessions, Role::vault};

// ---- the table, read in another way than sandbox.cc reads it ---------------------

bool listed(const SandboxRule& rule, Role role) {
  switch (role) {
    case Role::logger: return rule.logger;
    case Role::porter: return rule.porter;
    case Role::nursery: return rule.nursery || rule.worker;
    case Role::worker: return rule.worker;
    case Role::signer: return rule.signer;
    case Role::broker: return rule.broker;
    case Role::sessions: return rule.sessions;
    case Role::vault: return rule.vault;
    default: return false;
  }
}

constexpr unsigned long fork_as_libc = CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD;

bool holds(When when, const SandboxRule& rule, const Args& a, bool client_address) {
  const auto low = [&](int i) { return static_cast<unsigned>(a[static_cast<std::size_t>(i)]); };
  switch (when) {
    case When::any: return true;
    case When::own_abort: return false;  // has tests of its own
    case When::only_abort: return low(2) == SIGABRT;
    case When::fixed_channel: return low(0) < 64;
    case When::not_fixed: return low(0) >= 64;
    case When::not_shared: return low(0) != 200 && low(0) != 201;
    case When::no_exec: return (low(2) & PROT_EXEC) == 0;
    case When::empty_path: return low(3) == AT_EMPTY_PATH;
    case When::only_sigkill: return low(1) == SIGKILL;
    case When::plain_fork: return a[0] == fork_as_libc;
    case When::own_limits: return low(0) == 0;
    case When::unread_bytes: return low(1) == TIOCOUTQ;
    case When::waiting_bytes: return low(1) == FIONREAD;
    case When::to_stderr: return low(0) == 2;
    case When::tcp_socket:
      return (low(0) == AF_INET || low(0) == AF_INET6) && low(1) == (SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK) && low(2) == 0;
    case When::set_flags: return low(1) == F_GETFL || low(1) == F_SETFL || low(1) == F_GETFD || low(1) == F_SETFD;
    case When::set_name: return low(0) == PR_SET_NAME;
    case When::parent_death: return low(0) == PR_SET_PDEATHSIG;
    case When::install_filter: return low(0) == set_mode_filter;
    case When::nodelay: return low(1) == IPPROTO_TCP && low(2) == TCP_NODELAY;
    case When::client_address:
      return client_address && (rule.call == SYS_bind || (low(1) == IPPROTO_IP && low(2) == IP_TRANSPARENT) ||
                                (low(1) == IPPROTO_IPV6 && low(2) == IPV6_TRANSPARENT));
  }
  return false;
}

// Arguments that do, and arguments that do not, fit a condition.
std::vector<Args> probes_of(When when) {
  const auto with = [](int at, unsigned long value) {
    Args a;
    a.fill(all_ones);
    a[static_cast<std::size_t>(at)] = value;
    return a;
  };
  const auto with_two = [](int at, unsigned long first, unsigned long second) {
    Args a;
    a.fill(all_ones);
    a[static_cast<std::size_t>(at)] = first;
    a[static_cast<std::size_t>(at + 1)] = second;
    return a;
  };
  constexpr unsigned long high = 1ul << 32;  // above what the kernel looks at
  switch (when) {
    case When::any: case When::own_abort: case When::only_abort: return {};
    case When::fixed_channel: case When::not_fixed:
      return {with(0, 63), with(0, 64), with(0, 1000), with(0, high | 63), with(0, high | 64)};
    case When::not_shared: return {with(0, 199), with(0, 200), with(0, 201), with(0, 202), with(0, high | 200)};
    case When::no_exec:
      return {with(2, PROT_READ | PROT_WRITE), with(2, PROT_READ | PROT_EXEC), with(2, PROT_EXEC), with(2, high | PROT_EXEC), with(2, 0)};
    case When::empty_path: return {with(3, AT_EMPTY_PATH), with(3, 0), with(3, AT_SYMLINK_NOFOLLOW)};
    case When::only_sigkill: return {with_two(0, 0x7ffffff0, SIGKILL), with_two(0, 0x7ffffff0, SIGTERM), with_two(0, 0x7ffffff0, 0)};
    case When::plain_fork: {
      Args fork{}, thread{}, space{}, high_flags{};
      fork[0] = fork_as_libc;
      thread[0] = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
      space[0] = CLONE_NEWUSER | SIGCHLD;
      high_flags[0] = fork_as_libc | (1ul << 33);
      return {fork, thread, space, high_flags};
    }
    case When::own_limits: return {with(0, 0), with(0, 1), with(0, 0x7ffffff0)};
    case When::unread_bytes: return {with(1, TIOCOUTQ), with(1, TIOCSTI), with(1, 0)};
    case When::waiting_bytes: return {with(1, FIONREAD), with(1, TIOCSTI), with(1, 0)};
    case When::to_stderr: return {with(0, 2), with(0, 1), with(0, 3)};
    case When::tcp_socket: {
      std::vector<Args> all;
      constexpr unsigned long stream = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
      for (const unsigned long family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET, AF_ALG})
        for (const unsigned long type : {stream, static_cast<unsigned long>(SOCK_RAW), static_cast<unsigned long>(SOCK_DGRAM)})
          for (const unsigned long protocol : {0ul, static_cast<unsigned long>(IPPROTO_ICMP), 262ul})
            all.push_back({family, type, protocol, 0, 0, 0});
      return all;
    }
    case When::set_flags:
      return {with(1, F_GETFL), with(1, F_SETFL), with(1, F_GETFD), with(1, F_SETFD), with(1, F_DUPFD), with(1, F_DUPFD_CLOEXEC), with(1, F_SETOWN)};
    case When::set_name: case When::parent_death:
      return {with(0, PR_SET_NAME), with(0, PR_SET_PDEATHSIG), with(0, PR_SET_DUMPABLE), with(0, PR_SET_SECCOMP), with(0, PR_CAPBSET_DROP)};
    case When::install_filter: return {with(0, set_mode_filter), with(0, set_mode_strict)};
    case When::nodelay: case When::client_address:
      return {with_two(1, IPPROTO_TCP, TCP_NODELAY), with_two(1, SOL_SOCKET, TCP_NODELAY), with_two(1, IPPROTO_TCP, TCP_KEEPIDLE), with_two(1, IPPROTO_TCP, TCP_ULP),
              with_two(1, IPPROTO_TCP, TCP_CONGESTION), with_two(1, IPPROTO_TCP, TCP_REPAIR), with_two(1, IPPROTO_TCP, TCP_FASTOPEN_CONNECT),
              with_two(1, SOL_SOCKET, SO_KEEPALIVE), with_two(1, SOL_SOCKET, SO_ATTACH_FILTER), with_two(1, SOL_SOCKET, SO_MARK),
              with_two(1, SOL_SOCKET, SO_SNDBUF), with_two(1, IPPROTO_IP, IP_TRANSPARENT), with_two(1, IPPROTO_IPV6, IPV6_TRANSPARENT),
              with_two(1, IPPROTO_IP, IP_OPTIONS)};
  }
  return {};
}

std::vector<Args> probes_of(int call) {
  Args ones;
  ones.fill(all_ones);
  std::vector<Args> all = {ones};
  for (const SandboxRule& rule : sandbox_policy)
    if (rule.call == call)
      for (const Args& a : probes_of(rule.when)) all.push_back(a);
  return all;
}

bool permitted(Role role, int call, const Args& args, bool client_address) {
  for (const SandboxRule& rule : sandbox_policy)
    if (rule.call == call && listed(rule, role) && holds(rule.when, rule, args, client_address)) return true;
  return false;
}

// uretprobe and uprobe: newer kernels make them themselves, from pages of their own, and
// show them to no filter; from anywhere else they do nothing or end in SIGILL.
bool never_filtered(int call) {
#if defined(__x86_64__)
  return call == 335 || call == 336;
#else
  (void)call;
  return false;
#endif
}

// ---- processes under filters -----------------------------------------------------

bool confine(std::initializer_list<Sandbox*> filters) {
  if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return false;  // no harm if a filter is wrong
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  for (Sandbox* filter : filters)
    if (!filter->install()) return false;
  return true;
}

constexpr int survived = 42, unconfined = 43;

// The end of a process that makes one call under `filters`.
int end_of(std::initializer_list<Sandbox*> filters, long call, const Args& a) {
  return in_child([&] {
    if (!confine(filters)) return unconfined;
    (void)::syscall(call, a[0], a[1], a[2], a[3], a[4], a[5]);
    return survived;
  });
}

template <class Work>
int under(Role role, Work work) {
  Sandbox filter = Sandbox::compile(role, false).value();
  return in_child([&] { return confine({&filter}) ? work() : unconfined; });
}

std::string describe(Role role, int call, const Args& a) {
  std::string text = std::string(name_of(role)) + ": call " + std::to_string(call) + "(";
  for (const unsigned long v : a) text += std::to_string(static_cast<long>(v)) + " ";
  return text + ")";
}

void try_every_call(Role role, std::initializer_list<Sandbox*> filters, bool client_address) {
  unsigned passed = 0, killed = 0;
  for (int call = 0; call <= last_call; ++call) {
    if (call == SYS_tgkill || never_filtered(call)) continue;  // the first has its own tests
    for (const Args& a : probes_of(call)) {
      const int status = end_of(filters, call, a);
      const bool dead = killed_by(status, SIGSYS);
      ++(dead ? killed : passed);
      if (left_with(status, unconfined)) FAIL("cannot be confined here");
      if (dead == permitted(role, call, a, client_address))
        FAIL_CHECK(describe(role, call, a) << (dead ? " is killed" : " passes") << ", status " << status);
    }
  }
  CHECK(passed > 30);
  CHECK(killed > 300);
}

}  // namespace

TEST_CASE("a role makes the calls of its column and dies of every other", "[sandbox]") {
  const Role role = GENERATE(from_range(every_role));
  Sandbox filter = Sandbox::compile(role, false).value();
  try_every_call(role, {&filter}, false);
}

TEST_CASE("a worker under its nursery's filter and its own can do just what its column says", "[sandbox]") {
  Sandbox nursery = Sandbox::compile(Role::nursery, false).value();
  Sandbox worker = Sandbox::compile(Role::worker, false).value();
  try_every_call(Role::worker, {&nursery, &worker}, false);
}

TEST_CASE("with the client's address as source the broker may bind, and nobody else", "[sandbox]") {
  Sandbox broker = Sandbox::compile(Role::broker, true).value();
  try_every_call(Role::broker, {&broker}, true);
  for (const Role role : every_role) {
    if (role == Role::broker) continue;
    Sandbox filter = Sandbox::compile(role, true).value();
    CHECK(killed_by(end_of({&filter}, SYS_bind, {all_ones, 0, 0, 0, 0, 0}), SIGSYS));
  }
}

TEST_CASE("other doors into the kernel are closed", "[sandbox]") {
  const Role role = GENERATE(from_range(every_role));
  Sandbox filter = Sandbox::compile(role, false).value();
#if defined(__x86_64__)
  for (const long call : {39l, 0l, 1l, 41l, 59l, 512l, 520l, 545l})  // as an x32 program numbers them
    CHECK(killed_by(end_of({&filter}, 0x40000000l | call, {}), SIGSYS));
  CHECK(killed_by(in_child([&] {
    if (!confine({&filter})) return unconfined;
    long result = 20;  // getpid() of i386
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    return survived;
  }), SIGSYS));
#endif
  CHECK(killed_by(end_of({&filter}, -1, {}), SIGSYS));
  CHECK(killed_by(end_of({&filter}, 0x7fffffff, {}), SIGSYS));
}

TEST_CASE("a role cannot loosen its filter, nor use what it was named for in general", "[sandbox]") {
  const Role role = GENERATE(from_range(every_role));
  struct Row { const char* what; long call; };
  const Row row = GENERATE(values<Row>({{"execve", SYS_execve}, {"execveat", SYS_execveat}, {"ptrace", SYS_ptrace},
                                        {"bpf", SYS_bpf}, {"io_uring_setup", SYS_io_uring_setup}, {"userfaultfd", SYS_userfaultfd},
                                        {"process_vm_readv", SYS_process_vm_readv}, {"process_vm_writev", SYS_process_vm_writev},
                                        {"memfd_create", SYS_memfd_create}, {"clone3", SYS_clone3}, {"unshare", SYS_unshare},
                                        {"setns", SYS_setns}, {"mount", SYS_mount}, {"chroot", SYS_chroot},
                                        {"pidfd_getfd", SYS_pidfd_getfd}, {"tkill", SYS_tkill}, {"rt_sigqueueinfo", SYS_rt_sigqueueinfo},
                                        {"pkey_mprotect", SYS_pkey_mprotect}, {"shmat", SYS_shmat}, {"personality", SYS_personality},
                                        {"dup3", SYS_dup3}, {"ioctl", SYS_ioctl}, {"listen", SYS_listen}, {"keyctl", SYS_keyctl},
                                        {"splice", SYS_splice}, {"sendfile", SYS_sendfile}, {"name_to_handle_at", SYS_name_to_handle_at}}));
  INFO(name_of(role) << ": " << row.what);
  Args ones;
  ones.fill(all_ones);
  Sandbox filter = Sandbox::compile(role, false).value();
  CHECK(killed_by(end_of({&filter}, row.call, ones), SIGSYS));
}

TEST_CASE("the rows that matter most say what they should", "[sandbox]") {
  const auto has = [](Role role, int call) {
    for (const SandboxRule& rule : sandbox_policy)
      if (rule.call == call && listed(rule, role)) return true;
    return false;
  };
  for (const Role role : every_role) {
    INFO(name_of(role));
    CHECK(has(role, SYS_socket) == (role == Role::broker));
    CHECK(has(role, SYS_connect) == (role == Role::broker));
    CHECK(has(role, SYS_setsockopt) == (role == Role::broker));
    CHECK(has(role, SYS_openat) == (role == Role::vault));
    CHECK(has(role, SYS_clone) == (role == Role::nursery));
    CHECK(has(role, SYS_kill) == (role == Role::nursery));
    CHECK(has(role, SYS_accept4) == (role == Role::porter || role == Role::sessions));
    if (role != Role::worker && role != Role::nursery && role != Role::vault) {
      CHECK_FALSE(has(role, SYS_read));
    }
  }
}

TEST_CASE("abort shows as SIGABRT in every role", "[sandbox]") {
  const Role role = GENERATE(from_range(every_role));
  INFO(name_of(role));
  CHECK(killed_by(under(role, []() -> int { std::abort(); }), SIGABRT));
}

TEST_CASE("a broken promise of the library shows as SIGABRT in every role", "[sandbox]") {
  const Role role = GENERATE(from_range(every_role));
  INFO(name_of(role));
  Sandbox filter = Sandbox::compile(role, false).value();
  const int status = in_child([&] {
    const int null = ::open("/dev/null", O_WRONLY);
    if (::dup2(null, 2) != 2 || !confine({&filter})) return unconfined;
    std::vector<int> empty;
    volatile std::size_t index = 3;
    return empty[index];
  });
  CHECK(killed_by(status, SIGABRT));
}

TEST_CASE("a worker forked under its nursery's filter aborts with SIGABRT too", "[sandbox]") {
  Sandbox nursery = Sandbox::compile(Role::nursery, false).value();
  Sandbox worker = Sandbox::compile(Role::worker, false).value();
  const int status = in_child([&] {
    if (!confine({&nursery})) return unconfined;
    const pid_t pid = ::fork();
    if (pid == 0) {
      if (!worker.install()) ::_exit(unconfined);
      std::abort();
    }
    int end = 0;
    if (::waitpid(pid, &end, 0) != pid) return 1;
    return killed_by(end, SIGABRT) ? survived : 2;
  });
  CHECK(left_with(status, survived));
}

TEST_CASE("no role but the nursery can send a signal to another process", "[sandbox]") {
  const Role role = GENERATE(from_range(every_role));
  INFO(name_of(role));
  const pid_t bystander = ::fork();
  if (bystander == 0) {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(1);  // one whom the kernel lets us signal
    ::alarm(30);
    for (;;) ::pause();
  }
  Sandbox filter = Sandbox::compile(role, false).value();
  const int status = in_child([&] {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return unconfined;
    if (!confine({&filter})) return unconfined;
    const long self = ::getpid();
    const auto refused = [](long pid, long tid, long number) {
      errno = 0;
      return ::syscall(SYS_tgkill, pid, tid, number) == -1 && errno == EPERM;
    };
    if (!refused(bystander, bystander, SIGKILL) || !refused(self, self, SIGKILL) || !refused(self, self, 0)) return 1;
    if (role == Role::nursery) return survived;  // it may abort, and kill, its workers
    return refused(bystander, bystander, SIGABRT) && refused(0x7ffffffe, 1, SIGABRT) ? survived : 2;
  });
  (void)::kill(bystander, SIGKILL);
  (void)::waitpid(bystander, nullptr, 0);
  CHECK(left_with(status, survived));
  if (role != Role::nursery) CHECK(killed_by(under(role, [] { return ::kill(::getppid(), 0) == 0 ? 1 : 2; }), SIGSYS));
}

TEST_CASE("what every role must be able to do works under its filter", "[sandbox]") {
  const Role role = GENERATE(from_range(every_role));
  INFO(name_of(role));
  auto ends = make_log_page().value();
  int pair[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
  const UniqueFd in = UniqueFd::adopt(pair[0]);
  Log log = Log::open(UniqueFd::adopt(pair[1]), std::move(ends.second), OnLogFailure::deny, false).value();
  const int status = under(role, [&] {
    std::vector<std::string> memory(20'000, std::string(100, 'x'));  // brk and mmap
    if (memory.back().size() != 100) return 1;
    if (!log.write(Line("x"))) return 2;
    return read_mono().us > 0 && read_wall().s > 0 ? survived : 3;
  });
  CHECK(left_with(status, survived));
}

TEST_CASE("a porter reads on its fixed channel numbers and never above, and cannot free one", "[sandbox]") {
  Sandbox filter = Sandbox::compile(Role::porter, false).value();
  const auto attempt = [&](int number, auto work) {
    return in_child([&] {
      int pair[2] = {-1, -1};
      if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0 || ::dup2(pair[0], number) != number) return 1;
      if (::send(pair[1], "hello", 5, 0) != 5 || !confine({&filter})) return unconfined;
      return work(number) ? survived : 2;
    });
  };
  const auto receive = [](int fd) {
    char text[8];
    iovec part{text, sizeof text};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    return ::recvmsg(fd, &header, MSG_DONTWAIT) == 5;
  };
  const auto close_it = [](int fd) { return ::close(fd) == 0; };
  for (const int low : {20, 63}) {
    CHECK(left_with(attempt(low, receive), survived));
    CHECK(killed_by(attempt(low, close_it), SIGSYS));
  }
  for (const int high : {64, 200}) {
    CHECK(killed_by(attempt(high, receive), SIGSYS));
    CHECK(killed_by(attempt(high, [](int fd) { char c = 0; return ::recv(fd, &c, 1, MSG_PEEK) == 1; }), SIGSYS));
    CHECK(killed_by(attempt(high, [](int fd) { char c = 0; return ::read(fd, &c, 1) == 1; }), SIGSYS));
    CHECK(killed_by(attempt(high, [](int fd) { return ::dup2(fd, 10) == 10; }), SIGSYS));
    CHECK(left_with(attempt(high, close_it), survived));
  }
}
