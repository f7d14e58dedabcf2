// Writing heads into the log without what a thief could use (R6).  Called with heads
// that were parsed, and with those that were made here; bodies never come this way.
// Nothing here changes what is sent.

#include "wfd/trace.h"

#include <array>

#include "wfd/field_rules.h"

namespace postern::wfd {
namespace {

constexpr int most_lines = 150;
constexpr std::array<std::string_view, 9> secret_names = {
    "cookie", "cookie2", "set-cookie", "set-cookie2", "authorization", "proxy-authorization",
    "authentication-info", "x-postern-assertion", "sec-websocket-key"};

bool is_secret(std::string_view name) {
  const std::string folded = fold_name(name);
  for (const std::string_view secret : secret_names)
    if (folded == secret) return true;
  return false;
}

}  // namespace

std::string without_secrets(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos || !is_secret(line.substr(0, colon))) return std::string(line);
  std::string out(line.substr(0, colon));
  out += ": (" + std::to_string(line.size() - colon - 1) + " bytes)";
  return out;
}

void trace_head(Log& log, std::uint64_t connection, std::string_view side, std::string_view head) {
  for (int i = 0; i < most_lines && !head.empty(); ++i) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    if (!line.empty())
      (void)log.write(Line("trace").add_id("id", connection).add("side", side).add("line", without_secrets(line)));
    if (end == head.npos) return;
    head.remove_prefix(end + 2);
  }
}

}  // namespace postern::wfd
