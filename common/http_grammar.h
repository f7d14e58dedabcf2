// The words of HTTP/1.x that more than one parser needs: what a byte may be, why a
// message is refused, and the small grammars (token, host, number) of RFC 9110 and
// RFC 9112.  All pure.  Nothing here is lenient: what two parsers could read in two
// ways is refused.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/eight.h"

namespace postern {

enum class Parse : std::uint8_t {
  bad,   // refused; the fault says why
  more,  // nothing wrong so far, and not complete
  done,
};
enum class Version : std::uint8_t { http_1_0, http_1_1 };
enum class Framing : std::uint8_t {
  none,         // no body
  length,       // exactly so many bytes (Content-Length)
  chunked,      // RFC 9112 section 7.1
  until_close,  // all that comes until the peer closes; answers only
};

// Why a message was refused.
enum class HttpFault : std::uint8_t {
  none,
  control_byte,        // NUL or another control where none may stand
  bare_cr,             // CR without LF
  bare_lf,             // LF without CR
  request_line_bad,    // not "METHOD SP TARGET SP VERSION"
  method_bad,          // not a token, or over 32 bytes
  target_bad,
  version_bad,         // not HTTP/1.0 or HTTP/1.1 (so the HTTP/2 preface, too)
  status_bad,          // not three digits from 100 to 599
  field_name_bad,      // not a token, or a blank before the colon, or no colon
  obs_fold,            // a line that goes on on the next one
  host_missing,
  host_twice,
  host_bad,            // not a name of letters, digits and hyphens with a port or none
  host_differs,        // an absolute target names another host than Host
  length_bad,          // Content-Length is not 1 to 18 digits
  length_twice,
  length_and_coding,   // Content-Length beside Transfer-Encoding
  coding_bad,          // Transfer-Encoding is not exactly "chunked", or in HTTP/1.0
  coding_twice,
  connection_bad,      // Connection is not a list of tokens
  expectation_unknown, // Expect is not exactly "100-continue"
  target_too_long,     // the request line is over the limit
  line_too_long,       // a field or status line is over the limit
  head_too_long,
  too_many_fields,
  chunk_bad,           // a chunk size or its line ending
  chunk_extension,
  trailer_bad,
  trailer_too_long,    // over 8 KiB, or over 32 fields
  body_cut,            // the peer closed before the body's end
  last = body_cut
};

// The word for the log ("-" for none), one of [a-z-]+.
std::string_view word_of(HttpFault fault);
// The status with which a request of that fault is answered: 400, 414, 417 or 431
// (0 for none).  A fault in an upstream's answer is always a 502.
int status_of(HttpFault fault);

// Bits of what a byte may be part of.
namespace byte_class {
inline constexpr std::uint8_t token = 1;    // tchar, RFC 9110 section 5.6.2
inline constexpr std::uint8_t target = 2;   // 0x21..0x7e but '#' and '\'
inline constexpr std::uint8_t value = 4;    // HTAB, SP, 0x21..0x7e, 0x80..0xff
inline constexpr std::uint8_t digit = 8;
inline constexpr std::uint8_t hex = 16;
inline constexpr std::uint8_t letter_or_digit = 32;
inline constexpr std::uint8_t unreserved = 64;  // stands for itself in a URI, RFC 3986 section 2.3
}  // namespace byte_class

constexpr std::array<std::uint8_t, 256> make_byte_classes() {
  std::array<std::uint8_t, 256> table{};
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  for (unsigned c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const unsigned lower = c | 0x20;
    const bool letter = c < 0x80 && lower >= 'a' && lower <= 'z';
    const bool visible = c >= 0x21 && c <= 0x7e;
    unsigned bits = 0;
    if (visible && (digit || letter || marks.find(static_cast<char>(c)) != marks.npos))
      bits |= byte_class::token;
    if (visible && c != '#' && c != '\\') bits |= byte_class::target;
    if (visible || c == ' ' || c == '\t' || c >= 0x80) bits |= byte_class::value;
    if (digit) bits |= byte_class::digit;
    if (digit || (letter && lower <= 'f')) bits |= byte_class::hex;
    if (digit || letter) bits |= byte_class::letter_or_digit;
    if (digit || letter || c == '-' || c == '.' || c == '_' || c == '~') bits |= byte_class::unreserved;
    table[c] = static_cast<std::uint8_t>(bits);
  }
  return table;
}
inline constexpr std::array<std::uint8_t, 256> byte_classes = make_byte_classes();

constexpr bool is_a(char c, std::uint8_t classes) {
  return (byte_classes[static_cast<unsigned char>(c)] & classes) != 0;
}
// Where in `text` the first byte outside `classes` stands; text.size() if there is none.
constexpr std::size_t span_of(std::string_view text, std::uint8_t classes) {
  std::size_t i = 0;
  while (i < text.size() && is_a(text[i], classes)) ++i;
  return i;
}
// span_of(text, byte_class::value), which is asked of every line: in eights, up to the control that ends it.
inline std::size_t span_of_value(std::string_view text) {
  std::size_t i = 0;
  while (text.size() - i >= Eight::size) {
    const std::uint64_t controls = Eight(text.data() + i).controls();
    if (controls == 0) {
      i += Eight::size;
      continue;
    }
    i += first_marked(controls);
    if (text[i] != '\t') return i;
    ++i;
  }
  return i + span_of(text.substr(i), byte_class::value);
}
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// A token of at least one byte.
bool is_token(std::string_view text);
// ASCII without regard to case: in eights, of which the last may begin within the one before it.
inline bool equal_folded(std::string_view a, std::string_view b) {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  if (size >= Eight::size) {
    const std::size_t last = size - Eight::size;
    for (std::size_t i = 0; i < last; i += Eight::size)
      if (!Eight(a.data() + i).is_folded_like(Eight(b.data() + i))) return false;
    return Eight(a.data() + last).is_folded_like(Eight(b.data() + last));
  }
  for (std::size_t i = 0; i < size; ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}
// `text` without SP and HTAB at its ends.
std::string_view trim_blanks(std::string_view text);

// Takes the next comma-separated member off the front of `list`, without blanks at its
// ends; it may be empty.
std::string_view take_member(std::string_view& list);
// A comma-separated list of tokens (RFC 9110 section 5.6.1; empty members are skipped).
bool is_token_list(std::string_view list);
// True if `token` is a member of `list`, without regard to case.
bool lists_token(std::string_view list, std::string_view token);

// 1 to 18 digits and nothing else, so that no sum of two of them overflows.
std::optional<std::uint64_t> parse_length(std::string_view text);

// A host with its port, as Host and an absolute target write it.
struct HostPort {
  std::string host;        // lower case, without trailing dot, 1 to 253 bytes
  std::uint16_t port = 0;  // 1 to 65535; 0 when none was written
};
// Labels of letters, digits and inner hyphens, 1 to 63 bytes each, 253 together, one
// dot at the end tolerated and removed; `:PORT` of digits (1 to 65535) or nothing.
// Addresses are refused, and so is a name whose last label is a number (it would be
// read as an address).  False, and `out` as it was, otherwise.
bool parse_host(std::string_view text, HostPort& out);

}  // namespace postern
