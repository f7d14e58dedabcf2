// Looks at what is given back to the heap: secrets that pass through memory must not stay there.  It takes
// the place of the library's operator delete, so one file of a program may include it, and no more.
#pragma once

#include <malloc.h>

#include <cstdlib>
#include <new>
#include <string_view>

namespace heap_watch {

inline std::string_view marker;  // what must not be given back; empty: nobody looks
inline int given_back = 0;

inline void look(void* block) {
  if (block == nullptr || marker.empty()) return;
  const std::string_view all(static_cast<const char*>(block), ::malloc_usable_size(block));
  if (all.find(marker) != all.npos) ++given_back;
}

// How often `act` gives back memory with `text` in it.
template <class Act>
int leaks_of(std::string_view text, Act act) {
  given_back = 0;
  marker = text;
  act();
  marker = {};
  return given_back;
}

}  // namespace heap_watch

void operator delete(void* block) noexcept {
  heap_watch::look(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  heap_watch::look(block);
  std::free(block);
}
