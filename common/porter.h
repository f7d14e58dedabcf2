// Role porter: accepts, asks the kernel for both addresses, counts and penalises
// sources, seals a ticket, and hands the connection to a worker.  It never reads a
// byte of a connection: its filter lets it read on its fixed channel numbers only.
#pragma once

#include <vector>

#include "common/role_process.h"
#include "common/settings.h"

namespace postern {

struct PorterPlan {
  ListenMode mode{};
  std::uint32_t connections_per_worker = 1;
  std::uint32_t spare_workers = 1;   // workers with room for a connection, kept ready
  std::uint32_t max_workers = 1;
  Duration surplus_pause = seconds(10);  // that more workers with room may be idle than spare_workers
  Duration serve_patience = seconds(5);   // for a worker that is busy to take a connection
  std::uint32_t connections_in_life = 0;  // then a worker is replaced; 0: never
  std::uint32_t worker_slack = 0;         // see WorkerPool; for connections that take no time
  // A worker of one connection is killed when it has had it for longer; zero: never.
  Duration connection_lifetime{};
  SourceLimits source;
  bool plain = false;                // workers need no signer, broker or sessions (redird)
};

Result<int> run_porter(RoleProcess& self, const PorterPlan& plan);

}  // namespace postern
