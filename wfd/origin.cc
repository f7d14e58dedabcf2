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

struct Row {
  Way way;
  Outcome outcome;
  Need counts_as_404;
  Need may_try_other;
  Need kept_404;
  Next next;
};

constexpr auto any = Need::any;
constexpr auto no = Need::no;
constexpr auto yes = Need::yes;

constexpr Row table[] = {
    // way          outcome               404  other kept  next
    {Way::https,  Outcome::unreachable, any, yes,  any,  Next::dial_other},
    {Way::https,  Outcome::unreachable, any, no,   yes,  Next::deliver_kept},
    {Way::https,  Outcome::answered,    no,  any,  any,  Next::deliver},
    {Way::https,  Outcome::answered,    yes, yes,  any,  Next::keep_and_dial_other},
    {Way::https,  Outcome::answered,    yes, no,   any,  Next::deliver},
    {Way::http,   Outcome::unreachable, any, yes,  any,  Next::dial_other},
    {Way::http,   Outcome::unreachable, any, no,   yes,  Next::deliver_kept},
    {Way::http,   Outcome::broken,      any, no,   yes,  Next::deliver_kept},
    {Way::http,   Outcome::answered,    no,  any,  any,  Next::deliver},
    {Way::http,   Outcome::answered,    yes, yes,  any,  Next::keep_and_dial_other},
    {Way::http,   Outcome::answered,    yes, no,   yes,  Next::deliver_kept},
    {Way::http,   Outcome::answered,    yes, no,   no,   Next::deliver},
    // TLS that failed, and a 443 that broke half-way, are in no row: they fail.
};

bool fits(Need need, bool fact) { return need == any || (need == yes) == fact; }

// From 443 to 80 goes a request of which nothing was sent yet, unless that server is known
// for its TLS, or one without a body.  From 80 to 443 a kept body may be sent again.
bool may_try_other(const Attempt& now, const OriginFacts& facts) {
  if (facts.other_tried) return false;
  const bool unsent = now.outcome == Outcome::unreachable;
  if (now.way == Way::https)
    return facts.plain_allowed && (unsent ? !facts.tls_known : !facts.has_body);
  return unsent || !facts.has_body || facts.body_kept;
}

// A redirect into a circle is no 404 that a person could read: with nothing better to
// give, it is an error of ours instead of an answer.
Next without_circles(Next next, const Attempt& now) {
  if (!now.loops || now.way != Way::http) return next;
  if (next == Next::deliver) return Next::fail;
  if (next == Next::keep_and_dial_other) return Next::dial_other;
  return next;
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
  const bool is_404 = now.status == 404 || (now.loops && now.way == Way::http);
  const bool other = may_try_other(now, facts);
  for (const Row& row : table) {
    if (row.way == now.way && row.outcome == now.outcome && fits(row.counts_as_404, is_404) &&
        fits(row.may_try_other, other) && fits(row.kept_404, facts.kept_404))
      return without_circles(row.next, now);
  }
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
