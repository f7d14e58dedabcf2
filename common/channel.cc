// Moving messages and descriptors between processes.  The one file with sendmsg and
// recvmsg for channels; what is in a message is not its business.
// Never accept here what a route does not say: a peer that sends it is a broken peer.

#include "common/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

namespace postern {
namespace {

union ControlRoom {  // aligned as cmsghdr wants it
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int) * (max_descriptors + 1)) + CMSG_SPACE(sizeof(ucred))> room;
};

// Takes every descriptor of one control message; those without room are closed.
std::size_t adopt_all(const cmsghdr& control, Packet& packet, std::size_t count) {
  const std::size_t sent = (control.cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (std::size_t i = 0; i < sent; ++i) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(&control) + i * sizeof(int), sizeof fd);
    UniqueFd owned = UniqueFd::adopt(fd);
    if (count < max_descriptors) packet.descriptors[count] = std::move(owned);
    ++count;
  }
  return count;
}

std::size_t read_control(msghdr& header, Packet& packet) {
  std::size_t count = 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_RIGHTS) count = adopt_all(*c, packet, count);
    if (c->cmsg_type == SCM_CREDENTIALS) {
      ucred who{};
      std::memcpy(&who, CMSG_DATA(c), sizeof who);
      packet.sender_pid = static_cast<std::uint32_t>(who.pid);
    }
  }
  return count;
}

}  // namespace

void Packet::clear() {
  drop();
  sender_pid = 0;
}

std::size_t Packet::brought() const {
  return static_cast<std::size_t>(std::ranges::count_if(descriptors, [](const UniqueFd& fd) { return bool{fd}; }));
}

// Forgets what was received, but not who sent it.
void Packet::drop() {
  wipe(bytes_.data(), size_);
  size_ = 0;
  kind = Kind::none;
  for (UniqueFd& fd : descriptors) fd.reset();
}

Told Channel::send_bytes(Kind kind, std::span<const std::byte> bytes, std::span<const int> lent) {
  const Route* route = find_route(kind, self_, peer_);
  if (!fd_ || route == nullptr || !route->permits(lent.size())) return Told::lost;
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ControlRoom control{};
  if (!lent.empty()) {
    header.msg_control = &control;
    header.msg_controllen = CMSG_SPACE(sizeof(int) * lent.size());
    control.header = {CMSG_LEN(sizeof(int) * lent.size()), SOL_SOCKET, SCM_RIGHTS};
    std::memcpy(CMSG_DATA(&control.header), lent.data(), sizeof(int) * lent.size());
  }
  ssize_t n = 0;
  do n = ::sendmsg(fd_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n == static_cast<ssize_t>(bytes.size())) return Told::sent;
  return n < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS) ? Told::full
                                                                                 : Told::lost;
}

Heard Channel::receive(Packet& packet) {
  packet.clear();
  if (!fd_) return Heard::closed;
  iovec part{packet.bytes_.data(), packet.bytes_.size()};
  ControlRoom control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = &control;
  header.msg_controllen = sizeof control;
  ssize_t n = 0;
  do n = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n < 0) return errno == EAGAIN ? Heard::nothing : Heard::closed;
  packet.size_ = static_cast<std::size_t>(n);
  const std::size_t count = read_control(header, packet);
  if (n == 0) {  // an end, or an empty packet, which may bring descriptors
    packet.drop();
    return Heard::closed;
  }
  const auto code = std::to_integer<std::uint8_t>(packet.bytes_[0]);
  const Route* route = code > static_cast<std::uint8_t>(Kind::last)
                           ? nullptr
                           : find_route(static_cast<Kind>(code), peer_, self_);
  const bool truncated = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  if (truncated || route == nullptr || !route->permits(count)) {
    packet.drop();
    return Heard::broken;
  }
  packet.kind = route->kind;
  return Heard::packet;
}

Heard Channel::await(Packet& packet, int milliseconds) {
  while (fd_) {
    pollfd wait{fd_.get(), POLLIN, 0};
    const int n = ::poll(&wait, 1, milliseconds);
    if (n < 0 && errno != EINTR) return Heard::closed;
    const Heard heard = n > 0 ? receive(packet) : Heard::nothing;
    if (n == 0 || heard != Heard::nothing) return heard;
  }
  return Heard::closed;
}

Result<std::pair<UniqueFd, UniqueFd>> make_channel() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return fail_errno("cannot make a channel");
  return std::pair{UniqueFd::adopt(ends[0]), UniqueFd::adopt(ends[1])};
}

}  // namespace postern
