// Keys from a key: HKDF-SHA256 (RFC 5869).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "common/result.h"
#include "common/secret.h"

struct evp_kdf_st;  // OpenSSL's EVP_KDF

namespace postern::authd {

// Everything is looked up in open(), so that a jailed process needs nothing later.
// Movable, not copyable.
class Hkdf {
 public:
  static Result<Hkdf> open();
  // 32 bytes for the purpose `info`.  With a secret `salt` they say nothing of `from`.
  Result<Secret<32>> derive(std::span<const std::byte> from, std::span<const std::byte> salt,
                            std::string_view info) const;

 private:
  struct Free {
    void operator()(evp_kdf_st* kdf) const;
  };
  std::unique_ptr<evp_kdf_st, Free> kdf_;
};

}  // namespace postern::authd
