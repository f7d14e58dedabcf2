// The wall around inih: nobody else includes its header.  inih 55 breaks lines over 199
// bytes in two, cuts section names at 49 bytes, ends a value at " ;", takes ":" for "=",
// joins indented lines to the value above, and tells its handler no line number; all of
// it silently.  So each line is judged here first, and inih is fed, by the stream
// interface, only lines that it cannot misread.  Called by settings_*.cc alone; never
// put here: what any key means.
#include "common/settings_ini.h"

#include <ini.h>

#include <algorithm>

#include "common/settings_text.h"

namespace postern {
namespace {

constexpr std::size_t longest_line = 199;  // what one line of inih 55 can hold

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

// The file on its way into inih, and the sections that come out.
struct Feed {
  std::string_view left;
  unsigned line = 0;
  std::vector<IniSection> sections;
  std::string error;  // what is wrong in `line`; empty while all is well
};

bool refuse(Feed& feed, std::string what) {
  feed.error = std::move(what);
  return false;
}

std::string_view next_line(Feed& feed) {
  const std::size_t end = feed.left.find('\n');
  const std::string_view line = feed.left.substr(0, end);
  feed.left.remove_prefix(end == feed.left.npos ? feed.left.size() : end + 1);
  ++feed.line;
  return line;
}

bool check_bytes(Feed& feed, std::string_view line) {
  if (line.size() > longest_line)
    return refuse(feed, "the line has " + std::to_string(line.size()) + " bytes; at most 199 are allowed");
  for (const char c : line) {
    if (c == '\r') return refuse(feed, "the line ends in CR LF; only LF is allowed");
    if ((c < ' ' && c != '\t') || c > '~')
      return refuse(feed, "a control or non-ASCII byte; those are allowed in comments only");
  }
  return true;
}

bool open_section(Feed& feed, std::string_view line) {
  if (line.back() != ']') return refuse(feed, "a section must be written [NAME], alone on its line");
  const std::string name(without_blanks(line.substr(1, line.size() - 2)));
  if (name.empty() || name.find_first_of("[]#;") != name.npos)
    return refuse(feed, "not a section name: \"" + name + "\"");
  for (const IniSection& known : feed.sections)
    if (known.name == name)
      return refuse(feed, "[" + name + "] is there already, in line " + std::to_string(known.line));
  feed.sections.push_back({feed.line, name, {}});
  return true;
}

bool check_entry(Feed& feed, std::string_view line) {
  const std::size_t equals = line.find('=');
  const std::string key(without_blanks(line.substr(0, equals)));
  if (equals == line.npos) return refuse(feed, "neither [SECTION] nor KEY = VALUE");
  if (!is_word(key)) return refuse(feed, "not a key: \"" + key + "\" (letters, digits, . _ - are allowed)");
  if (line.find_first_of("#;", equals) != line.npos)
    return refuse(feed, "# and ; are not allowed in a value; a comment stands on a line of its own");
  if (feed.sections.empty()) return refuse(feed, "a key is allowed only below a [SECTION]");
  for (const IniEntry& known : feed.sections.back().entries)
    if (known.key == key) return refuse(feed, key + " is there already, in line " + std::to_string(known.line));
  return true;
}

// For inih, in the manner of fgets: the next line with a key, or nullptr at the end of
// the file and at the first error.  Sections, blanks and comments are dealt with here.
char* read_line(char* room, int size, void* stream) {
  Feed& feed = *static_cast<Feed*>(stream);
  while (feed.error.empty() && !feed.left.empty()) {
    const std::string_view whole = next_line(feed);
    const std::string_view line = without_blanks(whole);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (!check_bytes(feed, whole)) break;
    if (line[0] == '[') {
      open_section(feed, line);
      continue;
    }
    if (!check_entry(feed, line)) break;
    if (size <= 0 || static_cast<std::size_t>(size) <= line.size()) {
      refuse(feed, "the line is longer than the library can hold");
      break;
    }
    std::copy(line.begin(), line.end(), room);
    room[line.size()] = '\0';
    return room;
  }
  return nullptr;
}

int take_entry(void* stream, const char*, const char* key, const char* value) {
  Feed& feed = *static_cast<Feed*>(stream);
  feed.sections.back().entries.push_back({feed.line, key, value});
  return 1;
}

}  // namespace

Result<std::vector<IniSection>> read_ini(std::string_view text, std::string_view file) {
  Feed feed{.left = text, .line = 0, .sections = {}, .error = {}};
  const int status = ::ini_parse_stream(read_line, &feed, take_entry, &feed);
  const std::string name(file);
  if (!feed.error.empty()) return fail(name + ":" + std::to_string(feed.line) + ": " + feed.error);
  if (status != 0) return fail(name + ": inih cannot read the file (" + std::to_string(status) + ")");
  return std::move(feed.sections);
}

}  // namespace postern
