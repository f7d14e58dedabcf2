// How a message becomes bytes and back.  A message lists its fields once, in
// `template <class A> void fields(A& a)`, and the same list writes and reads it, so
// the two cannot drift.  Integers are little-endian and of fixed size; texts and
// blobs carry a length that never exceeds the room of the receiving field.  A reader
// that meets anything short, long, or out of range fails, and stays failed.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "common/secret.h"

namespace postern {

// Up to N characters, held in place.
template <std::size_t N>
class Text {
 public:
  static constexpr std::size_t capacity = N;
  Text() = default;
  // Cut at N characters; use assign() where cutting would change the meaning.
  explicit Text(std::string_view text) {
    (void)assign(text.substr(0, N));  // cannot fail after the cut
  }
  // False, and empty, when `text` has no room here.
  [[nodiscard]] bool assign(std::string_view text) {
    size_ = 0;
    if (text.size() > N) return false;
    std::copy(text.begin(), text.end(), chars_.begin());
    size_ = static_cast<std::uint16_t>(text.size());
    return true;
  }
  std::string_view view() const { return {chars_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  bool operator==(const Text& other) const { return view() == other.view(); }

 private:
  static_assert(N <= 4096);
  std::array<char, N> chars_{};
  std::uint16_t size_ = 0;
};

// Up to N bytes, held in place.
template <std::size_t N>
class Bytes {
 public:
  static constexpr std::size_t capacity = N;
  [[nodiscard]] bool assign(std::span<const std::byte> bytes) {
    size_ = 0;
    if (bytes.size() > N) return false;
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
    size_ = static_cast<std::uint16_t>(bytes.size());
    return true;
  }
  std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

 private:
  static_assert(N <= 4096);
  std::array<std::byte, N> bytes_{};
  std::uint16_t size_ = 0;
};

// Up to N things of one kind, as (a part of) a message.
template <class T, std::size_t N>
struct Several {
  std::uint16_t count = 0;  // a receiver looks whether it is_right(), or as many descriptors came along
  std::array<T, N> each{};

  bool is_right() const { return count > 0 && count <= N; }
  void add(const T& one) { each[count++] = one; }  // there must be room
  template <class A> void fields(A& a) {
    a(count);
    for (std::size_t i = 0; i < count && i < N; ++i) a(each[i]);
  }
};

inline constexpr std::size_t max_message = 4096;

template <class E>
concept BoundedEnum = std::is_enum_v<E> && requires { E::last; };
template <class T>
concept HasFields = requires(T t, int& a) { t.template fields<int>(a); };

// Writes fields one after the other; `complete()` is false if they had no room.
class Writer {
 public:
  explicit Writer(std::span<std::byte> room) : room_(room) {}
  bool complete() const { return good_; }
  std::size_t size() const { return used_; }

  void operator()(bool v) { number(static_cast<std::uint8_t>(v)); }
  void operator()(std::unsigned_integral auto v) { number(v); }
  void operator()(std::signed_integral auto v) { number(static_cast<std::make_unsigned_t<decltype(v)>>(v)); }
  template <BoundedEnum E>
  void operator()(E v) { number(static_cast<std::underlying_type_t<E>>(v)); }
  template <std::size_t N>
  void operator()(const std::array<std::byte, N>& v) { raw(v); }
  template <std::size_t N>
  void operator()(const std::array<std::uint8_t, N>& v) { raw(std::as_bytes(std::span(v))); }
  template <std::size_t N>
  void operator()(const Text<N>& v) { sized(std::as_bytes(std::span(v.view()))); }
  template <std::size_t N>
  void operator()(const Bytes<N>& v) { sized(v.bytes()); }
  template <std::size_t N>
  void operator()(const Secret<N>& v) { sized(v.bytes()); }
  template <HasFields M>
  void operator()(M& m) { m.fields(*this); }

 private:
  void raw(std::span<const std::byte> bytes) {
    if (room_.size() - used_ < bytes.size()) {
      good_ = false;
      return;
    }
    std::copy(bytes.begin(), bytes.end(), room_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += bytes.size();
  }
  template <class U>
  void number(U value) {
    std::array<std::byte, sizeof(U)> bytes{};
    for (std::size_t i = 0; i < sizeof(U); ++i)
      bytes[i] = static_cast<std::byte>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xff);
    raw(bytes);
  }
  void sized(std::span<const std::byte> bytes) {
    number(static_cast<std::uint16_t>(bytes.size()));
    raw(bytes);
  }

  std::span<std::byte> room_;
  std::size_t used_ = 0;
  bool good_ = true;
};

// Reads fields one after the other; `complete()` only if all were there, in range,
// and nothing is left over.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : left_(bytes) {}
  bool complete() const { return good_ && left_.empty(); }

  void operator()(bool& v) {
    std::uint8_t n = 0;
    number(n);
    if (n > 1) good_ = false;
    v = good_ && n == 1;
  }
  void operator()(std::unsigned_integral auto& v) { number(v); }
  void operator()(std::signed_integral auto& v) {
    std::make_unsigned_t<std::remove_reference_t<decltype(v)>> n = 0;
    number(n);
    v = static_cast<std::remove_reference_t<decltype(v)>>(n);
  }
  template <BoundedEnum E>
  void operator()(E& v) {
    std::underlying_type_t<E> n = 0;
    number(n);
    if (n > static_cast<std::underlying_type_t<E>>(E::last)) good_ = false;
    v = good_ ? static_cast<E>(n) : E{};
  }
  template <std::size_t N>
  void operator()(std::array<std::byte, N>& v) { copy(v); }
  template <std::size_t N>
  void operator()(std::array<std::uint8_t, N>& v) { copy(std::as_writable_bytes(std::span(v))); }
  template <std::size_t N>
  void operator()(Text<N>& v) {
    const auto bytes = sized();
    if (!v.assign({reinterpret_cast<const char*>(bytes.data()), bytes.size()})) good_ = false;
  }
  template <std::size_t N>
  void operator()(Bytes<N>& v) {
    if (!v.assign(sized())) good_ = false;
  }
  template <std::size_t N>
  void operator()(Secret<N>& v) {
    if (!v.assign(sized())) good_ = false;
  }
  template <HasFields M>
  void operator()(M& m) { m.fields(*this); }

 private:
  std::span<const std::byte> take(std::size_t size) {
    if (!good_ || left_.size() < size) {
      good_ = false;
      return {};
    }
    const auto taken = left_.first(size);
    left_ = left_.subspan(size);
    return taken;
  }
  void copy(std::span<std::byte> to) {
    const auto from = take(to.size());
    std::copy(from.begin(), from.end(), to.begin());
  }
  template <class U>
  void number(U& value) {
    std::uint64_t n = 0;
    const auto bytes = take(sizeof(U));
    for (std::size_t i = 0; i < bytes.size(); ++i)
      n |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    value = static_cast<U>(n);
  }
  std::span<const std::byte> sized() {
    std::uint16_t size = 0;
    number(size);
    return take(size);
  }

  std::span<const std::byte> left_;
  bool good_ = true;
};

// The bytes of `m` in `room`; 0 when they have no room there.
template <class M>
std::size_t encode(const M& m, std::span<std::byte> room) {
  Writer writer(room);
  const_cast<M&>(m).fields(writer);  // one list serves both ways; writing changes nothing
  return writer.complete() ? writer.size() : 0;
}
// False if `bytes` is not exactly one M.
template <class M>
[[nodiscard]] bool decode(std::span<const std::byte> bytes, M& m) {
  Reader reader(bytes);
  m.fields(reader);
  return reader.complete();
}

}  // namespace postern
