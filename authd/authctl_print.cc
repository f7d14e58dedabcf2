// Making tables of rows for authctl.  Everything that is printed has gone through shown(),
// so that no byte can move the operator's cursor.  Never put here: a row's meaning, or a
// secret (those are shown by authctl_terminal.cc alone).

#include "authd/authctl_print.h"

#include <algorithm>

namespace postern::authd {
namespace {

std::string shown(const std::string& value) {
  if (value.empty()) return "-";
  std::string text = value;
  for (char& c : text)
    if (c < 0x20 || c > 0x7e) c = '?';
  return text;
}

std::string capitals(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

using Lines = std::vector<std::vector<std::string>>;

Lines lines_of(const std::vector<JsonMembers>& rows) {
  Lines lines(1);
  for (const auto& [name, value] : rows[0]) lines[0].push_back(capitals(name));
  for (const JsonMembers& row : rows) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const auto& [name, value] : row) line.push_back(shown(value));
    line.resize(lines[0].size());
  }
  return lines;
}

}  // namespace

std::string table_text(const std::vector<JsonMembers>& rows) {
  if (rows.empty()) return {};
  const Lines lines = lines_of(rows);
  std::vector<std::size_t> widths(lines[0].size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths[i] - line[i].size() + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string sheet_text(const JsonMembers& row) {
  std::size_t width = 0;
  for (const auto& [name, value] : row) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : row) {
    text += name;
    text.append(width - name.size() + 2, ' ');
    text += shown(value);
    text += '\n';
  }
  return text;
}

}  // namespace postern::authd
