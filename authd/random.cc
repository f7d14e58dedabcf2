// Randomness straight from the kernel (getrandom), for all of authd.  Never put a
// generator of our own here, and never a fallback: without randomness there is no
// salt, no nonce and no secret, and whoever asked must stop.
#include "authd/random.h"

#include <sys/random.h>

namespace postern::authd {

Result<void> fill_random(std::span<std::byte> room) {
  // Up to 256 bytes come whole, and once the kernel's pool is ready the call is never
  // interrupted (getrandom(2)).
  if (room.size() > 256) return fail("cannot draw randomness: more than 256 bytes asked");
  const ssize_t got = ::getrandom(room.data(), room.size(), 0);
  if (got < 0) return fail_errno("cannot draw randomness");
  if (static_cast<std::size_t>(got) != room.size())
    return fail("cannot draw randomness: the kernel gave too little");
  return {};
}

}  // namespace postern::authd
