// Heads with more fields than most, up to what a head may have, what Fields can hold, and
// one more: where room that does for the tables has to grow, or ends.
#pragma once

#include "common/http_fields.h"
#include "unit/common/http_cases.h"

namespace postern::cases {

// 70 cookies that become Secure are more than the head of an answer has room for at first.
inline constexpr std::size_t crowds[] = {70, HeadLimits{}.fields, HeadLimits{}.fields + 1,
                                         Fields::capacity - 1, Fields::capacity, Fields::capacity + 1};

inline std::string crowded(std::string text, std::string_view line, std::size_t count) {
  for (; count > 0; --count) text += std::string(line) + std::to_string(count) + "\r\n";  // no two alike
  return text + "\r\n";
}
// `fields` times `line`, each with a number behind it.
inline std::string crowded_answer(std::string_view line, std::size_t fields) { return crowded("HTTP/1.1 200 OK\r\n", line, fields); }
// A Host and cookies, one of them ours.
inline std::string crowded_request(std::size_t fields) {
  return crowded("GET / HTTP/1.1\r\nHost: a.corp.example\r\nCookie: SessionID=x; a=b\r\n", "Cookie: a=b", fields - 2);
}

}  // namespace postern::cases
