// recvmmsg(2) and its tables.  Used by the logger, for which a good part of a line's cost was to look
// at its packet, and to take it, with a system call each.  Never use it where a packet may bring
// descriptors along: nobody here would close them.

#include "common/packets.h"

#include <algorithm>
#include <cstring>

namespace postern {

Packets::Packets(std::size_t longest) : longest_(longest), text_(longest * at_once) {}

std::size_t Packets::receive(int fd, std::size_t most, int flags) {
  most = std::min(most, at_once);
  for (std::size_t i = 0; i < most; ++i) {
    parts_[i] = {text_.data() + i * longest_, longest_};
    packets_[i] = {};
    packets_[i].msg_hdr.msg_iov = &parts_[i];
    packets_[i].msg_hdr.msg_iovlen = 1;
    packets_[i].msg_hdr.msg_control = control_[i].bytes.data();
    packets_[i].msg_hdr.msg_controllen = control_[i].bytes.size();
  }
  const int n = ::recvmmsg(fd, packets_.data(), static_cast<unsigned>(most), MSG_DONTWAIT | flags, nullptr);
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

std::string_view Packets::text(std::size_t i) const {
  return {text_.data() + i * longest_, std::min<std::size_t>(packets_[i].msg_len, longest_)};
}

std::optional<ucred> Packets::sender(std::size_t i) const {
  const cmsghdr* c = CMSG_FIRSTHDR(&packets_[i].msg_hdr);
  if (c == nullptr || c->cmsg_type != SCM_CREDENTIALS) return {};
  ucred who{};
  std::memcpy(&who, CMSG_DATA(c), sizeof who);
  return who;
}

}  // namespace postern
