// Reading a WAL before SQLite does.  SQLite takes it up to its first frame whose sum does
// not fit, says nothing, and writes over the rest: right for what a power cut left of the
// last transaction, but a byte that went bad further up would take back every passcode
// that was spent after it.  Each transaction is synced before the next one begins, so
// behind the first bad frame there may be the end of one, of two never.  Damage to the
// very last one looks like a power cut, and cannot be told from it.
//
// The format is SQLite's (its page "WAL-mode File Format"): a header of 32 bytes, then
// frames of 24 bytes and a page each, all numbers big-endian.
#include "authd/store_wal.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace postern::authd {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t header_size = 32, frame_header_size = 24, salts_size = 8;
constexpr std::uint32_t magic = 0x377f0682;  // its lowest bit: sums are of big-endian words
constexpr std::uint32_t version = 3007000;
constexpr std::uint32_t least_page = 512, most_page = 65536;

std::uint32_t number_at(Bytes bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (const std::byte b : bytes.subspan(at, 4)) number = number << 8 | std::to_integer<std::uint32_t>(b);
  return number;
}

// The sum of everything from the header on.
class Sum {
 public:
  explicit Sum(bool big_endian) : big_endian_(big_endian) {}
  // Of whole pairs of words.
  void add(Bytes bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      a_ += word_at(bytes, at) + b_;
      b_ += word_at(bytes, at + 4) + a_;
    }
  }
  bool stands_at(Bytes bytes, std::size_t at) const {
    return number_at(bytes, at) == a_ && number_at(bytes, at + 4) == b_;
  }

 private:
  std::uint32_t word_at(Bytes bytes, std::size_t at) const {
    const std::uint32_t number = number_at(bytes, at);
    return big_endian_ ? number : std::byteswap(number);
  }
  bool big_endian_;
  std::uint32_t a_ = 0, b_ = 0;
};

bool is_sound(Bytes header) {
  const std::uint32_t page = number_at(header, 8);
  return (number_at(header, 0) | 1) == (magic | 1) && number_at(header, 4) == version &&
         std::has_single_bit(page) && page >= least_page && page <= most_page;
}

Result<void> read_at(int file, std::size_t at, std::span<std::byte> room) {
  const ssize_t n = ::pread(file, room.data(), room.size(), static_cast<off_t>(at));
  if (n < 0) return fail_errno("cannot read its WAL");
  if (static_cast<std::size_t>(n) != room.size()) return fail("cannot read its WAL: it became shorter");
  return {};
}

// How many transactions end behind the first frame that does not fit.
Result<std::size_t> count_lost(int file, std::size_t size, Bytes header, Sum sum) {
  const Bytes salts = header.subspan(16, salts_size);
  std::vector<std::byte> frame(frame_header_size + number_at(header, 8));
  std::size_t lost = 0;
  bool fits = true;
  for (std::size_t at = header_size; size - at >= frame.size(); at += frame.size()) {
    TRY_VOID(read_at(file, at, frame));
    const Bytes all = frame;
    const bool is_ours = std::ranges::equal(all.subspan(8, salts_size), salts);
    sum.add(all.first(8));
    sum.add(all.subspan(frame_header_size));
    fits = fits && is_ours && sum.stands_at(all, 16);
    const bool ends_one = number_at(all, 4) != 0;
    if (!fits && is_ours && ends_one) ++lost;
  }
  return lost;
}

}  // namespace

Result<void> check_wal(int file) {
  struct stat about{};
  if (::fstat(file, &about) != 0) return fail_errno("cannot read its WAL");
  const auto size = static_cast<std::size_t>(about.st_size);
  if (size <= header_size) return {};  // it was not begun
  std::array<std::byte, header_size> header{};
  TRY_VOID(read_at(file, 0, header));
  Sum sum((number_at(header, 0) & 1) != 0);
  sum.add(Bytes(header).first(24));
  // It is synced before the first frame is written.
  if (!is_sound(header) || !sum.stands_at(header, 24)) return fail("its WAL is damaged, at the very beginning");
  const std::size_t lost = TRY(count_lost(file, size, header, sum));
  if (lost > 1) return fail("its WAL is damaged, before the last " + std::to_string(lost) + " transactions");
  return {};
}

}  // namespace postern::authd
