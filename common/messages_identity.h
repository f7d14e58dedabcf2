// Who a user is, for servers of the intranet: assertions, the keys that prove them, and
// questions about a cookie.  A worker asks, sessions answers.
#pragma once

#include <cstdint>

#include "common/address.h"
#include "common/message_kind.h"
#include "common/ticket.h"

namespace postern {

struct Vouch {  // for a server that is proved for `host`; who it is about, the cookie says
  static constexpr Kind kind = Kind::vouch;
  std::uint32_t tag = 0;
  Ticket ticket;
  CookieValue cookie;
  HostName host;                 // canonical Host of the request
  template <class A> void fields(A& a) { a(tag); a(ticket); a(cookie); a(host); }
};
enum class VouchOutcome : std::uint8_t {  // zero is a "no"
  failed,
  no_session,  // none that may be used from there
  no_key,      // [identity] assertion_key is not set, or the gate named no login host
  busy,        // too many for one session within a minute
  vouched,
  last = vouched
};
struct Assertion {
  static constexpr Kind kind = Kind::assertion;
  std::uint32_t tag = 0;
  VouchOutcome outcome = VouchOutcome::failed;
  std::uint32_t fresh_for = 0;   // milliseconds in which it may be sent again
  Secret<1536> token;            // a JWT; empty unless vouched
  template <class A> void fields(A& a) { a(tag); a(outcome); a(fresh_for); a(token); }
};

struct ListKeys {
  static constexpr Kind kind = Kind::list_keys;
  std::uint32_t tag = 0;
  Ticket ticket;
  template <class A> void fields(A& a) { a(tag); a(ticket); }
};
struct KeyList {
  static constexpr Kind kind = Kind::key_list;
  std::uint32_t tag = 0;
  Text<3072> json;               // a JWK set (RFC 7517); empty: no assertion is ever made
  template <class A> void fields(A& a) { a(tag); a(json); }
};

struct Verify {  // whose cookie is this?  Asked by a server that was given it by a browser
  static constexpr Kind kind = Kind::verify;
  std::uint32_t tag = 0;
  Ticket ticket;                 // of the server's connection
  CookieValue cookie;
  template <class A> void fields(A& a) { a(tag); a(ticket); a(cookie); }
};
enum class VerifyOutcome : std::uint8_t { unknown, busy, good, last = good };
struct Verification {
  static constexpr Kind kind = Kind::verification;
  std::uint32_t tag = 0;
  VerifyOutcome outcome = VerifyOutcome::unknown;
  UserName user;
  Sid sid;
  template <class A> void fields(A& a) { a(tag); a(outcome); a(user); a(sid); }
};

}  // namespace postern
