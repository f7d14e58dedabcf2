// The forms that a text in a configuration file may have.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/result.h"

namespace postern {

enum class Form : std::uint8_t {
  none,         // refuses everything: a row that forgot its form fails its test
  path,         // absolute, without empty, "." and ".." parts; at most 180 bytes
  socket_path,  // the same, at most 107 bytes (sun_path)
  host,         // LDH name, made lower case; at most 253 bytes, no IPv4 address
  token,        // RFC 9110 5.6.2, at most 64 bytes: cookie names
  header,       // token, made lower case
  method,       // capitals and "-"; none of common/methods.h
  user_prefix,  // [a-z_][a-z0-9_-]*, at most 20 bytes: the role's name follows
  url_path,     // plain_path.h
  last = url_path
};

// `text`, not empty, in `form`; lower case where the form says so.  The error says what
// is allowed.
Result<std::string> read_text(std::string_view text, Form form);

// Exactly two hex digits for each byte of `room`; false, and room in any state, if not.
[[nodiscard]] bool read_hex(std::string_view text, std::span<std::uint8_t> room);

std::string_view without_blanks(std::string_view text);
// ASCII letters only; the locale plays no part.
std::string lower_case(std::string_view text);

}  // namespace postern
