// What a connection writes to the log: one line for every request, one for every no
// (DESIGN 9).  Never add a field that may hold a secret: no cookie, no field of a request,
// no query of the login host.

#include "wfd/connection.h"

#include "common/eight.h"
#include "common/ticket_lines.h"
#include "wfd/trace.h"
#include "wfd/worker.h"

namespace postern::wfd {

// Once for each request, and whatever became of it: without a status when none was said.  In a
// process of its own a request's lines go now, so that no later head takes them along when it
// ends the process; beside other connections, whose heads could do so, that is not worth a
// packet each.  When nothing can be recorded now (the loop's clock may be a second old by then),
// no further request is read.
void Connection::log_request() {
  if (!now_ || !now_->known) return;
  now_->known = false;
  const std::string status = now_->status == 0 ? "" : std::to_string(now_->status);
  Line line = ticket_line("request", ticket_);
  line.add("host", now_->host)
      .add("user", now_->user)
      .add("sid", now_->sid)
      .add("method", now_->method)
      .add("target", now_->target)
      .add("status", status)
      .add("in", now_->in)
      .add("out", now_->out)
      .add("ms", (worker_.loop().now() - now_->began).ms());
  worker_.recorder().record(line);
  if (worker_.is_single()) (void)worker_.recorder().flush();
  if (!worker_.log().may_proceed(read_mono())) last_request_ = true;
}

void Connection::log_refusal(unsigned status, std::string_view reason) {
  const std::string number = status == 0 ? "" : std::to_string(status);
  worker_.recorder().record(refuse_line(ticket_, Level::notice, number, reason));
}

// What the server said in the gate's name, and the client never hears.
void Connection::log_withheld() {
  for (const std::string& name : withheld_fields(upstream_->head, answer_plan()))
    log_refusal(now_->status, "withheld-" + name);
}

// What the two sides say to each other, when the operator wants to see it.
void Connection::trace(std::string_view side, std::string_view head) {
  const WfdSettings& settings = worker_.shop().settings;
  if (!worker_.tracing() && !is_traced(settings.trace, now_->host, ticket_.client.address)) return;
  trace_head(worker_.log(), {ticket_.connection, settings.login_host, now_->on_login_host}, side, head);
}

std::string Connection::id_text() const {
  const auto digits = hex_text(ticket_.connection);
  return {digits.data(), digits.size()};
}

}  // namespace postern::wfd
