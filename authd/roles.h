// The roles of authd beside its logger, for main.cc to start.
#pragma once

#include "common/result.h"
#include "common/role_process.h"

namespace postern::authd {

// Each is the whole life of a role: from what the master hands over to the exit code.
Result<int> run_sessions(RoleProcess& self);
Result<int> run_vault(RoleProcess& self);

}  // namespace postern::authd
