// Base64 for URLs (RFC 4648, 5), as the parts of a JWT are written.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace postern::authd {

// Without padding.
std::string base64url(std::span<const std::byte> bytes);
std::string base64url(std::string_view text);

}  // namespace postern::authd
