// Rebuilds request heads for intranet servers.  Called by the connection for every
// request that is relayed, whatever its method or path: the only exit for requests.
// The client's own fields are dropped first and ours are added last, so that no field of
// the client can stand in for one of ours, or take it away.
// Never copy a piece of the client's head that is not a parsed method, target or field.
#include "wfd/forward.h"

#include "wfd/cookie.h"
#include "wfd/cross_origin.h"
#include "wfd/field_rules.h"
#include "wfd/head_writer.h"
#include "wfd/inward.h"
#include "wfd/websocket.h"

namespace postern::wfd {
namespace {

bool goes_on(const Field& field, std::string_view folded, const ConnectionNames& named, const ForwardPlan& plan) {
  if (folded == "host") return false;  // written already
  if (plan.preflight && !is_of_preflight(folded)) return false;
  if (is_hop_by_hop(folded) || is_spoofable(folded) || is_listed(folded, plan.strip)) return false;
  if (!plan.websocket_key.empty() && is_written_anew(folded)) return false;
  return !named.take_away(field.name, folded);
}

void write_field(HeadWriter& to, const Field& field, std::string_view host, const ForwardPlan& plan) {
  if (!plan.forward_cookie && equal_folded(field.name, "cookie")) {
    const std::string others = without_our_cookie(field.value, plan.cookie_name);
    if (!others.empty()) to.field(field.name, others);
  } else if (const auto changed = plan.plain ? inward_value(field.name, field.value, host) : std::nullopt) {
    to.field(field.name, *changed);
  } else {
    to.field(field.name, field.value);
  }
}

void write_identity(HeadWriter& to, const RequestHead& head, const ForwardPlan& plan) {
  if (!plan.identity) return;
  if (!plan.user.empty()) to.field("X-Postern-User", plan.user);
  if (!plan.sid.empty()) to.field("X-Postern-Session", plan.sid);
  const std::string client = plan.client.text();
  const bool bracket = plan.client.family() == Family::v6;  // RFC 7239, 6
  to.field("Forwarded", "for=" + (bracket ? "\"[" + client + "]\"" : client) + ";proto=https;host=" + head.host);
  to.field("X-Forwarded-For", client);
  to.field("X-Forwarded-Proto", "https");
  to.field("X-Forwarded-Host", head.host);
}

// These methods give a body meaning, so its absence is said aloud (RFC 9110, 8.6).
bool expects_a_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

void write_framing(HeadWriter& to, const RequestHead& head) {
  if (head.framing == Framing::chunked)
    to.field("Transfer-Encoding", "chunked");
  else if (head.framing == Framing::length)
    to.field("Content-Length", std::to_string(head.length));
  else if (expects_a_body(head.method))
    to.field("Content-Length", "0");
}

void write_handshake(HeadWriter& to, const ForwardPlan& plan) {
  if (plan.websocket_key.empty()) return;
  to.field("Connection", "Upgrade");
  to.field("Upgrade", "websocket");
  to.field("Sec-WebSocket-Key", plan.websocket_key);
  to.field("Sec-WebSocket-Version", websocket_version);
}

}  // namespace

Result<std::string> forward_head(const RequestHead& head, const ForwardPlan& plan) {
  HeadWriter to(head.size + 1024 + plan.assertion.size());  // there may be secrets in it
  to.request_line(head.method, head.target);
  to.field("Host", head.host);
  const ConnectionNames named(head.fields);
  NameFolder fold;
  for (const Field& field : head.fields)
    if (goes_on(field, fold(field.name), named, plan)) write_field(to, field, head.host, plan);
  write_identity(to, head, plan);
  if (!plan.assertion.empty()) to.field("X-Postern-Assertion", plan.assertion);
  write_handshake(to, plan);
  write_framing(to, head);
  if (plan.expect) to.field("Expect", "100-continue");
  return to.finish();
}

}  // namespace postern::wfd
