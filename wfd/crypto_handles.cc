// Small helpers around OpenSSL's crypto objects, shared by signing, certificates and TLS.
// Nothing here decides anything but which kinds of keys we use at all.  Never put here:
// an SSL object, or a key that is kept.
#include "wfd/crypto_handles.h"

#include <limits>

namespace postern::wfd {

BioHandle read_from(std::span<const std::byte> bytes) {
  if (bytes.size() > std::size_t{std::numeric_limits<int>::max()}) return nullptr;
  return BioHandle(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Failure fail_openssl(std::string what) {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return fail(std::move(what) + ": " + (reason ? reason : "refused by OpenSSL"));
}

KeyKind key_kind(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_is_a(key, "RSA"))
    return bits < 2048 || bits > 4096 ? KeyKind{} : KeyKind{KeyType::rsa, bits};
  if (!EVP_PKEY_is_a(key, "EC")) return {};
  char group[32] = {};
  std::size_t size = 0;
  if (!EVP_PKEY_get_group_name(key, group, sizeof group, &size)) return {};
  const std::string_view name(group, size);
  if (name == "prime256v1") return {KeyType::ec, 256};
  if (name == "secp384r1") return {KeyType::ec, 384};
  return {};
}

}  // namespace postern::wfd
