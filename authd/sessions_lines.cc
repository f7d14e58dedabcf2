// Makes the log lines of role sessions: the one place that knows their fields and their
// order (DESIGN 9).  Nothing secret is ever handed to it, and what a person typed is left
// out unless it may be a user's name.

#include "authd/sessions_lines.h"

#include "authd/user_name.h"

namespace postern::authd {

std::string_view word_of(Standing standing) {
  switch (standing) {
    case Standing::unknown: return "unknown-session";
    case Standing::expired: return "expired";
    case Standing::wrong_address: return "wrong-address";
    case Standing::not_ready: return "not-ready";
    case Standing::good: return "";
  }
  return "";
}

Line login_line(const Ticket& ticket, std::string_view user, bool granted, std::string_view reason) {
  Line line("login", Level::notice);
  line.add_id("id", ticket.connection).add("user", is_user_name(user) ? user : "");
  line.add("src", ticket.client.address.text()).add("result", granted ? "ok" : "fail");
  line.add("reason", reason);
  return line;
}

Line link_line(const Sid& sid, const UserName& user, const Address& added) {
  Line line("link", Level::notice);
  line.add("sid", sid.view()).add("user", user.view()).add("address", added.text());
  return line;
}

Line ended_line(std::string_view event, const EndedSession& ended, std::string_view by) {
  Line line(event, Level::notice);
  line.add("sid", ended.sid.view()).add("user", ended.user.view()).add("by", by);
  return line;
}

Line refuse_line(const Ticket& ticket, Standing standing) {
  Line line("refuse");
  line.add_id("id", ticket.connection).add("src", ticket.client.address.text());
  line.add("dst", ticket.destination.address.text()).add("status", "");
  line.add("reason", word_of(standing));
  return line;
}

Line verify_line(const Ticket& ticket, const Session* session, std::string_view reason) {
  Line line("verify");
  line.add_id("id", ticket.connection).add("src", ticket.client.address.text());
  line.add("user", session == nullptr ? "" : session->made.user.view());
  line.add("sid", session == nullptr ? "" : session->sid.view());
  line.add("result", reason.empty() ? "ok" : "fail").add("reason", reason);
  return line;
}

Line recall_line(std::size_t sessions) {
  Line line("recall", Level::notice);
  line.add("sessions", static_cast<std::uint64_t>(sessions));
  return line;
}

Line fault_line(Role role, std::string_view what) {
  Line line("fault", Level::warning);
  line.add("role", name_of(role)).add("pid", "").add("what", what);
  return line;
}

}  // namespace postern::authd
