// A bounded queue of bytes in one piece of memory.  Full means: stop reading.  Views of
// its contents stay good until room() or release() is called.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "common/secret.h"

namespace postern {

class Buffer {
 public:
  explicit Buffer(std::size_t capacity) : capacity_(capacity) {}
  ~Buffer() { release(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::string_view view() const { return {memory_.get() + begin_, size()}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t left() const { return capacity_ - size(); }
  std::size_t capacity() const { return capacity_; }

  // All the free room, in one piece, to be filled from its start; then call filled().
  std::span<char> room() {
    if (!memory_) memory_ = std::make_unique_for_overwrite<char[]>(capacity_);
    if (begin_ != 0) std::memmove(memory_.get(), memory_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
    return {memory_.get() + end_, capacity_ - end_};
  }
  void filled(std::size_t n) { end_ += std::min(n, capacity_ - end_); }
  // False, and nothing added, when `text` has no room.
  [[nodiscard]] bool append(std::string_view text) {
    if (left() < text.size()) return false;
    if (!text.empty()) std::memcpy(room().data(), text.data(), text.size());
    end_ += text.size();
    return true;
  }
  void drop(std::size_t n) {
    begin_ += std::min(n, size());
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Drops everything and gives the memory back, wiped: it may have held a passcode.
  void release() {
    if (memory_) wipe(memory_.get(), capacity_);
    memory_.reset();
    begin_ = end_ = 0;
  }

 private:
  std::size_t capacity_;
  std::unique_ptr<char[]> memory_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace postern
