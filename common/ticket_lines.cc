// Makes the log lines about a connection that porters, workers and signers have in common:
// the one place that knows their fields and their order (DESIGN 9).  Nothing here decides
// whether a line is written.  Never put here: a secret (R6), a word that a client chose.

#include "common/ticket_lines.h"

namespace postern {

Line ticket_line(std::string_view event, const Ticket& ticket) {
  Line line(event);
  line.add_id("id", ticket.connection)
      .add("src", ticket.client.address.text())
      .add("sport", ticket.client.port)
      .add("dst", ticket.destination.address.text())
      .add("dport", ticket.destination.port);
  return line;
}

Line refuse_line(const Ticket& ticket, Level level, std::string_view status, std::string_view reason) {
  Line line("refuse", level);
  line.add_id("id", ticket.connection)
      .add("src", ticket.client.address.text())
      .add("dst", ticket.destination.address.text())
      .add("status", status)
      .add("reason", reason);
  return line;
}

}  // namespace postern
