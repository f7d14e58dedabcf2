// Counts its way from one WebSocket frame of a client to the next.  Called by
// connection_tunnel.cc for all that a client sends.
// What frames say is between the page and its server; extensions may give the reserved
// bits and codes a meaning, so those pass.  Never hold bytes back here, and never give
// the other direction a meter: what a server sends is nobody's activity.
#include "wfd/frame_meter.h"

#include <algorithm>

namespace postern::wfd {
namespace {

constexpr unsigned final_bit = 0x80;    // in the first byte
constexpr unsigned control_bit = 0x08;  // of the code in the first byte
constexpr unsigned mask_bit = 0x80;     // in the second byte
constexpr unsigned short_length = 0x7f;
constexpr unsigned longest_control = 125;
constexpr std::size_t mask_bytes = 4;

// How many bytes of length follow the second byte.
constexpr std::size_t length_bytes(unsigned in_second) { return in_second == 127 ? 8 : in_second == 126 ? 2 : 0; }

}  // namespace

bool FrameMeter::take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      if (!take_head(bytes.front())) return false;
      bytes.remove_prefix(1);
      continue;
    }
    const std::uint64_t n = std::min<std::uint64_t>(left_, bytes.size());
    left_ -= n;
    took_data_ |= in_data_;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool FrameMeter::took_data() {
  const bool took = took_data_;
  took_data_ = false;
  return took;
}

bool FrameMeter::take_head(char byte) {
  head_[have_++] = static_cast<std::uint8_t>(byte);
  if (have_ == 2) {
    if (!begin_head()) return false;
    need_ = 2 + length_bytes(head_[1] & short_length) + mask_bytes;
  }
  if (have_ == 3 && need_ == longest_head && (head_[2] & 0x80) != 0) return false;
  if (have_ == need_) end_head();
  return true;
}

// The rules that the first two bytes can break.
bool FrameMeter::begin_head() const {
  if ((head_[1] & mask_bit) == 0) return false;
  if ((head_[0] & control_bit) == 0) return true;
  return (head_[0] & final_bit) != 0 && (head_[1] & short_length) <= longest_control;
}

void FrameMeter::end_head() {
  const std::size_t extended = length_bytes(head_[1] & short_length);
  left_ = extended == 0 ? head_[1] & short_length : 0;
  for (std::size_t i = 0; i < extended; ++i) left_ = (left_ << 8) | head_[2 + i];
  in_data_ = (head_[0] & control_bit) == 0;
  took_data_ |= in_data_;
  have_ = 0;
  need_ = 2;
}

}  // namespace postern::wfd
