// The log lines of a porter (DESIGN 9).
#pragma once

#include <string>
#include <string_view>

#include "common/log.h"
#include "common/messages.h"
#include "common/throttle.h"

namespace postern {

// `src cause score`.
Line penalty_line(const Address& source, Cause cause, const Penalty& penalty);
// `role pid what`, of a worker.
Line worker_fault_line(std::uint32_t pid, std::string_view what);
// What became of a process, for a fault line; empty when it ended well.
std::string how_it_ended(int status);

}  // namespace postern
