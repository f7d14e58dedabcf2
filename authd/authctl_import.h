// Many new users from a file.
#pragma once

#include <string>

#include "authd/authctl_print.h"

namespace postern::authd {

// Reads the whole file and judges it before the first user is added: when anything is
// wrong with it, or a user is there already, nobody is added and the error says it all.
Result<void> import_users(const Wish& wish, const std::string& socket, AdminAsk&, Printer& printer);

}  // namespace postern::authd
