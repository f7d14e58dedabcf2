// The otpauth:// URI by which a phone learns a token.
#pragma once

#include <cstdint>
#include <string_view>

#include "authd/base32.h"
#include "authd/passcode.h"
#include "common/secret.h"

namespace postern::authd {

using OtpauthUri = Secret<384>;

// The URI of a token of `user` (a sound user name), issuer "Postern"; `counter` is the
// HOTP counter that comes next, and stands in no TOTP URI.  Whoever reads it has the
// token, hence Secret.
OtpauthUri otpauth_uri(std::string_view user, const TokenShape& shape,
                       const TokenSecret& secret, std::int64_t counter);

}  // namespace postern::authd
