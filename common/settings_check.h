// Whether the system has what a configuration names: files, users, jails, directories.
// Asked by a master before it starts anything, and by -n.
#pragma once

#include "common/result.h"
#include "common/settings.h"

namespace postern {

// Everything that a start would miss; the error is "FILE:LINE: [section] key: what is
// wrong and what is needed" ("FILE: ..." for a key at its default).  Opens no file for
// reading but directories; needs root to look into the jails.
Result<void> check_system(const RedirdSettings& settings);
Result<void> check_system(const WfdSettings& settings);
Result<void> check_system(const AuthdSettings& settings);

}  // namespace postern
