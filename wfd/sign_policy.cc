// What the signer signs.  A worker may be in the hands of an attacker, so nothing that it
// hands over is believed: the text itself must be one that a TLS server signs, whole, and
// it is hashed here.  A ready digest never comes near the key, and neither do client
// signatures, certificates or texts of other protocols.  Called by the signer only (and by
// the warm-up with a throw-away key); never put anything here that reads from the network.
#include "wfd/sign_policy.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <string_view>

#include "wfd/crypto_handles.h"

namespace postern::wfd {
namespace {

using Text = std::span<const std::byte>;

constexpr std::size_t blank_size = 64;
constexpr std::string_view tls13_context("TLS 1.3, server CertificateVerify\0", 34);
constexpr std::size_t randoms_size = 64;  // client random, server random

// The curves of a TLS 1.2 key exchange, with the size of an (uncompressed) point.
struct Group {
  unsigned id;
  std::size_t point_size;
  bool has_form;  // the point starts with 4: uncompressed
};
constexpr Group groups[] = {{29, 32, false}, {23, 65, true}, {24, 97, true}};

struct Scheme {
  std::uint16_t code;
  KeyType type;
  const char* digest;
  bool pss;
  int tls13_bits;  // the key size that TLS 1.3 ties it to; 0: any
  bool in_tls13;
};
constexpr Scheme schemes[] = {
    {0x0403, KeyType::ec, "SHA256", false, 256, true},
    {0x0503, KeyType::ec, "SHA384", false, 384, true},
    {0x0804, KeyType::rsa, "SHA256", true, 0, true},
    {0x0805, KeyType::rsa, "SHA384", true, 0, true},
    {0x0806, KeyType::rsa, "SHA512", true, 0, true},
    {0x0401, KeyType::rsa, "SHA256", false, 0, false},
    {0x0501, KeyType::rsa, "SHA384", false, 0, false},
    {0x0601, KeyType::rsa, "SHA512", false, 0, false},
};

bool is_tls13_verify(Text text) {
  const std::size_t fixed = blank_size + tls13_context.size();
  if (text.size() != fixed + 32 && text.size() != fixed + 48) return false;
  if (std::ranges::any_of(text.first(blank_size), [](std::byte b) { return b != std::byte{' '}; }))
    return false;
  return std::ranges::equal(text.subspan(blank_size, tls13_context.size()),
                            std::as_bytes(std::span(tls13_context)));
}

bool is_tls12_exchange(Text text) {
  if (text.size() < randoms_size + 4) return false;
  const Text params = text.subspan(randoms_size);
  const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(params[i]); };
  if (at(0) != 3) return false;  // named_curve
  const unsigned id = at(1) << 8 | at(2);
  const auto group = std::ranges::find(groups, id, &Group::id);
  if (group == std::end(groups)) return false;
  if (at(3) != group->point_size || params.size() - 4 != group->point_size) return false;
  return !group->has_form || at(4) == 4;
}

bool fits(const Scheme& scheme, KeyType type, int bits, TextKind kind) {
  if (scheme.type != type) return false;
  if (kind == TextKind::tls12_key_exchange) return true;
  if (kind != TextKind::tls13_certificate_verify || !scheme.in_tls13) return false;
  return scheme.tls13_bits == 0 || scheme.tls13_bits == bits;
}

Result<SignatureBytes> sign_with(EVP_PKEY* key, const Scheme& scheme, Text text) {
  const MdCtxHandle context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // belongs to the context
  if (!context || EVP_DigestSignInit_ex(context.get(), &options, scheme.digest, nullptr, nullptr,
                                        key, nullptr) != 1)
    return fail_openssl("cannot sign");
  if (scheme.pss && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                     EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1))
    return fail_openssl("cannot sign");
  SignatureBytes signature;
  signature.size = SignatureBytes::capacity;
  if (EVP_DigestSign(context.get(), as_uchar(signature.bytes.data()), &signature.size,
                     as_uchar(text.data()), text.size()) != 1)
    return fail_openssl("cannot sign");
  return signature;
}

// Keys lie on disk without a pass phrase; nobody is there to be asked for one.
int no_pass_phrase(char*, int, int, void*) { return -1; }

}  // namespace

TextKind text_kind(Text text) {
  if (is_tls13_verify(text)) return TextKind::tls13_certificate_verify;
  if (is_tls12_exchange(text)) return TextKind::tls12_key_exchange;
  return TextKind::refused;
}

void SigningKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Result<SigningKey> SigningKey::from_pem(std::span<const std::byte> pem) {
  init_openssl();
  ERR_clear_error();
  const BioHandle in = read_from(pem);
  if (!in) return fail("cannot read key: too long");
  PkeyHandle key(PEM_read_bio_PrivateKey_ex(in.get(), nullptr, no_pass_phrase, nullptr, nullptr,
                                            nullptr));
  if (!key) return fail_openssl("cannot read key");
  ERR_clear_error();
  const KeyKind kind = key_kind(key.get());
  if (kind.type == KeyType::none)
    return fail("cannot use key: not EC P-256 or P-384, nor RSA with 2048 to 4096 bits");
  SigningKey result(key.release(), kind.type, kind.bits);
  TRY_VOID(result.try_schemes());
  return result;
}

Result<void> SigningKey::try_schemes() const {
  const std::array<std::byte, 32> sample{};
  for (const Scheme& scheme : schemes)
    if (scheme.type == type_) TRY_VOID(sign_with(key_.get(), scheme, sample));
  return {};
}

Result<SignatureBytes> SigningKey::sign(std::uint16_t code, Text text) const {
  ERR_clear_error();
  const TextKind kind = text_kind(text);
  if (kind == TextKind::refused) return fail("cannot sign: not a text of a TLS server");
  const auto scheme = std::ranges::find(schemes, code, &Scheme::code);
  if (scheme == std::end(schemes) || !fits(*scheme, type_, bits_, kind))
    return fail("cannot sign: the scheme does not fit the key or the text");
  return sign_with(key_.get(), *scheme, text);
}

bool SigningKey::belongs_to(std::span<const std::byte> public_key) const {
  const unsigned char* at = as_uchar(public_key.data());
  const unsigned char* const end = at + public_key.size();
  const PkeyHandle key(d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key.size())));
  const bool same = key && at == end && EVP_PKEY_eq(key.get(), key_.get()) == 1;
  ERR_clear_error();
  return same;
}

}  // namespace postern::wfd
