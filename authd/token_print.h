// Which token it is, told without the token: so that what was spent of it is remembered
// when its user is gone.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "authd/hkdf.h"
#include "authd/passcode.h"
#include "authd/seal.h"

namespace postern::authd {

// The same for two tokens that show the same codes, and says nothing else of them.
using TokenPrint = std::array<std::byte, 32>;

class TokenPrinter {
 public:
  static Result<TokenPrinter> open(const SealingKey& key);
  Result<TokenPrint> print(const TokenShape& shape, std::span<const std::byte> secret) const;

 private:
  explicit TokenPrinter(Hkdf hkdf) : hkdf_(std::move(hkdf)) {}
  Hkdf hkdf_;
  Secret<32> root_;  // without it nobody can tell whether a secret is that of a print
};

}  // namespace postern::authd
