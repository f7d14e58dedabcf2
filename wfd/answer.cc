// Rebuilds answers for browsers, and turns our own replies into bytes: the only exit for
// answers.  Called by the connection.
// A server behind the gate must not be able to speak for the gate (its cookie, its
// X-Postern-*), nor for the host's other ports (Alt-Svc, HSTS).
// Never decide here what is answered; only how it is written.
#include "wfd/answer.h"

#include <algorithm>

#include "wfd/caching.h"
#include "wfd/cookie.h"
#include "wfd/field_rules.h"
#include "wfd/head_writer.h"
#include "wfd/outward.h"
#include "wfd/websocket.h"

namespace postern::wfd {
namespace {

constexpr std::size_t own_head_room = 256;  // for the start line, and what every answer of ours says
constexpr std::string_view hsts_year = "max-age=31536000";

bool is_bodiless(int status) { return status < 200 || status == 204 || status == 304; }

bool goes_on(const Field& field, std::string_view folded, const ConnectionNames& named, const ResponseHead& answer,
             const AnswerPlan& plan) {
  if (is_hop_by_hop(folded) || is_ours_to_answer(folded) || is_listed(folded, plan.strip)) return false;
  if (folded == "strict-transport-security" && !plan.hsts) return false;
  if (is_about_caching(folded) && must_not_be_kept(answer, plan.no_store)) return false;
  if (answer.status == 101 && is_written_anew(folded)) return false;
  return !named.take_away(field.name, folded);
}

void write_connection(HeadWriter& to, Version version, bool close) {
  if (close)
    to.field("Connection", "close");
  else if (version == Version::http_1_0)
    to.field("Connection", "keep-alive");
}

void write_agreement(HeadWriter& to, std::string_view accept) {
  to.field("Connection", "Upgrade");
  to.field("Upgrade", "websocket");
  to.field("Sec-WebSocket-Accept", accept);
}

// The length that is said: that of the body, or for HEAD and 304 that of the body there
// would have been, if the server said it.
void write_framing(HeadWriter& to, const ResponseHead& answer, const ClientSide& client,
                   const ClientFraming& framing) {
  if (framing.framing == Framing::chunked)
    to.field("Transfer-Encoding", "chunked");
  else if (framing.framing == Framing::length)
    to.field("Content-Length", std::to_string(framing.length));
  else if (framing.framing == Framing::none && answer.status != 204) {
    if (answer.content_length)
      to.field("Content-Length", std::to_string(*answer.content_length));
    else if (!client.request_was_head && !is_bodiless(answer.status))
      to.field("Content-Length", "0");
  }
}

}  // namespace

ClientFraming frame_for(const ResponseHead& answer, const ClientSide& client) {
  if (client.request_was_head || is_bodiless(answer.status) || answer.framing == Framing::none)
    return {Framing::none, 0, client.close};
  if (answer.framing == Framing::length) return {Framing::length, answer.length, client.close};
  if (client.version == Version::http_1_0) return {Framing::until_close, 0, true};
  return {Framing::chunked, 0, client.close};
}

Result<std::string> answer_head(const ResponseHead& answer, const AnswerPlan& plan,
                                const ClientSide& client, const ClientFraming& framing) {
  if (answer.status == 101 && plan.websocket_accept.empty()) return fail("no protocol was agreed on");
  HeadWriter to(answer.size + 512);
  to.status_line(static_cast<unsigned>(answer.status), answer.reason);
  const ConnectionNames named(answer.fields);
  NameFolder fold;
  for (const Field& field : answer.fields) {
    const std::string_view folded = fold(field.name);
    if (!goes_on(field, folded, named, answer, plan)) continue;
    if (!changes_outward(folded)) {
      to.field(field.name, field.value);
      continue;
    }
    const std::optional<std::string> value = outward_value(folded, field.value, {plan.cookie_name, plan.domains});
    if (value) to.field(field.name, *value);
  }
  if (answer.status == 101) write_agreement(to, plan.websocket_accept);
  if (answer.status >= 200) {
    if (const std::string_view policy = added_policy(answer.fields); !policy.empty())
      to.field("Content-Security-Policy", policy);
    if (plan.hsts && answer.fields.find("strict-transport-security") == nullptr)
      to.field("Strict-Transport-Security", hsts_year);
    if (must_not_be_kept(answer, plan.no_store)) to.field("Cache-Control", "no-store");
    write_framing(to, answer, client, framing);
    write_connection(to, client.version, framing.close);
  }
  return to.finish();
}

std::vector<std::string> withheld_fields(const ResponseHead& answer, const AnswerPlan& plan) {
  std::vector<std::string> names;
  NameFolder fold;
  for (const Field& field : answer.fields) {
    const std::string_view folded = fold(field.name);
    const bool changed = (folded == "clear-site-data" || folded == "www-authenticate") &&
                         outward_value(folded, field.value, {plan.cookie_name, plan.domains}) != field.value;
    const bool ours = folded == "set-cookie" && sets_our_cookie(field.value, plan.cookie_name);
    const bool told = std::ranges::find(names, folded) != names.end();
    if (!told && (is_ours_to_answer(folded) || changed || ours)) names.emplace_back(folded);
  }
  return names;
}

Result<std::string> write_reply(const Reply& reply, const ClientSide& client, Wall now) {
  std::size_t room = own_head_room + reply.constant.view().size() + reply.body.size();
  for (const auto& [name, value] : reply.fields) room += name.size() + value.size() + 4;
  HeadWriter to(room);  // all of it: there may be a cookie in it
  to.status_line(reply.status, reason_of(reply.status));
  const HttpDate date = http_date(now);
  to.field("Date", {date.data(), date.size()});
  to.fields(reply.constant);
  for (const auto& [name, value] : reply.fields) to.field(name, value);
  to.field("Content-Length", std::to_string(reply.body.size()));
  write_connection(to, client.version, client.close);
  std::string bytes = TRY(to.finish());
  if (!client.request_was_head) bytes += reply.body;
  return bytes;
}

}  // namespace postern::wfd
