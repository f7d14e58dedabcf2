// Decides between the two ports of an intranet server, as DESIGN 3.6 has it.  Called by
// the connection after each attempt.  The decisions are a table, first match wins, and
// what no row allows fails.
// Never let a body that was sent to 443 be sent to 80, nor a TLS failure lead to 80:
// both would let somebody between us and the server choose clear text.
#include "wfd/origin.h"

#include "common/http_grammar.h"

namespace postern::wfd {
namespace {

enum class Need : std::uint8_t { any, no, yes };
enum class Kind : std::uint8_t { other_status, not_found, circle, nothing };  // nothing: no answer came

struct Row {
  Kind kind;
  Need may_ask_other;
  Need kept_404;
  Next next;
};

constexpr auto any = Need::any;
constexpr auto no = Need::no;
constexpr auto yes = Need::yes;

constexpr Row table[] = {
    // came               other kept  next
    {Kind::other_status,  any,  any,  Next::deliver},
    {Kind::not_found,     yes,  any,  Next::keep_and_dial_other},
    {Kind::not_found,     no,   yes,  Next::deliver_kept},
    {Kind::not_found,     no,   no,   Next::deliver},
    // A redirect into a circle is no 404 that a person could read, so it is never kept.
    {Kind::circle,        yes,  any,  Next::dial_other},
    {Kind::circle,        no,   yes,  Next::deliver_kept},
    {Kind::nothing,       any,  yes,  Next::deliver_kept},
    // A circle and nothing, with no 404 kept, are in no row: they fail.
};

Kind kind_of(const Attempt& now) {
  if (now.outcome != Outcome::answered) return Kind::nothing;
  if (now.loops && now.way == Way::http) return Kind::circle;
  return now.status == 404 ? Kind::not_found : Kind::other_status;
}

bool fits(Need need, bool fact) { return need == any || (need == yes) == fact; }

bool may_ask_other(const Attempt& now, const OriginFacts& facts) {
  if (facts.other_tried || !facts.two_ports) return false;
  return !facts.body_sent || (now.way == Way::http && facts.body_kept);
}

// Takes `prefix` off the front of `text`, in any case; false if not there.
bool take(std::string_view& text, std::string_view prefix) {
  const bool same = equal_folded(text.substr(0, prefix.size()), prefix);
  if (same) text.remove_prefix(prefix.size());
  return same;
}

bool repeats_the_request(unsigned status, std::string_view method) {
  if (status == 301 || status == 307 || status == 308) return true;
  return (status == 302 || status == 303) && (method == "GET" || method == "HEAD");
}

}  // namespace

Next decide(const Attempt& now, const OriginFacts& facts) {
  const Kind kind = kind_of(now);
  const bool other = may_ask_other(now, facts);
  for (const Row& row : table)
    if (row.kind == kind && fits(row.may_ask_other, other) && fits(row.kept_404, facts.kept_404)) return row.next;
  return Next::fail;
}

bool redirects_to_itself(unsigned status, std::string_view location, std::string_view method,
                         std::string_view host, std::string_view target) {
  if (!repeats_the_request(status, method)) return false;
  if (!take(location, "https://") || !take(location, host)) return false;
  take(location, ".");  // the same name, written to its root
  if (take(location, ":")) {
    const std::size_t digits = span_of(location, byte_class::digit);
    if (digits != 0 && location.substr(0, digits) != "443") return false;
    location.remove_prefix(digits);
  }
  location = location.substr(0, location.find('#'));
  if (location.empty() || location.front() == '?')  // "https://host" and "https://host?q" mean "/"
    return target.starts_with('/') && target.substr(1) == location;
  return location == target;
}

}  // namespace postern::wfd
