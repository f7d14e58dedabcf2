// Bytes that nobody can guess: salts, nonces, token secrets.
#pragma once

#include <cstddef>
#include <span>

#include "common/result.h"

namespace postern::authd {

// Fills `room` (at most 256 bytes) from the kernel's generator; needs no file, so it
// works in a jail.  Fails when the kernel refuses.
Result<void> fill_random(std::span<std::byte> room);

}  // namespace postern::authd
