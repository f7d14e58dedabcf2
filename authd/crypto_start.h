// Starting OpenSSL for authd.
#pragma once

#include "common/result.h"

namespace postern::authd {

// Starts libcrypto without a configuration file, so that nothing is loaded that this
// program does not name, and later fetches open no file.  Before any other use of it.
Result<void> start_crypto();

}  // namespace postern::authd
