// What the signer will sign, and the signing.  Runs in the role `signer`, beside the
// private keys.  A text is signed only if it is the one thing that a TLS server signs:
// a TLS 1.3 server CertificateVerify or a TLS 1.2 ECDHE ServerKeyExchange.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "common/result.h"

struct evp_pkey_st;

namespace postern::wfd {

// Room for the longest signature: RSA with 4096 bits.
struct SignatureBytes {
  static constexpr std::size_t capacity = 512;
  std::array<std::byte, capacity> bytes{};
  std::size_t size = 0;
  std::span<const std::byte> view() const { return std::span(bytes).first(size); }
};

// The longest text that can be signed: TLS 1.2, secp384r1 (64 + 4 + 97 bytes).
inline constexpr std::size_t max_sign_text = 165;

enum class TextKind : std::uint8_t { refused, tls12_key_exchange, tls13_certificate_verify };

// What a text is (RFC 8446 4.4.3; RFC 8422 5.4).  Everything that is not exactly, to its
// last byte, one of the two kinds is `refused`.  Sizes alone keep the two kinds apart.
TextKind text_kind(std::span<const std::byte> text);

enum class KeyType : std::uint8_t { none, ec, rsa };

// One private key: EC on P-256 or P-384, or RSA with 2048 to 4096 bits.
// The key is freed, and so wiped, by OpenSSL when the object goes.
class SigningKey {
 public:
  // From an unencrypted PEM private key.  The caller wipes `pem`.  Every scheme that fits
  // the key is tried once, so that signing later in the jail fetches nothing new.
  static Result<SigningKey> from_pem(std::span<const std::byte> pem);

  // Signs `text` with a TLS SignatureScheme (RFC 8446 4.2.3, as on the wire).  Refuses a
  // text that is neither kind, and a scheme that does not fit the key or the kind.
  Result<SignatureBytes> sign(std::uint16_t scheme, std::span<const std::byte> text) const;

  // Whether this is the private half of `public_key`, a SubjectPublicKeyInfo in DER
  // (CertificateChain::public_key).
  bool belongs_to(std::span<const std::byte> public_key) const;

  KeyType type() const { return type_; }

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  SigningKey(evp_pkey_st* key, KeyType type, int bits) : key_(key), type_(type), bits_(bits) {}
  Result<void> try_schemes() const;

  std::unique_ptr<evp_pkey_st, Free> key_;
  KeyType type_ = KeyType::none;
  int bits_ = 0;
};

}  // namespace postern::wfd
