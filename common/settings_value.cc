// How a value of a configuration file is written: numbers with units, choices, lists,
// addresses.  Pure.  Called by the tables of settings_*.cc only.  An error names what is
// allowed, never only what is wrong.  Never put here: the meaning or default of a key.
#include "common/settings_value.h"

#include <algorithm>
#include <charconv>
#include <span>

namespace postern {
namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t factor;
};
constexpr Unit duration_units[] = {  // the longest first, so that bounds print shortest
    {"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1000}};
constexpr Unit size_units[] = {{"g", 1 << 30}, {"m", 1 << 20}, {"k", 1 << 10}, {"", 1}};

std::string with_unit(std::int64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units)
    if (value >= unit.factor && value % unit.factor == 0)
      return std::to_string(value / unit.factor) + std::string(unit.suffix);
  return std::to_string(value);
}

// Digits only, without sign or leading zero; nothing when too big for 63 bits.
std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t value = 0;
  if (text.empty() || text[0] == '-' || (text.size() > 1 && text[0] == '0')) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

// A number with exactly one of `units`, within the rule's bounds.
std::optional<std::int64_t> counted(std::string_view text, std::span<const Unit> units, const Rule& rule) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view suffix = text.substr(end);
  for (const Unit& unit : units) {
    const auto count = unit.suffix == suffix ? digits(text.substr(0, end)) : std::nullopt;
    if (!count || *count > rule.most / unit.factor) continue;
    if (*count * unit.factor < rule.least) continue;
    return *count * unit.factor;
  }
  return {};
}

Failure refuse(std::string_view text, const std::string& allowed) {
  return fail("\"" + std::string(text) + "\" is not allowed: " + allowed);
}

template <class E, std::size_t N>
Result<void> choose(std::string_view text, const std::string_view (&names)[N], E& value) {
  std::string allowed;
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) {
      value = static_cast<E>(i);
      return {};
    }
    allowed += (i == 0 ? "" : " or ") + std::string(names[i]);
  }
  return refuse(text, "write " + allowed);
}

// Reads each item of a comma-separated list with `read`.
template <class T, class Read>
Result<void> read_list(std::string_view text, std::vector<T>& value, Read read) {
  std::vector<T> made;
  std::string_view left = text;
  while (!left.empty()) {
    const std::size_t comma = left.find(',');
    const std::string_view item = without_blanks(left.substr(0, comma));
    const bool trailing = comma + 1 == left.size();
    left = comma == left.npos ? std::string_view() : left.substr(comma + 1);
    if (item.empty() || trailing) return refuse(text, "a list has commas only between its items");
    Result<T> one = read(item);
    if (!one) return refuse(item, one.error().what);
    if (std::find(made.begin(), made.end(), *one) != made.end()) return refuse(item, "it is in the list twice");
    made.push_back(std::move(*one));
  }
  value = std::move(made);
  return {};
}

}  // namespace

Result<void> read_value(std::string_view text, const Rule&, bool& value) {
  if (text != "yes" && text != "no") return refuse(text, "write yes or no");
  value = text == "yes";
  return {};
}

Result<void> read_value(std::string_view text, const Rule&, std::uint16_t& value) {
  const auto port = parse_port(text);
  if (!port) return refuse(text, "write a port, 1 to 65535");
  value = *port;
  return {};
}

Result<void> read_value(std::string_view text, const Rule& rule, std::uint32_t& value) {
  const auto number = digits(text);
  if (!number || *number < rule.least || *number > rule.most)
    return refuse(text, "write a number, " + std::to_string(rule.least) + " to " + std::to_string(rule.most));
  value = static_cast<std::uint32_t>(*number);
  return {};
}

Result<void> read_value(std::string_view text, const Rule& rule, std::optional<std::uint32_t>& value) {
  std::uint32_t number = 0;
  if (text.empty()) {
    value.reset();
    return {};
  }
  TRY_VOID(read_value(text, rule, number));
  value = number;
  return {};
}

Result<void> read_value(std::string_view text, const Rule& rule, std::size_t& value) {
  const auto size = counted(text, size_units, rule);
  if (!size)
    return refuse(text, "write bytes, or a number with k, m or g; " + with_unit(rule.least, size_units) + " to " +
                            with_unit(rule.most, size_units));
  value = static_cast<std::size_t>(*size);
  return {};
}

Result<void> read_value(std::string_view text, const Rule& rule, Duration& value) {
  const auto time = counted(text, duration_units, rule);
  if (!time)
    return refuse(text, "write a number with ms, s, m, h or d; " + with_unit(rule.least, duration_units) + " to " +
                            with_unit(rule.most, duration_units));
  value = Duration{*time};
  return {};
}

Result<void> read_value(std::string_view text, const Rule& rule, std::string& value) {
  if (text.empty()) {  // only for a key whose default is empty: see settings_table.h
    value.clear();
    return {};
  }
  auto read = read_text(text, rule.form);
  if (!read) return refuse(text, read.error().what);
  value = std::move(*read);
  return {};
}

Result<void> read_value(std::string_view text, const Rule& rule, std::vector<std::string>& value) {
  return read_list(text, value, [&](std::string_view item) { return read_text(item, rule.form); });
}

Result<void> read_value(std::string_view text, const Rule&, std::vector<Address>& value) {
  return read_list(text, value, Address::parse);
}

Result<void> read_value(std::string_view text, const Rule&, std::vector<Network>& value) {
  return read_list(text, value, Network::parse);
}

Result<void> read_value(std::string_view text, const Rule& rule, UpstreamVerify& value) {
  constexpr std::string_view prefix = "sha256:";
  std::array<std::uint8_t, 32> pin{};
  if (text == "yes" || text == "no") {
    value = {text == "yes", {}};
    return {};
  }
  if (rule.pin && text.starts_with(prefix) && read_hex(text.substr(prefix.size()), pin)) {
    value = {true, pin};
    return {};
  }
  return refuse(text, rule.pin ? "write yes, no, or sha256: and 64 hex digits" : "write yes or no");
}

Result<void> read_value(std::string_view text, const Rule&, ListenMode& value) {
  return choose(text, {"redirect", "tproxy", "direct"}, value);
}
Result<void> read_value(std::string_view text, const Rule&, OnFailure& value) {
  return choose(text, {"deny", "continue"}, value);
}
Result<void> read_value(std::string_view text, const Rule&, TlsVersion& value) {
  return choose(text, {"1.2", "1.3"}, value);
}
Result<void> read_value(std::string_view text, const Rule&, Plain& value) {
  return choose(text, {"never", "fallback"}, value);
}
Result<void> read_value(std::string_view text, const Rule&, SourceAddress& value) {
  return choose(text, {"proxy", "client"}, value);
}
Result<void> read_value(std::string_view text, const Rule&, Bind& value) {
  return choose(text, {"exact", "prefix", "none"}, value);
}
Result<void> read_value(std::string_view text, const Rule&, IdleCounts& value) {
  return choose(text, {"navigation", "all"}, value);
}
Result<void> read_value(std::string_view text, const Rule&, NoStore& value) {
  return choose(text, {"no", "html", "all"}, value);
}

}  // namespace postern
