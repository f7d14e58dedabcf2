// A new user, as authctl adds one.
#pragma once

#include <string>

#include "authd/authctl_print.h"

namespace postern::authd {

// Adds the user of `ask` by the authd at `socket`.  On a terminal the new token is shown
// first and a code of it asked for, unless the wish says otherwise or is for JSON.
Result<void> add_user(const Wish& wish, const std::string& socket, AdminAsk& ask, Printer& printer);

}  // namespace postern::authd
