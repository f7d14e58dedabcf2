// Bodies on their way through, in either direction: payload is taken out of one framing
// and put into another, from one bounded buffer to the next.  Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/buffer.h"
#include "common/http_body.h"

namespace postern::wfd {

// What ends a body of chunks without trailers (RFC 9112, 7.1).
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

// Moves payload of `reader` from `from` to `to`, as much as there is and has room, as
// chunks if `chunked`; the end of the framing is the caller's to write, and has room when
// the body's end was seen here.  `payload` grows by the bytes moved.  True if anything was
// used up.  `fault` becomes true when the framing of what came is broken.
bool move_body(BodyReader& reader, Buffer& from, Buffer& to, bool chunked, std::uint64_t& payload,
               bool& fault);

}  // namespace postern::wfd
