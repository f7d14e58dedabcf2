// How much memory a worker may need at most (RLIMIT_DATA).
#pragma once

#include <cstdint>

#include "common/settings.h"

namespace postern::wfd {

// MiB of a worker all of whose connections are full both ways.  With every setting the nursery's own
// limit (common/roles.h) is above that; a worker cannot have more.
std::uint64_t worker_memory(const WfdSettings& settings);

}  // namespace postern::wfd
