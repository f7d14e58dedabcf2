// Where OpenSSL's memory comes from.
#pragma once

namespace postern::wfd {

// Lets OpenSSL have its buffers from the lent room (common/lent_room.h), everything else from
// the heap.  Before anything of OpenSSL was used in this process: later it is refused, which is
// false, and all comes from the heap.
bool lend_to_openssl();

}  // namespace postern::wfd
