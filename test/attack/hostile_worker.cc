// Who is served honestly, and how an attacker's commands come in and answers go out.
// The attacks themselves are in attacks_*.cc.

#include "attack/hostile_worker.h"

#include <poll.h>
#include <sys/socket.h>

#include "attack/attacker.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

// The connection that waits on the porter's channel: a copy of it, for a look.  The
// message stays where it is, for the real worker or for take_connection().
UniqueFd look_at_next(Channel& porter) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  std::array<char, max_message> bytes;
  iovec part{bytes.data(), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  if (::recvmsg(porter.fd(), &header, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0) return {};
  const cmsghdr* c = CMSG_FIRSTHDR(&header);
  if (bytes[0] != static_cast<char>(Kind::serve) || c == nullptr || c->cmsg_type != SCM_RIGHTS) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(c), sizeof fd);
  return UniqueFd::adopt(fd);
}

// A new channel to a role that was replaced, if that is what waits.
bool take_peer(WorkerSeat& seat) {
  char kind = 0;
  if (::recv(seat.porter.fd(), &kind, 1, MSG_PEEK | MSG_DONTWAIT) != 1 || kind != static_cast<char>(Kind::peer))
    return false;
  Packet packet;
  Peer news;
  if (seat.porter.receive(packet) != Heard::packet || !packet.read(news)) return false;
  Channel& channel = news.role == Role::signer ? seat.signer : news.role == Role::broker ? seat.broker : seat.sessions;
  channel = Channel(std::move(packet.descriptors[0]), Role::worker, news.role);
  return true;
}

void await(int fd, int milliseconds) {
  pollfd wait{fd, POLLIN, 0};
  (void)::poll(&wait, 1, milliseconds);
}

// True when the attacker speaks on `connection`; waits for its first byte.
bool is_attacker(int connection) {
  await(connection, 5000);
  char first = 0;
  return ::recv(connection, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && first == '!';
}

}  // namespace

int hostile_worker(Shop& shop, WorkerSeat& seat) {
  for (;;) {
    await(seat.porter.fd(), -1);
    if (take_peer(seat)) continue;
    const UniqueFd connection = look_at_next(seat.porter);
    if (!connection || !is_attacker(connection.get())) return run_worker(shop, seat);
    Attacker attacker(seat);
    if (!attacker.take_connection()) return 0;
    attacker.obey();
    if (!attacker.stays()) return 0;
  }
}

}  // namespace postern::wfd
