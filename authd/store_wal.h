// The file beside a database to which SQLite writes first (its "-wal").
#pragma once

#include "common/result.h"

namespace postern::authd {

// Is everything there that was written down in it?  What is left of a last transaction that
// was never confirmed does no harm.  `file` is borrowed, and only read.
Result<void> check_wal(int file);

}  // namespace postern::authd
