// From the table of sandbox_policy.h to a filter in the kernel.  Whatever cannot be
// compiled or installed as written stops the start (R11).  Called by jail.cc and by the
// nursery.  Never permit a call here: the table does that.

#include "common/sandbox.h"

#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <unistd.h>

#include <initializer_list>
#include <memory>

#include "common/sandbox_policy.h"
#include "common/unique_fd.h"

namespace postern {
namespace {

// Stands for the own pid in a compiled filter until install() knows it.  No real pid
// is that high (PID_MAX_LIMIT is 4,194,304).
constexpr std::uint32_t pid_placeholder = 0x7ffffffe;

struct ReleaseContext {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, ReleaseContext>;

constexpr bool in_column(const SandboxRule& rule, Role role) {
  switch (role) {
    case Role::logger: return rule.logger;
    case Role::porter: return rule.porter;
    case Role::nursery: return rule.nursery || (rule.worker && rule.when != When::own_abort);
    case Role::worker: return rule.worker;
    case Role::signer: return rule.signer;
    case Role::broker: return rule.broker;
    case Role::sessions: return rule.sessions;
    case Role::vault: return rule.vault;
    default: return false;
  }
}

using Args = std::initializer_list<scmp_arg_cmp>;

// Adds `action` for one call under the conditions; a call that this architecture does
// not have is passed over.
bool add(scmp_filter_ctx context, std::uint32_t action, int call, Args args) {
  if (call < 0) return true;
  return seccomp_rule_add_array(context, action, call, static_cast<unsigned>(args.size()),
                                args.begin()) == 0;
}

bool add_own_abort(scmp_filter_ctx c, int call) {
  const auto pid = pid_placeholder;
  return add(c, SCMP_ACT_ALLOW, call,
             {SCMP_A0_32(SCMP_CMP_EQ, pid), SCMP_A2_32(SCMP_CMP_EQ, SIGABRT)}) &&
         add(c, SCMP_ACT_ERRNO(EPERM), call, {SCMP_A0_32(SCMP_CMP_NE, pid)}) &&
         add(c, SCMP_ACT_ERRNO(EPERM), call, {SCMP_A2_32(SCMP_CMP_NE, SIGABRT)});
}

bool add_only_abort(scmp_filter_ctx c, int call) {
  return add(c, SCMP_ACT_ALLOW, call, {SCMP_A2_32(SCMP_CMP_EQ, SIGABRT)}) &&
         add(c, SCMP_ACT_ERRNO(EPERM), call, {SCMP_A2_32(SCMP_CMP_NE, SIGABRT)});
}

// Allows the call unless `mask` of its first argument is `value`: one rule for each bit
// that may differ.  Not by greater and less, which look at 64 bits where the kernel takes
// a descriptor from 32: close((1 << 32) | 5) would pass as high, and close 5.
bool add_unless(scmp_filter_ctx c, int call, std::uint32_t mask, std::uint32_t value) {
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1)
    if ((mask & bit) != 0 && !add(c, SCMP_ACT_ALLOW, call, {SCMP_A0_32(SCMP_CMP_MASKED_EQ, bit, ~value & bit)}))
      return false;
  return true;
}

constexpr std::uint32_t above_fixed = ~(std::uint32_t{porter_fixed_channels} - 1);
static_assert((porter_fixed_channels & (porter_fixed_channels - 1)) == 0);
constexpr std::uint32_t shared_pair = ~std::uint32_t{1};
static_assert(worker_log_number % 2 == 0 && worker_reports_number == worker_log_number + 1);

bool add_tcp_socket(scmp_filter_ctx c, int call) {
  constexpr std::uint32_t flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  for (const std::uint32_t family : {AF_INET, AF_INET6})
    if (!add(c, SCMP_ACT_ALLOW, call,
             {SCMP_A0_32(SCMP_CMP_EQ, family), SCMP_A1_32(SCMP_CMP_EQ, SOCK_STREAM | flags),
              SCMP_A2_32(SCMP_CMP_EQ, 0)}))
      return false;
  return true;
}

bool add_set_flags(scmp_filter_ctx c, int call) {
  for (const std::uint32_t command : {F_GETFL, F_SETFL, F_GETFD, F_SETFD})
    if (!add(c, SCMP_ACT_ALLOW, call, {SCMP_A1_32(SCMP_CMP_EQ, command)})) return false;
  return true;
}

bool add_transparent(scmp_filter_ctx c, int call) {
  if (call != SCMP_SYS(setsockopt)) return add(c, SCMP_ACT_ALLOW, call, {});
  return add(c, SCMP_ACT_ALLOW, call,
             {SCMP_A1_32(SCMP_CMP_EQ, IPPROTO_IP), SCMP_A2_32(SCMP_CMP_EQ, IP_TRANSPARENT)}) &&
         add(c, SCMP_ACT_ALLOW, call,
             {SCMP_A1_32(SCMP_CMP_EQ, IPPROTO_IPV6), SCMP_A2_32(SCMP_CMP_EQ, IPV6_TRANSPARENT)});
}

// fork() of glibc on both architectures.
constexpr std::uint32_t fork_flags = CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD;

bool add_rule(scmp_filter_ctx c, const SandboxRule& rule, bool client_address) {
  const auto allow = [&](Args args) { return add(c, SCMP_ACT_ALLOW, rule.call, args); };
  switch (rule.when) {
    case When::any: return allow({});
    case When::own_abort: return add_own_abort(c, rule.call);
    case When::only_abort: return add_only_abort(c, rule.call);
    case When::fixed_channel: return allow({SCMP_A0_32(SCMP_CMP_MASKED_EQ, above_fixed, 0)});
    case When::not_fixed: return add_unless(c, rule.call, above_fixed, 0);
    case When::not_shared: return add_unless(c, rule.call, shared_pair, worker_log_number);
    case When::no_exec: return allow({SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
    case When::empty_path: return allow({SCMP_A3_32(SCMP_CMP_EQ, AT_EMPTY_PATH)});
    case When::only_sigkill: return allow({SCMP_A1_32(SCMP_CMP_EQ, SIGKILL)});
    case When::plain_fork: return allow({SCMP_A0(SCMP_CMP_EQ, fork_flags)});
    case When::own_limits: return allow({SCMP_A0_32(SCMP_CMP_EQ, 0)});
    case When::unread_bytes: return allow({SCMP_A1_32(SCMP_CMP_EQ, SIOCOUTQ)});
    case When::waiting_bytes: return allow({SCMP_A1_32(SCMP_CMP_EQ, FIONREAD)});
    case When::to_stderr: return allow({SCMP_A0_32(SCMP_CMP_EQ, 2)});
    case When::tcp_socket: return add_tcp_socket(c, rule.call);
    case When::set_flags: return add_set_flags(c, rule.call);
    case When::set_name: return allow({SCMP_A0_32(SCMP_CMP_EQ, PR_SET_NAME)});
    case When::parent_death: return allow({SCMP_A0_32(SCMP_CMP_EQ, PR_SET_PDEATHSIG)});
    case When::install_filter: return allow({SCMP_A0_32(SCMP_CMP_EQ, SECCOMP_SET_MODE_FILTER)});
    case When::nodelay: return allow({SCMP_A1_32(SCMP_CMP_EQ, IPPROTO_TCP), SCMP_A2_32(SCMP_CMP_EQ, TCP_NODELAY)});
    case When::client_address: return !client_address || add_transparent(c, rule.call);
  }
  return false;
}

Result<std::vector<sock_filter>> export_program(scmp_filter_ctx context) {
  UniqueFd room = UniqueFd::adopt(::memfd_create("filter", MFD_CLOEXEC));
  if (!room || seccomp_export_bpf(context, room.get()) != 0)
    return fail("cannot compile the system call filter");
  const off_t size = ::lseek(room.get(), 0, SEEK_END);
  if (size <= 0 || size % static_cast<off_t>(sizeof(sock_filter)) != 0)
    return fail("cannot compile the system call filter: odd size");
  std::vector<sock_filter> program(static_cast<std::size_t>(size) / sizeof(sock_filter));
  if (::pread(room.get(), program.data(), static_cast<std::size_t>(size), 0) != size)
    return fail_errno("cannot read the system call filter back");
  return program;
}

}  // namespace

Result<Sandbox> Sandbox::compile(Role role, bool client_address) {
  const Context context(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!context ||
      seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
      seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0)
    return fail("cannot make a system call filter");
  for (const SandboxRule& rule : sandbox_policy) {
    if (!in_column(rule, role)) continue;
    if (!add_rule(context.get(), rule, client_address))
      return fail(std::string("cannot add a rule to the system call filter: ") + rule.why);
  }
  Sandbox sandbox;
  sandbox.program_ = TRY(export_program(context.get()));
  return sandbox;
}

Result<void> Sandbox::install() {
  const auto pid = static_cast<std::uint32_t>(::getpid());
  std::vector<sock_filter> program = program_;
  for (sock_filter& step : program)
    if (BPF_CLASS(step.code) == BPF_JMP && step.k == pid_placeholder) step.k = pid;
  sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole) != 0)
    return fail_errno("cannot install the system call filter");
  return {};
}

}  // namespace postern
