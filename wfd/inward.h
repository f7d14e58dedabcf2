// What must change in a request that was written for people outside, so that a server
// which is spoken to without TLS knows itself in it.  Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::wfd {

// The value with which the field `name` of a request for `host` (canonical) goes on to its
// plain port; nothing when that is the value with which it came.
std::optional<std::string> inward_value(std::string_view name, std::string_view value, std::string_view host);

}  // namespace postern::wfd
