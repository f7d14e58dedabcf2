// Sealing: token secrets stand in the database only encrypted and bound to their place.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/secret.h"

struct evp_cipher_st;  // OpenSSL's EVP_CIPHER

namespace postern::authd {

using SealingKey = Secret<32>;

// The key in a key file's text: 32 raw bytes, or 64 hexadecimal digits and perhaps one
// newline.  Any other length or character is an error.
Result<SealingKey> parse_sealing_key(std::span<const std::byte> text);

// Reads the key from an open file, always from its beginning (a role that is started
// again gets a descriptor that shares its position with the first one).
Result<SealingKey> read_sealing_key(int file);

// AES-256-GCM (NIST SP 800-38D) under one key, with a random nonce of 96 bits for every
// sealing.  The cipher is looked up once, in open().  Movable, not copyable.
class Sealer {
 public:
  static Result<Sealer> open(const SealingKey& key);

  // `plain` (1..64 bytes) sealed for `user` and `purpose`: version, nonce, text, tag.
  // Neither word may contain a zero byte.
  Result<std::vector<std::byte>> seal(std::span<const std::byte> plain, std::string_view user,
                                      std::string_view purpose) const;

  // What was sealed for the same user and purpose under the same key; an error for
  // anything else: another row's bytes, a changed bit, another key.
  Result<Secret<64>> unseal(std::span<const std::byte> sealed, std::string_view user,
                            std::string_view purpose) const;

 private:
  struct Free {
    void operator()(evp_cipher_st* cipher) const;
  };
  std::unique_ptr<evp_cipher_st, Free> cipher_;
  SealingKey key_;
};

}  // namespace postern::authd
