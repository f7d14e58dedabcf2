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
  tcp_socket,      // socket(AF_INET or AF_INET6, SOCK_STREAM)
  set_flags,       // fcntl(F_GETFL, F_SETFL, F_GETFD, F_SETFD)
  set_name,        // prctl(PR_SET_NAME)
  parent_death,    // prctl(PR_SET_PDEATHSIG)
  install_filter,  // seccomp(SECCOMP_SET_MODE_FILTER)
  nodelay,         // setsockopt(TCP_NODELAY, SO_KEEPALIVE and its times)
  client_address,  // only with [intranet] source=client
};

// The descriptors on which a porter may read: all that it has when it enters its jail.
// It never closes one of them and cannot move others there, so a connection, which
// gets a higher number, can never be read.
inline constexpr int porter_fixed_channels = 64;

// A worker is forked by its nursery and stays under the nursery's filter as well, so the
// nursery may always do what a worker may; its column says what it needs beyond that.
// The two descriptors that all workers of a nursery share: their lines to the logger and
// to the porter.  shutdown() of one would end it for all of them.  A nursery puts them
// on these numbers, and no worker closes them.
inline constexpr int worker_log_number = 200, worker_reports_number = 201;

struct SandboxRule {
  int call;
  When when;
  //   logger porter nursery worker signer broker sessions vault
  bool logger, porter, nursery, worker, signer, broker, sessions, vault;
  const char* why;
};

namespace sandbox_columns {
inline constexpr bool Y = true, o = false;
}

// Calls that exist on one architecture only are negative pseudo numbers of libseccomp
// elsewhere, and are passed over there.
inline constexpr SandboxRule sandbox_policy[] = {
#define POSTERN_ROW(call, when, l, p, n, w, s, b, e, v, why)                        \
  {SCMP_SYS(call), When::when, sandbox_columns::l, sandbox_columns::p, sandbox_columns::n, \
   sandbox_columns::w, sandbox_columns::s, sandbox_columns::b, sandbox_columns::e,  \
   sandbox_columns::v, why},
    // call            when            lo po nu wo si br se va
    POSTERN_ROW(epoll_wait,      any,            Y, Y, Y, Y, Y, Y, Y, Y, "the event loop")
    POSTERN_ROW(epoll_pwait,     any,            Y, Y, Y, Y, Y, Y, Y, Y, "the event loop")
    POSTERN_ROW(epoll_ctl,       any,            Y, Y, Y, Y, Y, Y, Y, Y, "the event loop")
    POSTERN_ROW(poll,            any,            Y, Y, Y, Y, Y, Y, Y, Y, "bounded waits for one descriptor")
    POSTERN_ROW(ppoll,           any,            Y, Y, Y, Y, Y, Y, Y, Y, "poll() where there is no poll")
    POSTERN_ROW(close,           any,            Y, o, Y, Y, Y, Y, Y, Y, "descriptors that are done with")
    POSTERN_ROW(close,           not_fixed,      o, Y, o, o, o, o, o, o, "no fixed channel number ever falls free")
    POSTERN_ROW(sendmsg,         any,            Y, Y, Y, Y, Y, Y, Y, Y, "messages to peers")
    POSTERN_ROW(sendto,          any,            Y, Y, Y, Y, Y, Y, Y, Y, "log lines")
    POSTERN_ROW(recvmsg,         any,            Y, o, Y, Y, Y, Y, Y, Y, "messages from peers")
    POSTERN_ROW(recvmsg,         fixed_channel,  o, Y, o, o, o, o, o, o, "messages from peers, never a connection")
    POSTERN_ROW(recvfrom,        any,            Y, o, o, Y, o, o, o, o, "lines of the other roles; connections")
    POSTERN_ROW(read,            any,            o, o, Y, Y, o, o, o, Y, "pages at start; connections; the database")
    POSTERN_ROW(write,           any,            Y, o, o, Y, o, o, o, Y, "stderr with -f; connections; the database")
    POSTERN_ROW(write,           to_stderr,      o, Y, o, o, Y, Y, Y, o, "the library's last words, or SIGSYS hides them")
    POSTERN_ROW(writev,          any,            o, o, o, Y, o, o, o, o, "head and body in one go")
    POSTERN_ROW(writev,          to_stderr,      Y, Y, o, o, Y, Y, Y, Y, "the library's last words, or SIGSYS hides them")
    POSTERN_ROW(readv,           any,            o, o, o, Y, o, o, o, o, "connections")
    POSTERN_ROW(shutdown,        not_shared,     o, o, o, Y, o, o, o, o, "the end of a connection")
    POSTERN_ROW(accept4,         any,            o, Y, o, o, o, o, Y, o, "connections; the gate and admin sockets")
    POSTERN_ROW(getsockopt,      any,            o, Y, o, Y, o, Y, Y, o, "the dialled address; outcome of connect; who a peer is")
    POSTERN_ROW(getsockname,     any,            o, Y, o, o, o, Y, o, o, "the dialled address")
    POSTERN_ROW(getpeername,     any,            o, Y, o, o, o, Y, o, o, "the client's address")
    POSTERN_ROW(setsockopt,      nodelay,        o, Y, o, Y, o, Y, o, o, "TCP_NODELAY and keepalive")
    POSTERN_ROW(socketpair,      any,            o, Y, o, o, o, o, o, o, "channels of a new worker")
    POSTERN_ROW(socket,          tcp_socket,     o, o, o, o, o, Y, o, o, "only the broker dials")
    POSTERN_ROW(connect,         any,            o, o, o, o, o, Y, o, o, "only the broker dials")
    POSTERN_ROW(bind,            client_address, o, o, o, o, o, Y, o, o, "the client's address as source")
    POSTERN_ROW(setsockopt,      client_address, o, o, o, o, o, Y, o, o, "IP_TRANSPARENT")
    POSTERN_ROW(fcntl,           set_flags,      o, o, o, Y, o, Y, Y, o, "non-blocking descriptors")
    POSTERN_ROW(fcntl,           any,            o, o, o, o, o, o, o, Y, "SQLite's locks")

    POSTERN_ROW(clone,           plain_fork,     o, o, Y, o, o, o, o, o, "workers are forked ahead of need")
    POSTERN_ROW(wait4,           any,            o, o, Y, o, o, o, o, o, "workers that ended")
    POSTERN_ROW(kill,            only_sigkill,   o, o, Y, o, o, o, o, o, "a worker, on the porter's word")
    POSTERN_ROW(prctl,           parent_death,   o, o, Y, o, o, o, o, o, "a worker dies with its nursery")
    POSTERN_ROW(prctl,           set_name,       o, o, Y, o, o, o, o, o, "process title of a worker")
    POSTERN_ROW(prlimit64,       own_limits,     o, o, Y, o, o, o, o, o, "a worker's narrower limits")
    POSTERN_ROW(seccomp,         install_filter, o, o, Y, o, o, o, o, o, "a worker's narrower filter")
    POSTERN_ROW(getppid,         any,            o, o, Y, o, o, o, o, o, "did the nursery die meanwhile?")
    POSTERN_ROW(set_robust_list, any,            o, o, Y, o, o, o, o, o, "libc after fork")
    POSTERN_ROW(rseq,            any,            o, o, Y, o, o, o, o, o, "libc after fork")
    POSTERN_ROW(epoll_create1,   any,            o, o, Y, Y, o, o, o, o, "a worker's own event loop")
    POSTERN_ROW(signalfd4,       any,            o, o, Y, o, o, o, o, o, "workers that ended")
    POSTERN_ROW(openat,          any,            o, o, o, o, o, o, o, Y, "the database")
    POSTERN_ROW(newfstatat,      empty_path,     Y, Y, Y, Y, Y, Y, Y, o, "fstat()")
    POSTERN_ROW(fstat,           any,            Y, Y, Y, Y, Y, Y, Y, Y, "fstat()")
    POSTERN_ROW(newfstatat,      any,            o, o, o, o, o, o, o, Y, "the database")
    POSTERN_ROW(pread64,         any,            o, o, o, o, o, o, Y, Y, "new settings; the database")
    POSTERN_ROW(pwrite64,        any,            o, o, o, o, o, o, o, Y, "the database")
    POSTERN_ROW(lseek,           any,            o, o, o, o, o, o, o, Y, "the database")
    POSTERN_ROW(ftruncate,       any,            o, o, o, o, o, o, o, Y, "the database")
    POSTERN_ROW(fsync,           any,            o, o, o, o, o, o, o, Y, "spent means on disk")
    POSTERN_ROW(fdatasync,       any,            o, o, o, o, o, o, o, Y, "spent means on disk")
    POSTERN_ROW(unlink,          any,            o, o, o, o, o, o, o, Y, "SQLite's journal")
    POSTERN_ROW(unlinkat,        any,            o, o, o, o, o, o, o, Y, "SQLite's journal")
    POSTERN_ROW(access,          any,            o, o, o, o, o, o, o, Y, "SQLite's journal")
    POSTERN_ROW(faccessat,       any,            o, o, o, o, o, o, o, Y, "SQLite's journal")
    POSTERN_ROW(readlink,        any,            o, o, o, o, o, o, o, Y, "SQLite resolves its path")
    POSTERN_ROW(readlinkat,      any,            o, o, o, o, o, o, o, Y, "SQLite resolves its path")
    POSTERN_ROW(getcwd,          any,            o, o, o, o, o, o, o, Y, "SQLite resolves its path")
    POSTERN_ROW(geteuid,         any,            o, o, o, o, o, o, o, Y, "SQLite asks who it is")
    POSTERN_ROW(getuid,          any,            o, o, o, o, o, o, o, Y, "SQLite asks who it is")
    POSTERN_ROW(fchmod,          any,            o, o, o, o, o, o, o, Y, "SQLite's journal has the database's mode")

    POSTERN_ROW(mmap,            no_exec,        Y, Y, Y, Y, Y, Y, Y, Y, "memory, never code")
    POSTERN_ROW(mprotect,        no_exec,        Y, Y, Y, Y, Y, Y, Y, Y, "memory, never code")
    POSTERN_ROW(munmap,          any,            Y, Y, Y, Y, Y, Y, Y, Y, "memory")
    POSTERN_ROW(mremap,          any,            Y, Y, Y, Y, Y, Y, Y, Y, "memory")
    POSTERN_ROW(madvise,         any,            Y, Y, Y, Y, Y, Y, Y, Y, "memory")
    POSTERN_ROW(brk,             any,            Y, Y, Y, Y, Y, Y, Y, Y, "memory")
    POSTERN_ROW(futex,           any,            Y, Y, Y, Y, Y, Y, Y, Y, "locks in libraries")
    POSTERN_ROW(getrandom,       any,            Y, Y, Y, Y, Y, Y, Y, Y, "randomness")
    POSTERN_ROW(clock_gettime,   any,            Y, Y, Y, Y, Y, Y, Y, Y, "time; the vDSO may be absent")
    POSTERN_ROW(gettimeofday,    any,            Y, Y, Y, Y, Y, Y, Y, Y, "time; the vDSO may be absent")
    POSTERN_ROW(time,            any,            Y, Y, Y, Y, Y, Y, Y, Y, "time; the vDSO may be absent")
    POSTERN_ROW(restart_syscall, any,            Y, Y, Y, Y, Y, Y, Y, Y, "a wait that was stopped by a debugger")
    POSTERN_ROW(rt_sigreturn,    any,            Y, Y, Y, Y, Y, Y, Y, Y, "signals")
    POSTERN_ROW(rt_sigprocmask,  any,            Y, Y, Y, Y, Y, Y, Y, Y, "abort()")
    POSTERN_ROW(rt_sigaction,    any,            Y, Y, Y, Y, Y, Y, Y, Y, "abort()")
    POSTERN_ROW(getpid,          any,            Y, Y, Y, Y, Y, Y, Y, Y, "abort(); libraries notice a fork")
    POSTERN_ROW(gettid,          any,            Y, Y, Y, Y, Y, Y, Y, Y, "abort()")
    POSTERN_ROW(tgkill,          own_abort,      Y, Y, o, Y, Y, Y, Y, Y, "abort() must show as SIGABRT")
    POSTERN_ROW(tgkill,          only_abort,     o, o, Y, o, o, o, o, o, "abort(), also of the workers under this filter")
    POSTERN_ROW(exit_group,      any,            Y, Y, Y, Y, Y, Y, Y, Y, "the end")
    POSTERN_ROW(exit,            any,            Y, Y, Y, Y, Y, Y, Y, Y, "the end")
#undef POSTERN_ROW
};

}  // namespace postern
