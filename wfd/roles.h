// The roles of wfd that live alone: what their processes do from start to end.  See
// common/role_process.h; main.cc chooses by --role=NAME.
#pragma once

#include "common/result.h"
#include "common/role_process.h"

namespace postern::wfd {

Result<int> run_broker(RoleProcess& self);
Result<int> run_signer(RoleProcess& self);

}  // namespace postern::wfd
