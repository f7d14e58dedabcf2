// What the kernel says of its clock, and what we make of it.
#include "authd/time_sync.h"

#include <sys/timex.h>

#include "unit/catch.h"

using namespace postern::authd;

TEST_CASE("a clock is kept right when the kernel says neither error nor unsynchronised", "[time]") {
  CHECK(is_synchronised(TIME_OK, STA_PLL));
  CHECK(is_synchronised(TIME_INS, STA_PLL | STA_INS));  // before a leap second
  CHECK_FALSE(is_synchronised(TIME_ERROR, STA_PLL));
  CHECK_FALSE(is_synchronised(TIME_OK, STA_UNSYNC));
  timex question{};
  const int state = ::adjtimex(&question);
  CHECK(kernel_clock_is_synchronised() == (state < 0 || is_synchronised(state, question.status)));
}
