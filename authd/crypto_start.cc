// OpenSSL reads openssl.cnf when it is first used, unless it is told not to.  In a jail
// there is no such file, and outside of one it could bring in engines and providers.
// Called once at the start of a process; nothing else belongs here.
#include "authd/crypto_start.h"

#include <openssl/crypto.h>

namespace postern::authd {

Result<void> start_crypto() {
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) != 1)
    return fail("cannot start OpenSSL");
  return {};
}

}  // namespace postern::authd
