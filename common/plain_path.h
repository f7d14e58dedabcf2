// Paths that no two servers can read in two ways: for what the configuration opens
// without a login, and for the requests that are compared with it.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern {

inline constexpr std::size_t max_plain_path_bytes = 512;

// True for an absolute path of letters, digits and -._~+,=@ in parts between single
// slashes, none of which consists of dots alone; at most 512 bytes.  So there is nothing to
// decode (%), to cut off (;), to fold (// and ..) or to take for a slash (\).
constexpr bool is_plain_path(std::string_view path) {
  constexpr std::string_view marks = "-._~+,=@";
  if (path.empty() || path.size() > max_plain_path_bytes || path[0] != '/') return false;
  std::size_t length = 0;  // of the part at hand,
  bool only_dots = true;   // and what it consists of
  for (std::size_t i = 1; i <= path.size(); ++i) {
    const bool last = i == path.size();
    if (last || path[i] == '/') {
      if (length == 0 ? !last : only_dots) return false;
      length = 0;
      only_dots = true;
      continue;
    }
    const char c = path[i];
    const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter_or_digit && marks.find(c) == marks.npos) return false;
    ++length;
    only_dots = only_dots && c == '.';
  }
  return true;
}

}  // namespace postern
