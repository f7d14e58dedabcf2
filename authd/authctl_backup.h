// A backup into a file, and back.
#pragma once

#include <string>

#include "authd/authctl_print.h"

namespace postern::authd {

// Writes a backup of this moment to the file that the wish names: readable by nobody
// else, and there only when all of it is on disk.
Result<void> backup(const Wish& wish, const std::string& socket, AdminAsk& ask, Printer& printer);
// Hands the backup in that file to authd, and says what became of whom.
Result<void> restore(const Wish& wish, const std::string& socket, AdminAsk& ask, Printer& printer);

}  // namespace postern::authd
