// Role nursery: runs as the worker's user in the worker's chroot, warms up, and forks
// workers ahead of need.  It holds no listener, no connection and no key; it kills a
// worker on the porter's word.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "common/role_process.h"

namespace postern {

// What a worker has from its first moment.
struct WorkerSeat {
  std::uint64_t number = 0;
  Channel porter;                     // Serve, Peer, Retire come here
  Channel reports;                    // Closed goes here: the porter reads one place for all
  Channel signer, broker, sessions;   // none of redird's workers has these
  Log* log = nullptr;
  bool trace = false;
};

struct NurseryPlan {
  bool plain = false;                 // workers have no channel but to the porter (redird)
  std::span<const std::byte> code;    // the program's, where it can be moved; see forkable.h
  std::uint64_t worker_memory = 0;    // MiB (RLIMIT_DATA), when its workers need more than their row has; as far as the nursery's reaches
  // Runs after the chroot and before the filter: pages are read, TLS is warmed up.
  std::function<Result<void>()> warm_up;
  // The whole life of a worker, in its own process, under its own filter.
  std::function<int(WorkerSeat&)> work;
};

Result<int> run_nursery(RoleProcess& self, const NurseryPlan& plan);

}  // namespace postern
