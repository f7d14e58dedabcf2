// What a worker of redird does with its life.  The other roles of redird are those of
// every daemon and stand in common/.
#pragma once

#include "common/nursery.h"
#include "common/settings.h"

namespace postern::redird {

// For NurseryPlan::work.  Serves what comes on seat.porter (Serve, Retire) and says
// Closed on seat.reports for each, until the porter is gone, or has said Retire and the
// last connection is closed.  Gives the exit code.
int live_as_worker(WorkerSeat& seat, const RedirdSettings& settings);

}  // namespace postern::redird
