// Bodies on their way through, in either direction: payload is taken out of one framing
// and put into another, from one bounded buffer to the next.  Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/buffer.h"
#include "common/http_body.h"
#include "wfd/kept_body.h"

namespace postern::wfd {

// What ends a body of chunks without trailers (RFC 9112, 7.1).
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

// Puts as much of `payload` into `to` as has room, as one chunk if `chunked`, and room for
// the end of the framing is left.  How many bytes of it that was; 0 for want of room.
std::size_t put_payload(std::string_view payload, Buffer& to, bool chunked);

// Moves payload of `reader` from `from` to `to`, as much as there is and has room, as
// chunks if `chunked`; the end of the framing is the caller's to write, and has room when
// the body's end was seen here.  `payload` grows by the bytes moved, and `kept`, if there
// is one, hears of them.  True if anything was used up.  `fault` becomes true when the
// framing of what came is broken.
bool move_body(BodyReader& reader, Buffer& from, Buffer& to, bool chunked, std::uint64_t& payload,
               bool& fault, KeptBody* kept = nullptr);

}  // namespace postern::wfd
