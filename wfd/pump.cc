// Moves bodies between buffers.  Called by the connection for requests and for answers.
// A full buffer stops the moving, and with it the reading at the other end: there is no
// other queue.  Never let a byte of framing through: it is always written anew.

#include "wfd/pump.h"

#include <cstdio>
#include <string>

namespace postern::wfd {
namespace {

constexpr std::size_t chunk_overhead = 20;  // "\r\n" + 16 hex digits, rounded up
constexpr std::size_t least_chunk = 4096;   // do not make smaller ones while more may come

std::string chunk_head(std::size_t size) {
  char digits[20];
  const int n = std::snprintf(digits, sizeof digits, "%zx\r\n", size);
  return {digits, static_cast<std::size_t>(n)};
}

bool has_room(const Buffer& to, bool chunked) { return to.left() > chunk_overhead + (chunked ? least_chunk : 0); }

}  // namespace

std::size_t put_payload(std::string_view payload, Buffer& to, bool chunked) {
  if (payload.empty() || !has_room(to, chunked)) return 0;
  const std::string_view part = payload.substr(0, to.left() - chunk_overhead);
  bool fits = !chunked || to.append(chunk_head(part.size()));
  fits = fits && to.append(part);
  if (chunked) fits = fits && to.append("\r\n");
  return fits ? part.size() : 0;
}

bool move_body(BodyReader& reader, Buffer& from, Buffer& to, bool chunked, std::uint64_t& payload,
               bool& fault, KeptBody* kept) {
  bool some = false;
  while (!reader.ended() && !from.empty() && has_room(to, chunked)) {
    const std::string_view input = from.view().substr(0, to.left() - chunk_overhead);
    const BodyStep step = reader.next(input);
    if (step.fault != HttpFault::none) {
      fault = true;
      return some;
    }
    const std::string_view body = input.substr(step.skip, step.payload);
    if (put_payload(body, to, chunked) != body.size()) fault = true;  // cannot be: the room was looked at
    if (kept != nullptr) kept->sent(body);
    from.drop(step.skip + step.payload);
    payload += body.size();
    some = true;
  }
  return some;
}

}  // namespace postern::wfd
