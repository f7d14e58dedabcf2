// What OpenSSL reads from and writes to, instead of its own socket BIO.  A record is 16 KiB,
// and TCP hands eight of them on for little more than the price of one, when they come together.
// Called by tls.cc, and by OpenSSL in the middle of tls.cc.  Never keep a byte here that
// its writer believes to be sent: TlsStream::write says `done` only after flush().
#include "wfd/tls_socket.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace postern::wfd {
namespace {

constexpr std::size_t longest_ticket = 512;  // ours have an id of 32 bytes in them

TlsSocket& socket_of(BIO* bio) { return *static_cast<TlsSocket*>(BIO_get_data(bio)); }

bool is_patience(ssize_t n) { return n < 0 && (errno == EAGAIN || errno == EINTR); }

int read_socket(BIO* bio, char* room, int size) {
  TlsSocket& socket = socket_of(bio);
  errno = 0;
  const ssize_t n = ::read(socket.fd, room, static_cast<std::size_t>(size));
  BIO_clear_retry_flags(bio);
  if (is_patience(n)) BIO_set_retry_read(bio);
  if (n > 0 && socket.wipes) wipe_when_back(room + n);  // it is deciphered where it lies
  socket.ended = n == 0;
  return static_cast<int>(n);
}

// What was gathered goes first, whoever writes now.
int write_socket(BIO* bio, const char* bytes, int size) {
  TlsSocket& socket = socket_of(bio);
  const auto wanted = static_cast<std::size_t>(size);
  BIO_clear_retry_flags(bio);
  if (socket.ended) return size;
  if (socket.gathers && wanted <= socket.room - socket.size) {
    std::memcpy(socket.held.get() + socket.size, bytes, wanted);
    socket.size += wanted;
    return size;
  }
  errno = 0;
  ssize_t n = socket.flush();
  if (n == 1) n = ::write(socket.fd, bytes, wanted);
  if (is_patience(n)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

long control_socket(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return socket_of(bio).ended ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;  // nobody flushes while something is gathered
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
  const bool made = method != nullptr && BIO_meth_set_read(method, read_socket) == 1 &&
                    BIO_meth_set_write(method, write_socket) == 1 && BIO_meth_set_ctrl(method, control_socket) == 1;
  return made ? method : nullptr;
}

}  // namespace

bool TlsSocket::has_room() const { return room - size >= longest_record; }

void TlsSocket::begin(std::size_t bytes) {
  gathers = true;
  if (held && room >= bytes) return;
  std::unique_ptr<char, TakeBack> larger(static_cast<char*>(lend(bytes)));
  if (!larger) std::abort();
  if (held) std::memcpy(larger.get(), held.get(), size);
  held = std::move(larger);
  room = bytes;
}

void TlsSocket::hold() {
  if (fd >= 0) begin(longest_ticket + longest_record);
}

int TlsSocket::flush() {
  gathers = false;
  while (waits()) {
    const ssize_t n = ::write(fd, held.get() + sent, size - sent);
    if (n <= 0) return static_cast<int>(n);
    sent += static_cast<std::size_t>(n);
  }
  size = sent = 0;
  return 1;
}

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = make_method();
  return method;
}

BIO* make_socket_bio(TlsSocket& socket) {
  BIO* bio = socket_method() == nullptr ? nullptr : BIO_new(socket_method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace postern::wfd
