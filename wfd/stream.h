// A connected byte stream, TLS or plain, behind one face; non-blocking.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "common/unique_fd.h"
#include "wfd/tls.h"

namespace postern::wfd {

class Stream {
 public:
  Stream() = default;
  explicit Stream(TlsStream tls) : tls_(std::move(tls)) {}
  explicit Stream(UniqueFd plain) : plain_(std::move(plain)) {}

  explicit operator bool() const { return tls_.has_value() || static_cast<bool>(plain_); }
  int fd() const { return tls_ ? tls_->fd() : plain_.get(); }
  // `done` at once for a plain one.
  Io handshake() { return tls_ ? tls_->handshake() : Io::done; }
  // `due`: see TlsStream::read.
  IoResult read(std::span<char> room, std::uint64_t due = 0);
  IoResult write(std::string_view bytes);
  // Nothing is to be read or written for a while: gives memory back.
  void rest() {
    if (tls_) tls_->rest();
  }
  // Says that nothing more will be written: close_notify for TLS, then the write side.
  // `want_write`: there was no room for it; wait, and call again.
  Io finish();
  // The other end of TLS left without saying so: what came may be cut.  (Of a plain one
  // that is seen only when it resets, which is Io::failed.)
  bool truncated() const { return tls_ && tls_->truncated(); }
  std::string_view failure() const { return tls_ ? tls_->failure() : std::string_view{}; }
  const TlsStream* tls() const { return tls_ ? &*tls_ : nullptr; }

 private:
  std::optional<TlsStream> tls_;
  UniqueFd plain_;
};

}  // namespace postern::wfd
