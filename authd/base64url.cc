// Writes base64url.  Called for keys and assertions, whose parts are no secrets before they
// are put together.  Never give it a secret: the time that it takes and the copies that
// it leaves are not looked after.
#include "authd/base64url.h"

#include <cstdint>

namespace postern::authd {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string base64url(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve(bytes.size() * 4 / 3 + 2);
  std::uint32_t held = 0;  // bits that are not written yet, in the lowest places
  unsigned bits = 0;
  for (const std::byte byte : bytes) {
    held = held << 8 | std::to_integer<std::uint32_t>(byte);
    for (bits += 8; bits >= 6; bits -= 6) text += alphabet[held >> (bits - 6) & 63];
  }
  if (bits > 0) text += alphabet[held << (6 - bits) & 63];
  return text;
}

std::string base64url(std::string_view text) { return base64url(std::as_bytes(std::span(text))); }

}  // namespace postern::authd
