// A bounded queue of bytes in one piece of memory, which grows with what is in it and comes from
// the lent room: release() it when nothing is on its way.  Full
// means: stop reading.  Views of its contents stay good until room(), append() or release()
// is called.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "common/lent_room.h"
#include "common/secret.h"

namespace postern {

class Buffer {
 public:
  // `capacity`: at most 4 GiB.
  explicit Buffer(std::size_t capacity)
      : capacity_(static_cast<std::uint32_t>(std::min<std::size_t>(capacity, UINT32_MAX))) {}
  ~Buffer() { release(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::string_view view() const { return {memory_.get() + begin_, size()}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t left() const { return capacity_ - size(); }
  std::size_t capacity() const { return capacity_; }

  // Free room in one piece, to be filled from its start; then call filled().  There is some
  // as long as left() is not 0, though perhaps not all of it at once: `wanted` bytes of it are.
  std::span<char> room(std::size_t wanted = 1) {
    make_room(std::min(wanted, left()));
    return {memory_.get() + end_, held_ - end_};
  }
  void filled(std::size_t n) {
    written(n);
    end_ += static_cast<std::uint32_t>(std::min<std::size_t>(n, held_ - end_));
  }
  // So many bytes at the start of the room were written, and need not all be filled: they are
  // wiped with the others.
  void written(std::size_t n) {
    used_ = std::max(used_, end_ + static_cast<std::uint32_t>(std::min<std::size_t>(n, held_ - end_)));
  }
  // False, and nothing added, when `text` has no room.
  [[nodiscard]] bool append(std::string_view text) {
    if (left() < text.size()) return false;
    if (text.empty()) return true;
    make_room(text.size());
    std::memcpy(memory_.get() + end_, text.data(), text.size());
    filled(text.size());
    return true;
  }
  void drop(std::size_t n) {
    begin_ += static_cast<std::uint32_t>(std::min(n, size()));
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Drops everything and gives the memory back, wiped: it may have held a passcode.
  void release() {
    if (memory_) wipe(memory_.get(), used_);
    memory_.reset();
    begin_ = end_ = used_ = held_ = 0;
  }

 private:
  using Memory = std::unique_ptr<char[], TakeBack>;
  static constexpr std::size_t first_held = 4096;  // most heads, and many answers

  // At least `wanted` bytes behind end_, as far as the capacity goes: by moving what there is
  // to the front, or into a larger piece of memory.
  void make_room(std::size_t wanted) {
    if (begin_ != 0) {
      std::memmove(memory_.get(), memory_.get() + begin_, size());
      end_ -= begin_;
      begin_ = 0;
    }
    if (wanted <= held_ - end_ || held_ == capacity_) return;
    const std::size_t grown = std::min<std::size_t>(capacity_, std::max({first_held, std::size_t{held_} * 4, end_ + wanted}));
    Memory larger(static_cast<char*>(lend(grown)));
    if (!larger) std::abort();
    if (memory_) {
      std::memcpy(larger.get(), memory_.get(), end_);
      wipe(memory_.get(), used_);
    }
    memory_ = std::move(larger);
    held_ = static_cast<std::uint32_t>(grown);
    used_ = end_;
  }

  Memory memory_;
  std::uint32_t capacity_;
  std::uint32_t held_ = 0;            // bytes of memory_
  std::uint32_t begin_ = 0, end_ = 0;
  std::uint32_t used_ = 0;            // that many bytes of memory_ may hold something
};

}  // namespace postern
