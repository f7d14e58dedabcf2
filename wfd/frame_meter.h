// Follows the frames that a client sends through a tunnel (RFC 6455, 5.2): whether they
// can be frames at all, and whether there was data among them.  It looks at heads of
// frames only, changes nothing and keeps nothing of what they carry.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::wfd {

class FrameMeter {
 public:
  // Looks at the next bytes, however they were cut.  False: this is not what a client may
  // send (no mask, a control frame that is long or in pieces, a length beyond 63 bits),
  // and the tunnel must end.
  [[nodiscard]] bool take(std::string_view bytes);
  // True if a part of a data frame has come since this was asked last.  Pings do not
  // count, and neither do the pongs with which a browser answers a server's pings by
  // itself: a page that nobody uses must not look like a user.
  bool took_data();

 private:
  bool take_head(char byte);
  bool begin_head() const;
  void end_head();

  static constexpr std::size_t longest_head = 14;  // two bytes, eight of length, the mask
  std::array<std::uint8_t, longest_head> head_{};
  std::size_t have_ = 0;   // bytes of a head so far
  std::size_t need_ = 2;   // and how many it will have
  std::uint64_t left_ = 0; // of the payload of the frame at hand
  bool in_data_ = false;   // that frame is a data frame
  bool took_data_ = false;
};

}  // namespace postern::wfd
