// The log lines that every role which has a ticket may write (DESIGN 9).
#pragma once

#include <string_view>

#include "common/log.h"
#include "common/messages.h"

namespace postern {

// `id src sport dst dport`, of a connection; more may follow.
Line ticket_line(std::string_view event, const Ticket& ticket);
// `id src dst status reason`: a no, to the connection or to one of its requests.  An empty `status`:
// none was said.
Line refuse_line(const Ticket& ticket, Level level, std::string_view status, std::string_view reason);

}  // namespace postern
