// Lines of one round of the loop go to the logger together, for each packet wakes it.
#pragma once

#include "common/log.h"
#include "common/loop.h"

namespace postern {

class Recorder {
 public:
  // What somebody else writes to `log` takes along what waits, and is not told here.  `loop`
  // and `log` outlive this.
  Recorder(Loop& loop, Log& log) : loop_(loop), log_(log) {}

  // Takes a line, which goes at the end of this round; what waits is lost when the process
  // is killed.
  void record(const Line& line);
  // Hands over what waits, now; may wait for the logger as Log::flush() does.  False: one since the last flush() was not recorded.
  bool flush();

 private:
  void hand_over();

  Loop& loop_;
  Log& log_;
  bool good_ = true;  // all since the last flush(), as far as they were handed over
  Timer timer_;
};

}  // namespace postern
