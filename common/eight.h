// What may be shown of a text, and how to look at text in eights, or to make it so: what most bytes are is told of
// eight of them at once.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace postern {

// Eight bytes, the first of them lowest.
struct Eight {
  static constexpr std::size_t size = sizeof(std::uint64_t);
  static constexpr std::uint64_t each = 0x0101010101010101, high = each * 0x80, low = each * 0x7f;
  static_assert(std::endian::native == std::endian::little);

  explicit Eight(std::uint64_t value) : bits(value) {}
  explicit Eight(const char* from) { std::memcpy(&bits, from, size); }
  // The high bit of the first control (0x00 to 0x1f, or DEL), and perhaps of bytes behind it; 0 when none
  // is there.
  std::uint64_t controls() const {
    const std::uint64_t deleted = bits ^ (each * 0x7f);
    return (((bits - each * 0x20) & ~bits) | ((deleted - each) & ~deleted)) & high;
  }
  // The same for the first byte outside ASCII, or control.
  std::uint64_t invisibles() const { return controls() | (bits & high); }
  // The high bit of each letter of ASCII.
  std::uint64_t letters() const {
    const std::uint64_t folded = (bits | each * 0x20) & low;
    const std::uint64_t from_a = folded + each * (0x80 - 'a'), above_z = folded + each * (0x7f - 'z');
    return from_a & ~above_z & ~bits & high;
  }
  // Letters and hyphens, and nothing else: most of what names are of.
  bool is_name() const {
    const std::uint64_t hyphen = bits ^ each * '-';
    const std::uint64_t others = ((hyphen & low) + low) | hyphen;  // the high bit of all but hyphens
    return (letters() | (~others & high)) == high;
  }
  // Whether these differ in the case of letters at most.
  bool is_folded_like(const Eight& other) const {
    const std::uint64_t differing = bits ^ other.bits;
    if ((differing & ~(each * 0x20)) != 0) return false;  // most do, and need no look at letters
    return (differing & ~(letters() >> 2)) == 0;
  }

  std::uint64_t bits = 0;
};

// Which byte of an eight the lowest of `marks` is in, which are not 0.
inline std::size_t first_marked(std::uint64_t marks) { return static_cast<std::size_t>(std::countr_zero(marks)) / 8; }

// The hex digits of `value`, as text of eight characters.
inline Eight hex_digits(std::uint32_t value) {
  Eight text(value);
  text.bits = (text.bits << 16 | text.bits) & 0x0000ffff0000ffff;
  text.bits = (text.bits << 8 | text.bits) & 0x00ff00ff00ff00ff;
  text.bits = (text.bits << 4 | text.bits) & 0x0f0f0f0f0f0f0f0f;  // a digit's value in each byte, the last digit lowest
  const std::uint64_t letters = (text.bits + Eight::each * 6) >> 4 & Eight::each;
  text.bits = std::byteswap(text.bits + Eight::each * '0' + letters * ('a' - '0' - 10));
  return text;
}
// The same of a number of 64 bits.
inline std::array<char, 2 * Eight::size> hex_text(std::uint64_t value) {
  const Eight halves[] = {hex_digits(static_cast<std::uint32_t>(value >> 32)), hex_digits(static_cast<std::uint32_t>(value))};
  return std::bit_cast<std::array<char, 2 * Eight::size>>(halves);
}

// A character of ASCII that a terminal shows, or a blank: 0x20 to 0x7e.  What is written to the log, to a
// terminal or into JSON as it is, and what PINs are of, rests on this.
constexpr bool is_visible(char c) { return c >= 0x20 && c <= 0x7e; }

// Where in `text` the first byte that is not visible stands; text.size() if there is none.
inline std::size_t span_of_visible(std::string_view text) {
  std::size_t i = 0;
  for (; text.size() - i >= Eight::size; i += Eight::size)
    if (const std::uint64_t marks = Eight(text.data() + i).invisibles(); marks != 0) return i + first_marked(marks);
  while (i < text.size() && is_visible(text[i])) ++i;
  return i;
}

}  // namespace postern
