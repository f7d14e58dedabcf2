// Packets of a UNIX socket, some of them with one system call.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace postern {

class Packets {
 public:
  static constexpr std::size_t at_once = 16;

  // Keeps at most `longest` bytes of each.
  explicit Packets(std::size_t longest);

  // Receives at most `most` that are there now (at most at_once); `flags` as for recv(2).  How many
  // there were: 0 also on an error.  What was received before is gone.
  std::size_t receive(int fd, std::size_t most, int flags);

  // Of packet `i` of those received.  Its length: the true one with MSG_TRUNC.
  std::size_t length(std::size_t i) const { return packets_[i].msg_len; }
  // What was kept of it; a view until the next call.
  std::string_view text(std::size_t i) const;
  // Who sent it (SO_PASSCRED); nothing at the end of the stream of packets.
  std::optional<ucred> sender(std::size_t i) const;

 private:
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(ucred))> bytes;
  };
  std::size_t longest_;
  std::vector<char> text_;
  std::array<Control, at_once> control_{};
  std::array<iovec, at_once> parts_{};
  std::array<mmsghdr, at_once> packets_{};
};

}  // namespace postern
