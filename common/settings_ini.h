// A configuration file as sections, keys and values, each with its line number.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace postern {

struct IniEntry {
  unsigned line = 0;
  std::string key;
  std::string value;  // without blanks at its ends; may be empty
};

struct IniSection {
  unsigned line = 0;
  std::string name;
  std::vector<IniEntry> entries;
};

// All of `text` (a whole file, `file` its name for errors), in its order.  Lines are
// "[section]", "key = value", blank, or a comment after # or ; at their start.  Refused
// with "FILE:LINE: ...": anything else, a control or non-ASCII byte outside comments, # or
// ; in a value, a key outside a section, a section or key that is there twice, and lines
// (but comments) longer than 199 bytes.
Result<std::vector<IniSection>> read_ini(std::string_view text, std::string_view file);

}  // namespace postern
