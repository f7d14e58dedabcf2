// The kernel's word on its clock.  Only the master asks, once, before anybody logs in: the
// call is in no role's filter.  Never put here: what time it is, or what follows from a
// clock that nobody keeps right, beyond a line in the log.
#include "authd/time_sync.h"

#include <sys/timex.h>

namespace postern::authd {

bool is_synchronised(int state, int status) {
  return state != TIME_ERROR && (status & STA_UNSYNC) == 0;
}

bool kernel_clock_is_synchronised() {
  timex question{};  // modes == 0: nothing is set
  const int state = ::adjtimex(&question);
  return state < 0 || is_synchronised(state, question.status);
}

}  // namespace postern::authd
