// What the gate itself says, before it becomes bytes (answer.h writes it), and the few
// ways in which it shows times to people.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"

namespace postern::wfd {

// What a reader can make use of.
enum class Taste : std::uint8_t { text, json, problem_json, html };

// A text that stands in the program, and so can be kept as a view.
class Constant {
 public:
  template <std::size_t N>
  consteval Constant(const char (&text)[N]) : text_(text, N - 1) {
    if (N < 2 || text[N - 1] != 0) std::abort();  // read here, and so none that can change: it would not compile
    for (const char c : text_)
      if (c == 0) std::abort();
  }
  std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

struct Reply {
  unsigned status = 500;
  std::vector<std::pair<std::string_view, std::string>> fields;  // as add() takes them; without framing, Date, Connection
  std::string body;
  void add(Constant name, std::string_view value) { fields.emplace_back(name.view(), value); }
};

// A reply of plain text that no cache keeps and no browser takes for anything else.
Reply text_reply(unsigned status, std::string body);
// The same with Location: 302, 303...  `location` is of our own making (target.h).
Reply redirect_reply(unsigned status, std::string_view location);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7); years 0 to 9999, here and below.
std::string http_date(Wall when);
// "1994-11-06 08:49 UTC"; "-" for 0.
std::string show_time(Wall when);
// "2 d 3 h", "7 h 12 min", "12 min", "40 s".
std::string show_duration(std::uint64_t seconds);

}  // namespace postern::wfd
