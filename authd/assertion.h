// What an assertion says, and how it is written: a compact JWS (RFC 7515) of JWT claims
// (RFC 7519).
#pragma once

#include <string>
#include <string_view>

#include "authd/assertion_key.h"
#include "common/address.h"
#include "common/clock.h"

namespace postern::authd {

inline constexpr Duration assertion_life = seconds(300);  // from iat to exp, at most

struct Claims {
  std::string_view login_host;  // iss is https:// and this
  std::string_view host;        // aud is https:// and this
  std::string_view user, sid;   // sub, sid
  Endpoint destination;         // dst: what the client dialled
  Wall issued;                  // iat and nbf
  Duration life;                // exp is so much later; never more than assertion_life
};

// The signed text: header, claims and signature, base64url, with dots between.
Result<std::string> write_assertion(const Claims& claims, const AssertionKey& key);

}  // namespace postern::authd
