// One TLS connection.  A thin skin over OpenSSL: every call clears the error queue first,
// turns what came out into Io, and after a fatal error no further call is made.  The
// worker's connections, on both sides, are its only users.  SIGPIPE must be ignored in the
// process (OpenSSL writes with write(2)).  Never put a decision about users, hosts or
// addresses here.
#include "wfd/tls.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "wfd/tls_internal.h"

namespace postern::wfd {
namespace {

static_assert(record_bytes == SSL3_RT_MAX_PLAIN_LENGTH);
constexpr std::size_t much_bytes = 4 * SSL3_RT_MAX_ENCRYPTED_LENGTH;

bool is_address(const std::string& host) {
  in6_addr room{};
  return ::inet_pton(AF_INET, host.c_str(), &room) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

// Tells OpenSSL whom we expect: the name goes out as SNI, an address must not (RFC 6066 3).
bool expect_host(SSL* ssl, std::string host) {
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
  if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

bool has_pin(SSL* ssl, const std::array<std::byte, 32>& pin) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  if (!certificate || X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1)
    return false;
  return std::ranges::equal(std::as_bytes(std::span(digest).first(size)), pin);
}

// The peer's proof, once the handshake stands.  With `authority` OpenSSL has ended the
// handshake already if the chain or the name was wrong; this asks once more.
bool accept_peer(StreamState& state) {
  SSL* ssl = state.ssl.get();
  if (state.server || state.check.mode == PeerCheck::Mode::none) return true;
  if (state.check.mode == PeerCheck::Mode::pin)
    state.verified = has_pin(ssl, state.check.sha256);
  else
    state.verified = SSL_get0_peer_certificate(ssl) && SSL_get_verify_result(ssl) == X509_V_OK;
  if (!state.verified)
    state.failure =
        state.check.mode == PeerCheck::Mode::pin ? "certificate-pin" : "certificate-bad";
  return state.verified;
}

Io broken(StreamState& state, std::string_view word) {
  state.broken = true;
  state.failure = word;
  ERR_clear_error();
  return Io::failed;
}

Io ended(StreamState& state, bool truncated) {
  state.truncated = truncated;
  if (truncated) state.broken = true;
  if (!state.established) state.failure = "closed";
  ERR_clear_error();
  return Io::closed;
}

Io outcome_of_syscall(StreamState& state) {
  if (errno == 0) return ended(state, true);
  state.truncated = true;
  return broken(state, errno == ECONNRESET || errno == EPIPE ? "reset" : "socket");
}

bool is_truncation() {
  const unsigned long error = ERR_peek_error();
  return ERR_GET_LIB(error) == ERR_LIB_SSL &&
         ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

// Before every call of OpenSSL that may read or write.  (To clear goes through all of the queue.)
void clear_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
  errno = 0;
}

bool usable(const StreamState& state) { return state.established && !state.broken; }

IoResult write_record(StreamState& state, std::span<const std::byte> bytes) {
  std::size_t n = 0;
  clear_errors();
  const int result = SSL_write_ex(state.ssl.get(), bytes.data(), std::min(bytes.size(), record_bytes), &n);
  return {outcome(state, result), n};
}

// As many records of `bytes` as have room there wait in the socket's memory.
Io gather(StreamState& state, std::span<const std::byte> bytes) {
  TlsSocket& socket = state.socket;
  socket.begin(gathered_bytes);
  while (!bytes.empty() && socket.has_room()) {
    const IoResult r = write_record(state, bytes);
    if (r.io != Io::done) return socket.gathers = false, r.io;
    socket.promised += r.n;
    bytes = bytes.subspan(r.n);
  }
  return Io::done;
}

// The first answer takes the ticket with it that the end of the handshake has left in the socket's
// memory: one system call and one packet less.
Io gather_behind_ticket(StreamState& state, std::span<const std::byte> bytes) {
  if (bytes.size() > record_bytes) return gather(state, bytes);
  const IoResult r = write_record(state, bytes);
  state.socket.gathers = false;
  state.socket.promised = r.n;
  return r.io;
}

// The length holds from the next buffer on, and OpenSSL has none while nothing waits inside.  A read deciphers
// one record, when nothing of one before it is left, so while more than a record of the body is due nothing
// else is deciphered; what follows may lie in the large buffer then, where nobody but OpenSSL wipes it.
void expect(StreamState& state, std::uint64_t due) {
  const bool much = due > much_bytes;
  if (std::exchange(state.reads_much, much) == much) return;
  SSL* ssl = state.ssl.get();
  SSL_set_default_read_buffer_len(ssl, much ? much_bytes : 0);
  if (state.server == nullptr) return;
  if (much) SSL_clear_options(ssl, SSL_OP_CLEANSE_PLAINTEXT);
  else SSL_set_options(ssl, SSL_OP_CLEANSE_PLAINTEXT);
}

Io flush(StreamState& state) {
  clear_errors();
  if (state.socket.flush() == 1) return Io::done;
  if (errno == EAGAIN || errno == EINTR) return Io::want_write;
  return outcome_of_syscall(state);
}

Result<UniqueFd> attach(StreamState& state, UniqueFd socket) {
  ERR_clear_error();
  BIO* bio = make_socket_bio(state.socket);
  if (bio == nullptr) return fail_openssl("cannot begin TLS");
  state.socket.fd = socket.get();
  state.socket.wipes = state.server != nullptr;
  SSL_set_bio(state.ssl.get(), bio, bio);
  return socket;
}

}  // namespace

std::unique_ptr<StreamState> make_server_state(ServerContext& context, std::uint64_t connection) {
  auto state = std::make_unique<StreamState>();
  state->server = &context.impl();
  state->connection = connection;
  (void)socket_method();  // also when nobody is connected yet: the warm-up is before the forks
  state->ssl.reset(SSL_new(context.impl().contexts.front().get()));
  if (!state->ssl || SSL_set_app_data(state->ssl.get(), state.get()) != 1) return nullptr;
  SSL_set_accept_state(state->ssl.get());
  return state;
}

std::unique_ptr<StreamState> make_client_state(ClientContext& context, std::string_view host,
                                               const PeerCheck& check) {
  auto state = std::make_unique<StreamState>();
  state->check = check;
  state->ssl.reset(SSL_new(context.impl().context.get()));
  SSL* ssl = state->ssl.get();
  if (!ssl || SSL_set_app_data(ssl, state.get()) != 1) return nullptr;
  if (host.empty() || !expect_host(ssl, std::string(host))) return nullptr;
  // With a pin or without a check the chain does not decide; see accept_peer.
  if (check.mode != PeerCheck::Mode::authority) SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  SSL_set_connect_state(ssl);
  return state;
}

Io outcome(StreamState& state, int result) {
  switch (SSL_get_error(state.ssl.get(), result)) {
    case SSL_ERROR_NONE: return Io::done;
    case SSL_ERROR_WANT_READ: return Io::want_read;
    case SSL_ERROR_WANT_WRITE: return Io::want_write;
    case SSL_ERROR_ZERO_RETURN: return ended(state, false);
    case SSL_ERROR_SYSCALL: return outcome_of_syscall(state);
    default: return is_truncation() ? ended(state, true) : broken(state, failure_word(state));
  }
}

Io advance_handshake(StreamState& state) {
  if (state.broken) return Io::failed;
  if (state.established) return Io::done;
  if (state.server) state.server->provider->enter(state.connection);
  clear_errors();
  const Io io = outcome(state, SSL_do_handshake(state.ssl.get()));
  if (io != Io::done) return io;
  if (!accept_peer(state)) return broken(state, state.failure);
  state.established = true;
  return Io::done;
}

TlsStream::TlsStream(std::unique_ptr<State> state, UniqueFd socket)
    : socket_(std::move(socket)), state_(std::move(state)) {}
TlsStream::TlsStream(TlsStream&&) noexcept = default;
TlsStream::~TlsStream() = default;

// The old state goes before its descriptor.
TlsStream& TlsStream::operator=(TlsStream&& other) noexcept {
  state_ = std::move(other.state_);
  socket_ = std::move(other.socket_);
  return *this;
}

Result<TlsStream> TlsStream::server(ServerContext& context, UniqueFd socket,
                                    std::uint64_t connection) {
  auto state = make_server_state(context, connection);
  if (!state) return fail_openssl("cannot begin TLS");
  UniqueFd attached = TRY(attach(*state, std::move(socket)));
  return TlsStream(std::move(state), std::move(attached));
}

Result<TlsStream> TlsStream::client(ClientContext& context, UniqueFd socket, std::string_view host,
                                    const PeerCheck& check) {
  auto state = make_client_state(context, host, check);
  if (!state) return fail_openssl("cannot begin TLS");
  UniqueFd attached = TRY(attach(*state, std::move(socket)));
  return TlsStream(std::move(state), std::move(attached));
}

Io TlsStream::handshake() { return advance_handshake(*state_); }

IoResult TlsStream::read(std::span<std::byte> room, std::uint64_t due) {
  if (!usable(*state_)) return {state_->truncated ? Io::closed : Io::failed, 0};
  if (room.empty()) return {Io::done, 0};
  expect(*state_, due);
  std::size_t n = 0;
  clear_errors();
  const int result = SSL_read_ex(state_->ssl.get(), room.data(), room.size(), &n);
  const Io io = outcome(*state_, result);
  if (io == Io::failed) (void)state_->socket.flush();  // the alert that says why, behind a ticket
  return {io, n, io == Io::want_read || (io == Io::done && !pending())};
}

IoResult TlsStream::write(std::span<const std::byte> bytes) {
  if (!usable(*state_)) return {Io::failed, 0};
  if (bytes.empty()) return {Io::done, 0};
  TlsSocket& socket = state_->socket;
  // Not whether something waits still: an alert that a read had to send takes it along.
  if (socket.promised == 0) {
    if (bytes.size() <= record_bytes && !socket.gathers) return write_record(*state_, bytes);
    const Io io = socket.gathers ? gather_behind_ticket(*state_, bytes) : gather(*state_, bytes);
    if (io != Io::done) return {io, 0};
  }
  const std::size_t before = socket.sent;
  const Io io = flush(*state_);
  if (io == Io::done) return {io, std::exchange(socket.promised, 0)};
  return {.io = io, .some = socket.sent > before};
}

void TlsStream::rest() {
  if (!state_->socket.waits()) state_->socket.held.reset();
}

Io TlsStream::shutdown() {
  if (!usable(*state_)) return Io::failed;
  clear_errors();
  const int result = SSL_shutdown(state_->ssl.get());
  if (state_->socket.waits()) return flush(*state_);  // the end, behind a ticket without an answer
  return result >= 0 ? Io::done : outcome(*state_, result);  // 0: sent, not answered yet
}

bool TlsStream::pending() const { return SSL_has_pending(state_->ssl.get()) == 1; }
bool TlsStream::truncated() const { return state_->truncated; }
bool TlsStream::verified() const { return state_->verified; }
bool TlsStream::resumed() const { return SSL_session_reused(state_->ssl.get()) == 1; }

std::string_view TlsStream::sni() const { return state_->sni; }

std::string_view TlsStream::alpn() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(state_->ssl.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string_view TlsStream::version() const { return SSL_get_version(state_->ssl.get()); }
std::string_view TlsStream::cipher() const { return SSL_get_cipher_name(state_->ssl.get()); }
std::string_view TlsStream::failure() const { return state_->failure; }

}  // namespace postern::wfd
