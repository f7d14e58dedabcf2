// Prints of tokens.  Used by the vault only.  All that makes the codes goes into a print:
// the secret, and how codes are made of it; a counter of one kind of token would mean
// nothing for another kind.
#include "authd/token_print.h"

#include <algorithm>
#include <string>

namespace postern::authd {

Result<TokenPrinter> TokenPrinter::open(const SealingKey& key) {
  TokenPrinter printer(TRY(Hkdf::open()));
  printer.root_ = TRY(printer.hkdf_.derive(key.bytes(), {}, "postern-token-print-1"));
  return printer;
}

Result<TokenPrint> TokenPrinter::print(const TokenShape& shape, std::span<const std::byte> secret) const {
  std::string how(name_of(shape.kind));
  how.append(" ").append(name_of(shape.algorithm)).append(" ").append(std::to_string(shape.digits));
  if (shape.kind == TokenKind::totp) how.append(" ").append(std::to_string(shape.period));
  const Secret<32> made = TRY(hkdf_.derive(secret, root_.bytes(), how));
  TokenPrint print{};
  std::ranges::copy(made.bytes(), print.begin());
  return print;
}

}  // namespace postern::authd
