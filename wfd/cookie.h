// Our cookie: found among others byte by byte, taken out of what goes on, made and
// deleted.  Its value is 256 random bits, written as 43 characters of base64url.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http_fields.h"
#include "common/messages.h"
#include "common/secret.h"

namespace postern::wfd {

inline constexpr std::size_t cookie_characters = 43;  // of 32 bytes, without padding
inline constexpr std::size_t max_delete_lines = 16;

struct OurCookie {
  CookieValue value;       // 32 bytes, or empty: there is none that could be valid
  bool duplicate = false;  // two or more of our name: none counts, and all are deleted
};

// Looks through all Cookie fields.  A cookie is what stands between ';', without the
// blanks (SP only) before it; its name ends at the first '='.  Nothing else is trimmed,
// unquoted or decoded, and "$Version" is a name like any other (RFC 6265, 4.2.1).
OurCookie find_cookie(const Fields& fields, std::string_view name);

// The value of the only cookie of that name, found in the same way; none when there is none,
// or several.  Not for secrets.
std::optional<std::string_view> only_cookie(const Fields& fields, std::string_view name);

// The value of a Cookie field without our cookies, all others byte for byte; empty when
// no other is left, and then the field is not sent.
std::string without_our_cookie(std::string_view field_value, std::string_view name);

// True when the value of a Set-Cookie field would set a cookie of our name, also through
// a nameless cookie ("=SessionID=x") that a browser would send back as ours.
bool sets_our_cookie(std::string_view field_value, std::string_view name);

// The value of the Set-Cookie field after a login (DESIGN 8).  `domain` is empty or the
// session's domain.  The text holds the secret: the caller wipes it after sending.
std::string set_cookie(std::string_view name, const CookieValue& value, std::string_view domain);

// The values of Set-Cookie fields that delete every cookie of our name which a browser
// could have sent with a request to `host` for `path` (with or without its query):
// host-only and with each Domain from `host` up to `domain`, for each prefix of the path;
// Path=/ and the wide ones first, at most 16.
std::vector<std::string> delete_cookies(std::string_view name, std::string_view domain,
                                        std::string_view host, std::string_view path);

// 43 characters of base64url (RFC 4648, 5) for 32 bytes; an empty value gives none.
Secret<cookie_characters> write_cookie_value(const CookieValue& value);
// The reverse; false, and `value` empty, unless `text` is exactly what the above writes:
// 43 characters of the alphabet, the two spare bits of the last one zero.
bool read_cookie_value(std::string_view text, CookieValue& value);

}  // namespace postern::wfd
