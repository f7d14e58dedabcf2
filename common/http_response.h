// Response heads: the answer of an intranet server, read as strictly as a request
// (RFC 9112 sections 2 to 6), so that its end is never a matter of opinion.  Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/http_fields.h"

namespace postern {

// One response head; views and reuse as in RequestHead.
struct ResponseHead {
  Version version = Version::http_1_0;
  int status = 0;                    // 100 to 599; 1xx are interim: another head follows
  std::string_view reason;           // may be empty; may hold bytes from 0x80
  Framing framing = Framing::none;   // none for HEAD, 1xx, 204 and 304, whatever the fields say
  std::uint64_t length = 0;          // of the body, bytes; counts with Framing::length only
  // What Content-Length said, also where there is no body (HEAD, 304).
  std::optional<std::uint64_t> content_length;
  bool keep_alive = false;           // the connection can carry another request afterwards
  Fields fields;
  std::size_t size = 0;              // bytes of the head; the body starts there
};

// Parses the head at the start of `bytes`, as parse_request does.  `request_was_head`:
// it answers a HEAD, so it has no body.  (CONNECT is never sent.)  A fault is a 502.
// A 1xx or 204 that announces a body breaks RFC 9110 section 8.6: it is taken as having
// none, and the connection is not kept alive.
HeadResult parse_response(std::string_view bytes, const HeadLimits& limits,
                          bool request_was_head, ResponseHead& out);

}  // namespace postern
