// The seccomp filter of a role, made from sandbox_policy.h.  A filter is compiled
// while that is still allowed, and installed later by one system call: a worker
// narrows the filter of its nursery that way.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "common/result.h"
#include "common/roles.h"

namespace postern {

class Sandbox {
 public:
  // Compiles the filter of `role`; with `client_address` the broker may also bind.
  static Result<Sandbox> compile(Role role, bool client_address);
  // Puts this process under the filter, for good.  no-new-privs must be set.
  Result<void> install();

 private:
  std::vector<sock_filter> program_;
};

}  // namespace postern
