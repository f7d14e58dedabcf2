// How we speak TLS.  Two makers: the context for clients of ours, with the rules that
// hold for every browser, and the context for intranet servers.  All choices of versions,
// ciphers, groups and signature schemes stand here, once.  Called at start by the nursery;
// nothing here reads a file or a descriptor.
#include "wfd/tls_context.h"

#include <openssl/pem.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "wfd/tls_internal.h"

namespace postern::wfd {
namespace {

constexpr char tls12_ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr char tls13_ciphers[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr char groups[] = "X25519:P-256:P-384";  // what text_kind knows
constexpr char upstream_groups[] = "X25519:P-256:P-384:P-521";
// What SigningKey can do, and nothing else.
constexpr char signature_schemes[] =
    "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:"
    "rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512";

constexpr std::size_t max_chains = 64;
constexpr std::size_t max_host = 253;
constexpr long session_lifetime_s = 2 * 60 * 60;  // as in the signer's store

// ---- What a client asks for

// The host name in a server_name extension (RFC 6066 3): exactly one, of type host_name.
std::optional<std::string> host_in(std::span<const unsigned char> extension) {
  const auto size_at = [&](std::size_t i) {
    return std::size_t{extension[i]} << 8 | extension[i + 1];
  };
  if (extension.size() < 6 || extension.size() > max_host + 5) return std::nullopt;
  if (size_at(0) != extension.size() - 2 || extension[2] != 0) return std::nullopt;
  if (size_at(3) != extension.size() - 5) return std::nullopt;
  std::string host(reinterpret_cast<const char*>(extension.data()) + 5, extension.size() - 5);
  std::ranges::transform(host, host.begin(), lower);
  return host;
}

// Runs before anything of the ClientHello is used, so that the name is known when a
// session is looked up (OpenSSL's own servername callback comes later than that).
int choose_certificate(SSL* ssl, int* alert, void*) {
  StreamState& state = state_of(ssl);
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) != 1)
    return SSL_CLIENT_HELLO_SUCCESS;  // no name: the first certificate
  const auto host = host_in({bytes, size});
  if (!host) {
    *alert = SSL_AD_DECODE_ERROR;
    state.failure = "bad-hello";
    return SSL_CLIENT_HELLO_ERROR;
  }
  // A name that no certificate has gets the first one: who goes on nevertheless is told
  // 421 by HTTP, as everybody is who asks for what is not ours.
  const std::size_t chain = certificate_for(state.server->chains, *host).value_or(0);
  state.sni = *host;
  SSL_set_SSL_CTX(ssl, state.server->contexts[chain].get());
  return SSL_CLIENT_HELLO_SUCCESS;
}

// The name was judged above; this only lets the answer say that it was understood.
int acknowledge_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

// http/1.1 or nothing: a client that offers only other protocols would be misunderstood.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, chosen_size, http11_protocol, sizeof http11_protocol, offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

// ---- Settings

bool set_server_rules(SSL_CTX* context, TlsVersion min_version) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_NO_TICKET);
  SSL_CTX_set_client_hello_cb(context, choose_certificate, nullptr);
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(acknowledge_name));
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_timeout(context, session_lifetime_s);
  use_session_callbacks(context);
  const int floor = min_version == TlsVersion::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
  return SSL_CTX_set_min_proto_version(context, floor) == 1 &&
         SSL_CTX_set_cipher_list(context, tls12_ciphers) == 1 &&
         SSL_CTX_set1_groups_list(context, groups) == 1 &&
         SSL_CTX_set1_sigalgs_list(context, signature_schemes) == 1 &&
         SSL_CTX_set_max_early_data(context, 0) == 1 &&
         SSL_CTX_set_recv_max_early_data(context, 0) == 1 &&
         SSL_CTX_set_num_tickets(context, 1) == 1;
}

// What holds for both sides.  Reading ahead takes a whole record with one system call
// instead of two; what then waits inside is what TlsStream::pending tells.
bool set_common_rules(SSL_CTX* context) {
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 1);
  return SSL_CTX_set_ciphersuites(context, tls13_ciphers) == 1;
}

// OpenSSL fills in a certificate that is there (so it belongs to our library context), and
// leaves null in its place where it fails and frees it.
X509Handle certificate_in(OSSL_LIB_CTX* library, const std::vector<std::byte>& der) {
  X509* certificate = X509_new_ex(library, nullptr);
  const unsigned char* at = as_uchar(der.data());
  const bool read = certificate && d2i_X509(&certificate, &at, static_cast<long>(der.size()));
  X509Handle result(certificate);
  if (!read) result.reset();
  return result;
}

using StackHandle = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) {
                                      sk_X509_pop_free(stack, X509_free);
                                    })>;

// Gives `context` one chain with its key in the provider.
bool use_chain(SSL_CTX* context, const SignProvider& provider, const CertificateChain& chain,
               std::size_t index) {
  const X509Handle own = certificate_in(provider.library(), chain.der.front());
  const StackHandle rest(sk_X509_new_null());
  if (!own || !rest) return false;
  for (std::size_t i = 1; i < chain.der.size(); ++i) {
    X509Handle next = certificate_in(provider.library(), chain.der[i]);
    if (!next || sk_X509_push(rest.get(), next.get()) < 1) return false;
    static_cast<void>(next.release());  // the stack has it
  }
  const PkeyHandle key(
      provider.make_key(X509_get0_pubkey(own.get()), static_cast<std::uint16_t>(index)));
  return key && SSL_CTX_use_cert_and_key(context, own.get(), key.get(), rest.get(), 1) == 1;
}

// The chain to answer beside chain `i`: same names, another type of key, so that one name
// can have an EC and an RSA certificate.
std::optional<std::size_t> twin_of(std::span<const CertificateChain> chains, std::size_t i) {
  for (std::size_t j = 0; j < chains.size(); ++j)
    if (chains[j].key_type != chains[i].key_type && chains[j].names == chains[i].names) return j;
  return std::nullopt;
}

Result<SslCtxHandle> server_context(const SignProvider& provider,
                                    std::span<const CertificateChain> chains, std::size_t i,
                                    TlsVersion min_version) {
  SslCtxHandle context(SSL_CTX_new_ex(provider.library(), nullptr, TLS_server_method()));
  if (!context || !set_common_rules(context.get()) ||
      !set_server_rules(context.get(), min_version))
    return fail_openssl("cannot prepare TLS");
  const auto twin = twin_of(chains, i);
  if (!use_chain(context.get(), provider, chains[i], i) ||
      (twin && !use_chain(context.get(), provider, chains[*twin], *twin)))
    return fail_openssl("cannot use certificate " + std::to_string(i + 1));
  return context;
}

X509Handle next_authority(BIO* in, OSSL_LIB_CTX* library) {
  ERR_clear_error();
  X509* certificate = X509_new_ex(library, nullptr);
  const bool read = certificate && PEM_read_bio_X509(in, &certificate, nullptr, nullptr);
  X509Handle result(certificate);
  if (!read) result.reset();
  return result;
}

Result<void> add_authorities(SSL_CTX* context, OSSL_LIB_CTX* library,
                             std::span<const std::byte> pem) {
  if (pem.empty()) return {};
  const BioHandle in = read_from(pem);
  if (!in) return fail("cannot read certificate authorities: too long");
  int found = 0;
  while (const X509Handle authority = next_authority(in.get(), library)) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1)
      return fail_openssl("cannot use certificate authority");
    ++found;
  }
  if (found == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    return fail_openssl("cannot read certificate authorities");
  ERR_clear_error();
  return {};
}

}  // namespace

ServerContext::ServerContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServerContext::ServerContext(ServerContext&&) noexcept = default;
ServerContext& ServerContext::operator=(ServerContext&&) noexcept = default;
ServerContext::~ServerContext() = default;

Result<ServerContext> ServerContext::make(SignProvider& provider,
                                          std::span<const CertificateChain> chains,
                                          TlsVersion min_version) {
  if (chains.empty()) return fail("cannot prepare TLS: there is no certificate");
  if (chains.size() > max_chains) return fail("cannot prepare TLS: more than 64 certificates");
  ERR_clear_error();
  auto impl = std::make_unique<Impl>();
  impl->provider = &provider;
  impl->chains.assign(chains.begin(), chains.end());
  for (std::size_t i = 0; i < chains.size(); ++i)
    impl->contexts.push_back(TRY(server_context(provider, chains, i, min_version)));
  return ServerContext(std::move(impl));
}

void ServerContext::connect(SignPeer* signer, ResumptionPeer* sessions) {
  impl_->provider->set_peer(signer);
  impl_->sessions = sessions;
}

ClientContext::ClientContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientContext::ClientContext(ClientContext&&) noexcept = default;
ClientContext& ClientContext::operator=(ClientContext&&) noexcept = default;
ClientContext::~ClientContext() = default;

Result<ClientContext> ClientContext::make(SignProvider& provider,
                                          std::span<const std::byte> ca_pem) {
  ERR_clear_error();
  auto impl = std::make_unique<Impl>();
  impl->provider = &provider;
  impl->context.reset(SSL_CTX_new_ex(provider.library(), nullptr, TLS_client_method()));
  SSL_CTX* context = impl->context.get();
  if (!context || !set_common_rules(context) ||
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set1_groups_list(context, upstream_groups) != 1 ||
      SSL_CTX_set_alpn_protos(context, http11_protocol, sizeof http11_protocol) != 0)
    return fail_openssl("cannot prepare TLS to intranet servers");
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  TRY_VOID(add_authorities(context, provider.library(), ca_pem));
  return ClientContext(std::move(impl));
}

}  // namespace postern::wfd
