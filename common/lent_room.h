// Room for what is large and soon gone: the buffers that bytes pass through.  On the heap such
// a buffer leaves a hole between things that stay, and most pages of those would then hold
// next to nothing.  One such room for a process; it must be asked for.
#pragma once

#include <cstddef>

namespace postern {

inline constexpr std::size_t lent_bytes = 24 * 1024;  // a piece; untouched pages of it cost nothing

inline constexpr std::size_t most_lent = 1024, few_lent = 32;  // pieces: for many connections, and for one

// Makes the room, of at most most_lent pieces (it counts as memory in use where the kernel promises
// no more than there is).  Without it, or when it is full, pieces come from the heap.
void open_lent_room(std::size_t pieces = most_lent);

// `bytes` of memory, aligned for everything; null when there is none.  More than lent_bytes come
// from the heap.
[[nodiscard]] void* lend(std::size_t bytes);
// Takes back what came from lend(), or from malloc(); null is nothing.
void take_back(void* block);
// The same, for a unique_ptr.
struct TakeBack {
  void operator()(char* block) const { take_back(block); }
};
// What lies before `end`, in the piece that it is in or ends, is wiped when the piece comes back.
// Elsewhere nothing happens.
void wipe_when_back(const void* end);
// True for a piece of the room: it has lent_bytes.
bool is_lent(const void* block);

// Gives the kernel all pages of the room that hold nothing now.
void empty_lent_room();

}  // namespace postern
