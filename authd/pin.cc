// scrypt (RFC 7914) around PINs.  Used by the vault only.  The parameters stand in the
// stored text, so the cost can be raised for new PINs while old ones still open; they are
// bounded when read, so a damaged row cannot ask for a gigabyte.  Never shorten a hash
// or skip one because the answer is already known: the time it takes is part of it.
#include "authd/pin.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "authd/random.h"
#include "common/eight.h"

namespace postern::authd {
namespace {

constexpr std::size_t salt_size = 16, hash_size = 32;
constexpr std::string_view hex_digits = "0123456789abcdef";

struct FreeContext {
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

struct Stored {
  PinCost cost;
  std::array<std::byte, salt_size> salt{};
  std::array<std::byte, hash_size> hash{};
};

bool is_sound(const PinCost& cost) {
  return cost.log_n >= 10 && cost.log_n <= 18 && cost.r >= 1 && cost.r <= 8 && cost.p >= 1 &&
         cost.p <= 4;
}

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    text.push_back(hex_digits[std::to_integer<std::size_t>(b >> 4)]);
    text.push_back(hex_digits[std::to_integer<std::size_t>(b & std::byte{15})]);
  }
  return text;
}

bool from_hex(std::string_view text, std::span<std::byte> to) {
  if (text.size() != 2 * to.size()) return false;
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::size_t high = hex_digits.find(text[2 * i]), low = hex_digits.find(text[2 * i + 1]);
    if (high == hex_digits.npos || low == hex_digits.npos) return false;
    to[i] = static_cast<std::byte>(high << 4 | low);
  }
  return true;
}

bool to_number(std::string_view text, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// The part before the next colon, which is taken off `text`.
std::string_view next_part(std::string_view& text) {
  const std::size_t end = std::min(text.find(':'), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::optional<Stored> parse(std::string_view text) {
  Stored stored;
  const bool good = next_part(text) == "scrypt" && to_number(next_part(text), stored.cost.log_n) &&
                    to_number(next_part(text), stored.cost.r) &&
                    to_number(next_part(text), stored.cost.p) &&
                    from_hex(next_part(text), stored.salt) && from_hex(text, stored.hash);
  if (!good || !is_sound(stored.cost)) return std::nullopt;
  return stored;
}

}  // namespace

bool is_sound_pin(std::string_view pin) {
  return pin.size() >= 4 && pin.size() <= 64 &&
         std::all_of(pin.begin(), pin.end(), is_visible);
}

void PinHasher::Free::operator()(evp_kdf_st* kdf) const { EVP_KDF_free(kdf); }

Result<PinHasher> PinHasher::open(PinCost cost) {
  if (!is_sound(cost)) return fail("cannot use scrypt: cost out of range");
  PinHasher hasher;
  hasher.scrypt_.reset(EVP_KDF_fetch(nullptr, "SCRYPT", nullptr));
  if (!hasher.scrypt_) return fail("cannot fetch scrypt from OpenSSL");
  hasher.cost_ = cost;
  return hasher;
}

Result<Secret<32>> PinHasher::derive(std::string_view pin, std::span<const std::byte> salt,
                                     PinCost cost) const {
  std::uint64_t n = std::uint64_t{1} << cost.log_n, r = cost.r, p = cost.p;
  std::uint64_t memory = 128 * r * (n + p + 2) + (1 << 20);
  // OpenSSL takes parameters through pointers to non-const and only reads them.
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, const_cast<char*>(pin.data()),
                                        pin.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
                                        const_cast<std::byte*>(salt.data()), salt.size()),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_R, &r),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_P, &p),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
      OSSL_PARAM_construct_end()};
  const std::unique_ptr<EVP_KDF_CTX, FreeContext> context(EVP_KDF_CTX_new(scrypt_.get()));
  Secret<32> hash;
  const auto room = hash.fill(hash_size);
  if (!context || EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(room.data()),
                                 room.size(), params) != 1)
    return fail("cannot compute scrypt with OpenSSL");
  return hash;
}

Result<std::string> PinHasher::hash(const Pin& pin) const {
  std::array<std::byte, salt_size> salt{};
  TRY_VOID(fill_random(salt));
  const Secret<32> hash = TRY(derive(pin.text(), salt, cost_));
  return "scrypt:" + std::to_string(cost_.log_n) + ":" + std::to_string(cost_.r) + ":" +
         std::to_string(cost_.p) + ":" + to_hex(salt) + ":" + to_hex(hash.bytes());
}

Result<std::string> PinHasher::dummy() const {
  Pin pin;
  TRY_VOID(fill_random(pin.fill(pin.capacity)));
  return hash(pin);
}

Result<bool> PinHasher::verify(const Pin& pin, std::string_view text) const {
  const auto stored = parse(text);
  if (!stored) return fail("cannot verify a PIN: its stored hash is damaged");
  const Secret<32> hash = TRY(derive(pin.text(), stored->salt, stored->cost));
  return same_secret(hash.bytes(), stored->hash);
}

}  // namespace postern::authd
