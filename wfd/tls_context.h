// How we speak TLS: to clients (ServerContext) and to intranet servers (ClientContext).
// Made once in the nursery, warmed up there, and inherited by every worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "common/result.h"
#include "wfd/certificates.h"
#include "wfd/sign_provider.h"

namespace postern::wfd {

enum class TlsVersion : std::uint8_t { tls13, tls12 };

// Who keeps TLS 1.3 sessions: the worker implements it as messages to the signer, which
// knows the client's address from the connection's ticket.
class ResumptionPeer {
 public:
  static constexpr std::size_t max_blob = 1024;
  static constexpr std::size_t id_size = 32;

  // `id` has id_size bytes, `blob` at most max_blob; `sni` is empty if there was none.
  virtual void keep(std::uint64_t connection, std::span<const std::byte> id,
                    std::span<const std::byte> blob, std::string_view sni) = 0;
  // Writes the blob to `room` (max_blob bytes) and returns its size; 0 for none.
  virtual std::size_t take(std::uint64_t connection, std::span<const std::byte> id,
                           std::string_view sni, std::span<std::byte> room) = 0;

 protected:
  ~ResumptionPeer() = default;
};

// TLS 1.2 (ECDHE with AEAD only) and 1.3, ALPN http/1.1 only, no compression, no
// renegotiation, no early data, no tickets that hold state; certificate by SNI.
class ServerContext {
 public:
  // `provider` must outlive the context and its streams; `chains` are copied in (1 to 64).
  static Result<ServerContext> make(SignProvider& provider,
                                    std::span<const CertificateChain> chains,
                                    TlsVersion min_version);
  ServerContext(ServerContext&&) noexcept;
  ServerContext& operator=(ServerContext&&) noexcept;
  ~ServerContext();

  // Who signs and who keeps sessions from now on (a worker calls it with its own channels,
  // which must outlive its streams).  Null, as at first: nobody.
  void connect(SignPeer* signer, ResumptionPeer* sessions);

  struct Impl;  // for wfd/tls*.cc
  Impl& impl() { return *impl_; }

 private:
  explicit ServerContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// TLS 1.2 or newer, ALPN http/1.1, no resumption, verified against the given certificates only.
class ClientContext {
 public:
  // `ca_pem` has the contents of [upstream_tls] ca_file; empty: nothing can be verified.
  static Result<ClientContext> make(SignProvider& provider, std::span<const std::byte> ca_pem);
  ClientContext(ClientContext&&) noexcept;
  ClientContext& operator=(ClientContext&&) noexcept;
  ~ClientContext();

  struct Impl;  // for wfd/tls*.cc
  Impl& impl() { return *impl_; }

 private:
  explicit ClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Makes handshakes of every kind in memory, with keys made for the occasion, so that
// afterwards no handshake opens a file or a socket or fetches an algorithm.  The peers of
// `server` are set to nobody.  Takes some tenths of a second (an RSA key is made).
Result<void> warm_up(ServerContext& server, ClientContext& client);

}  // namespace postern::wfd
