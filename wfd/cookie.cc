// Reads and writes cookies.  Called by the connection for each request head, by
// forward.cc and by answer.cc.
// The reading is byte-exact on purpose: every leniency of other cookie parsers (other
// blanks, quotes, $Version, commas, case) is a way to smuggle a second cookie of our name
// past us or past a server.  Never log or keep a value outside Secret<>.
#include "wfd/cookie.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "common/http_grammar.h"
#include "wfd/target.h"

namespace postern::wfd {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Sixteen characters, or what stands for each of them.
using Lanes = std::uint8_t __attribute__((vector_size(16)));
constexpr std::size_t lanes = sizeof(Lanes);

// All ones in each lane that is from `low` to `high`, else 0.
constexpr Lanes within(Lanes c, std::uint8_t low, std::uint8_t high) {
  return static_cast<Lanes>((c >= low) & (c <= high));
}

// The six bits of each character, or 64.  Without a branch or a table, so that the time taken
// says nothing about the characters.
constexpr Lanes bits_of(Lanes c) {
  const Lanes upper = within(c, 'A', 'Z'), small = within(c, 'a', 'z'), digit = within(c, '0', '9');
  const Lanes minus = within(c, '-', '-'), line = within(c, '_', '_');
  return (upper & (c - 'A')) | (small & (c - 'a' + 26)) | (digit & (c - '0' + 52)) | (minus & 62) | (line & 63) |
         (~(upper | small | digit | minus | line) & 64);
}

constexpr bool bits_are_right() {
  for (unsigned c = 0; c < 256; ++c) {
    const std::size_t place = alphabet.find(static_cast<char>(c));
    const Lanes bits = bits_of(Lanes{} + static_cast<std::uint8_t>(c));
    for (const std::uint8_t one : std::bit_cast<std::array<std::uint8_t, lanes>>(bits))
      if (one != (place == alphabet.npos ? 64 : place)) return false;
  }
  return true;
}
static_assert(bits_are_right());

// Puts the six bits in the place of each character; false when one of them has none.
bool read_sixes(std::span<std::byte> characters) {
  Lanes wrong{};
  for (std::size_t at = 0; at < characters.size(); at += lanes) {
    const auto some = characters.subspan(at, lanes);
    Lanes sixes;
    std::memcpy(&sixes, some.data(), lanes);
    sixes = bits_of(sixes);
    wrong |= sixes & 64;
    std::memcpy(some.data(), &sixes, lanes);
  }
  std::uint64_t halves[2];
  std::memcpy(halves, &wrong, lanes);
  return (halves[0] | halves[1]) == 0;
}

// Three bytes of four times six bits.
void join(std::span<const std::byte, 4> sixes, std::span<std::byte, 3> bytes) {
  std::uint32_t bits = 0;
  for (const std::byte six : sixes) bits = (bits << 6) | std::to_integer<std::uint32_t>(six);
  bytes[0] = static_cast<std::byte>(bits >> 16);
  bytes[1] = static_cast<std::byte>((bits >> 8) & 0xff);
  bytes[2] = static_cast<std::byte>(bits & 0xff);
}

// Takes the text up to the next ';' off the front of `rest`; false after the last one.
bool next_part(std::string_view& rest, bool& more, std::string_view& part) {
  if (!more) return false;
  const std::size_t end = rest.find(';');
  part = rest.substr(0, end);
  more = end != rest.npos;
  if (more) rest.remove_prefix(end + 1);
  return true;
}

std::string_view without_leading_spaces(std::string_view text) {
  const std::size_t from = text.find_first_not_of(' ');
  return from == text.npos ? std::string_view() : text.substr(from);
}

// True when `part`, as it stands between two ';', is a cookie of that name.
bool is_named(std::string_view part, std::string_view name) {
  const std::string_view pair = without_leading_spaces(part);
  return pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=';
}

// Calls `take` with the value of each cookie of that name.
template <class Take>
void each_cookie(const Fields& fields, std::string_view name, Take take) {
  for (const Field& field : fields) {
    if (!equal_folded(field.name, "cookie")) continue;
    std::string_view rest = field.value;
    std::string_view part;
    for (bool more = true; next_part(rest, more, part);)
      if (is_named(part, name)) take(without_leading_spaces(part).substr(name.size() + 1));
  }
}

// Where a cookie's Path may point to for `path` to match it (RFC 6265, 5.1.4): "/", then
// each prefix that ends before or behind a slash.  Longest ones last.
std::vector<std::string_view> path_prefixes(std::string_view path) {
  std::vector<std::string_view> prefixes = {"/"};
  path = path.substr(0, path.find('?'));
  if (!path.starts_with('/')) return prefixes;
  for (std::size_t i = 1; i < path.size() && prefixes.size() < max_delete_lines; ++i) {
    if (path[i] != '/') continue;
    prefixes.push_back(path.substr(0, i));
    prefixes.push_back(path.substr(0, i + 1));
  }
  if (path.size() > 1 && path.back() != '/') prefixes.push_back(path);
  return prefixes;
}

// Empty (host-only) first, then `host` and what is above it, down from `domain`.
std::vector<std::string_view> domains_of(std::string_view domain, std::string_view host) {
  std::vector<std::string_view> domains = {""};
  if (!is_at_or_below(host, domain)) return domains;
  std::size_t from = host.size() - domain.size();
  while (domains.size() < max_delete_lines) {
    domains.push_back(host.substr(from));
    if (from == 0) break;
    const std::size_t dot = from < 2 ? host.npos : host.rfind('.', from - 2);
    from = dot == host.npos ? 0 : dot + 1;
  }
  return domains;
}

// What both kinds of line share behind the value.
std::string attributes(std::string_view domain, std::string_view path) {
  std::string text;
  if (!domain.empty()) text.append("; Domain=").append(domain);
  text.append("; Path=").append(path);
  return text + "; Secure; HttpOnly; SameSite=Lax";
}

}  // namespace

OurCookie find_cookie(const Fields& fields, std::string_view name) {
  OurCookie found;
  unsigned count = 0;
  each_cookie(fields, name, [&](std::string_view value) {
    if (++count == 1) (void)read_cookie_value(value, found.value);
  });
  found.duplicate = count > 1;
  if (found.duplicate) found.value = CookieValue();
  return found;
}

std::optional<std::string_view> only_cookie(const Fields& fields, std::string_view name) {
  std::optional<std::string_view> found;
  unsigned count = 0;
  each_cookie(fields, name, [&](std::string_view value) {
    found = value;
    ++count;
  });
  return count == 1 ? found : std::nullopt;
}

std::string without_our_cookie(std::string_view field_value, std::string_view name) {
  std::string kept;
  bool first = true;
  std::string_view rest = field_value;
  std::string_view part;
  for (bool more = true; next_part(rest, more, part);) {
    // What moves to the front because ours stood there leaves its blanks behind: they are none
    // of the value (RFC 9110, 5.5), and who drops them sees our name where we saw a blank.
    while (first && !part.empty() && (part[0] == ' ' || part[0] == '\t')) part.remove_prefix(1);
    if (is_named(part, name)) continue;
    if (!first) kept += ';';
    kept += part;
    first = false;
  }
  const std::string_view trimmed = trim_blanks(kept);
  return trimmed.find_first_not_of("; ") == trimmed.npos ? std::string() : std::string(trimmed);
}

bool sets_our_cookie(std::string_view field_value, std::string_view name) {
  std::string_view pair = field_value.substr(0, field_value.find(';'));
  while (!pair.empty() && (pair[0] == '=' || pair[0] == ' ' || pair[0] == '\t')) pair.remove_prefix(1);
  return trim_blanks(pair.substr(0, pair.find('='))) == name;
}

std::string set_cookie(std::string_view name, const CookieValue& value, std::string_view domain) {
  const auto secret = write_cookie_value(value);
  const std::string rest = attributes(domain, "/");
  std::string text;
  text.reserve(name.size() + 1 + secret.text().size() + rest.size());  // grown text would leave copies of the secret behind
  text.append(name).append("=").append(secret.text()).append(rest);
  return text;  // itself: what append() gives would be copied
}

std::vector<std::string> delete_cookies(std::string_view name, std::string_view domain,
                                        std::string_view host, std::string_view path) {
  std::vector<std::string> lines;
  const auto domains = domains_of(domain, host);
  for (const std::string_view prefix : path_prefixes(path)) {
    // A Path attribute ends at ';', so a cookie with such a path cannot be named.
    if (prefix.find(';') != prefix.npos) continue;
    for (const std::string_view at : domains) {
      if (lines.size() == max_delete_lines) return lines;
      lines.push_back(std::string(name) + "=; Max-Age=0" + attributes(at, prefix));
    }
  }
  return lines;
}

Secret<cookie_characters> write_cookie_value(const CookieValue& value) {
  Secret<cookie_characters> text;
  const auto bytes = value.bytes();
  if (bytes.size() != CookieValue::capacity) return text;
  const auto room = text.fill(cookie_characters);
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t at = 0;
  for (const std::byte byte : bytes) {
    bits = (bits << 8) | std::to_integer<std::uint32_t>(byte);
    for (held += 8; held >= 6; held -= 6)
      room[at++] = static_cast<std::byte>(alphabet[(bits >> (held - 6)) & 63]);
  }
  room[at] = static_cast<std::byte>(alphabet[(bits << (6 - held)) & 63]);
  return text;
}

bool read_cookie_value(std::string_view text, CookieValue& value) {
  value = CookieValue();
  if (text.size() != cookie_characters) return false;
  Secret<3 * lanes> scratch;
  const auto room = scratch.fill(3 * lanes);
  std::ranges::fill(room, std::byte{'A'});  // behind the text: zeros
  std::ranges::copy(std::as_bytes(std::span(text)), room.begin());
  const bool clean = read_sixes(room);
  // In place: what is written is always behind what is read.
  for (std::size_t from = 0, to = 0; to <= CookieValue::capacity; from += 4, to += 3)
    join(room.subspan(from).first<4>(), room.subspan(to).first<3>());
  // The byte behind the value is the spare bits of the last character.
  if (!clean || room[CookieValue::capacity] != std::byte{0}) return false;
  return value.assign(room.first(CookieValue::capacity));
}

}  // namespace postern::wfd
