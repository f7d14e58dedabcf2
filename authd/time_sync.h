// Whether the kernel's clock is kept right by anybody.  TOTP passcodes are compared with it.
#pragma once

namespace postern::authd {

// By what adjtimex() returned and the status that it told.
bool is_synchronised(int state, int status);
// Asks the kernel.  True also when it does not say.
bool kernel_clock_is_synchronised();

}  // namespace postern::authd
