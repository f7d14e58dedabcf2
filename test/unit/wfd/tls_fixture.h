// Keys and certificates for the tests of signing and TLS, made on the spot.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "unit/catch.h"
#include "wfd/crypto_handles.h"

namespace tls_fixture {

using postern::wfd::BioHandle;
using postern::wfd::PkeyHandle;
using postern::wfd::X509Handle;

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

inline std::string contents(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

// "P-256", "P-384", "P-521", or the bits of an RSA key; made once for each.
inline EVP_PKEY* key(const std::string& kind) {
  static std::map<std::string, PkeyHandle> made;
  PkeyHandle& one = made[kind];
  if (!one)
    one.reset(kind[0] == 'P'
                  ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.c_str())
                  : EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{std::stoul(kind)}));
  REQUIRE(one);
  return one.get();
}

inline std::string key_pem(const std::string& kind) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_PrivateKey(out.get(), key(kind), nullptr, nullptr, 0, nullptr, nullptr) ==
          1);
  return contents(out.get());
}

inline std::string public_der(const std::string& kind) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key(kind), &der);
  std::string result(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return result;
}

struct Spec {
  std::string key = "P-256";
  std::string names = "DNS:www.example.test";  // empty: an authority
  std::string issuer = "authority";            // common name; its key is "P-384"
  long from_s = -3600;
  long until_s = 3600;
};

inline void set_name(X509_NAME* name, const std::string& text) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
}

inline void add_extension(X509* x, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  REQUIRE(extension);
  X509_add_ext(x, extension, -1);
  X509_EXTENSION_free(extension);
}

inline X509Handle certificate(const Spec& spec) {
  X509Handle made(X509_new());
  X509* x = made.get();
  X509_set_version(x, X509_VERSION_3);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), spec.from_s);
  X509_gmtime_adj(X509_getm_notAfter(x), spec.until_s);
  set_name(X509_get_issuer_name(x), spec.issuer);
  set_name(X509_get_subject_name(x), spec.names.empty() ? spec.issuer : "server");
  X509_set_pubkey(x, key(spec.key));
  if (spec.names.empty())
    add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
  else
    add_extension(x, NID_subject_alt_name, spec.names);
  REQUIRE(X509_sign(x, key("P-384"), EVP_sha256()) > 0);
  return made;
}

inline std::string pem(X509* x) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_X509(out.get(), x) == 1);
  return contents(out.get());
}
inline std::string pem(const Spec& spec) { return pem(certificate(spec).get()); }

inline std::string authority_pem(const std::string& name = "authority") {
  return pem({.key = "P-384", .names = "", .issuer = name});
}

}  // namespace tls_fixture
