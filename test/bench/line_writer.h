// What a floor writes down of each answer, by another process, as a server must that may not touch the
// system log itself.
#pragma once

#include <optional>
#include <string>

#include "common/unique_fd.h"

namespace postern::bench {

class LineWriter {
 public:
  // Forks the process that writes to the system log at `socket`; it ends with the last process that has
  // this.  None, with errno: no way to the log, no room for lines (that takes root), or no process.
  static std::optional<LineWriter> start(const std::string& socket);

  // Two lines, as long as Postern's of a request that is sent to the login.
  void add();
  // What was added since the last time goes in one packet; waits for room.
  void flush();

 private:
  explicit LineWriter(UniqueFd way) : way_(std::move(way)) {}

  UniqueFd way_;
  std::string waiting_;
};

}  // namespace postern::bench
