// Whether the certificates and keys of [tls] fit together: asked by the master before it
// starts anything, and by -n.
#pragma once

#include "common/result.h"
#include "common/settings.h"

namespace postern::wfd {

// Reads all of them, as root.  The error names the key in the configuration.
Result<void> check_keys(const WfdSettings& settings);

}  // namespace postern::wfd
