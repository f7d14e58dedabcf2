// OpenSSL's buffers are large, and gone as soon as a record or a handshake is complete, while
// what it makes in between stays as long as the connection: on one heap it would be as full of
// holes as of memory in use.  Which of its pieces are buffers can only be told by their sizes.

#include "wfd/tls_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <cstdlib>
#include <cstring>

#include "common/lent_room.h"
#include "common/secret.h"
#include "wfd/tls.h"

namespace postern::wfd {
namespace {

constexpr std::size_t handshake_write_bytes = 4096;  // the two buffers of BIO_f_buffer

// A record, or a message of a handshake, and more; an SSL is smaller than that, and larger than the former.
bool is_buffer(std::size_t bytes) { return bytes == handshake_write_bytes || bytes >= record_bytes; }

void* get(std::size_t bytes, const char*, int) {
  if (bytes == 0) return nullptr;
  return is_buffer(bytes) ? lend(bytes) : std::malloc(bytes);
}

// A record in a piece of the room is wiped by the room.
void release(void* block, const char*, int) {
  const std::size_t bytes = is_lent(block) ? 0 : ::malloc_usable_size(block);
  if (bytes >= record_bytes && bytes <= lent_bytes) wipe(block, bytes);
  take_back(block);
}

void* resize(void* block, std::size_t bytes, const char* file, int line) {
  if (block == nullptr || bytes == 0) {
    take_back(block);
    return get(bytes, file, line);
  }
  if (!is_lent(block)) return std::realloc(block, bytes);
  if (bytes <= lent_bytes) return block;
  void* larger = std::malloc(bytes);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, lent_bytes);
  take_back(block);
  return larger;
}

}  // namespace

bool lend_to_openssl() { return CRYPTO_set_mem_functions(get, resize, release) == 1; }

}  // namespace postern::wfd
