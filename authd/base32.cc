// Base32 for token secrets: strict both ways, so one secret has one spelling.  Used by
// the vault when a user is added and by authctl.  All intermediate bytes live in
// Secret rooms; never build a std::string from a secret here.
#include "authd/base32.h"

#include <algorithm>

namespace postern::authd {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

// 0..31, or 32 for a character outside the alphabet.  Arithmetic instead of a table, so
// that the secret does not choose which cache line is read.
unsigned value_of(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= '2' && c <= '7') return static_cast<unsigned>(c - '2') + 26;
  return 32;
}

// The text without its padding; nothing when the padding is neither absent nor complete.
std::optional<std::string_view> without_padding(std::string_view text) {
  const std::size_t end = std::min(text.find('='), text.size());
  const std::string_view padding = text.substr(end);
  if (padding.empty()) return text;
  if (text.size() % 8 != 0 || padding.size() > 6) return std::nullopt;
  if (padding.find_first_not_of('=') != padding.npos) return std::nullopt;
  return text.substr(0, end);
}

}  // namespace

Base32Text base32_encode(std::span<const std::byte> bytes) {
  Base32Text text;
  const auto room = text.fill((std::min(bytes.size(), max_token_secret) * 8 + 4) / 5);
  for (std::size_t i = 0; i < room.size(); ++i) {
    const std::size_t bit = i * 5;
    unsigned two = std::to_integer<unsigned>(bytes[bit / 8]) << 8;
    if (bit / 8 + 1 < bytes.size()) two |= std::to_integer<unsigned>(bytes[bit / 8 + 1]);
    room[i] = static_cast<std::byte>(alphabet[(two >> (11 - bit % 8)) & 31]);
  }
  return text;
}

std::optional<TokenSecret> base32_decode(std::string_view padded) {
  const auto text = without_padding(padded);
  if (!text || text->size() * 5 / 8 > max_token_secret) return std::nullopt;
  const std::size_t rest = text->size() % 8;
  if (rest == 1 || rest == 3 || rest == 6) return std::nullopt;  // no number of bytes ends so
  TokenSecret secret;
  const auto room = secret.fill(text->size() * 5 / 8);
  unsigned held = 0, bits = 0;
  std::size_t used = 0;
  for (const char c : *text) {
    const unsigned value = value_of(c);
    if (value > 31) return std::nullopt;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    room[used++] = static_cast<std::byte>((held >> bits) & 0xff);
  }
  if ((held & ((1u << bits) - 1)) != 0) return std::nullopt;  // RFC 4648 section 3.5
  return secret;
}

}  // namespace postern::authd
