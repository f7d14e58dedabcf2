// The far end of a connection of the worker's: a browser (TLS client) or an intranet
// server (plain, or a TLS server), played by the test over a socket pair.
#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/unique_fd.h"
#include "unit/wfd/tls_fixture.h"
#include "unit/wfd/tls_rig.h"

namespace connection_rig {

using namespace postern;
using namespace postern::wfd;

class WireEnd {
 public:
  // Clear text.
  explicit WireEnd(UniqueFd fd) : fd_(std::move(fd)) {}

  static std::unique_ptr<WireEnd> browser(UniqueFd fd, const char* sni) {
    auto end = std::make_unique<WireEnd>(std::move(fd));
    end->begin_tls(TLS_client_method());
    if (sni != nullptr) SSL_set_tlsext_host_name(end->ssl_.get(), sni);
    SSL_set_connect_state(end->ssl_.get());
    return end;
  }
  static std::unique_ptr<WireEnd> server(UniqueFd fd, const tls_fixture::Spec& spec) {
    auto end = std::make_unique<WireEnd>(std::move(fd));
    end->begin_tls(TLS_server_method());
    const auto certificate = tls_fixture::certificate(spec);
    REQUIRE(SSL_use_certificate(end->ssl_.get(), certificate.get()) == 1);
    REQUIRE(SSL_use_PrivateKey(end->ssl_.get(), tls_fixture::key(spec.key)) == 1);
    SSL_set_num_tickets(end->ssl_.get(), 0);
    SSL_set_accept_state(end->ssl_.get());
    return end;
  }

  // Moves what can move; called once a round.
  void pump() {
    if (!fd_) return;
    if (ssl_ && !shaken) shaken = SSL_do_handshake(ssl_.get()) == 1;
    if (ssl_ && !shaken) return;
    while (!unsent_.empty() && write_some()) {}
    while (reading && !ended && read_some()) {}
  }
  void send(std::string_view text) {
    unsent_ += text;
    pump();
  }
  std::string take() { return std::exchange(got, {}); }
  // Leaves without a word, as a process does that dies.
  void vanish() {
    ssl_.reset();
    fd_.reset();
  }
  // Says that nothing more will come, and still listens.
  void finish() {
    if (ssl_) (void)SSL_shutdown(ssl_.get());
    (void)::shutdown(fd_.get(), SHUT_WR);
  }
  // The close_notify of TLS alone.
  void say_bye() { (void)SSL_shutdown(ssl_.get()); }
  bool all_sent() const { return unsent_.empty(); }
  // Ends properly: close_notify, then the socket.
  void close() {
    finish();
    vanish();
  }
  int fd() const { return fd_.get(); }
  SSL* ssl() { return ssl_.get(); }

  std::string got;       // all that came since take()
  bool shaken = false;   // TLS stands
  bool ended = false;    // the other end closed
  bool clean = false;    // and said so (TLS)
  bool reading = true;   // false: what comes stays in the socket
  std::size_t at_most = 65536;  // bytes of a read

 private:
  void begin_tls(const SSL_METHOD* method) {
    context_.reset(SSL_CTX_new(method));
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_mode(ssl_.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_set_fd(ssl_.get(), fd_.get());
  }
  bool write_some() {
    const auto n = ssl_ ? SSL_write(ssl_.get(), unsent_.data(), static_cast<int>(unsent_.size()))
                        : ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ERR_clear_error();
    if (n <= 0) return false;
    unsent_.erase(0, static_cast<std::size_t>(n));
    return true;
  }
  bool read_some() {
    char room[65536];
    const auto n = ssl_ ? SSL_read(ssl_.get(), room, static_cast<int>(std::min(at_most, sizeof room)))
                        : ::recv(fd_.get(), room, std::min(at_most, sizeof room), MSG_DONTWAIT);
    if (n > 0) {
      got.append(room, static_cast<std::size_t>(n));
      return true;
    }
    const int why = ssl_ ? SSL_get_error(ssl_.get(), static_cast<int>(n)) : 0;
    ended = ssl_ ? why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE : n == 0 || errno != EAGAIN;
    clean = ssl_ && why == SSL_ERROR_ZERO_RETURN;
    ERR_clear_error();
    return false;
  }

  UniqueFd fd_;
  SslCtxHandle context_;
  SslHandle ssl_;
  std::string unsent_;
};

}  // namespace connection_rig
