// What port 80 says: the same address with https, or no.  Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/http_head.h"

namespace postern::redird {

// The whole answer to a request: 301 for GET and HEAD, 308 for other methods, to
// "https://HOST TARGET" with the canonical host (a port in Host is left out) and the
// target byte for byte; 400 when the host is not at or below one of `domains`.  The
// connection is always closed afterwards, so a request body is never read.
std::string answer_request(const RequestHead& head, std::span<const std::string> domains);

// The whole answer to something that is no request: 400, 408, 414, 417, 431 or 503 (any
// other status becomes 400), in clear words.
std::string answer_refusal(int status);

}  // namespace postern::redird
