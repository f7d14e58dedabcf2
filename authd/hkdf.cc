// HKDF-SHA256 with OpenSSL.  Used by the vault for the keys of backups and for the prints
// of tokens.  Whoever derives from one key says for what: `info` keeps the purposes apart.
// Never derive two things for one purpose.
#include "authd/hkdf.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <string>

namespace postern::authd {
namespace {

struct FreeContext {
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

}  // namespace

void Hkdf::Free::operator()(evp_kdf_st* kdf) const { EVP_KDF_free(kdf); }

Result<Hkdf> Hkdf::open() {
  Hkdf hkdf;
  hkdf.kdf_.reset(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  if (!hkdf.kdf_) return fail("cannot fetch HKDF from OpenSSL");
  return hkdf;
}

Result<Secret<32>> Hkdf::derive(std::span<const std::byte> from, std::span<const std::byte> salt,
                                std::string_view info) const {
  std::string digest = "SHA256";
  // OpenSSL takes parameters through pointers to non-const and only reads them.
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<std::byte*>(from.data()), from.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, const_cast<char*>(info.data()), info.size()),
      salt.empty() ? OSSL_PARAM_construct_end()
                   : OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, const_cast<std::byte*>(salt.data()),
                                                       salt.size()),
      OSSL_PARAM_construct_end()};
  const std::unique_ptr<EVP_KDF_CTX, FreeContext> context(EVP_KDF_CTX_new(kdf_.get()));
  Secret<32> key;
  const auto room = key.fill(key.capacity);
  if (!context ||
      EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(room.data()), room.size(), params) != 1)
    return fail("cannot derive a key with OpenSSL");
  return key;
}

}  // namespace postern::authd
