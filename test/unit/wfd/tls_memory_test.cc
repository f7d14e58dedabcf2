// OpenSSL's memory: records lie in the lent room, and where that is full they leave nothing on
// the heap, either.
#include "wfd/tls_memory.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/lent_room.h"
#include "common/secret.h"
#include "unit/catch.h"
#include "unit/common/children.h"
#include "unit/wfd/tls_rig.h"

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

// How often `text` is in this process's memory, but for itself.
int copies_of(std::string_view text) {
  static char room[8192];  // no memory that has just been given back
  int found = 0;
  std::ifstream maps;
  maps.rdbuf()->pubsetbuf(room, sizeof room);
  maps.open("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" rw-p ") == std::string::npos) continue;
    char* next = nullptr;
    const std::uintptr_t begin = std::strtoull(line.c_str(), &next, 16), end = std::strtoull(next + 1, nullptr, 16);
    for (const char* at = reinterpret_cast<const char*>(begin);; ++at) {
      at = static_cast<const char*>(::memmem(at, end - reinterpret_cast<std::uintptr_t>(at), text.data(), text.size()));
      if (at == nullptr) break;
      found += at != text.data() ? 1 : 0;
    }
  }
  return found;
}

// A connection whose client sends what its wire() says.
struct Sender {
  tls_rig::Server server{{tls_rig::Spec{}}};
  std::unique_ptr<tls_rig::Meeting> meeting = tls_rig::shaken(server);
  BIO* sent = BIO_new(BIO_s_mem());

  Sender() { SSL_set0_wbio(meeting->client.get(), sent); }
  void add(const std::string& text) { (void)SSL_write(meeting->client.get(), text.data(), static_cast<int>(text.size())); }
  void wire(std::size_t most) {
    std::string bytes(most, '\0');
    bytes.resize(static_cast<std::size_t>(std::max(BIO_read(sent, bytes.data(), static_cast<int>(most)), 0)));
    (void)!::send(meeting->client_fd.get(), bytes.data(), bytes.size(), 0);
  }
  std::size_t read(std::size_t most) {
    std::string room(most, '\0');
    const std::size_t n = meeting->stream->read(std::as_writable_bytes(std::span(room))).n;
    wipe(room.data(), room.size());
    return n;
  }
};

// A long body, and the next request right behind it.  Both lie in the buffer in which the first head was,
// with a part of the body (`early`), or in a large one of their own.  The request is read, or nobody asks for
// it before the connection ends.
int what_follows_a_body_is_wiped(bool early, bool with_room, bool is_read) {
  if (with_room) open_lent_room();
  Sender sender;
  std::string secret;
  for (int i = 0; i < 50; ++i) secret += std::to_string(i * 7919 + 1000);
  sender.add("head");
  sender.wire(100'000);
  if (!early) {
    if (sender.read(100) != 4) return 1;
    sender.meeting->stream->expect_much();
  }
  std::string text(5'000, 'b');
  if (is_read) sender.add(std::exchange(text, {}));  // else in one record: deciphered as soon as the body is
  text += secret;
  sender.add(text);
  wipe(text.data(), text.size());
  if (early) {
    sender.wire(3);
    if (sender.read(100) != 4) return 1;
    sender.meeting->stream->expect_much();
  }
  sender.wire(100'000);
  if (sender.read(5'000) != 5'000) return 2;
  if (is_read) {
    sender.meeting->stream->expect_little();
    if (sender.read(1'000) != secret.size()) return 3;
  }
  sender.meeting->stream.reset();
  return copies_of(std::string_view(secret).substr(secret.size() - 100)) == 0 ? 0 : 4;  // its end: the heap writes over the begin
}

}  // namespace

TEST_CASE("OpenSSL's records are lent, and nothing else of it", "[tls-memory]") {
  CHECK(left_with(in_child(records_are_lent), 0));
}

TEST_CASE("a record on the heap is wiped when it goes", "[tls-memory]") {
  CHECK(left_with(in_child(heap_is_wiped), 0));
}

TEST_CASE("a request behind a long body is wiped as others are", "[tls-memory]") {
  const bool early = GENERATE(false, true), with_room = GENERATE(false, true), is_read = GENERATE(true, false);
  CAPTURE(early, with_room, is_read);
  CHECK(left_with(in_child([&] { return what_follows_a_body_is_wiped(early, with_room, is_read); }), 0));
}
