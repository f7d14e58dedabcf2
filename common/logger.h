// Role logger: takes the lines of all other roles of a daemon and writes them to
// syslog, with the time, daemon, role and pid that it knows from the kernel.
#pragma once

#include "common/role_process.h"

namespace postern {

Result<int> run_logger(RoleProcess& self);

}  // namespace postern
