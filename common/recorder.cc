// Gathers log lines and hands them to the logger when their round or pause is over.  Called
// by the porter and by the workers.  What a line says, and whether an event may go on without
// it, belongs to them.
#include "common/recorder.h"

#include <algorithm>
#include <utility>

namespace postern {

bool Recorder::record(const Line& line) {
  if (!timer_.active()) timer_.set(loop_, std::max(loop_.now(), handed_over_ + pause_), [this] { hand_over(); });
  const bool taken = log_.add(line);
  return std::exchange(good_, true) && taken;
}

bool Recorder::flush() {
  hand_over();
  return std::exchange(good_, true);
}

void Recorder::hand_over() {
  handed_over_ = loop_.now();
  good_ = log_.flush() && good_;
}

}  // namespace postern
