// The code of wfd, with room around it, as it lies in memory: text_begin.cc is linked first,
// text_end.cc last; a program without them has no such room.
#pragma once

#include <cstddef>
#include <span>

extern "C" {
extern const std::byte postern_text_begin[] __attribute__((weak));
extern const std::byte postern_text_end[] __attribute__((weak));
}

namespace postern::wfd {

// All code of the program and of the libraries inside it, between two rooms of one huge page.
inline std::span<const std::byte> program_text() {
  return {postern_text_begin, static_cast<std::size_t>(postern_text_end - postern_text_begin)};
}

}  // namespace postern::wfd
