// Non-blocking connects with deadlines.  Only the broker makes Connectors, and only for
// plans that its DestinationPolicy has made.  Never read from a connected socket here:
// the broker's filter has no read, and its promise is not to see a byte.

#include "wfd/broker_dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/net.h"

namespace postern::wfd {
namespace {

struct ErrnoRow {
  int code;
  DialFault fault;
};
// What connect() says of the server or of the way to it.  Anything else is trouble of
// our own (no descriptors, no free port) and says nothing about the next target either.
constexpr ErrnoRow errnos[] = {
    {ECONNREFUSED, DialFault::refused},     {ECONNRESET, DialFault::refused},
    {ECONNABORTED, DialFault::refused},     {ETIMEDOUT, DialFault::timeout},
    {ENETUNREACH, DialFault::unreachable},  {EHOSTUNREACH, DialFault::unreachable},
    {ENETDOWN, DialFault::unreachable},     {EHOSTDOWN, DialFault::unreachable},
    {ENONET, DialFault::unreachable},       {EACCES, DialFault::unreachable},
    {EPERM, DialFault::unreachable},        {EPROTO, DialFault::unreachable},
};

bool switch_on(int fd, int level, int option) {
  const int on = 1;
  return ::setsockopt(fd, level, option, &on, sizeof on) == 0;
}

// Lets `fd` speak as `source`, from any of its ports.
bool speak_as(int fd, const Address& source) {
  const bool v6 = source.family() == Family::v6;
  if (!(v6 ? switch_on(fd, IPPROTO_IPV6, IPV6_TRANSPARENT) : switch_on(fd, IPPROTO_IP, IP_TRANSPARENT)))
    return false;
  sockaddr_storage name{};
  const socklen_t size = to_sockaddr({source, 0}, name);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&name), size) == 0;
}

// The outcome of a connect that is over: 0, or an errno.  ELOOP stands for a connection
// whose two ends are this host: somebody named the bastion by an address which it did
// not have when the broker started.
int outcome_of(int fd) {
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0) return errno;
  if (code != 0) return code;
  const auto local = local_end_of(fd);
  const auto peer = client_of(fd);
  if (!local || !peer) return ECONNRESET;  // gone again
  return local->address == peer->address ? ELOOP : 0;
}

}  // namespace

Connector::Connector(Loop& loop, const DialOrder& order, Tried tried, Done done)
    : loop_(loop), order_(order), tried_(std::move(tried)), done_(std::move(done)) {}

Connector::Ended Connector::judge_errno(int code) {
  for (const ErrnoRow& row : errnos)
    if (row.code == code) return {row.fault, word_of(row.fault), true};
  return {DialFault::internal, word_of(DialFault::internal), false};
}

// 0, or the errno of what went wrong.
int Connector::open_socket() {
  const Family family = target().endpoint.address.family();
  if (order_.source && order_.source.family() != family) return EHOSTUNREACH;
  socket_ = UniqueFd::adopt(::socket(family == Family::v6 ? AF_INET6 : AF_INET,
                                     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_ || !switch_on(socket_.get(), IPPROTO_TCP, TCP_NODELAY)) return errno;
  // A refusal here is ours, not the server's: EINVAL is in no row of the table.
  if (order_.source && !speak_as(socket_.get(), order_.source)) return EINVAL;
  return 0;
}

int Connector::begin() {
  if (const int code = open_socket(); code != 0) return code;
  sockaddr_storage name{};
  const socklen_t size = to_sockaddr(target().endpoint, name);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0 &&
      errno != EINPROGRESS)
    return errno;
  // Connected at once or later: the socket becomes writable either way.
  const auto watched =
      watcher_.start(loop_, socket_.get(), EPOLLOUT, [this](std::uint32_t) { writable(); });
  return watched ? 0 : EINVAL;
}

void Connector::start() {
  if (order_.plan.count == 0) {  // never planned; an empty plan fails like trouble of ours
    deadline_.set(loop_, loop_.now(), [this] { finish({}, DialFault::internal); });
    return;
  }
  attempt();
}

void Connector::attempt() {
  begun_ = loop_.now();
  if (const int code = begin(); code != 0) {
    // Not from here: nobody expects the end before start() has returned.
    deadline_.set(loop_, loop_.now(), [this, code] { failed(judge_errno(code)); });
    return;
  }
  const bool last = next_ + 1 == order_.plan.count;
  deadline_.set(loop_, begun_ + (last ? order_.last_wait : order_.first_wait),
                [this] { failed(judge_errno(ETIMEDOUT)); });
}

void Connector::writable() {
  const int code = outcome_of(socket_.get());
  if (code == 0)
    connected();
  else if (code == ELOOP)
    failed({DialFault::forbidden, "self", false});
  else
    failed(judge_errno(code));
}

void Connector::connected() {
  watcher_.stop();
  tried_(target(), "connected", loop_.now() - begun_);
  finish(std::move(socket_), DialFault::internal);
}

void Connector::failed(const Ended& ended) {
  watcher_.stop();
  socket_.reset();
  tried_(target(), ended.word, loop_.now() - begun_);
  if (!ended.another || next_ + 1 >= order_.plan.count) {
    finish({}, ended.fault);
    return;
  }
  ++next_;
  attempt();
}

// The last thing that a Connector does: `done` may destroy it.
void Connector::finish(UniqueFd socket, DialFault fault) {
  deadline_.cancel();
  Done done = std::move(done_);
  const DialTarget reached = target();
  done(std::move(socket), reached, fault);
}

}  // namespace postern::wfd
