// Field lines: cut at CRLF, split at the colon, and the few fields that decide where a
// message ends.  Called by the request and response parsers; Fields by everybody who
// looks at a head.  Never put here: anything about one certain application field, and
// any tolerance (a bare LF, a folded line, a blank before the colon): each has been
// used to make two servers disagree about where a message ends.
#include "common/http_fields.h"

#include "common/http_lines.h"

namespace postern {

constexpr std::size_t first_room = 16;

bool Fields::add(const Field& field) {
  if (fields_.size() == capacity) return false;
  if (fields_.empty()) fields_.reserve(first_room);
  fields_.push_back(field);
  return true;
}

const Field* Fields::find(std::string_view name) const {
  for (const Field& field : *this)
    if (equal_folded(field.name, name)) return &field;
  return nullptr;
}

std::size_t Fields::count(std::string_view name) const {
  std::size_t n = 0;
  for (const Field& field : *this)
    if (equal_folded(field.name, name)) ++n;
  return n;
}

std::optional<std::string_view> Fields::only(std::string_view name) const {
  std::optional<std::string_view> value;
  for (const Field& field : *this) {
    if (!equal_folded(field.name, name)) continue;
    if (value) return std::nullopt;
    value = field.value;
  }
  return value;
}

bool Fields::lists(std::string_view name, std::string_view token) const {
  for (const Field& field : *this)
    if (equal_folded(field.name, name) && lists_token(field.value, token)) return true;
  return false;
}

HeadLine cut_line(std::string_view rest, std::size_t most) {
  // The byte behind the longest line must be its CR, so it is looked at, too.
  const std::string_view window = rest.substr(0, most < rest.size() ? most + 1 : rest.size());
  const std::size_t stop = span_of_value(window);
  const std::string_view text = rest.substr(0, stop);
  if (stop == window.size())
    return {stop > most ? refuse(HttpFault::line_too_long) : need_more, text};
  if (rest[stop] == '\n') return {refuse(HttpFault::bare_lf), text};
  if (rest[stop] != '\r') return {refuse(HttpFault::control_byte), text};
  if (rest.size() - stop < 2) return {need_more, text};
  return {rest[stop + 1] == '\n' ? complete : refuse(HttpFault::bare_cr), text};
}

HttpFault split_field(std::string_view text, bool whole, Field& out) {
  if (text.empty()) return HttpFault::none;
  if (text.front() == ' ' || text.front() == '\t') return HttpFault::obs_fold;
  const std::size_t colon = span_of(text, byte_class::token);
  if (colon == text.size()) return whole ? HttpFault::field_name_bad : HttpFault::none;
  if (colon == 0 || text[colon] != ':') return HttpFault::field_name_bad;
  out = {text.substr(0, colon), trim_blanks(text.substr(colon + 1))};
  return HttpFault::none;
}

namespace {

HttpFault note_length(std::string_view value, Version, MessageFacts& facts) {
  if (facts.content_length) return HttpFault::length_twice;
  if (facts.chunked) return HttpFault::length_and_coding;
  facts.content_length = parse_length(value);
  return facts.content_length ? HttpFault::none : HttpFault::length_bad;
}

HttpFault note_coding(std::string_view value, Version version, MessageFacts& facts) {
  if (facts.chunked) return HttpFault::coding_twice;
  if (facts.content_length) return HttpFault::length_and_coding;
  facts.chunked = version == Version::http_1_1 && equal_folded(value, "chunked");
  return facts.chunked ? HttpFault::none : HttpFault::coding_bad;
}

HttpFault note_connection(std::string_view value, Version, MessageFacts& facts) {
  if (!is_token_list(value)) return HttpFault::connection_bad;
  if (lists_token(value, "close")) facts.close = true;
  if (lists_token(value, "keep-alive")) facts.keep_alive = true;
  return HttpFault::none;
}

struct NoteRow {
  std::string_view name;
  HttpFault (*note)(std::string_view value, Version version, MessageFacts& facts);
  HttpFault tabbed;
};
constexpr NoteRow note_table[] = {
    {"content-length", note_length, HttpFault::length_bad},
    {"transfer-encoding", note_coding, HttpFault::coding_bad},
    {"connection", note_connection, HttpFault::connection_bad},
};

}  // namespace

HttpFault note_field(const Field& field, Version version, MessageFacts& facts) {
  for (const NoteRow& row : note_table)
    if (equal_folded(field.name, row.name)) return row.note(field.value, version, facts);
  return HttpFault::none;
}

HttpFault judge_tabs(std::string_view line, const Field& field) {
  if (line.find('\t') == line.npos) return HttpFault::none;
  for (const NoteRow& row : note_table)
    if (equal_folded(field.name, row.name)) return row.tabbed;
  return HttpFault::none;
}

}  // namespace postern
