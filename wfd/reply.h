// What the gate itself says, before it becomes bytes (answer.h writes it), and the few
// ways in which it shows times to people.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "wfd/constant.h"

namespace postern::wfd {

// What a reader can make use of.
enum class Taste : std::uint8_t { text, json, problem_json, html };

struct Reply {
  unsigned status = 500;
  ConstantFields constant;  // before the others; in none of them are framing, Date, Connection
  std::vector<std::pair<std::string_view, std::string>> fields;  // as add() takes them
  std::string body;
  // Keeps `value`, or a copy; what is not fit for a field spoils the whole reply (HeadWriter).
  template <Literal name, std::convertible_to<std::string_view> Value>
    requires(is_field_name(name.view()))
  void add(Value&& value) { fields.emplace_back(name.view(), std::forward<Value>(value)); }
};

// A reply of plain text that no cache keeps and no browser takes for anything else.
Reply text_reply(unsigned status, std::string body);
// The same with Location: 302, 303...  `location` is of our own making (target.h).
Reply redirect_reply(unsigned status, std::string location);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7); years 0 to 9999, here and below.
using HttpDate = std::array<char, 29>;
HttpDate http_date(Wall when);
// "1994-11-06 08:49 UTC"; "-" for 0.
std::string show_time(Wall when);
// "2 d 3 h", "7 h 12 min", "12 min", "40 s".
std::string show_duration(std::uint64_t seconds);

}  // namespace postern::wfd
