// The key that signs assertions: EC on P-256, for ES256 (RFC 7518, 3.4); and how its
// public half is shown to those who verify (RFC 7517).
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/result.h"

struct evp_pkey_st;

namespace postern::authd {

struct PublicKey {
  std::string kid;  // its thumbprint (RFC 7638)
  std::string jwk;  // a JSON object
};

// One private key, freed and so wiped by OpenSSL when the object goes.  Movable.
class AssertionKey {
 public:
  // From an unencrypted PEM private key.  The caller wipes `pem`.  It is tried once, so
  // that signing later in the jail fetches nothing new.
  static Result<AssertionKey> from_pem(std::span<const std::byte> pem);

  // R and S of 32 bytes each, as JWS wants them.
  using Signature = std::array<std::byte, 64>;
  Result<Signature> sign(std::string_view text) const;

  const PublicKey& shown() const { return shown_; }

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  AssertionKey(evp_pkey_st* key, PublicKey shown) : key_(key), shown_(std::move(shown)) {}

  std::unique_ptr<evp_pkey_st, Free> key_;
  PublicKey shown_;
};

// The public half of a PEM key, private or public, if it is one for ES256.
Result<PublicKey> read_public_key(std::span<const std::byte> pem);

}  // namespace postern::authd
