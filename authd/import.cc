// Which format a file has, and what is the same for all of them: how the values of a user
// are judged, and that no name is there twice.  The readers call this; nothing here knows
// a format.  A secret or a PIN never stands in a message, not even a wrong one.

#include "authd/import.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "authd/import_entry.h"
#include "authd/store.h"
#include "authd/user_name.h"
#include "common/eight.h"

namespace postern::authd {
namespace {

constexpr std::array<std::string_view, 4> format_names = {"csv", "otpauth", "aegis", "google"};
static_assert(format_names.size() == static_cast<std::size_t>(ImportFormat::last) + 1);

// What some editors write in front of a text: the mark of its byte order.
std::size_t mark_size(std::string_view text) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  return text.starts_with(mark) ? mark.size() : 0;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view name_of(ImportFormat format) { return format_names[static_cast<std::size_t>(format)]; }

std::optional<ImportFormat> import_format_named(std::string_view name) {
  const auto found = std::ranges::find(format_names, name);
  if (found == format_names.end()) return std::nullopt;
  return static_cast<ImportFormat>(found - format_names.begin());
}

ImportFormat import_format_of(std::string_view text) {
  text.remove_prefix(mark_size(text));
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(begin);
  if (text.starts_with("otpauth-migration:")) return ImportFormat::google;
  if (text.starts_with("otpauth:") || text.starts_with("#")) return ImportFormat::otpauth;
  return text.starts_with("{") ? ImportFormat::aegis : ImportFormat::csv;
}

ImportList read_import(std::span<char> text, ImportFormat format, const ImportRules& rules) {
  using Reader = void (*)(std::span<char>, ImportCollector&);
  static constexpr std::array<Reader, 4> readers = {read_csv, read_otpauth, read_aegis, read_google};
  ImportList list;
  ImportCollector found(list, rules);
  if (text.size() > max_import_size) found.trouble("", "the file is too large");
  else readers[static_cast<std::size_t>(format)](text.subspan(mark_size({text.data(), text.size()})), found);
  wipe(text.data(), text.size());
  return list;
}

// ---- values ---------------------------------------------------------------------

std::string named(std::string_view text) {
  constexpr std::size_t most = 64;
  std::string out = "\"" + std::string(text.substr(0, most)) + (text.size() > most ? "...\"" : "\"");
  for (char& c : out)
    if (!is_visible(c)) c = '?';
  return out;
}

std::string unknown_name(std::string_view text) {
  constexpr std::size_t most = 16;
  const bool plain = text.size() <= most && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_;") == text.npos;
  return plain ? named(text) : "of that name (it may be a secret, and is not shown)";
}

std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t most) {
  std::uint64_t n = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), n);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || n > most) return std::nullopt;
  return n;
}

std::optional<std::string_view> percent_decode(std::span<char> text) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const auto high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high << 4 | *low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    text[used++] = c;
  }
  return std::string_view(text.data(), used);
}

Result<void> put_name(ImportUser& user, std::string_view text, const ImportRules& rules) {
  const std::size_t at = text.find('@');
  const std::string_view name = rules.strip_domain ? text.substr(0, at) : text;
  if (!is_user_name(name))
    return fail(named(text) + " is no user name: a-z first, then at most 31 of a-z 0-9 . _ -" +
                (at != text.npos && !rules.strip_domain ? " (--strip-domain takes what is before the @)" : ""));
  user.name = name;
  return {};
}

Result<void> put_kind(ImportUser& user, std::string_view text) {
  const std::string kind = upper(text);
  if (kind != "TOTP" && kind != "HOTP") return fail("this type of token cannot be used: only totp and hotp");
  user.shape.kind = kind == "HOTP" ? TokenKind::hotp : TokenKind::totp;
  return {};
}

Result<void> put_algorithm(ImportUser& user, std::string_view text) {
  if (text.empty()) return {};
  const auto algorithm = algorithm_named(upper(text));
  if (!algorithm) return fail("this algorithm cannot be used: only SHA1, SHA256 and SHA512");
  user.shape.algorithm = *algorithm;
  return {};
}

Result<void> put_digits(ImportUser& user, std::string_view text) {
  if (text.empty()) return {};
  const auto digits = whole_number(text, 8);
  if (!digits || *digits < 6) return fail("digits must be 6 to 8");
  user.shape.digits = static_cast<std::uint32_t>(*digits);
  return {};
}

Result<void> put_period(ImportUser& user, std::string_view text) {
  if (text.empty() || user.shape.kind == TokenKind::hotp) return {};
  const auto period = whole_number(text, 3600);
  if (!period || *period < 1) return fail("the period must be 1 to 3600 seconds");
  user.shape.period = static_cast<std::uint32_t>(*period);
  return {};
}

Result<void> put_counter(ImportUser& user, std::string_view text) {
  if (text.empty() || user.shape.kind == TokenKind::totp) return {};
  const auto counter = whole_number(text, static_cast<std::uint64_t>(max_counter));
  if (!counter) return fail("the counter must be 0 to " + std::to_string(max_counter));
  user.counter = static_cast<std::int64_t>(*counter);
  return {};
}

Result<void> put_pin(ImportUser& user, std::string_view text) {
  if (text.empty()) return {};
  if (!is_sound_pin(text) || !user.pin.assign(text)) return fail("a PIN must have 4 to 64 printable ASCII characters");
  return {};
}

Result<void> put_secret(ImportUser& user, std::string_view base32) {
  if (base32.empty()) return {};
  Secret<128> text;
  const auto room = text.fill(base32.size());
  if (room.size() != base32.size()) return fail("the secret is longer than 64 bytes");
  for (std::size_t i = 0; i < room.size(); ++i) {
    const char c = base32[i];
    room[i] = static_cast<std::byte>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  const auto secret = base32_decode(text.text());
  if (!secret) return fail("the secret is not Base32 (A-Z, 2-7) of at most 64 bytes");
  return put_secret(user, secret->bytes());
}

Result<void> put_secret(ImportUser& user, std::span<const std::byte> bytes) {
  if (bytes.size() < min_token_secret) return fail("the secret is shorter than 16 bytes");
  if (bytes.size() > max_token_secret) return fail("the secret is longer than 64 bytes");
  user.secret = base32_encode(bytes);
  return {};
}

Result<void> put_label(ImportUser& user, std::string_view label, const ImportRules& rules) {
  const std::size_t colon = label.find(':');
  if (colon != label.npos && label.find(':', colon + 1) != label.npos)
    return fail(named(label) + " has more than one colon, so nobody knows where its name begins");
  return put_name(user, colon == label.npos ? label : trim(label.substr(colon + 1)), rules);
}

// ---- collecting -----------------------------------------------------------------

void ImportCollector::add(const std::string& where, const std::function<Result<void>(ImportUser&)>& fill) {
  if (list_.users.size() + list_.troubles.size() > max_import_users) return;  // said already
  if (list_.users.size() + list_.troubles.size() == max_import_users)
    return trouble(where, "this is more than " + std::to_string(max_import_users) + " users");
  ImportUser user;
  user.where = where;
  const Result<void> filled = fill(user);
  if (!filled) return trouble(where, filled.error().what);
  const auto [place, is_first] = seen_.emplace(user.name, where);
  if (!is_first) return trouble(where, user.name + " is there already, in " + place->second);
  list_.users.push_back(std::move(user));
}

void ImportCollector::trouble(const std::string& where, std::string what) {
  list_.troubles.push_back({where, std::move(what)});
}

void for_each_line(std::span<char> text,
                   const std::function<void(const std::string& where, std::span<char> line)>& line) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::ranges::find(text, '\n');
    std::span<char> one(text.begin(), end);
    text = text.subspan(one.size() + (end == text.end() ? 0 : 1));
    if (!one.empty() && one.back() == '\r') one = one.first(one.size() - 1);
    if (!one.empty() && one.front() != '#') line("line " + std::to_string(number), one);
  }
}

}  // namespace postern::authd
