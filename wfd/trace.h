// The protocol trace: what the two sides of the gate say to each other, heads only, for
// an operator who looks for the cause of a trouble.  For some hosts or sources by [trace],
// for all of them with SIGUSR1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/log.h"
#include "common/settings.h"

namespace postern::wfd {

// True when [trace] names the host of a request or the client's network.
bool is_traced(const WfdSettings::Trace& trace, std::string_view host, const Address& client);

// Whose head it is: the queries of the login host's addresses are secret.
struct TraceSubject {
  std::uint64_t connection = 0;
  std::string_view login_host;
  bool on_login_host = false;
};

// Logs `head`, a whole head with its CRLFs, one `trace` line for each of its lines:
// `event=trace id=... side=WHERE line=...`.  `side` says who spoke to whom, as
// "client-gate" or "gate-server".  At most 150 lines.
void trace_head(Log& log, const TraceSubject& subject, std::string_view side, std::string_view head);

// A line as it may be logged: the values of fields that hold secrets (cookies, credentials,
// tokens, assertions) are replaced by their length, in every spelling of the name, and so
// are queries of the login host: handles stand there, and what people mistype.
std::string without_secrets(std::string_view line, const TraceSubject& subject);

}  // namespace postern::wfd
