// Making a process cheap to copy, and a copy small.  For a nursery, whose workers serve one
// connection and end: what the kernel does for each page that a worker touches, and for each
// that it leaves behind, is most of what such a worker costs.
#pragma once

#include <cstddef>
#include <span>

namespace postern {

// Copies the program's own code to huge pages, and puts them in its place.  A child then has
// all of it in a few entries of its page table; else it would ask the kernel for it piece by
// piece, and give each page back.  `code` must be mapped from a file, with room for a huge
// page (2 MiB) before and behind all that is ever called (text_room.h); it may be empty.
// Before the jail, where memory that can be executed cannot be had any more; at no moment
// can it be written and executed.  False: everything stays as it is, only slower; the kernel
// has no such pages, or allows none.
bool move_to_huge_pages(std::span<const std::byte> code);

// Takes the holes between the pieces of the heap out of use, at most some hundred KiB.  What
// this process and its children allocate from now on lies together, in few pages.
void close_heap_holes();

// Gives back what this process has touched and does not use: free pages of the heap, and the
// stack below the caller, with all that is left there of what was once known.
void give_memory_back();

}  // namespace postern
