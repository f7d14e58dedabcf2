// Lines that go to the logger together, for each packet wakes it: those of a round of the
// loop, or of some moments.
#pragma once

#include "common/log.h"
#include "common/loop.h"

namespace postern {

class Recorder {
 public:
  // Lines go at the end of their round, but `pause` or more after those before them; what
  // waits is lost when the process is killed.  `loop` and `log` outlive this.
  Recorder(Loop& loop, Log& log, Duration pause) : loop_(loop), log_(log), pause_(pause) {}

  // Takes a line.  False: it, or one since the last answer, was not recorded.
  bool record(const Line& line);
  // Hands over what waits, now.  False: likewise.
  bool flush();

 private:
  void hand_over();

  Loop& loop_;
  Log& log_;
  const Duration pause_;
  Mono handed_over_{};  // when, last
  bool good_ = true;    // all since the last answer, as far as they were handed over
  Timer timer_;
};

}  // namespace postern
