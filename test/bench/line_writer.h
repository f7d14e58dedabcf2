// What a floor writes down of each answer, or of each connection, by another process, as a server must that
// may not touch the system log itself.
#pragma once

#include <optional>
#include <string>

#include "common/unique_fd.h"

namespace postern::bench {

class LineWriter {
 public:
  // As long as Postern's: those of a request that is sent to the login, and those of a connection that is
  // closed without a word.
  enum class Of { answers, connections };

  // Forks the process that writes to the system log at `socket`; it ends with the last process that has
  // this.  None, with errno: no way to the log, no room for lines (that takes root), or no process.
  static std::optional<LineWriter> start(const std::string& socket, Of what);

  // The lines of one answer, or of one connection.
  void add();
  // What was added since the last time goes in one packet; waits for room.
  void flush();

 private:
  LineWriter(UniqueFd way, std::string lines) : way_(std::move(way)), lines_(std::move(lines)) {}

  UniqueFd way_;
  std::string lines_, waiting_;
};

}  // namespace postern::bench
