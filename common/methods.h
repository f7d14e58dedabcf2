// The request methods that nobody may be allowed: for the configuration, which refuses
// them, and for the gate, which does so too whatever a list says.
#pragma once

#include <algorithm>
#include <string_view>

namespace postern {

// CONNECT makes a proxy of a server; TRACE and TRACK show a page's script what the gate adds
// to requests (RFC 9110, 9.3.8); DEBUG talks to the debugger of a server's platform.
inline constexpr std::string_view forbidden_methods[] = {"CONNECT", "TRACE", "TRACK", "DEBUG"};

constexpr bool is_forbidden_method(std::string_view method) {
  return std::ranges::find(forbidden_methods, method) != std::ranges::end(forbidden_methods);
}

}  // namespace postern
