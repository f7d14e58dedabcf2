// Handshakes in memory before the jail.  OpenSSL fetches algorithms, reads the clock's
// time zone and makes its tables when they are first used; a worker's filter forbids what
// that needs, and pages touched here are shared by all workers.  Keys and certificates are
// made for the occasion and gone afterwards.  Called by the nursery, once.
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "common/secret.h"
#include "wfd/tls_internal.h"

namespace postern::wfd {
namespace {

constexpr char warm_host[] = "warm-up.invalid";
constexpr long validity_s = 24 * 60 * 60;
constexpr int max_rounds = 16;

// The kinds of handshakes that clients and intranet servers make with us.  (In TLS 1.2 the
// groups must have the certificate's own curve too.)
struct Kind {
  int version;
  const char* group;
  const char* cipher;  // of TLS 1.2; of TLS 1.3 by its suite's name
};
constexpr Kind kinds[] = {
    {TLS1_3_VERSION, "X25519", "TLS_AES_128_GCM_SHA256"},
    {TLS1_3_VERSION, "P-256", "TLS_AES_256_GCM_SHA384"},
    {TLS1_3_VERSION, "P-384", "TLS_CHACHA20_POLY1305_SHA256"},
    {TLS1_2_VERSION, "X25519:P-256", "ECDHE+AES128"},
    {TLS1_2_VERSION, "P-256", "ECDHE+AES256"},
    {TLS1_2_VERSION, "P-384:P-256", "ECDHE+CHACHA20"},
};

// A key with a root and a certificate below it, both made with that key.
struct Throwaway {
  CertificateChain chain;
  std::vector<std::byte> root_pem;
  std::array<std::byte, 32> sha256{};
  SigningKey key;
};

// The signer of the warm-up: one key for each type.
class LocalSigner final : public SignPeer {
 public:
  LocalSigner(std::span<const Throwaway> keys, std::span<const CertificateChain> chains)
      : keys_(keys), chains_(chains) {}
  Result<SignatureBytes> sign(const SignRequest& request) override {
    for (const Throwaway& made : keys_)
      if (made.key.type() == chains_[request.certificate].key_type)
        return made.key.sign(request.scheme, request.text);
    return fail("cannot sign: no key of that type");
  }

 private:
  std::span<const Throwaway> keys_;
  std::span<const CertificateChain> chains_;
};

// Keeps the last session only.
class LocalSessions final : public ResumptionPeer {
 public:
  void keep(std::uint64_t, std::span<const std::byte>, std::span<const std::byte> blob,
            std::string_view) override {
    blob_.assign(blob);
  }
  std::size_t take(std::uint64_t, std::span<const std::byte>, std::string_view,
                   std::span<std::byte> room) override {
    std::ranges::copy(blob_.bytes(), room.begin());
    return blob_.size();
  }

 private:
  Secret<max_blob> blob_;
};

// ---- Throw-away certificates

bool set_name(X509_NAME* name, const char* text) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    reinterpret_cast<const unsigned char*>(text), -1, -1, 0) == 1;
}

bool add_extension(X509* certificate, int nid, const char* value) {
  using ExtensionHandle = std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

X509Handle make_certificate(OSSL_LIB_CTX* library, EVP_PKEY* key, bool root) {
  X509Handle made(X509_new_ex(library, nullptr));
  X509* x = made.get();
  const bool done = x && X509_set_version(x, X509_VERSION_3) == 1 &&
                    ASN1_INTEGER_set(X509_get_serialNumber(x), root ? 1 : 2) == 1 &&
                    X509_gmtime_adj(X509_getm_notBefore(x), -validity_s) &&
                    X509_gmtime_adj(X509_getm_notAfter(x), validity_s) &&
                    set_name(X509_get_issuer_name(x), "root") &&
                    set_name(X509_get_subject_name(x), root ? "root" : warm_host) &&
                    X509_set_pubkey(x, key) == 1 &&
                    add_extension(x, NID_basic_constraints, root ? "CA:TRUE" : "CA:FALSE") &&
                    (root || add_extension(x, NID_subject_alt_name, "DNS:warm-up.invalid")) &&
                    X509_sign(x, key, EVP_sha256()) > 0;
  if (!done) made.reset();
  return made;
}

using Bytes = std::vector<std::byte>;

Bytes contents(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  return size > 0 ? Bytes(bytes, bytes + size) : Bytes();
}

Bytes pem_of(X509* certificate) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  return out && PEM_write_bio_X509(out.get(), certificate) == 1 ? contents(out.get()) : Bytes();
}

Bytes pem_of(EVP_PKEY* key) {
  const BioHandle out(BIO_new(BIO_s_secmem()));
  return out && PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1
             ? contents(out.get())
             : Bytes();
}

Result<Throwaway> make_throwaway(OSSL_LIB_CTX* library, KeyType type) {
  ERR_clear_error();
  const PkeyHandle key(type == KeyType::ec
                           ? EVP_PKEY_Q_keygen(library, nullptr, "EC", "P-256")
                           : EVP_PKEY_Q_keygen(library, nullptr, "RSA", std::size_t{2048}));
  if (!key) return fail_openssl("cannot make a key");
  const X509Handle root = make_certificate(library, key.get(), true);
  const X509Handle leaf = make_certificate(library, key.get(), false);
  if (!root || !leaf) return fail_openssl("cannot make a certificate");
  Bytes key_pem = pem_of(key.get());
  auto signing = SigningKey::from_pem(key_pem);
  wipe(key_pem.data(), key_pem.size());
  if (!signing) return Failure(std::move(signing.error()));
  Throwaway made{TRY(CertificateChain::from_pem(pem_of(leaf.get()))), pem_of(root.get()), {},
                 std::move(*signing)};
  unsigned int size = 0;
  if (X509_digest(leaf.get(), EVP_sha256(), as_uchar(made.sha256.data()), &size) != 1)
    return fail_openssl("cannot digest a certificate");
  return made;
}

// ---- Handshakes in memory

struct Pair {
  std::unique_ptr<StreamState> server;
  std::unique_ptr<StreamState> client;
};

Result<Pair> make_pair(ServerContext& server, ClientContext& client, std::string_view host,
                       const PeerCheck& check) {
  Pair pair{make_server_state(server, 0), make_client_state(client, host, check)};
  BIO* ours = nullptr;
  BIO* theirs = nullptr;
  if (!pair.server || !pair.client || BIO_new_bio_pair(&ours, 0, &theirs, 0) != 1)
    return fail_openssl("cannot begin TLS in memory");
  SSL_set_bio(pair.server->ssl.get(), ours, ours);
  SSL_set_bio(pair.client->ssl.get(), theirs, theirs);
  return pair;
}

bool is_waiting(Io io) { return io == Io::want_read || io == Io::want_write; }

// Lets the two talk until both are done or one has failed.
bool shake_hands(Pair& pair) {
  Io server = Io::want_read;
  Io client = Io::want_read;
  for (int round = 0; round < max_rounds && (is_waiting(server) || is_waiting(client)); ++round) {
    client = advance_handshake(*pair.client);
    server = advance_handshake(*pair.server);
  }
  return server == Io::done && client == Io::done;
}

// A few bytes each way, and the goodbyes; the client also meets its session here.
bool exchange(SSL* from, SSL* to) {
  std::array<std::byte, 64> bytes{};
  std::size_t sent = 0;
  std::size_t got = 0;
  ERR_clear_error();
  if (SSL_write_ex(from, bytes.data(), bytes.size(), &sent) != 1) return false;
  for (int i = 0; i < max_rounds && got == 0; ++i)
    SSL_read_ex(to, bytes.data(), bytes.size(), &got);
  return got == sent;
}

bool talk(Pair& pair) {
  SSL* server = pair.server->ssl.get();
  SSL* client = pair.client->ssl.get();
  const bool good = exchange(server, client) && exchange(client, server);
  SSL_shutdown(server);
  SSL_shutdown(client);
  ERR_clear_error();
  return good;
}

using SessionHandle = std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>>;

bool narrow(SSL* client, const Kind& kind) {
  const bool is_tls13 = kind.version == TLS1_3_VERSION;
  return SSL_set_max_proto_version(client, kind.version) == 1 &&
         SSL_set1_groups_list(client, kind.group) == 1 &&
         (is_tls13 ? SSL_set_ciphersuites(client, kind.cipher)
                   : SSL_set_cipher_list(client, kind.cipher)) == 1;
}

// One kind, in full; in TLS 1.3 then once more, resumed.
Result<void> try_kind(ServerContext& server, ClientContext& client, const Kind& kind) {
  const std::string what = std::string("cannot warm up TLS with ") + kind.group;
  SessionHandle session;
  for (const bool again : {false, true}) {
    Pair pair = TRY(make_pair(server, client, warm_host, {}));
    SSL* ssl = pair.client->ssl.get();
    if (!narrow(ssl, kind)) return fail_openssl(what);
    if (again && SSL_set_session(ssl, session.get()) != 1) return fail_openssl(what);
    if (!shake_hands(pair) || !talk(pair))
      return fail(what + ": " + std::string(pair.client->failure) + " " +
                  std::string(pair.server->failure));
    if (again && SSL_session_reused(ssl) != 1) return fail(what + ": not resumed");
    session.reset(SSL_get1_session(ssl));
    if (kind.version != TLS1_3_VERSION) break;
  }
  return {};
}

// The configured client context against a server that it must refuse, then may not judge.
Result<void> try_client(ServerContext& server, ClientContext& client, const Throwaway& made) {
  using enum PeerCheck::Mode;
  for (const auto mode : {authority, none, pin}) {
    Pair pair = TRY(make_pair(server, client, warm_host, {mode, made.sha256}));
    if (shake_hands(pair) != (mode != authority))
      return fail("cannot warm up TLS to intranet servers: " + std::string(pair.client->failure));
  }
  return {};
}

// The configured server context: its keys are not here, so a wrong signature ends each of
// these handshakes, and that is the last step but one.
Result<void> try_server(ServerContext& server, ClientContext& client,
                        std::span<const Throwaway> keys) {
  const std::span<const CertificateChain> chains = server.impl().chains;
  LocalSigner signer(keys, chains);
  for (const CertificateChain& chain : chains)
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
      std::string host = chain.names.front();
      if (host.starts_with("*")) host.replace(0, 1, "warm-up");
      Pair pair = TRY(make_pair(server, client, host, {PeerCheck::Mode::none, {}}));
      SSL_set_max_proto_version(pair.client->ssl.get(), version);
      server.connect(&signer, nullptr);
      shake_hands(pair);
      server.connect(nullptr, nullptr);
      ERR_clear_error();
    }
  return {};
}

// Everything that can be tried with one throw-away key.
Result<void> try_key(SignProvider& provider, ClientContext& client, const Throwaway& made) {
  const std::span chains(&made.chain, 1);
  ServerContext server = TRY(ServerContext::make(provider, chains, TlsVersion::tls12));
  ClientContext knowing = TRY(ClientContext::make(provider, made.root_pem));
  LocalSigner signer(std::span(&made, 1), chains);
  LocalSessions sessions;
  server.connect(&signer, &sessions);
  for (const Kind& kind : kinds) TRY_VOID(try_kind(server, knowing, kind));
  return try_client(server, client, made);
}

Result<void> try_all(ServerContext& server, ClientContext& client) {
  SignProvider& provider = *server.impl().provider;
  std::vector<Throwaway> keys;
  // Both types, whatever is configured: intranet servers have keys of their own.
  for (const KeyType type : {KeyType::ec, KeyType::rsa})
    keys.push_back(TRY(make_throwaway(provider.library(), type)));
  for (const Throwaway& made : keys) TRY_VOID(try_key(provider, client, made));
  return try_server(server, client, keys);
}

}  // namespace

Result<void> warm_up(ServerContext& server, ClientContext& client) {
  const Result<void> result = try_all(server, client);
  server.connect(nullptr, nullptr);
  ERR_clear_error();
  return result;
}

}  // namespace postern::wfd
