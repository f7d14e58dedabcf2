// OpenSSL's memory: records lie in the lent room, and where that is full they leave nothing on
// the heap, either.
#include "wfd/tls_memory.h"

#include <openssl/crypto.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "common/lent_room.h"
#include "unit/catch.h"
#include "unit/common/children.h"

using namespace postern;
using namespace postern::test;
using namespace postern::wfd;

namespace {

constexpr std::size_t record = 16 * 1024 + 400;

// For all tests of this program, as in wfd: only before OpenSSL has had memory from anybody.
const bool is_set = lend_to_openssl();

// In a process of its own, which has a room; 0 is good.
int records_are_lent() {
  if (!is_set) return 1;
  open_lent_room();
  void* block = OPENSSL_malloc(record);
  void* thing = OPENSSL_malloc(1000);
  if (!is_lent(block) || is_lent(thing)) return 2;
  block = OPENSSL_realloc(block, record + 1);
  if (!is_lent(block)) return 3;
  OPENSSL_free(thing);
  OPENSSL_free(block);
  return lend(1) == block ? 0 : 4;
}

// No room is open, so all comes from the heap, which keeps what a block held behind its links.
int heap_is_wiped() {
  char* block = static_cast<char*>(OPENSSL_malloc(record));
  void* guard = OPENSSL_malloc(100);  // else the end of the heap moves down
  if (block == nullptr || guard == nullptr || is_lent(block)) return 2;
  std::memset(block, 's', record);
  OPENSSL_free(block);
  char* again = static_cast<char*>(OPENSSL_malloc(record));
  if (again != block) return 3;
  return std::memchr(again + 64, 's', record - 64) == nullptr ? 0 : 4;
}

}  // namespace

TEST_CASE("OpenSSL's records are lent, and nothing else of it", "[tls-memory]") {
  CHECK(left_with(in_child(records_are_lent), 0));
}

TEST_CASE("a record on the heap is wiped when it goes", "[tls-memory]") {
  CHECK(left_with(in_child(heap_is_wiped), 0));
}
