// Bytes that must not linger: a passcode, a PIN, a cookie value, a key.  Fixed room,
// no copy, wiped when it goes, compared in constant time, and nothing prints it.
#pragma once

#include <string.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace postern {

// Writes zeros in a way that the compiler keeps.
inline void wipe(void* where, std::size_t size) { ::explicit_bzero(where, size); }

// Equality without a way to learn where two texts differ.  The lengths are not secret.
inline bool same_secret(std::span<const std::byte> a, std::span<const std::byte> b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= std::to_integer<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

// Up to N secret bytes.
template <std::size_t N>
class Secret {
 public:
  static constexpr std::size_t capacity = N;

  Secret() = default;
  Secret(Secret&& other) noexcept { take(other); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) take(other);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(bytes_.data(), N); }

  // False, and empty, when `bytes` has no room here.
  bool assign(std::span<const std::byte> bytes) {
    wipe(bytes_.data(), N);
    size_ = 0;
    if (bytes.size() > N) return false;
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
    size_ = bytes.size();
    return true;
  }
  bool assign(std::string_view text) { return assign(std::as_bytes(std::span(text))); }

  std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }
  // The room itself, to be filled in place with exactly `size` bytes (at most N).
  std::span<std::byte> fill(std::size_t size) {
    size_ = std::min(size, N);
    return std::span(bytes_).first(size_);
  }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), size_};
  }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool operator==(const Secret& other) const { return same_secret(bytes(), other.bytes()); }

 private:
  void take(Secret& other) {
    assign(other.bytes());
    other.assign(std::span<const std::byte>{});
  }
  std::array<std::byte, N> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace postern
