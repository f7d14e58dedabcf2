// Keys for the tests of assertions, and somebody who checks them: not our own code.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authd/assertion_key.h"
#include "unit/authd/scratch.h"
#include "unit/catch.h"

namespace postern::authd {

// The key of RFC 7515, A.3.1, and its thumbprint.
inline const std::string rfc_key =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
    "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
    "-----END PRIVATE KEY-----\n";
inline const std::string rfc_public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
    "-----END PUBLIC KEY-----\n";
inline const std::string rfc_kid = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";
inline const std::string rfc_jwk =
    R"({"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":")" + rfc_kid +
    R"(","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";

using AnyKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

inline AnyKey new_key(const std::string& kind) {
  if (kind == "RSA") return {EVP_RSA_gen(2048), EVP_PKEY_free};
  if (kind == "Ed25519") return {EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free};
  return {EVP_EC_gen(kind.c_str()), EVP_PKEY_free};
}
// How `key` is written: "private", "traditional", "sealed" (with a pass phrase) or "public".
inline std::string pem_of(const AnyKey& key, const std::string& form = "private") {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  char phrase[] = "open sesame";
  bool done = false;
  if (form == "private") done = PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (form == "traditional") done = PEM_write_bio_PrivateKey_traditional(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (form == "sealed") done = PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(), nullptr, 0, nullptr, phrase) == 1;
  if (form == "public") done = PEM_write_bio_PUBKEY(out.get(), key.get()) == 1;
  REQUIRE(done);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}
inline std::string new_pem(const std::string& kind = "P-256", const std::string& form = "private") {
  return pem_of(new_key(kind), form);
}
inline AssertionKey key_from(const std::string& pem) {
  auto key = AssertionKey::from_pem(bytes_of(pem));
  REQUIRE(key);
  return std::move(*key);
}

inline std::string from_base64url(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const std::size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  std::string room(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(room.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  REQUIRE(size >= 0);
  room.resize(static_cast<std::size_t>(size) - padding);
  return room;
}
struct TokenParts {
  std::string header, claims, signature, signed_text;
};
inline TokenParts parts_of(std::string_view token) {
  const std::size_t one = token.find('.'), two = token.rfind('.');
  REQUIRE((one != token.npos && two != one));
  return {from_base64url(std::string(token.substr(0, one))), from_base64url(std::string(token.substr(one + 1, two - one - 1))),
          from_base64url(std::string(token.substr(two + 1))), std::string(token.substr(0, two))};
}
// By OpenSSL's own verifying, with the public half of `pem`.
inline bool is_signed_by(const TokenParts& parts, const std::string& public_pem) {
  REQUIRE(parts.signature.size() == 64);
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(public_pem.data(), static_cast<int>(public_pem.size())), BIO_free);
  const AnyKey key(PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const auto* raw = reinterpret_cast<const unsigned char*>(parts.signature.data());
  ECDSA_SIG* pair = ECDSA_SIG_new();
  REQUIRE(ECDSA_SIG_set0(pair, BN_bin2bn(raw, 32, nullptr), BN_bin2bn(raw + 32, 32, nullptr)) == 1);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair, &der);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool good = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
                    EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(size),
                                     reinterpret_cast<const unsigned char*>(parts.signed_text.data()), parts.signed_text.size()) == 1;
  OPENSSL_free(der);
  ECDSA_SIG_free(pair);
  return good;
}

}  // namespace postern::authd
