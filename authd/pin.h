// PINs: what a user knows.  Only a salted scrypt hash of one is ever stored.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/secret.h"

struct evp_kdf_st;  // OpenSSL's EVP_KDF

namespace postern::authd {

using Pin = Secret<64>;

// 4..64 printable ASCII characters, blanks among them.
bool is_sound_pin(std::string_view pin);

// What one hash costs (RFC 7914): 128 * 2^log_n * r bytes of memory, p times over.
struct PinCost {
  std::uint32_t log_n = 15;  // 10..18; with r = 8: 32 MiB
  std::uint32_t r = 8;       // 1..8
  std::uint32_t p = 1;       // 1..4
};

// Hashes and verifies.  scrypt is looked up once, in open().  Movable, not copyable.
class PinHasher {
 public:
  static Result<PinHasher> open(PinCost cost);

  // A text to store: "scrypt:LOG_N:R:P:SALT:HASH", salt (16 bytes) and hash (32) in hex.
  Result<std::string> hash(const Pin& pin) const;
  // The same for a PIN that nobody knows: what an unknown user is measured against, so
  // that he takes the same time.
  Result<std::string> dummy() const;
  // Does `pin` fit the stored text?  Compared in constant time; an unsound PIN is hashed
  // all the same.  An error when the text was not made by hash().
  Result<bool> verify(const Pin& pin, std::string_view stored) const;

 private:
  struct Free {
    void operator()(evp_kdf_st* kdf) const;
  };
  Result<Secret<32>> derive(std::string_view pin, std::span<const std::byte> salt,
                            PinCost cost) const;

  std::unique_ptr<evp_kdf_st, Free> scrypt_;
  PinCost cost_;
};

}  // namespace postern::authd
