// The short way of a body through here: one whose length was said, and is said again, needs
// no look at its bytes, and is read to where it leaves from.
#pragma once

#include <cstdint>

#include "common/buffer.h"
#include "common/http_body.h"
#include "wfd/stream.h"

namespace postern::wfd {

// What leaves together.
inline constexpr std::size_t straight_bytes = records_together * record_bytes;

// Whether reading more to `to` is worth a call.
inline bool has_straight_room(const Buffer& to) { return to.size() <= straight_bytes / 4 * 3 && to.left() > 0; }

// Reads from `from` what is left of `body`, whose framing is a length, to `to`, which has room;
// `payload` grows by that.  What came behind the body's end goes to `rest`, which is empty, for
// whoever looks at it.  The result is that of Stream::read.
IoResult read_straight(Stream& from, BodyReader& body, Buffer& to, Buffer& rest, std::uint64_t& payload);

}  // namespace postern::wfd
