// What may follow on a command line, for shells.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::authd {

// What the last of `words` (perhaps empty) may become, after the words before it.
struct Candidates {
  std::vector<std::string_view> words;
  bool users = false, sessions = false;  // names that only authd knows
  bool files = false;                    // names of files
};
Candidates candidates_for(std::span<const std::string_view> words);

// `authctl complete WORD...`: prints one candidate a line, also those that authd knows if
// it can be asked.  Its value is the exit code: 1 when the shell is to complete the name
// of a file.
int complete(std::span<char* const> words);

}  // namespace postern::authd
