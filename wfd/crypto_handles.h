// Owners of OpenSSL's crypto objects, for the .cc files of signing, certificates and TLS.
// No SSL object here (wfd/tls_internal.h), and never included by a header of ours.
#pragma once

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "common/result.h"
#include "wfd/sign_policy.h"

namespace postern::wfd {

template <auto function>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using PkeyHandle = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using PkeyCtxHandle = std::unique_ptr<EVP_PKEY_CTX, FreeBy<EVP_PKEY_CTX_free>>;
using MdCtxHandle = std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>>;
using X509Handle = std::unique_ptr<X509, FreeBy<X509_free>>;
using BioHandle = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;

// What stands in front of every first use of OpenSSL: no configuration file is read, now
// or later.  May be called often.
inline void init_openssl() { OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr); }

// A reader over borrowed memory; null if that is too long for OpenSSL.
BioHandle read_from(std::span<const std::byte> bytes);

// "WHAT: REASON", with the reason of OpenSSL's oldest error; empties its queue.
Failure fail_openssl(std::string what);

// The type and size of a key, if it is one of those that we use; else KeyType::none.
struct KeyKind {
  KeyType type = KeyType::none;
  int bits = 0;
};
KeyKind key_kind(const EVP_PKEY* key);

inline const unsigned char* as_uchar(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}
inline unsigned char* as_uchar(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

}  // namespace postern::wfd
