// Two ends of a socket pair for the tests of TLS: ours, and an ordinary OpenSSL peer.
#pragma once

#include <fcntl.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "unit/wfd/tls_fixture.h"
#include "wfd/resumption.h"
#include "wfd/tls.h"
#include "wfd/tls_internal.h"

namespace tls_rig {

using namespace postern;
using namespace postern::wfd;
using namespace tls_fixture;

// Stands for the signer: real keys, in this process.
struct TestSigner final : SignPeer {
  std::vector<SigningKey> keys;
  std::vector<std::uint16_t> certificates;
  std::vector<std::uint16_t> schemes;
  std::vector<TextKind> kinds;
  std::uint64_t connection = 0;
  bool refuses = false;

  Result<SignatureBytes> sign(const SignRequest& request) override {
    connection = request.connection;
    certificates.push_back(request.certificate);
    schemes.push_back(request.scheme);
    kinds.push_back(text_kind(request.text));
    if (refuses) return fail("cannot sign: refused");
    return keys.at(request.certificate).sign(request.scheme, request.text);
  }
};

// Stands for the signer's store, with the client address of the connection as it wants.
struct TestSessions final : ResumptionPeer {
  ResumptionStore store;
  Address client = *Address::parse("192.0.2.1");
  int kept = 0;
  int asked = 0;
  std::size_t largest = 0;

  static SessionId id_of(std::span<const std::byte> id) {
    SessionId result{};
    std::ranges::copy(id, result.begin());
    return result;
  }
  void keep(std::uint64_t, std::span<const std::byte> id, std::span<const std::byte> blob,
            std::string_view sni) override {
    largest = std::max(largest, blob.size());
    if (store.keep(id_of(id), blob, client, sni, Mono{1})) ++kept;
  }
  std::size_t take(std::uint64_t, std::span<const std::byte> id, std::string_view sni,
                   std::span<std::byte> room) override {
    ++asked;
    const auto blob = store.take(id_of(id), client, sni, Mono{2});
    if (!blob) return 0;
    std::ranges::copy(blob->bytes(), room.begin());
    return blob->size();
  }
};

inline std::pair<UniqueFd, UniqueFd> socket_pair() {
  int fds[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
  ::signal(SIGPIPE, SIG_IGN);
  return {UniqueFd::adopt(fds[0]), UniqueFd::adopt(fds[1])};
}

inline SignProvider open_provider() {
  auto provider = SignProvider::open();
  REQUIRE(provider);
  return std::move(*provider);
}

inline bool waiting(Io io) { return io == Io::want_read || io == Io::want_write; }

// ---- Our server, their client

struct Server {
  SignProvider provider = open_provider();
  std::vector<CertificateChain> chains;
  TestSigner signer;
  TestSessions sessions;
  std::unique_ptr<ServerContext> context;

  explicit Server(const std::vector<Spec>& specs, TlsVersion floor = TlsVersion::tls12) {
    for (const Spec& spec : specs) {
      auto chain = CertificateChain::from_pem(bytes_of(pem(spec)));
      REQUIRE(chain);
      chains.push_back(std::move(*chain));
      auto signing = SigningKey::from_pem(bytes_of(key_pem(spec.key)));
      REQUIRE(signing);
      signer.keys.push_back(std::move(*signing));
    }
    auto made = ServerContext::make(provider, chains, floor);
    REQUIRE(made);
    context = std::make_unique<ServerContext>(std::move(*made));
    context->connect(&signer, &sessions);
  }
};

// What their client does.
struct Wish {
  int version = TLS1_3_VERSION;
  const char* sni = "www.example.test";  // null: none
  std::string alpn = "\x08http/1.1";
  const char* signature_schemes = nullptr;
  SSL_SESSION* session = nullptr;
  int min_version = TLS1_2_VERSION;
};

struct Meeting {
  SslCtxHandle context;
  SslHandle client;
  UniqueFd client_fd;
  std::unique_ptr<TlsStream> stream;
  Io server = Io::want_read;
  bool client_done = false;
  int alert = -1;  // that the client received

  void shake() {
    for (int i = 0; i < 30 && (waiting(server) || !client_done); ++i) {
      if (!client_done) client_done = SSL_do_handshake(client.get()) == 1;
      if (waiting(server)) server = stream->handshake();
    }
  }
  bool good() const { return server == Io::done && client_done; }

  // The client reads what there is; also handles what follows a handshake.
  std::string client_reads(std::size_t most = 65536) {
    std::string text(most, '\0');
    ERR_clear_error();
    const int n = SSL_read(client.get(), text.data(), static_cast<int>(text.size()));
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }
};

inline void note_alert(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
    static_cast<Meeting*>(SSL_get_app_data(ssl))->alert = value & 0xff;
}

inline std::unique_ptr<Meeting> meet(Server& server, const Wish& wish = {}) {
  auto meeting = std::make_unique<Meeting>();
  meeting->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(meeting->context.get(), 0);
  meeting->client.reset(SSL_new(meeting->context.get()));
  SSL* client = meeting->client.get();
  SSL_set_app_data(client, meeting.get());
  SSL_set_info_callback(client, note_alert);
  SSL_set_min_proto_version(client, std::min(wish.min_version, wish.version));
  SSL_set_max_proto_version(client, wish.version);
  if (wish.sni) SSL_set_tlsext_host_name(client, wish.sni);
  if (!wish.alpn.empty())
    SSL_set_alpn_protos(client, reinterpret_cast<const unsigned char*>(wish.alpn.data()),
                        static_cast<unsigned>(wish.alpn.size()));
  if (wish.signature_schemes) REQUIRE(SSL_set1_sigalgs_list(client, wish.signature_schemes) == 1);
  if (wish.session) REQUIRE(SSL_set_session(client, wish.session) == 1);
  SSL_set_connect_state(client);
  auto [ours, theirs] = socket_pair();
  SSL_set_fd(client, theirs.get());
  meeting->client_fd = std::move(theirs);
  auto stream = TlsStream::server(*server.context, std::move(ours), 77);
  REQUIRE(stream);
  meeting->stream = std::make_unique<TlsStream>(std::move(*stream));
  return meeting;
}

inline std::unique_ptr<Meeting> shaken(Server& server, const Wish& wish = {}) {
  auto meeting = meet(server, wish);
  meeting->shake();
  meeting->client_reads();  // an alert, or the session
  return meeting;
}

inline std::span<const std::byte> span_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// Shaken, and the client has had an answer, with which its session comes.
inline std::unique_ptr<Meeting> answered(Server& server, const Wish& wish = {}) {
  auto meeting = shaken(server, wish);
  const IoResult r = meeting->stream->write(span_of("answer"));
  REQUIRE(r.io == Io::done);
  REQUIRE(r.n == 6);
  REQUIRE(meeting->client_reads() == "answer");
  return meeting;
}

using SessionHandle = std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>>;

inline std::string read_all(TlsStream& stream, Io& last) {
  std::string text;
  std::byte room[4096];
  for (;;) {
    const IoResult result = stream.read(room);
    last = result.io;
    if (result.io != Io::done) return text;
    text.append(reinterpret_cast<const char*>(room), result.n);
  }
}

}  // namespace tls_rig
