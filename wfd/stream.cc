// The plain half of Stream, and the choice between the two.  Called by connections, for
// their servers.  No HTTP here, and no OpenSSL: that is behind TlsStream.  Nothing waits
// here.

#include "wfd/stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace postern::wfd {
namespace {

IoResult plain_result(ssize_t n, Io when_blocked) {
  if (n > 0) return {Io::done, static_cast<std::size_t>(n)};
  if (n == 0) return {Io::closed, 0};
  if (errno == EAGAIN || errno == EINTR) return {when_blocked, 0};
  return {Io::failed, 0};  // a reset, too: it is no end that anybody meant
}

}  // namespace

IoResult Stream::read(std::span<char> room, std::uint64_t due) {
  if (tls_) return tls_->read(std::as_writable_bytes(room), due);
  IoResult r = plain_result(::read(plain_.get(), room.data(), room.size()), Io::want_read);
  r.dry = r.io == Io::want_read || (r.io == Io::done && r.n < room.size());
  return r;
}

IoResult Stream::write(std::string_view bytes) {
  if (tls_) return tls_->write(std::as_bytes(std::span(bytes)));
  const ssize_t n = ::sendto(plain_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
  return plain_result(n, Io::want_write);
}

Io Stream::finish() {
  if (tls_ && tls_->shutdown() == Io::want_write) return Io::want_write;
  (void)::shutdown(fd(), SHUT_WR);  // a peer that is gone needs no end
  return Io::done;
}

}  // namespace postern::wfd
