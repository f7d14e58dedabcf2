// The files of the gate's own pages, read once, from the worker's chroot.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace postern::wfd {

inline constexpr std::size_t max_page_bytes = 65536;
inline constexpr std::size_t max_static_bytes = 262144;  // each
inline constexpr std::size_t max_static_files = 32;
inline constexpr std::size_t max_page_names = 128;

struct StaticFile {
  std::string name;        // letters, digits, '.', '_' and '-'
  std::string_view type;   // of a constant table
  std::string content;
};

// The Content-Type for a name, by its extension; empty for one that is not in the table.
std::string_view content_type_of(std::string_view name);

// The whole of the regular file `name` in `directory` (borrowed), at most `limit` bytes.
Result<std::string> read_page_file(int directory, const std::string& name, std::size_t limit);

// What stands in `directory` (borrowed), in alphabetical order.
Result<std::vector<std::string>> list_page_names(int directory);

// All files of static/ in `directory` (borrowed).  A file with an unknown extension or a
// name of other characters, a subdirectory, or too many of them is an error.
Result<std::vector<StaticFile>> read_static_files(int directory);

}  // namespace postern::wfd
