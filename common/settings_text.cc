// Which texts are host names, paths, tokens.  One row per form: a test and the words
// that tell what is allowed.  Pure.  Called by settings_value.cc and by the tables; never
// put here: judging what came from the network, which has parsers of its own.
#include "common/settings_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/methods.h"
#include "common/plain_path.h"

namespace postern {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_lower(c) || is_upper(c) || is_digit(c); }

// Letters, digits and `others` only.
bool only(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alnum(c) || others.find(c) != others.npos; });
}

// Calls `good` for each part between separators; true when it holds for all.
template <class Good>
bool every_part(std::string_view text, char separator, Good good) {
  for (;;) {
    const std::size_t end = text.find(separator);
    if (!good(text.substr(0, end))) return false;
    if (end == text.npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_path(std::string_view text) {
  if (text.size() > 180 || text.size() < 2 || text[0] != '/') return false;
  return every_part(text.substr(1), '/', [](std::string_view part) {
    return !part.empty() && part != "." && part != "..";
  });
}

bool is_socket_path(std::string_view text) { return text.size() <= 107 && is_path(text); }

bool is_host(std::string_view text) {
  if (text.size() > 253 || !std::any_of(text.begin(), text.end(), [](char c) { return is_alnum(c) && !is_digit(c); }))
    return false;
  return every_part(text, '.', [](std::string_view label) {
    return !label.empty() && label.size() <= 63 && only(label, "-") && label.front() != '-' && label.back() != '-';
  });
}

bool is_token(std::string_view text) { return text.size() <= 64 && only(text, "!#$%&'*+-.^_`|~"); }

bool is_method(std::string_view text) {
  return text.size() <= 32 && !is_forbidden_method(text) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_upper(c) || c == '-'; });
}

bool is_user_prefix(std::string_view text) {
  return text.size() <= 20 && (is_lower(text[0]) || text[0] == '_') &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-'; });
}

struct FormRow {
  bool (*good)(std::string_view);
  bool lower;
  std::string_view allowed;
};
constexpr std::array<FormRow, static_cast<std::size_t>(Form::last) + 1> forms = {{
    {[](std::string_view) { return false; }, false, "nothing can be written here"},
    {is_path, false, "write an absolute path of at most 180 bytes, without // . and .."},
    {is_socket_path, false, "write an absolute path of at most 107 bytes, without // . and .."},
    {is_host, true, "write a host name (letters, digits, - and dots between)"},
    {is_token, false, "write a name of letters, digits and !#$%&'*+-.^_`|~"},
    {is_token, true, "write the name of a header field"},
    {is_method, false, "write a method in capitals; CONNECT, TRACE, TRACK and DEBUG are never allowed"},
    {is_user_prefix, false, "write at most 20 of a-z 0-9 _ and -, the first a letter or _"},
    {is_plain_path, false, "write a path that begins with /, of letters, digits and -._~+,=@ , without // . and .."},
}};

}  // namespace

Result<std::string> read_text(std::string_view text, Form form) {
  const FormRow& row = forms[static_cast<std::size_t>(form)];
  if (text.empty() || !row.good(text)) return fail(std::string(row.allowed));
  return row.lower ? lower_case(text) : std::string(text);
}

bool read_hex(std::string_view text, std::span<std::uint8_t> room) {
  if (text.size() != room.size() * 2) return false;
  for (std::size_t i = 0; i < room.size(); ++i) {
    const char* pair = text.data() + 2 * i;
    if (!only({pair, 2}, "")) return false;  // from_chars would take a sign
    const auto [end, error] = std::from_chars(pair, pair + 2, room[i], 16);
    if (error != std::errc() || end != pair + 2) return false;
  }
  return true;
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string made(text);
  for (char& c : made)
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  return made;
}

}  // namespace postern
