// Request heads: bytes in, a judged head out, or the reason for a refusal (RFC 9112
// sections 2 to 6, read strictly).  Pure: no clock, no descriptor, nothing modified.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/http_fields.h"

namespace postern {

// One request head.  The views point into the bytes given to parse_request, which must
// stay where they are for as long as the head is used.  Keep one object per connection:
// it is filled anew each time, without allocating.
struct RequestHead {
  std::string_view method;           // a token of 1 to 32 bytes, never CONNECT
  std::string_view target;           // origin form as sent ("/path?query"), or "*" (OPTIONS only)
  Version version = Version::http_1_0;
  std::string host;                  // from Host: lower case, no port, no trailing dot
  std::uint16_t port = 0;            // the port that Host names; 0 when it names none
  Framing framing = Framing::none;   // none, length or chunked
  std::uint64_t length = 0;          // of the body, bytes; counts with Framing::length only
  bool keep_alive = false;           // the client wants to go on after this request
  bool expect_continue = false;      // the client waits for a 100 before it sends the body
  Fields fields;                     // all fields, those above among them
  std::size_t size = 0;              // bytes of the head; the body starts there
};

// How a request came.  A target in absolute form must begin with the scheme of that.
enum class Transport : std::uint8_t { tls, plain };

// Parses the head at the start of `bytes`; what follows it is not looked at.
//   done  `out` is complete.
//   more  nothing is wrong with what there is; call again with the same bytes and more
//         behind them.  `out` is not to be used.
//   bad   refused, as early as it can be known: the same fault at the same byte, however
//         the bytes were cut.  Answer status_of(fault) and close.
// One empty line before the request line is skipped (RFC 9112 section 2.2).  Exactly one
// Host is demanded of HTTP/1.0, too, for requests are routed by it.
HeadResult parse_request(std::string_view bytes, const HeadLimits& limits, RequestHead& out,
                         Transport transport = Transport::tls);

}  // namespace postern
