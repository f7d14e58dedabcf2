// Printing the rows of an answer for authctl.  For people everything goes through shown(),
// so that no byte can move the operator's cursor; for programs the rows are JSON as they
// came.  Never put here: a row's meaning, or a secret (those are shown by
// authctl_terminal.cc alone, or stand in the JSON that was asked for).

#include "authd/authctl_print.h"

#include <algorithm>
#include <cstdio>

#include "authd/authctl_terminal.h"
#include "common/eight.h"

namespace postern::authd {
namespace {

void make_visible(std::string& text) {
  for (char& c : text)
    if (!is_visible(c)) c = '?';
}

std::string shown(const std::string& value) {
  if (value.empty()) return "-";
  std::string text = value;
  make_visible(text);
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

// Whether it came out shows in finish().
void print(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace

std::string quoted(std::string_view text) {
  constexpr std::size_t most = 64;
  std::string visible(text.substr(0, most));
  make_visible(visible);
  return "\"" + visible + (text.size() > most ? "...\"" : "\"");
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) field.append(c == '"' ? 2 : 1, c);
  return field + '"';
}

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

void Printer::take(const JsonText& row) {
  if (wish_.has(Option::json)) {
    print(row.text());
    print("\n");
  } else if (wish_.command->shape == Shape::enrolment) {
    enrolled(row);
  } else if (wish_.command->shape == Shape::csv) {
    as_csv(row);
  } else if (auto members = read_flat_json(row.text())) {
    rows_.push_back(std::move(*members));
  }
}

// `user`, `uri` and `secret`.
void Printer::enrolled(const JsonText& row) {
  auto members = read_flat_json(row.text());
  if (!members || members->size() != 3) return;
  if (!shown_already) show_token(stdout, (*members)[1].second, (*members)[2].second);
  for (auto& [name, value] : *members) wipe(value.data(), value.size());
}

// As it comes: there may be many.
void Printer::as_csv(const JsonText& row) {
  const auto members = read_flat_json(row.text());
  if (!members) return;
  std::string names, values;
  for (const auto& [name, value] : *members) {
    names += (names.empty() ? "" : ",") + csv_field(name);
    values += (&value == &members->front().second ? "" : ",") + csv_field(value);
  }
  if (!has_header_) print(names + "\r\n");
  has_header_ = true;
  print(values + "\r\n");
}

std::string Printer::done_text() const {
  JsonRow row;
  row.add("done", name_of(*wish_.command));
  if (wish_.has(Option::user)) row.add("user", wish_.value(Option::user));
  const auto& operands = wish_.command->operands;
  for (std::size_t i = 0; i < wish_.operands.size(); ++i) {
    if (operands[i] == "NAME") row.add("user", wish_.operands[i]);
    if (operands[i] == "SID") row.add("sid", wish_.operands[i]);
  }
  return std::string(row.take().text()) + "\n";
}

Result<void> Printer::finish() {
  const Shape shape = wish_.command->shape;
  if (shape == Shape::nothing && wish_.has(Option::json)) print(done_text());
  if (shape == Shape::table) print(table_text(rows_));
  if (shape == Shape::sheet)
    for (const JsonMembers& row : rows_) print(sheet_text(row));
  if (std::fflush(stdout) != 0) return fail_errno("cannot write the answer");
  return std::ferror(stdout) == 0 ? Result<void>() : fail("cannot write the answer");
}

}  // namespace postern::authd
