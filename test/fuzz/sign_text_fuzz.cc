// What a worker asks the signer to sign: a text is one of the two kinds only if it has, to
// its last byte, the shape that the standards give it.
#include <algorithm>
#include <cstring>

#include "wfd/sign_policy.h"

namespace {

using postern::wfd::TextKind;

// 64 blanks, the context, a zero and a hash (RFC 8446, 4.4.3).
bool is_certificate_verify(const unsigned char* data, std::size_t size) {
  constexpr char context[] = "TLS 1.3, server CertificateVerify";  // with its zero
  if (size != 64 + sizeof context + 32 && size != 64 + sizeof context + 48) return false;
  return std::all_of(data, data + 64, [](unsigned char c) { return c == ' '; }) &&
         std::memcmp(data + 64, context, sizeof context) == 0;
}

// Two randoms, named_curve, a group, and a point of that group's size (RFC 8422, 5.4).
bool is_key_exchange(const unsigned char* data, std::size_t size) {
  if (size < 64 + 4) return false;
  const std::size_t point = data[67];
  return data[64] == 3 && size == 64 + 4 + point && (point == 32 || point == 65 || point == 97);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  switch (postern::wfd::text_kind(std::as_bytes(std::span(data, size)))) {
    case TextKind::tls13_certificate_verify: if (!is_certificate_verify(data, size)) __builtin_trap(); break;
    case TextKind::tls12_key_exchange: if (!is_key_exchange(data, size)) __builtin_trap(); break;
    case TextKind::refused: break;
  }
  return 0;
}
