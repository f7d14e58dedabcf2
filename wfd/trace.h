// The protocol trace: what the two sides of the gate say to each other, heads only, for
// an operator who looks for the cause of a trouble.  On and off with SIGUSR1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/log.h"

namespace postern::wfd {

// Logs `head`, a whole head with its CRLFs, one `trace` line for each of its lines:
// `event=trace id=... side=WHERE line=...`.  `side` says who spoke to whom, as
// "client-gate" or "gate-server".  At most 150 lines.
void trace_head(Log& log, std::uint64_t connection, std::string_view side, std::string_view head);

// A field line as it may be logged: the values of fields that hold secrets (cookies,
// credentials, assertions) are replaced by their length, in every spelling of the name.
std::string without_secrets(std::string_view line);

}  // namespace postern::wfd
