// Entering the jail: one function for all roles, one order of steps, every step
// checked, no way to carry on without one (R11).
#pragma once

#include <string>

#include "common/result.h"
#include "common/roles.h"

namespace postern {

struct JailPlan {
  const RoleRow* row = nullptr;
  std::string directory;      // the root of the role
  unsigned uid = 0, gid = 0;
  bool client_address = false;  // keep CAP_NET_RAW, allow bind (the broker only)
};

// That the directory belongs to root, is not writable by others, and holds nothing but
// what the role's row permits (`db` belongs to the role itself, mode 0700).
Result<void> check_jail(const JailPlan& plan);

// Turns this process into the role: chroot, groups, ids, capabilities, no-new-privs,
// limits, death with the parent.  Then it proves it: root cannot be had again.
// The system call filter (sandbox.h) comes after; it is compiled before, for a role that
// may write no files cannot compile one.
Result<void> enter_jail(const JailPlan& plan);

// Dies with SIGKILL when the parent `parent` dies; an error when it is dead already.
Result<void> die_with_parent(int parent);

// Sets `limits` for good (soft and hard).
Result<void> limit_resources(const Limits& limits);

// Gives every descriptor number below `limit` that is free to an empty file, for the life
// of this process: what is opened later gets a higher one.  For filters that tell
// descriptors by their numbers.
Result<void> fill_numbers_below(int limit);

}  // namespace postern
