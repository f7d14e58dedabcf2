// TLS towards intranet servers: our client against an ordinary OpenSSL server.
#include <openssl/ssl.h>

#include "unit/wfd/tls_rig.h"

using namespace tls_rig;

namespace {

int choose_http11(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* in,
                  unsigned int in_size, void* seen) {
  static_cast<std::string*>(seen)->assign(reinterpret_cast<const char*>(in), in_size);
  *chosen = in + 1;
  *size = in[0];
  return SSL_TLSEXT_ERR_OK;
}

// Their server, with a certificate as wished, and our client.
struct Upstream {
  SignProvider provider = open_provider();
  SslCtxHandle context{SSL_CTX_new(TLS_server_method())};
  SslHandle server;
  UniqueFd server_fd;
  std::unique_ptr<ClientContext> client;
  std::unique_ptr<TlsStream> stream;
  X509Handle shown;
  std::string offered;

  explicit Upstream(const Spec& spec, const std::string& authorities = authority_pem())
      : shown(certificate(spec)) {
    REQUIRE(SSL_CTX_use_cert_and_key(context.get(), shown.get(), key(spec.key), nullptr, 1) == 1);
    SSL_CTX_set_alpn_select_cb(context.get(), choose_http11, &offered);
    auto made = ClientContext::make(provider, bytes_of(authorities));
    REQUIRE(made);
    client = std::make_unique<ClientContext>(std::move(*made));
  }

  Io dial(const std::string& host, const PeerCheck& check = {}) {
    auto [ours, theirs] = socket_pair();
    server.reset(SSL_new(context.get()));
    SSL_set_fd(server.get(), theirs.get());
    SSL_set_accept_state(server.get());
    server_fd = std::move(theirs);
    auto opened = TlsStream::client(*client, std::move(ours), host, check);
    REQUIRE(opened);
    stream = std::make_unique<TlsStream>(std::move(*opened));
    Io io = Io::want_read;
    for (int i = 0; i < 30 && waiting(io); ++i) {
      io = stream->handshake();
      ERR_clear_error();
      SSL_do_handshake(server.get());
    }
    return io;
  }

  std::array<std::byte, 32> fingerprint() const {
    std::array<std::byte, 32> digest{};
    unsigned int size = 0;
    X509_digest(shown.get(), EVP_sha256(), as_uchar(digest.data()), &size);
    return digest;
  }
};

}  // namespace

TEST_CASE("an intranet server with the right certificate is verified", "[tls_client]") {
  const std::string kind = GENERATE("P-256", "2048", "P-521");
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  CAPTURE(kind, version);
  Upstream upstream({.key = kind});
  SSL_CTX_set_max_proto_version(upstream.context.get(), version);
  REQUIRE(upstream.dial("www.example.test") == Io::done);
  CHECK(upstream.stream->verified());
  CHECK(upstream.stream->failure().empty());
  CHECK(upstream.stream->alpn() == "http/1.1");
  CHECK(upstream.offered == "\x08http/1.1");
  CHECK(std::string(SSL_get_servername(upstream.server.get(), TLSEXT_NAMETYPE_host_name)) ==
        "www.example.test");
  CHECK(upstream.stream->write(span_of("GET")).n == 3);
  char room[8] = {};
  CHECK(SSL_read(upstream.server.get(), room, sizeof room) == 3);
}

TEST_CASE("a certificate that proves nothing ends the handshake with its reason", "[tls_client]") {
  struct Row {
    Spec spec;
    std::string authorities;
    const char* host;
    const char* word;
  };
  const Row rows[] = {
      {{}, authority_pem(), "www.example.test", ""},
      {{}, "", "www.example.test", "certificate-unknown-ca"},
      {{.issuer = "stranger"}, authority_pem(), "www.example.test", "certificate-unknown-ca"},
      {{}, authority_pem(), "other.example.test", "host-mismatch"},
      {{.names = "DNS:*.example.test"}, authority_pem(), "www.example.test", ""},
      {{.names = "DNS:*.example.test"}, authority_pem(), "a.b.example.test", "host-mismatch"},
      {{.names = "DNS:w*.example.test"}, authority_pem(), "www.example.test", "host-mismatch"},
      {{.until_s = -60}, authority_pem(), "www.example.test", "certificate-expired"},
      {{.from_s = 60}, authority_pem(), "www.example.test", "certificate-not-yet-valid"},
      {{.names = "IP:192.0.2.7"}, authority_pem(), "192.0.2.7", ""},
      {{.names = "IP:192.0.2.7"}, authority_pem(), "192.0.2.8", "host-mismatch"},
      {{.names = "IP:2001:db8::7"}, authority_pem(), "2001:db8::7", ""},
      {{}, authority_pem(), "192.0.2.7", "host-mismatch"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host, row.word);
    Upstream upstream(row.spec, row.authorities);
    const bool good = *row.word == '\0';
    CHECK(upstream.dial(row.host) == (good ? Io::done : Io::failed));
    CHECK(upstream.stream->failure() == row.word);
    CHECK(upstream.stream->verified() == good);
    if (!good) CHECK(upstream.stream->write(span_of("GET")).io == Io::failed);
  }
}

TEST_CASE("an address is not sent as a name", "[tls_client]") {
  Upstream upstream({.names = "IP:192.0.2.7"});
  REQUIRE(upstream.dial("192.0.2.7") == Io::done);
  CHECK(SSL_get_servername(upstream.server.get(), TLSEXT_NAMETYPE_host_name) == nullptr);
}

TEST_CASE("without a check anything is accepted, and never called verified", "[tls_client]") {
  for (const Spec& spec : {Spec{}, Spec{.issuer = "stranger"}, Spec{.until_s = -60}}) {
    Upstream upstream(spec);
    CHECK(upstream.dial("www.example.test", {PeerCheck::Mode::none, {}}) == Io::done);
    CHECK_FALSE(upstream.stream->verified());
  }
}

TEST_CASE("a pin accepts one certificate and no other", "[tls_client]") {
  Upstream upstream({.names = "DNS:elsewhere.test", .issuer = "stranger"});
  const PeerCheck right{PeerCheck::Mode::pin, upstream.fingerprint()};
  PeerCheck wrong = right;
  wrong.sha256[31] ^= std::byte{1};
  CHECK(upstream.dial("www.example.test", right) == Io::done);
  CHECK(upstream.stream->verified());
  CHECK(upstream.dial("www.example.test", wrong) == Io::failed);
  CHECK_FALSE(upstream.stream->verified());
  CHECK(upstream.stream->failure() == "certificate-pin");
  CHECK(upstream.stream->write(span_of("GET")).io == Io::failed);
}

TEST_CASE("TLS 1.1 is refused on the way in too", "[tls_client]") {
  Upstream upstream({});
  SSL_CTX_set_security_level(upstream.context.get(), 0);
  SSL_CTX_set_min_proto_version(upstream.context.get(), TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(upstream.context.get(), TLS1_1_VERSION);
  CHECK(upstream.dial("www.example.test") == Io::failed);
  CHECK(upstream.stream->failure() == "alert-version");
}

TEST_CASE("a plain server on the port is named", "[tls_client]") {
  Upstream upstream({});
  auto [ours, theirs] = socket_pair();
  auto stream = TlsStream::client(*upstream.client, std::move(ours), "www.example.test", {});
  REQUIRE(stream);
  CHECK(stream->handshake() == Io::want_read);
  const std::string answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
  REQUIRE(::send(theirs.get(), answer.data(), answer.size(), 0) > 0);
  CHECK(stream->handshake() == Io::failed);
  CHECK(stream->failure() == "not-tls");
}

TEST_CASE("authorities that cannot be read are an error", "[tls_client]") {
  SignProvider provider = open_provider();
  CHECK(ClientContext::make(provider, bytes_of(authority_pem() + authority_pem("second"))));
  const std::string whole = authority_pem();
  CHECK_FALSE(ClientContext::make(provider, bytes_of(whole.substr(0, whole.size() - 60))));
  CHECK_FALSE(ClientContext::make(provider, bytes_of(key_pem("P-256"))));
}

TEST_CASE("a server that breaks off in the middle is told from one that ends", "[tls_client]") {
  Upstream upstream({});
  const bool goodbye = GENERATE(true, false);
  REQUIRE(upstream.dial("www.example.test") == Io::done);
  SSL_write(upstream.server.get(), "half a page", 11);
  if (goodbye) SSL_shutdown(upstream.server.get());
  upstream.server_fd.reset();
  Io last = Io::done;
  CHECK(read_all(*upstream.stream, last) == "half a page");
  CHECK(last == Io::closed);
  CHECK(upstream.stream->truncated() == !goodbye);
}
