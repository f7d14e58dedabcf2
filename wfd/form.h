// The login form as it comes back: application/x-www-form-urlencoded, read strictly.
// The secrets go straight into Secret<>; no other copy of them is made here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/secret.h"

namespace postern::wfd {

// Room for a path of 2048 bytes that a browser percent-encoded whole, and the rest.
inline constexpr std::size_t max_form_bytes = 8192;

inline constexpr std::size_t max_user_bytes = 64;
inline constexpr std::size_t max_pin_bytes = 64;
inline constexpr std::size_t max_passcode_bytes = 16;
inline constexpr std::size_t max_link_bytes = 64;
inline constexpr std::size_t max_sid_bytes = 16;

struct LoginForm {
  std::string user;  // as typed, blanks around it removed; may be no user name at all
  Secret<max_pin_bytes> pin;
  Secret<max_passcode_bytes> passcode;  // blanks removed: tokens show "123 456"
  std::string host;  // at most 253 bytes, not judged yet (target.h does that)
  std::string path;  // at most 2048 bytes, not judged yet
  std::string link;  // handle of a request that was refused for its address; may be empty
  bool marked = false;  // the form was sent with a mark (way_mark.h), which must come back, too
};

// Reads the body of POST /login: only `user pin passcode host path link marked`, each at most
// once and within its length, no control characters, every '%' with two hex digits; a
// missing one is empty.  Fails on anything else (WHATWG URL, 5.1, without its leniency).
// The caller wipes `body`.
Result<LoginForm> parse_login_form(std::string_view body);

// Which sessions of his own a user wants to end: one, or all others.
struct EndForm {
  std::string sid;      // at most 16 bytes; empty with `others`
  bool others = false;
};
// Reads the body of POST /sessions/end by the same rules: `sid`, or `others` with "yes".
Result<EndForm> parse_end_form(std::string_view body);

// Reads the query of GET /login (the text behind '?'): `host path link` by the same
// rules.  Secrets in an address are refused, so that none gets into a log.
Result<LoginForm> parse_login_query(std::string_view query);

}  // namespace postern::wfd
