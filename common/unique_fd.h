// The only owner of a descriptor.  adopt() is the one way in; moves hand it on;
// the destructor closes; there is no conversion to int.  An `int` in a signature
// elsewhere means "borrowed for this call".
#pragma once

#include <unistd.h>

#include <utility>

namespace postern {

class UniqueFd {
 public:
  UniqueFd() = default;
  static UniqueFd adopt(int fd) { return UniqueFd(fd); }

  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  // By value and swapped, so that the old descriptor is always closed.
  UniqueFd& operator=(UniqueFd other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  ~UniqueFd() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset() { *this = UniqueFd(); }

 private:
  explicit UniqueFd(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace postern
