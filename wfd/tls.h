// One TLS connection over one non-blocking socket.  No call ever blocks but for the
// worker's own SignPeer and ResumptionPeer, which handshake() may ask.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"
#include "wfd/tls_context.h"

namespace postern::wfd {

// What one write takes at most.  TCP hands eight records on for little more than one; with sixteen they no
// longer lie in the processor's cache when the kernel copies them, and an upload costs more again.
inline constexpr std::size_t records_together = 8, record_bytes = 16 * 1024;

// How a call ended.  `want_read` and `want_write`: wait for the descriptor, call again.
// `closed`: the other end is gone; for a read see truncated().  `failed`: see failure();
// the stream is of no more use.
enum class Io : std::uint8_t { failed, done, want_read, want_write, closed };

struct IoResult {
  Io io = Io::failed;
  std::size_t n = 0;  // bytes moved; above 0 exactly when `done` (but for empty spans)
  bool dry = false;   // a read took all there was: nothing more before epoll says so
  bool some = false;  // a write that has to wait got some of its bytes out
};

// How an intranet server proves who it is: [upstream_tls] verify and [host NAME] verify.
struct PeerCheck {
  enum class Mode : std::uint8_t { authority, pin, none };
  Mode mode = Mode::authority;
  std::array<std::byte, 32> sha256{};  // for `pin`: SHA-256 of the whole certificate in DER
};

class TlsStream {
 public:
  // A client's connection.  `connection` names it in requests to the peers.
  // The context must outlive the stream.
  static Result<TlsStream> server(ServerContext& context, UniqueFd socket,
                                  std::uint64_t connection);
  // A connection to an intranet server.  `host` is a DNS name, sent as SNI and looked for
  // in the certificate, or an address as text, only looked for.
  static Result<TlsStream> client(ClientContext& context, UniqueFd socket, std::string_view host,
                                  const PeerCheck& check);
  TlsStream(TlsStream&&) noexcept;
  TlsStream& operator=(TlsStream&&) noexcept;
  ~TlsStream();

  // Goes on with the handshake.  `done` once the peer is as PeerCheck wants it.
  Io handshake();
  // Reads at most `room`, of one record.  Read until it says `want_read` or is `dry`: bytes may wait
  // inside, unseen by epoll (pending()).  `due`: of how many bytes of a body, that come next, nothing is a
  // secret of ours; when they are many, more is taken from the kernel at once.  All else that a client
  // sends is wiped when it was read, or when its buffer goes.
  IoResult read(std::span<std::byte> room, std::uint64_t due = 0);
  // Writes a part of `bytes`: up to records_together, with one system call.  After `want_write` some may have
  // gone already: the same bytes must be offered again (they may have moved, and more may
  // follow them), and the next `done` counts from their beginning.
  IoResult write(std::span<const std::byte> bytes);
  // Nothing is to be read or written for a while: gives memory back.
  void rest();
  // Tries once to send close_notify.  Nobody waits for the answer.
  Io shutdown();

  bool pending() const;    // bytes wait inside: call read() before waiting
  bool truncated() const;  // the other end went without close_notify
  bool verified() const;   // upstream: the certificate was checked, and right
  bool resumed() const;    // no signature was needed

  std::string_view sni() const;      // server: the name asked for, lower case, or empty
  std::string_view alpn() const;     // "http/1.1" or empty
  std::string_view version() const;  // "TLSv1.3"
  std::string_view cipher() const;   // "TLS_AES_128_GCM_SHA256"
  std::string_view failure() const;  // one word for the log, empty if nothing failed
  int fd() const { return socket_.get(); }  // borrowed

  struct State;  // for wfd/tls*.cc

 private:
  TlsStream(std::unique_ptr<State> state, UniqueFd socket);
  // In this order: the state is gone before its descriptor closes.
  UniqueFd socket_;
  std::unique_ptr<State> state_;
};

}  // namespace postern::wfd
