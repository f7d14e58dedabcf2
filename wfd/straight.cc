// Reads a long body where it leaves from.  Called by the connection, in both directions.
// Never read a body of chunks this way: its framing would go through unseen (pump.cc moves
// those, and writes it anew).
#include "wfd/straight.h"

#include <algorithm>

namespace postern::wfd {

// One byte more than is due is asked for: so a reader that gets all learns, as others do, that
// it took all there was, and what a peer said too much is seen.
IoResult read_straight(Stream& from, BodyReader& body, Buffer& to, Buffer& rest, std::uint64_t& payload) {
  const std::uint64_t due = body.due();
  const auto wanted = static_cast<std::size_t>(
      std::min<std::uint64_t>(due + 1, std::min(straight_bytes - to.size(), to.left())));
  const std::span<char> room = to.room(wanted).first(wanted);
  const IoResult r = from.read(room, due);
  if (r.io != Io::done) return r;
  to.written(r.n);
  const std::string_view came(room.data(), r.n);
  const std::string_view ours = came.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(due, r.n)));
  if (!rest.append(came.substr(ours.size())) || body.next(ours).payload != ours.size()) return {Io::failed, 0};
  to.filled(ours.size());
  payload += ours.size();
  return r;
}

}  // namespace postern::wfd
