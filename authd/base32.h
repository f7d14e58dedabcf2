// Base32 (RFC 4648 section 6), the alphabet in which people and apps hand token
// secrets around.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "common/secret.h"

namespace postern::authd {

// A token's key as bytes: 16..64 of them (RFC 4226 section 4, R6: at least 128 bits).
inline constexpr std::size_t min_token_secret = 16;
inline constexpr std::size_t max_token_secret = 64;
using TokenSecret = Secret<max_token_secret>;
using Base32Text = Secret<104>;

// Upper-case text without padding; `bytes` must be at most 64.
Base32Text base32_encode(std::span<const std::byte> bytes);

// The bytes of `text`, or nothing: upper case only, padding either absent or complete,
// no blanks, no bits set beyond the last byte, at most 64 bytes.  Empty text is empty bytes.
std::optional<TokenSecret> base32_decode(std::string_view text);

}  // namespace postern::authd
