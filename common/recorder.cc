// Gathers log lines and hands them to the logger when their round is over.  Called
// by the porter and by the workers.  What a line says, and whether an event may go on without
// it, belongs to them.
#include "common/recorder.h"

#include <utility>

namespace postern {

void Recorder::record(const Line& line) {
  if (!timer_.active()) timer_.set(loop_, loop_.now(), [this] { hand_over(); });
  good_ = log_.add(line) && good_;
}

bool Recorder::flush() {
  hand_over();
  return std::exchange(good_, true);
}

void Recorder::hand_over() { good_ = log_.flush() && good_; }

}  // namespace postern
