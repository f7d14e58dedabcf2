// The counting of ways: what the login host's cookie says, and what follows from it.
// Called by connection_login.cc.
// Never let a decision about who somebody is depend on this cookie: anybody can write one.
#include "wfd/way_mark.h"

#include <charconv>
#include <optional>

#include "wfd/cookie.h"

namespace postern::wfd {
namespace {

constexpr std::string_view name = "__Host-postern-way";
constexpr std::int64_t window = 60;     // seconds in which ways are counted
constexpr unsigned most_same = 3;       // a login, and two that its tabs may need
constexpr unsigned most_total = 12;     // of two tabs that are sent back in turn
constexpr std::size_t longest = 64;

// FNV-1a: only ever compared with itself.
std::uint32_t place_of(std::string_view address) {
  std::uint32_t hash = 2166136261;
  for (const char c : address) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  return hash;
}

// Takes a number and the dot behind it (or the end, for the last one) off `text`.
template <class Number>
bool take(std::string_view& text, bool last, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (last) return text.empty();
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<WayMark> parse(std::string_view text) {
  WayMark mark;
  if (text.size() > longest || !take(text, false, mark.total) || !take(text, false, mark.same) ||
      !take(text, false, mark.since) || !take(text, true, mark.place))
    return std::nullopt;
  return mark;
}

}  // namespace

WayMark read_way_mark(const Fields& fields, Wall now) {
  const std::optional<std::string_view> text = only_cookie(fields, name);
  const std::optional<WayMark> written = text ? parse(*text) : std::nullopt;
  const bool counts = written && written->since >= 0 && written->since <= now.s && now.s - written->since < window;
  WayMark mark = counts ? *written : WayMark();
  mark.brought = text.has_value();
  return mark;
}

std::string write_way_mark(const WayMark& mark) {
  std::string text(name);
  text.append("=").append(std::to_string(mark.total)).append(".").append(std::to_string(mark.same));
  text.append(".").append(std::to_string(mark.since)).append(".").append(std::to_string(mark.place));
  return text + "; Path=/; Secure; HttpOnly; SameSite=Lax";
}

WayMark counted(WayMark mark, std::string_view address, Wall now) {
  if (now.s < mark.since || now.s - mark.since >= window) mark = WayMark();
  if (mark.total == 0) mark.since = now.s;
  const std::uint32_t place = place_of(address);
  mark.same = mark.total > 0 && mark.place == place ? mark.same + 1 : 1;
  mark.place = place;
  ++mark.total;
  return mark;
}

bool goes_round(const WayMark& mark, std::string_view address) {
  return mark.total >= most_total || (mark.same >= most_same && mark.place == place_of(address));
}

}  // namespace postern::wfd
