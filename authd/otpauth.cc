// Writes otpauth:// URIs (the "Key URI Format" that the authenticator apps share).
// Called when a user is added; the text goes to the operator's terminal and nowhere
// else.  It is built inside one wiped room: never put parts of it into a std::string.
#include "authd/otpauth.h"

#include <algorithm>
#include <charconv>

namespace postern::authd {
namespace {

constexpr std::string_view issuer = "Postern";
constexpr std::string_view hex_digits = "0123456789ABCDEF";

// Appends to a Secret's room; all that is ever put in has room (see the sizes below).
class Line {
 public:
  explicit Line(std::span<std::byte> room) : room_(room) {}
  Line& plain(std::string_view text) {
    for (const char c : text) put(c);
    return *this;
  }
  // RFC 3986 section 2.1: all but the unreserved characters become %HH.
  Line& encoded(std::string_view text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
      const bool digit = byte >= '0' && byte <= '9';
      if (letter || digit || c == '-' || c == '.' || c == '_' || c == '~')
        put(c);
      else
        put('%'), put(hex_digits[byte >> 4]), put(hex_digits[byte & 15]);
    }
    return *this;
  }
  Line& number(std::int64_t value) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return plain({digits.data(), end});
  }
  std::size_t size() const { return used_; }

 private:
  void put(char c) { room_[used_++] = static_cast<std::byte>(c); }
  std::span<std::byte> room_;
  std::size_t used_ = 0;
};

// The fixed words are below 100 characters, a name at most 3 * 32, a secret 103, the
// counter 19.
static_assert(OtpauthUri::capacity >= 100 + 3 * 32 + 103 + 19);

}  // namespace

OtpauthUri otpauth_uri(std::string_view user, const TokenShape& shape,
                       const TokenSecret& secret, std::int64_t counter) {
  OtpauthUri uri;
  Line line(uri.fill(uri.capacity));
  line.plain("otpauth://").plain(name_of(shape.kind)).plain("/");
  line.encoded(issuer).plain(":").encoded(user.substr(0, 32));
  line.plain("?secret=").plain(base32_encode(secret.bytes()).text());
  line.plain("&issuer=").encoded(issuer).plain("&algorithm=").plain(name_of(shape.algorithm));
  line.plain("&digits=").number(shape.digits);
  if (shape.kind == TokenKind::totp)
    line.plain("&period=").number(shape.period);
  else
    line.plain("&counter=").number(counter);
  uri.fill(line.size());  // the same bytes, cut at the end of the text
  return uri;
}

}  // namespace postern::authd
