// What the TLS files (wfd/tls*.cc) share behind their public headers.  Nobody else may
// include this: it is the only header of ours with OpenSSL's SSL objects.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wfd/crypto_handles.h"
#include "wfd/tls.h"
#include "wfd/tls_context.h"
#include "wfd/tls_socket.h"

namespace postern::wfd {

using SslHandle = std::unique_ptr<SSL, FreeBy<SSL_free>>;
using SslCtxHandle = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;

struct ServerContext::Impl {
  SignProvider* provider = nullptr;
  std::vector<CertificateChain> chains;
  std::vector<SslCtxHandle> contexts;  // one for each chain, alike but for the certificate
  ResumptionPeer* sessions = nullptr;
};

struct ClientContext::Impl {
  SignProvider* provider = nullptr;
  SslCtxHandle context;
};

// One connection, reached from OpenSSL's callbacks as the SSL's app data, so it never moves.
struct TlsStream::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  TlsSocket socket;  // before what uses it
  SslHandle ssl;
  ServerContext::Impl* server = nullptr;  // null: we are the client
  std::uint64_t connection = 0;
  PeerCheck check;
  std::string sni;
  std::string_view failure;  // from a constant table, or empty
  bool reads_much = false;
  bool established = false;
  bool broken = false;  // an error that OpenSSL allows no further call after
  bool truncated = false;
  bool verified = false;
};

using StreamState = TlsStream::State;

inline StreamState& state_of(const SSL* ssl) {
  return *static_cast<StreamState*>(SSL_get_app_data(ssl));
}

// The states behind TlsStream::server and ::client, without a transport (the warm-up gives
// them memory instead of a socket).  Null if OpenSSL refuses.
std::unique_ptr<StreamState> make_server_state(ServerContext& context, std::uint64_t connection);
std::unique_ptr<StreamState> make_client_state(ClientContext& context, std::string_view host,
                                               const PeerCheck& check);

// TlsStream::handshake.
Io advance_handshake(StreamState& state);

// How a call of OpenSSL with `result` ended; fills in what failed.
Io outcome(StreamState& state, int result);

// The word for a failed call, from OpenSSL's error queue and what the connection knows.
std::string_view failure_word(const StreamState& state);

// The store's half of resumption, set on every server context.
void use_session_callbacks(SSL_CTX* context);

// ALPN: "http/1.1" in the form that it has on the wire (RFC 7301 3.1).
inline constexpr unsigned char http11_protocol[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

}  // namespace postern::wfd
