// TLS 1.3 resumption: between OpenSSL's external session cache and the ResumptionPeer.
// The client holds only a random id; the state lies with the signer (SSL_OP_NO_TICKET), so
// a worker can neither read other sessions nor forge one.  TLS 1.2 sessions are never kept:
// they could be resumed more than once, and by anybody who saw them made.
#include "common/secret.h"
#include "wfd/tls_internal.h"

namespace postern::wfd {
namespace {

constexpr unsigned char session_context[] = {'p', 'o', 's', 't', 'e', 'r', 'n'};

using Blob = Secret<ResumptionPeer::max_blob>;

// OpenSSL made a session for the client.  0: we did not keep the reference.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  StreamState& state = state_of(ssl);
  if (!state.server->sessions || SSL_version(ssl) != TLS1_3_VERSION) return 0;
  state.socket.hold();
  unsigned int id_size = 0;
  const unsigned char* id = SSL_SESSION_get_id(session, &id_size);
  const int size = i2d_SSL_SESSION(session, nullptr);
  if (id_size != ResumptionPeer::id_size || size <= 0) return 0;
  if (static_cast<std::size_t>(size) > ResumptionPeer::max_blob) return 0;
  Blob blob;
  unsigned char* at = as_uchar(blob.fill(static_cast<std::size_t>(size)).data());
  if (i2d_SSL_SESSION(session, &at) != size) return 0;
  state.server->sessions->keep(state.connection,
                               std::as_bytes(std::span(id, id_size)), blob.bytes(), state.sni);
  return 0;
}

// A client names a session.  Null: none, so the handshake is a full one.
SSL_SESSION* take_session(SSL* ssl, const unsigned char* id, int id_size, int* copy) {
  *copy = 0;  // the caller gets our reference
  const StreamState& state = state_of(ssl);
  if (!state.server->sessions || SSL_version(ssl) != TLS1_3_VERSION) return nullptr;
  if (id_size != static_cast<int>(ResumptionPeer::id_size)) return nullptr;
  Blob blob;
  const std::size_t size = state.server->sessions->take(
      state.connection, std::as_bytes(std::span(id, ResumptionPeer::id_size)), state.sni,
      blob.fill(ResumptionPeer::max_blob));
  if (size == 0 || size > ResumptionPeer::max_blob) return nullptr;
  const unsigned char* at = as_uchar(blob.bytes().data());
  SSL_SESSION* session = d2i_SSL_SESSION(nullptr, &at, static_cast<long>(size));
  ERR_clear_error();
  return session;
}

}  // namespace

void use_session_callbacks(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL |
                                              SSL_SESS_CACHE_NO_AUTO_CLEAR);
  SSL_CTX_set_session_id_context(context, session_context, sizeof session_context);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  SSL_CTX_sess_set_get_cb(context, take_session);
}

}  // namespace postern::wfd
