// Makes the log lines of porters that are not about one connection (those:
// ticket_lines.cc): the one place that knows their fields and their order (DESIGN 9).
// Nothing here decides whether a line is written.  Never put here: a word that a client chose.

#include "common/porter_lines.h"

#include <sys/wait.h>

#include "common/role_process.h"

namespace postern {

Line penalty_line(const Address& source, Cause cause, const Penalty& penalty) {
  Line line("penalty", penalty.refused ? Level::warning : Level::info);
  line.add("src", source.text()).add("cause", word_of(cause)).add("score", penalty.score);
  return line;
}

Line worker_fault_line(std::uint32_t pid, std::string_view what) {
  Line line("fault", Level::error);
  line.add("role", "worker").add("pid", pid).add("what", what);
  return line;
}

std::string how_it_ended(int status) {
  const bool in_order = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return in_order ? std::string() : describe_end(status);
}

}  // namespace postern
