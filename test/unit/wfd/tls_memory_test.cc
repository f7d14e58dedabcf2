// OpenSSL's memory: records lie in the lent room, and where that is full they leave nothing on
// the heap, either.  And what was read of them, or of a server, leaves nothing where it went.
#include "wfd/tls_memory.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
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
#include "unit/wfd/connection_rig.h"
#include "unit/wfd/tls_rig.h"
#include "wfd/straight.h"

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
  Stream stream{std::move(*meeting->stream)};
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
    const std::size_t n = stream.read(room).n;
    wipe(room.data(), room.size());
    return n;
  }
  // The same for a body of which so much is due, the short way.
  std::size_t read_body(std::uint64_t due) {
    BodyReader body(Framing::length, due);
    Buffer to(straight_bytes), rest(1000);
    std::uint64_t n = 0;
    return read_straight(stream, body, to, rest, n).io == Io::failed ? 0 : n;
  }
};

// A long body, and the next request right behind it, in its last record.  The body's beginning lies in the buffer
// in which the first head was (`early`), and of its first record `torn` bytes have come before the others.  It is
// read as one, or as whatever comes because it is unwanted.  Then the request is read, or nobody asks for it
// before the connection ends.
struct Behind {
  bool early, with_room, is_wanted, is_read;
  std::size_t torn;
};
int what_follows_a_body_is_wiped(const Behind& row) {
  constexpr std::size_t size = 90'000, in_the_last = 16'000;
  if (row.with_room) open_lent_room();
  Sender sender;
  std::string secret;
  for (int i = 0; i < 50; ++i) secret += std::to_string(i * 7919 + 1000);
  sender.add("head");
  if (!row.early) {
    sender.wire(200'000);
    if (sender.read(100) != 4) return 1;
  }
  sender.add(std::string(size - in_the_last, 'b'));
  std::string text = std::string(in_the_last, 'b') + secret;
  sender.add(text);
  wipe(text.data(), text.size());
  if (row.early) {
    sender.wire(4 + 5 + 1 + 16 + row.torn);  // the record of the head, and that
    if (sender.read(100) != 4) return 1;
  } else {
    sender.wire(row.torn);
  }
  if (sender.read_body(size) != 0) return 2;
  sender.wire(200'000);
  for (std::size_t due = size, n = 0; due > 0; due -= n)
    if (n = row.is_wanted ? sender.read_body(due) : sender.read(std::min<std::size_t>(due, 20'000)); n == 0) return 3;
  const std::size_t left = secret.size() - (row.is_wanted ? 1 : 0);  // one byte more than is due is asked for
  if (row.is_read && sender.read(1'000) != left) return 4;
  sender.stream = Stream();
  return copies_of(std::string_view(secret).substr(secret.size() - 100)) == 0 ? 0 : 5;  // its end: the heap writes over the begin
}

// The byte behind a body that comes with it, in the buffer that the body goes through.
int byte_behind_a_body_is_wiped() {
  open_lent_room();
  Sender sender;
  sender.add("bodyZ");
  sender.wire(1000);
  BodyReader body(Framing::length, 4);
  Buffer to(straight_bytes), rest(10);
  std::uint64_t n = 0;
  if (read_straight(sender.stream, body, to, rest, n).n != 5 || to.view() != "body" || rest.view() != "Z") return 1;
  const char* const piece = to.view().data();
  if (!is_lent(piece)) return 2;
  to.release();
  return std::count(piece, piece + 5, '\0') == 5 ? 0 : 3;
}

// What a resting server says unasked, its end far behind whatever lies in the same memory next.
// Where nobody writes, so that copies_of() sees none of the test's own.
constexpr std::string_view unasked_end = "unasked-words-of-a-resting-server";
constexpr auto unasked = [] {
  std::array<char, 500 + unasked_end.size()> text{};
  std::ranges::fill(text, 'u');
  std::ranges::copy(unasked_end, text.end() - unasked_end.size());
  return text;
}();

// The server of the request before has spoken, but the worker comes to the client first: the
// look whether that server is silent reads what it said, which goes nowhere.
int unasked_words_are_wiped() {
  open_lent_room();
  connection_rig::Rig rig;
  connection_rig::WireEnd& client = rig.client();
  connection_rig::WireEnd& server = rig.relayed(client, connection_rig::request("GET /1"));
  rig.hear_text(server, "\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  rig.hear_text(client, "ok");
  rig.settle();  // from here on epoll tells in the order in which things come
  server.reading = false;
  // Twice, so that there was work since: else pages might be given back, and with them what is left.
  for (int i = 0; i < 2; ++i) rig.worker->rests();
  client.send(connection_rig::request("GET /2"));
  if (::send(server.fd(), unasked.data(), unasked.size(), 0) != ssize_t{unasked.size()}) return 1;
  (void)rig.hear<Dial>(rig.broker);
  char none = 0;
  if (::recv(server.fd(), &none, 1, MSG_DONTWAIT) != 0) return 2;  // unread words make its end a reset
  return copies_of(unasked_end) == 0 ? 0 : 3;
}

}  // namespace

TEST_CASE("OpenSSL's records are lent, and nothing else of it", "[tls-memory]") {
  CHECK(left_with(in_child(records_are_lent), 0));
}

TEST_CASE("a record on the heap is wiped when it goes", "[tls-memory]") {
  CHECK(left_with(in_child(heap_is_wiped), 0));
}

TEST_CASE("a byte behind a body is wiped with it", "[tls-memory]") {
  CHECK(left_with(in_child(byte_behind_a_body_is_wiped), 0));
}

TEST_CASE("what a resting server says unasked is wiped", "[tls-memory]") {
  CHECK(left_with(in_child(unasked_words_are_wiped), 0));
}

TEST_CASE("a request behind a long body is wiped as others are", "[tls-memory]") {
  const Behind row{GENERATE(false, true), GENERATE(false, true), GENERATE(true, false), GENERATE(true, false),
                   GENERATE(as<std::size_t>{}, 0, 4, 5, 6, 100)};
  CAPTURE(row.early, row.with_room, row.is_wanted, row.is_read, row.torn);
  CHECK(left_with(in_child([&] { return what_follows_a_body_is_wiped(row); }), 0));
}
