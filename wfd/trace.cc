// Writing heads into the log without what a thief could use (R6).  Called with heads
// that were parsed, and with those that were made here; bodies never come this way.
// Nothing here changes what is sent.

#include "wfd/trace.h"

#include <algorithm>

#include "common/http_grammar.h"
#include "wfd/field_rules.h"

namespace postern::wfd {
namespace {

constexpr int most_lines = 150;
constexpr std::string_view secret_names[] = {"cookie2", "set-cookie2", "cookie", "set-cookie", "authentication-info",
                                             "sec-websocket-key"};
// Parts of names that servers and scripts give to what lets somebody in.
constexpr std::string_view secret_parts[] = {"authorization", "token",  "secret", "passw", "assertion",
                                             "credential",    "api-key", "apikey", "jwt"};
constexpr std::string_view query_ends = " \t\"'<>,;";

bool is_secret(std::string_view name) {
  const std::string folded = fold_name(name);
  return std::ranges::find(secret_names, folded) != std::ranges::end(secret_names) ||
         std::ranges::any_of(secret_parts, [&](std::string_view part) { return folded.find(part) != folded.npos; });
}

std::string length_of(std::string_view text) { return "(" + std::to_string(text.size()) + " bytes)"; }

// `text` with the query that begins at or behind `from` replaced by its length.
std::string hide_query(std::string_view text, std::size_t from) {
  const std::size_t mark = text.find_first_of(std::string(query_ends) + "?", from);
  if (mark == text.npos || text[mark] != '?') return std::string(text);
  const std::size_t end = std::min(text.find_first_of(query_ends, mark), text.size());
  std::string hidden(text.substr(0, mark + 1));
  hidden += length_of(text.substr(mark + 1, end - mark - 1));
  return hidden.append(text.substr(end));
}

// Location, Referer and others name the login host with a query, once or more often.
std::string hide_login_queries(std::string text, std::string_view login_host) {
  std::size_t from = 0;
  while (!login_host.empty()) {
    const auto at = std::ranges::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), login_host.begin(),
                                        login_host.end(), {}, lower);
    if (at.begin() == text.end()) break;
    from = static_cast<std::size_t>(at.end() - text.begin());
    text = hide_query(text, from);
  }
  return text;
}

}  // namespace

bool is_traced(const WfdSettings::Trace& trace, std::string_view host, const Address& client) {
  if (is_at_or_below(host, trace.hosts)) return true;
  return std::ranges::any_of(trace.sources, [&](const Network& network) { return network.contains(client); });
}

std::string without_secrets(std::string_view line, const TraceSubject& subject) {
  const std::size_t colon = line.find(':');
  const std::size_t blank = line.find(' ');
  const bool is_field = colon != line.npos && colon < blank;
  if (!is_field && subject.on_login_host) return hide_query(line, std::min(blank, line.size() - 1) + 1);
  if (!is_field) return std::string(line);
  if (!is_secret(line.substr(0, colon))) return hide_login_queries(std::string(line), subject.login_host);
  return std::string(line.substr(0, colon)) + ": " + length_of(line.substr(colon + 1));
}

void trace_head(Log& log, const TraceSubject& subject, std::string_view side, std::string_view head) {
  for (int i = 0; i < most_lines && !head.empty(); ++i) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    if (!line.empty())
      (void)log.write(Line("trace").add_id("id", subject.connection).add("side", side).add("line", without_secrets(line, subject)));
    if (end == head.npos) return;
    head.remove_prefix(end + 2);
  }
}

}  // namespace postern::wfd
