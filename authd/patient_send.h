// Sending to a peer that always reads, but may be behind: a full queue is waited for.
#pragma once

#include <poll.h>

#include "common/channel.h"

namespace postern::authd {

// Never for a peer that may wait for us in turn.  Told::full when there was no room within
// `patience_ms`.
template <class M>
Told send_in_time(Channel& to, const M& message, int patience_ms) {
  const Told told = to.send(message);
  if (told != Told::full) return told;
  pollfd wait{to.fd(), POLLOUT, 0};
  (void)::poll(&wait, 1, patience_ms);  // whatever it says: the next try tells
  return to.send(message);
}

// How long the vault waits for sessions, which reads whatever comes as soon as it can.  One
// that cannot for so long has stopped giving verdicts, too.
inline constexpr int sessions_patience_ms = 1000;

}  // namespace postern::authd
