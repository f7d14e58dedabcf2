// Reading keys and signing with them.  Used by sessions, which alone has the private key,
// and by the master for -n, which forgets what it read.  What may be signed is decided in
// assertion.cc: never hand a text to sign() that was not made there.
#include "authd/assertion_key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <limits>

#include "authd/base64url.h"
#include "authd/crypto_start.h"

namespace postern::authd {
namespace {

template <auto function>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using PkeyCtx = std::unique_ptr<EVP_PKEY_CTX, FreeBy<EVP_PKEY_CTX_free>>;
using MdCtx = std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, FreeBy<BN_free>>;
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using DerSignature = std::unique_ptr<ECDSA_SIG, FreeBy<ECDSA_SIG_free>>;
using Half = std::array<std::byte, 32>;

constexpr std::string_view wrong_kind = "cannot use the key: it is not EC on P-256 (prime256v1)";

unsigned char* raw(std::span<std::byte> bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// Keys lie on disk without a pass phrase; nobody is there to be asked for one.
int no_pass_phrase(char*, int, int, void*) { return -1; }

Bio open_pem(std::span<const std::byte> pem) {
  if (pem.size() > std::size_t{std::numeric_limits<int>::max()}) return nullptr;
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Pkey read_private(std::span<const std::byte> pem) {
  const Bio in = open_pem(pem);
  Pkey key(in ? PEM_read_bio_PrivateKey_ex(in.get(), nullptr, no_pass_phrase, nullptr, nullptr, nullptr) : nullptr);
  ERR_clear_error();
  return key;
}

Pkey read_public(std::span<const std::byte> pem) {
  const Bio in = open_pem(pem);
  Pkey key(in ? PEM_read_bio_PUBKEY_ex(in.get(), nullptr, no_pass_phrase, nullptr, nullptr, nullptr) : nullptr);
  ERR_clear_error();
  return key;
}

bool is_on_p256(const EVP_PKEY* key) {
  char group[32] = {};
  std::size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1 &&
         std::string_view(group, size) == "prime256v1";
}

// One coordinate of the public point, base64url.
Result<std::string> coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* found = nullptr;
  const bool there = EVP_PKEY_get_bn_param(key, name, &found) == 1;
  const Number number(found);
  Half bytes{};
  if (!there || BN_bn2binpad(number.get(), raw(std::span(bytes)), static_cast<int>(bytes.size())) < 0)
    return fail("cannot use the key: it has no public half");
  return base64url(bytes);
}

Result<PublicKey> show(const EVP_PKEY* key) {
  const std::string x = TRY(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X));
  const std::string y = TRY(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y));
  // The members that count, in the order of their names, without blanks (RFC 7638, 3).
  const std::string canonical = R"({"crv":"P-256","kty":"EC","x":")" + x + R"(","y":")" + y + R"("})";
  Half digest{};
  if (SHA256(reinterpret_cast<const unsigned char*>(canonical.data()), canonical.size(), raw(std::span(digest))) == nullptr)
    return fail("cannot hash the key");
  PublicKey made;
  made.kid = base64url(digest);
  made.jwk = R"({"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":")" + made.kid + R"(","x":")" + x +
             R"(","y":")" + y + R"("})";
  return made;
}

// Whether the two halves of the key belong together.
bool is_whole(EVP_PKEY* key) {
  const PkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context && EVP_PKEY_check(context.get()) == 1;
}

bool halves_of(const unsigned char* der, std::size_t size, AssertionKey::Signature& to) {
  const DerSignature signature(d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size)));
  const std::span<std::byte> room(to);
  return signature &&
         BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw(room.first(32)), 32) == 32 &&
         BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw(room.last(32)), 32) == 32;
}

}  // namespace

void AssertionKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Result<AssertionKey> AssertionKey::from_pem(std::span<const std::byte> pem) {
  TRY_VOID(start_crypto());
  Pkey key = read_private(pem);
  if (!key) return fail("cannot read the key: it is no private key in PEM, or has a pass phrase");
  const bool fits = is_on_p256(key.get());
  const bool whole = fits && is_whole(key.get());
  ERR_clear_error();
  if (!fits) return fail(std::string(wrong_kind));
  if (!whole) return fail("cannot use the key: its halves do not belong together");
  PublicKey shown = TRY(show(key.get()));
  AssertionKey made(key.release(), std::move(shown));
  if (const Result<Signature> tried = made.sign("a first signature"); !tried) return Failure(tried.error());
  return made;
}

Result<AssertionKey::Signature> AssertionKey::sign(std::string_view text) const {
  const MdCtx context(EVP_MD_CTX_new());
  std::array<unsigned char, 80> der{};  // two integers of 33 bytes at most, and what frames them
  std::size_t size = der.size();
  Signature signature{};
  const bool done =
      context && EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr) == 1 &&
      EVP_DigestSign(context.get(), der.data(), &size, reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1 &&
      halves_of(der.data(), size, signature);
  ERR_clear_error();
  if (!done) return fail("cannot sign an assertion");
  return signature;
}

Result<PublicKey> read_public_key(std::span<const std::byte> pem) {
  TRY_VOID(start_crypto());
  Pkey key = read_public(pem);
  if (!key) key = read_private(pem);
  if (!key) return fail("cannot read the key: it is no key in PEM, or has a pass phrase");
  const bool fits = is_on_p256(key.get());
  ERR_clear_error();
  if (!fits) return fail(std::string(wrong_kind));
  return show(key.get());
}

}  // namespace postern::authd
