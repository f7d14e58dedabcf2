// Where the code and the heap of a nursery lie, and of its workers.  Called by nursery.cc before
// it has a worker, and by workers at rest.  Nothing here may make a start or a connection
// fail: without it they cost more, and that is all.

#include "common/forkable.h"

#include <linux/mman.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>

namespace postern {
namespace {

constexpr std::uintptr_t huge_page = 2 * 1024 * 1024;
constexpr std::uintptr_t page = 4096;
constexpr int most_tries = 8;
// malloc of glibc: one kind of block for each 16 bytes, up to here at the least, from the least
// on; 8 bytes of a block are its own.
constexpr std::size_t least_block = 24, block_step = 16, small_block = 1032;
constexpr std::size_t cached = 256 * 1024;    // small blocks that malloc keeps at hand and does not count as free
constexpr std::uintptr_t frame = 1024;        // that give_memory_back() itself may need
constexpr std::uintptr_t depth = 128 * 1024;  // of the stack that is looked at

std::uintptr_t at(const void* place) { return reinterpret_cast<std::uintptr_t>(place); }
std::uintptr_t round_up(std::uintptr_t place) { return (place + huge_page - 1) / huge_page * huge_page; }

// A page that somebody else holds for a moment (reclaim, say) makes one try fail: madvise(2).
bool collapse(void* place, std::size_t size) {
  for (int tries = 0; tries < most_tries; ++tries) {
    if (::madvise(place, size, MADV_COLLAPSE) == 0) return true;
    if (errno != EAGAIN && errno != EBUSY) return false;
  }
  return false;
}

struct Holes {
  std::uintptr_t end;  // of the part of the heap in which they are
  std::size_t left;    // bytes in them, at most: a heap that is not where we think ends this
};

// Fills all holes that have room for `size` bytes.  Nothing is given back, not even the last block,
// which is behind them: malloc would keep it at hand, and lead every worker to a page of its own for
// each size.
void fill(Holes& holes, std::size_t size) {
  std::allocator<std::byte> heap;
  const std::byte* block = heap.allocate(size);
  for (; at(block) < holes.end && holes.left >= size; block = heap.allocate(size)) holes.left -= size;
}

}  // namespace

bool move_to_huge_pages(std::span<const std::byte> code) {
  const std::uintptr_t from = round_up(at(code.data()));
  const std::uintptr_t to = at(code.data() + code.size()) / huge_page * huge_page;
  if (code.empty() || from >= to) return false;
  const std::size_t size = to - from;
  void* const room = ::mmap(nullptr, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return false;
  void* const copy = reinterpret_cast<void*>(round_up(at(room)));
  std::memcpy(copy, reinterpret_cast<const void*>(from), size);
  // Fails where these would not be huge pages: then many small ones were worse than the file's.
  const bool moved = collapse(copy, size) &&
                     ::mprotect(copy, size, PROT_READ | PROT_EXEC) == 0 &&
                     ::mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, reinterpret_cast<void*>(from)) != MAP_FAILED;
  (void)::munmap(room, size + huge_page);  // what is left of it
  return moved;
}

void close_heap_holes() {
  const struct mallinfo2 heap = ::mallinfo2();
  Holes holes{at(::sbrk(0)) - heap.keepcost, heap.fordblks - heap.keepcost + cached};
  for (std::size_t size = 64 * 1024; size > small_block; size -= size / 8) fill(holes, size);
  for (std::size_t size = small_block; size >= least_block; size -= block_step) fill(holes, size);
}

void give_memory_back() {
  (void)::malloc_trim(0);
  const std::uintptr_t end = (at(__builtin_frame_address(0)) - frame) / page * page;
  (void)::madvise(reinterpret_cast<void*>(end - depth), depth, MADV_DONTNEED);  // what there is of it
}

}  // namespace postern
