// AES-256-GCM around what must not be read from a stolen database.  Used by the vault
// only.  The user's name and a purpose are authenticated with it, so a sealed text that
// is copied into another row does not open there.  Never seal under a fixed nonce, and
// never tell apart in an answer why something did not open.
#include "authd/seal.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>

#include "authd/random.h"

namespace postern::authd {
namespace {

constexpr std::byte version{1};
constexpr std::size_t nonce_size = 12, tag_size = 16;
constexpr std::size_t overhead = 1 + nonce_size + tag_size;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

unsigned char* raw(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
int length(std::span<const std::byte> bytes) { return static_cast<int>(bytes.size()); }

// What is authenticated beside the text: version, purpose and user, each closed by a
// zero byte, which none of them contains.
std::string bound_to(std::string_view user, std::string_view purpose) {
  std::string text("postern-seal-1");
  for (const std::string_view part : {purpose, user}) {
    text.push_back('\0');
    text.append(part);
  }
  return text;
}

std::optional<unsigned> hex_value(std::byte b) {
  const auto c = std::to_integer<unsigned>(b);
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// Key, nonce and bound text into a fresh context; `encrypt` is 1 or 0.
Result<Context> begin(const EVP_CIPHER* cipher, const SealingKey& key,
                      std::span<const std::byte> nonce, const std::string& bound, int encrypt) {
  Context context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!context ||
      EVP_CipherInit_ex2(context.get(), cipher, raw(key.bytes()), raw(nonce), encrypt, nullptr) !=
          1 ||
      EVP_CipherUpdate(context.get(), nullptr, &size,
                       reinterpret_cast<const unsigned char*>(bound.data()),
                       static_cast<int>(bound.size())) != 1)
    return fail("cannot prepare AES-256-GCM with OpenSSL");
  return context;
}

}  // namespace

Result<SealingKey> parse_sealing_key(std::span<const std::byte> text) {
  SealingKey key;
  if (text.size() == key.capacity) {
    key.assign(text);
    return key;
  }
  if (text.size() == 65 && text.back() == std::byte{'\n'}) text = text.first(64);
  if (text.size() != 64)
    return fail("cannot read the sealing key: it must be 32 bytes or 64 hexadecimal digits");
  const auto room = key.fill(key.capacity);
  for (std::size_t i = 0; i < room.size(); ++i) {
    const auto high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
    if (!high || !low)
      return fail("cannot read the sealing key: it has a character that is no hexadecimal digit");
    room[i] = static_cast<std::byte>(*high << 4 | *low);
  }
  return key;
}

Result<SealingKey> read_sealing_key(int file) {
  Secret<66> text;  // one byte more than the longest key, to notice a longer file
  const auto room = text.fill(66);
  std::size_t used = 0;
  while (used < room.size()) {
    const ssize_t got = ::pread(file, room.data() + used, room.size() - used,
                                static_cast<off_t>(used));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read the sealing key");
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  return parse_sealing_key(text.bytes().first(used));
}

void Sealer::Free::operator()(evp_cipher_st* cipher) const { EVP_CIPHER_free(cipher); }

Result<Sealer> Sealer::open(const SealingKey& key) {
  if (key.size() != key.capacity) return fail("cannot seal: the key is not 32 bytes");
  Sealer sealer;
  sealer.cipher_.reset(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  if (!sealer.cipher_) return fail("cannot fetch AES-256-GCM from OpenSSL");
  sealer.key_.assign(key.bytes());
  return sealer;
}

Result<std::vector<std::byte>> Sealer::seal(std::span<const std::byte> plain,
                                            std::string_view user,
                                            std::string_view purpose) const {
  if (plain.empty() || plain.size() > 64) return fail("cannot seal: not 1..64 bytes");
  std::vector<std::byte> sealed(overhead + plain.size());
  const std::span<std::byte> all(sealed);
  all[0] = version;
  const auto nonce = all.subspan(1, nonce_size);
  TRY_VOID(fill_random(nonce));
  const Context context = TRY(begin(cipher_.get(), key_, nonce, bound_to(user, purpose), 1));
  int size = 0;
  if (EVP_CipherUpdate(context.get(), raw(all.subspan(1 + nonce_size)), &size, raw(plain),
                       length(plain)) != 1 ||
      EVP_CipherFinal_ex(context.get(), raw(all.last(tag_size)), &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size,
                          raw(all.last(tag_size))) != 1)
    return fail("cannot seal with AES-256-GCM");
  return sealed;
}

Result<Secret<64>> Sealer::unseal(std::span<const std::byte> sealed, std::string_view user,
                                  std::string_view purpose) const {
  constexpr auto refused =
      "cannot open a sealed secret: it is damaged, or not of this place or key";
  if (sealed.size() <= overhead || sealed.size() > overhead + 64 || sealed[0] != version)
    return fail(refused);
  const auto nonce = sealed.subspan(1, nonce_size);
  const auto text = sealed.subspan(1 + nonce_size, sealed.size() - overhead);
  std::array<std::byte, tag_size> tag{};
  std::copy(sealed.end() - tag_size, sealed.end(), tag.begin());
  const Context context = TRY(begin(cipher_.get(), key_, nonce, bound_to(user, purpose), 0));
  Secret<64> plain;
  const auto room = plain.fill(text.size());
  int size = 0;
  if (EVP_CipherUpdate(context.get(), raw(room), &size, raw(text), length(text)) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) != 1 ||
      EVP_CipherFinal_ex(context.get(), raw(std::span<std::byte>(tag)), &size) != 1)
    return fail(refused);
  return plain;
}

}  // namespace postern::authd
