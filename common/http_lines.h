// Reading a head line by line; shared by the request and the response parser, and of no
// use to anybody else.
//
// That a head gets the same answer however its bytes were cut rests on one property:
// every check here looks at the bytes from left to right, and what it says of a text
// it says of every text that begins with it.  So a line that is not complete, or that
// is cut short by a forbidden byte, is always checked as far as it goes before anything
// behind it is looked at.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/http_fields.h"

namespace postern {

constexpr HeadResult refuse(HttpFault fault) { return {Parse::bad, fault}; }
inline constexpr HeadResult need_more = {Parse::more, HttpFault::none};
inline constexpr HeadResult complete = {Parse::done, HttpFault::none};

// The first line of `rest`: done with its CRLF, more without, or bad by a forbidden byte
// or by more than `most` bytes.  `text` is the line, or its good part so far.
struct HeadLine {
  HeadResult result;
  std::string_view text;
  bool whole() const { return result.state == Parse::done; }
};
HeadLine cut_line(std::string_view rest, std::size_t most);

// Reads `text`, a field line or (not `whole`) the beginning of one.
HttpFault split_field(std::string_view text, bool whole, Field& out);

// What the fields say of the body and the connection.
struct MessageFacts {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool close = false;       // Connection: close
  bool keep_alive = false;  // Connection: keep-alive

  bool persists(Version version) const {
    return !close && (keep_alive || version == Version::http_1_1);
  }
};
// Takes note of one more field of a message of `version`.
HttpFault note_field(const Field& field, Version version, MessageFacts& facts);

// Refuses `field`, which `line` says, if it decides where a message ends and has a tab in
// it: that is a blank to the standard, and to some parsers a part of the value.
HttpFault judge_tabs(std::string_view line, const Field& field);

// Reads the field lines from window[at] on, with the empty line that ends them, and moves
// `at` behind them.  `note(field)` is called for each field, after it was added to
// `fields` (which has room for all that `limits` allow); a fault from it ends the reading.
template <class Note>
HeadResult read_fields(std::string_view window, const HeadLimits& limits, std::size_t& at,
                       Fields& fields, Note note) {
  const std::size_t most = std::min(limits.fields, Fields::capacity);
  while (at < window.size()) {
    if (fields.size() == most && window[at] != '\r') return refuse(HttpFault::too_many_fields);
    const HeadLine line = cut_line(window.substr(at), limits.line_bytes);
    if (line.whole()) at += line.text.size() + 2;
    if (line.whole() && line.text.empty()) return complete;
    Field field;
    const HttpFault misshaped = split_field(line.text, line.whole(), field);
    if (misshaped != HttpFault::none) return refuse(misshaped);
    if (!line.whole()) return line.result;
    const HttpFault tabbed = judge_tabs(line.text, field);
    if (tabbed != HttpFault::none) return refuse(tabbed);
    if (!fields.add(field)) return refuse(HttpFault::too_many_fields);
    const HttpFault misplaced = note(field);
    if (misplaced != HttpFault::none) return refuse(misplaced);
  }
  return need_more;
}

// `result` of a parser that saw no more than `most` bytes of a head of which `given` are
// there: waiting on is pointless when all that may come has come.
constexpr HeadResult bounded(HeadResult result, std::size_t given, std::size_t most) {
  return result.state == Parse::more && given >= most ? refuse(HttpFault::head_too_long) : result;
}

}  // namespace postern
