// Where memory lies, looked at in child processes, for some of it is never given back.
#include "common/forkable.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "unit/catch.h"
#include "unit/common/children.h"

using namespace postern;
using test::in_child;
using test::left_with;

namespace {

using Block = std::unique_ptr<std::vector<char>>;

// Thousands of blocks of all sizes, and then two of three are gone.
std::vector<Block> riddle_heap() {
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < 20'000; ++i) blocks.push_back(std::make_unique<std::vector<char>>(1 + i * 7919 % 3000));
  for (std::size_t i = 0; i < blocks.size(); ++i)
    if (i % 3 != 0) blocks[i].reset();
  return blocks;
}

// How many pages `count` small blocks lie in.
std::size_t pages_of(std::size_t count) {
  std::vector<std::uintptr_t> pages;
  std::vector<Block> blocks;
  blocks.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    blocks.push_back(std::make_unique<std::vector<char>>(1 + i * 104'729 % 500));
    pages.push_back(reinterpret_cast<std::uintptr_t>(blocks.back()->data()) / 4096);
  }
  std::ranges::sort(pages);
  return static_cast<std::size_t>(std::ranges::unique(pages).begin() - pages.begin());
}

// A deep frame, full of a byte; where one of them was.
[[gnu::noinline]] volatile char* leave_on_stack(char byte) {
  volatile char deep[64 * 1024];
  for (volatile char& c : deep) c = byte;
  volatile char* place = deep + 1000;
  asm volatile("" : "+r"(place));
  return place;
}

}  // namespace

TEST_CASE("what is allocated after close_heap_holes lies together", "[forkable]") {
  const auto scattered = [] {
    const std::vector<Block> kept = riddle_heap();
    return pages_of(200) > 45 ? 0 : 1;
  };
  CHECK(left_with(in_child(scattered), 0));
  const auto together = [] {
    const std::vector<Block> kept = riddle_heap();
    close_heap_holes();
    return pages_of(200) < 22 ? 0 : 1;  // 200 blocks of 250 bytes and what std::vector needs
  };
  CHECK(left_with(in_child(together), 0));
}

TEST_CASE("give_memory_back wipes the stack that is not in use", "[forkable]") {
  const auto wiped = [] {
    volatile char* place = leave_on_stack('s');
    if (*place != 's') return 2;
    give_memory_back();
    return *place == 0 ? 0 : 1;
  };
  CHECK(left_with(in_child(wiped), 0));
}

TEST_CASE("code without room around it stays where it is", "[forkable]") {
  CHECK_FALSE(move_to_huge_pages({}));
  const auto* code = reinterpret_cast<const std::byte*>(&move_to_huge_pages);
  CHECK_FALSE(move_to_huge_pages({code, 4096}));
}

TEST_CASE("code in huge pages is the same, and cannot be written", "[forkable]") {
  const auto moved = [] {
    constexpr std::size_t size = 6 * 1024 * 1024;
    void* const room = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return 3;
    auto* const bytes = static_cast<unsigned char*>(room);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(i / 4096 % 251);
    if (::mprotect(room, size, PROT_READ) != 0) return 4;
    (void)move_to_huge_pages({static_cast<const std::byte*>(room), size});  // as the kernel likes
    for (std::size_t i = 0; i < size; ++i)
      if (bytes[i] != static_cast<unsigned char>(i / 4096 % 251)) return 5;
    *static_cast<volatile unsigned char*>(bytes + size / 2) = 1;
    return 6;
  };
  CHECK(test::killed_by(in_child(moved), SIGSEGV));
}
