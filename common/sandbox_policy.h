// EVERY system call that a jailed role may make.  Rows are calls with a condition on
// their arguments, columns are roles, the last column is the reason.  What is not
// listed kills the process.
#pragma once

#include <seccomp.h>

#include <cstdint>

namespace postern {

// What must hold of a call's arguments.
enum class When : std::uint8_t {
  any,
  own_abort,       // tgkill(own pid, _, SIGABRT): abort() and nothing else; otherwise EPERM
  only_abort,      // tgkill(_, _, SIGABRT); otherwise EPERM
  fixed_channel,   // the descriptor is one of the porter's fixed channel numbers
  not_fixed,       // the descriptor is none of them
  not_shared,      // the descriptor is none that all workers share
  no_exec,         // memory that cannot be executed
  empty_path,      // newfstatat on a descriptor: no name is looked up
  only_sigkill,    // kill(_, SIGKILL)
  plain_fork,      // clone() as fork() calls it
  own_limits,      // prlimit64(0, ...): of this process
  to_stderr,       // the descriptor is 2
  unread_bytes,    // ioctl(SIOCOUTQ)
  waiting_bytes,   // ioctl(FIONREAD)
  tcp_socket,      // socket(AF_INET or AF_INET6, SOCK_STREAM)
  set_flags,       // fcntl(F_GETFL, F_SETFL, F_GETFD, F_SETFD)
  set_name,        // prctl(PR_SET_NAME)
  parent_death,    // prctl(PR_SET_PDEATHSIG)
  install_filter,  // seccomp(SECCOMP_SET_MODE_FILTER)
  nodelay,         // setsockopt(TCP_NODELAY)
  client_address,  // only with [intranet] source=client
};

// The descriptors on which a porter may read: all that it has when it enters its jail.
// It never closes one of them and cannot move others there, so a connection, which
// gets a higher number, can never be read.
inline constexpr int porter_fixed_channels = 64;

// The two descriptors that all workers of a nursery share: their lines to the logger and
// to the porter.  shutdown() of one would end it for all of them.  A nursery puts them
// on these numbers, and no worker closes them.
inline constexpr int worker_log_number = 200, worker_reports_number = 201;

// A worker is forked by its nursery and stays under the nursery's filter as well, so the
// nursery may always do what a worker may; its column says what it needs beyond that.
struct SandboxRule {
  int call;
  When when;
  //   logger porter nursery worker signer broker sessions vault
  bool logger, porter, nursery, worker, signer, broker, sessions, vault;
  const char* why;
};

// Calls that exist on one architecture only are negative pseudo numbers of libseccomp
// elsewhere, and are passed over there.
namespace sandbox_table {
using enum When;
inline constexpr bool Y = true, o = false;

inline constexpr SandboxRule rows[] = {
    // call            when            lo po nu wo si br se va
    {SCMP_SYS(epoll_wait),      any,            Y, Y, Y, Y, Y, Y, Y, Y, "the event loop"},
    {SCMP_SYS(epoll_pwait),     any,            Y, Y, Y, Y, Y, Y, Y, Y, "the event loop"},
    {SCMP_SYS(epoll_ctl),       any,            Y, Y, Y, Y, Y, Y, Y, Y, "the event loop"},
    {SCMP_SYS(poll),            any,            Y, Y, Y, Y, Y, Y, Y, Y, "bounded waits for one descriptor"},
    {SCMP_SYS(ppoll),           any,            Y, Y, Y, Y, Y, Y, Y, Y, "poll() where there is no poll"},
    {SCMP_SYS(close),           any,            Y, o, Y, Y, Y, Y, Y, Y, "descriptors that are done with"},
    {SCMP_SYS(close),           not_fixed,      o, Y, o, o, o, o, o, o, "no fixed channel number ever falls free"},
    {SCMP_SYS(sendmsg),         any,            Y, Y, Y, Y, Y, Y, Y, Y, "messages to peers"},
    {SCMP_SYS(sendto),          any,            Y, Y, Y, Y, Y, Y, Y, Y, "log lines"},
    {SCMP_SYS(sendmmsg),        any,            Y, o, o, o, o, o, o, o, "lines that syslog gets together"},
    {SCMP_SYS(recvmsg),         any,            Y, o, Y, Y, Y, Y, Y, Y, "messages from peers"},
    {SCMP_SYS(recvmsg),         fixed_channel,  o, Y, o, o, o, o, o, o, "messages from peers, never a connection"},
    {SCMP_SYS(recvmmsg),        any,            Y, o, o, o, o, o, o, o, "lines of the other roles, some together"},
    {SCMP_SYS(recvfrom),        any,            o, o, o, Y, o, o, o, o, "connections"},
    {SCMP_SYS(read),            any,            o, o, Y, Y, o, o, o, Y, "pages at start; connections; the database"},
    {SCMP_SYS(write),           any,            Y, o, o, Y, o, o, o, Y, "stderr with -f; connections; the database"},
    {SCMP_SYS(write),           to_stderr,      o, Y, o, o, Y, Y, Y, o, "the library's last words, or SIGSYS hides them"},
    {SCMP_SYS(writev),          any,            o, o, o, Y, o, o, o, o, "head and body in one go"},
    {SCMP_SYS(writev),          to_stderr,      Y, Y, o, o, Y, Y, Y, Y, "the library's last words, or SIGSYS hides them"},
    {SCMP_SYS(readv),           any,            o, o, o, Y, o, o, o, o, "connections"},
    {SCMP_SYS(ioctl),           unread_bytes,   Y, o, o, o, o, o, o, o, "has syslogd read what it was sent?"},
    {SCMP_SYS(ioctl),           waiting_bytes,  o, Y, o, o, o, o, o, o, "did a client that left say anything? a number, not a byte"},
    {SCMP_SYS(shutdown),        not_shared,     o, o, o, Y, o, o, o, o, "the end of a connection"},
    {SCMP_SYS(accept4),         any,            o, Y, o, o, o, o, Y, o, "connections; the gate and admin sockets"},
    {SCMP_SYS(getsockopt),      any,            o, Y, o, Y, o, Y, Y, o, "the dialled address; outcome of connect; who a peer is"},
    {SCMP_SYS(getsockname),     any,            o, Y, o, o, o, Y, o, o, "the dialled address"},
    {SCMP_SYS(getpeername),     any,            o, Y, o, o, o, Y, o, o, "the client's address"},
    {SCMP_SYS(setsockopt),      nodelay,        o, o, o, o, o, Y, o, o, "TCP_NODELAY"},
    {SCMP_SYS(socketpair),      any,            o, Y, o, o, o, o, o, o, "channels of a new worker"},
    {SCMP_SYS(socket),          tcp_socket,     o, o, o, o, o, Y, o, o, "only the broker dials"},
    {SCMP_SYS(connect),         any,            o, o, o, o, o, Y, o, o, "only the broker dials"},
    {SCMP_SYS(bind),            client_address, o, o, o, o, o, Y, o, o, "the client's address as source"},
    {SCMP_SYS(setsockopt),      client_address, o, o, o, o, o, Y, o, o, "IP_TRANSPARENT"},
    {SCMP_SYS(fcntl),           set_flags,      o, o, o, Y, o, Y, Y, o, "non-blocking descriptors"},
    {SCMP_SYS(fcntl),           any,            o, o, o, o, o, o, o, Y, "SQLite's locks"},

    {SCMP_SYS(clone),           plain_fork,     o, o, Y, o, o, o, o, o, "workers are forked ahead of need"},
    {SCMP_SYS(wait4),           any,            o, o, Y, o, o, o, o, o, "workers that ended"},
    {SCMP_SYS(kill),            only_sigkill,   o, o, Y, o, o, o, o, o, "a worker, on the porter's word"},
    {SCMP_SYS(prctl),           parent_death,   o, o, Y, o, o, o, o, o, "a worker dies with its nursery"},
    {SCMP_SYS(prctl),           set_name,       o, o, Y, o, o, o, o, o, "process title of a worker"},
    {SCMP_SYS(prlimit64),       own_limits,     o, o, Y, o, o, o, o, o, "a worker's narrower limits"},
    {SCMP_SYS(seccomp),         install_filter, o, o, Y, o, o, o, o, o, "a worker's narrower filter"},
    {SCMP_SYS(getppid),         any,            o, o, Y, o, o, o, o, o, "did the nursery die meanwhile?"},
    {SCMP_SYS(set_robust_list), any,            o, o, Y, o, o, o, o, o, "libc after fork"},
    {SCMP_SYS(rseq),            any,            o, o, Y, o, o, o, o, o, "libc after fork"},
    {SCMP_SYS(epoll_create1),   any,            o, o, Y, Y, o, o, o, o, "a worker's own event loop"},
    {SCMP_SYS(signalfd4),       any,            o, o, Y, o, o, o, o, o, "workers that ended"},
    {SCMP_SYS(openat),          any,            o, o, o, o, o, o, o, Y, "the database"},
    {SCMP_SYS(newfstatat),      empty_path,     Y, Y, Y, Y, Y, Y, Y, o, "fstat()"},
    {SCMP_SYS(fstat),           any,            Y, Y, Y, Y, Y, Y, Y, Y, "fstat()"},
    {SCMP_SYS(newfstatat),      any,            o, o, o, o, o, o, o, Y, "the database"},
    {SCMP_SYS(pread64),         any,            o, o, o, o, o, o, Y, Y, "new settings; the database"},
    {SCMP_SYS(pwrite64),        any,            o, o, o, o, o, o, o, Y, "the database"},
    {SCMP_SYS(lseek),           any,            o, o, o, o, o, o, o, Y, "the database"},
    {SCMP_SYS(ftruncate),       any,            o, o, o, o, o, o, o, Y, "the database"},
    {SCMP_SYS(fsync),           any,            o, o, o, o, o, o, o, Y, "spent means on disk"},
    {SCMP_SYS(fdatasync),       any,            o, o, o, o, o, o, o, Y, "spent means on disk"},
    {SCMP_SYS(unlink),          any,            o, o, o, o, o, o, o, Y, "SQLite's journal"},
    {SCMP_SYS(unlinkat),        any,            o, o, o, o, o, o, o, Y, "SQLite's journal"},
    {SCMP_SYS(access),          any,            o, o, o, o, o, o, o, Y, "SQLite's journal"},
    {SCMP_SYS(faccessat),       any,            o, o, o, o, o, o, o, Y, "SQLite's journal"},
    {SCMP_SYS(readlink),        any,            o, o, o, o, o, o, o, Y, "SQLite resolves its path"},
    {SCMP_SYS(readlinkat),      any,            o, o, o, o, o, o, o, Y, "SQLite resolves its path"},
    {SCMP_SYS(getcwd),          any,            o, o, o, o, o, o, o, Y, "SQLite resolves its path"},
    {SCMP_SYS(geteuid),         any,            o, o, o, o, o, o, o, Y, "SQLite asks who it is"},
    {SCMP_SYS(getuid),          any,            o, o, o, o, o, o, o, Y, "SQLite asks who it is"},
    {SCMP_SYS(fchmod),          any,            o, o, o, o, o, o, o, Y, "SQLite's journal has the database's mode"},

    {SCMP_SYS(mmap),            no_exec,        Y, Y, Y, Y, Y, Y, Y, Y, "memory, never code"},
    {SCMP_SYS(mprotect),        no_exec,        Y, Y, Y, Y, Y, Y, Y, Y, "memory, never code"},
    {SCMP_SYS(munmap),          any,            Y, Y, Y, Y, Y, Y, Y, Y, "memory"},
    {SCMP_SYS(mremap),          any,            Y, Y, Y, Y, Y, Y, Y, Y, "memory"},
    {SCMP_SYS(madvise),         any,            Y, Y, Y, Y, Y, Y, Y, Y, "memory"},
    {SCMP_SYS(brk),             any,            Y, Y, Y, Y, Y, Y, Y, Y, "memory"},
    {SCMP_SYS(futex),           any,            Y, Y, Y, Y, Y, Y, Y, Y, "locks in libraries"},
    {SCMP_SYS(getrandom),       any,            Y, Y, Y, Y, Y, Y, Y, Y, "randomness"},
    {SCMP_SYS(clock_gettime),   any,            Y, Y, Y, Y, Y, Y, Y, Y, "time; the vDSO may be absent"},
    {SCMP_SYS(gettimeofday),    any,            Y, Y, Y, Y, Y, Y, Y, Y, "time; the vDSO may be absent"},
    {SCMP_SYS(time),            any,            Y, Y, Y, Y, Y, Y, Y, Y, "time; the vDSO may be absent"},
    {SCMP_SYS(restart_syscall), any,            Y, Y, Y, Y, Y, Y, Y, Y, "a wait that was stopped by a debugger"},
    {SCMP_SYS(rt_sigreturn),    any,            Y, Y, Y, Y, Y, Y, Y, Y, "signals"},
    {SCMP_SYS(rt_sigprocmask),  any,            Y, Y, Y, Y, Y, Y, Y, Y, "abort()"},
    {SCMP_SYS(rt_sigaction),    any,            Y, Y, Y, Y, Y, Y, Y, Y, "abort()"},
    {SCMP_SYS(getpid),          any,            Y, Y, Y, Y, Y, Y, Y, Y, "abort(); libraries notice a fork"},
    {SCMP_SYS(gettid),          any,            Y, Y, Y, Y, Y, Y, Y, Y, "abort()"},
    {SCMP_SYS(tgkill),          own_abort,      Y, Y, o, Y, Y, Y, Y, Y, "abort() must show as SIGABRT"},
    {SCMP_SYS(tgkill),          only_abort,     o, o, Y, o, o, o, o, o, "abort(), also of the workers under this filter"},
    {SCMP_SYS(exit_group),      any,            Y, Y, Y, Y, Y, Y, Y, Y, "the end"},
    {SCMP_SYS(exit),            any,            Y, Y, Y, Y, Y, Y, Y, Y, "the end"},
};

}  // namespace sandbox_table

inline constexpr auto& sandbox_policy = sandbox_table::rows;

}  // namespace postern
