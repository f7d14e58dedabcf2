// Sealing a backup chunk by chunk.  Used by the vault only; whoever carries the chunks
// away (role sessions, authctl) sees nothing but sealed bytes.  The place of a chunk and
// whether it is the last one are part of its nonce, and no two backups share a key, so
// chunks that are exchanged, repeated, left out or cut off do not open.  Never tell apart
// in an answer why something did not open.
#include "authd/backup.h"

#include <openssl/evp.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "authd/random.h"

namespace postern::authd {
namespace {

constexpr std::string_view mark = "PosternBackup1\n";  // and the zero behind it
static_assert(mark.size() + 1 == 16);
constexpr std::size_t salt_size = 32, tag_size = 16;

using Nonce = std::array<std::byte, 12>;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

unsigned char* raw(std::span<std::byte> bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
int length(std::span<const std::byte> bytes) { return static_cast<int>(bytes.size()); }

Nonce nonce_of(std::uint32_t index, bool last) {
  Nonce nonce{};
  nonce[0] = std::byte{last};
  for (std::size_t i = 0; i < 4; ++i) nonce[11 - i] = static_cast<std::byte>(index >> (8 * i) & 0xff);
  return nonce;
}

Result<Context> start(const EVP_CIPHER* cipher, const BackupSealer::Key& key, const Nonce& nonce, int encrypt) {
  Context context(EVP_CIPHER_CTX_new());
  if (!context ||
      EVP_CipherInit_ex2(context.get(), cipher, raw(key.bytes()), raw(std::span<const std::byte>(nonce)), encrypt,
                         nullptr) != 1)
    return fail("cannot prepare AES-256-GCM with OpenSSL");
  return context;
}

}  // namespace

bool is_backup_head(std::span<const std::byte> bytes) {
  const auto begin = std::as_bytes(std::span(mark.data(), mark.size()));
  return bytes.size() >= backup_head_size && std::ranges::equal(bytes.first(begin.size()), begin) &&
         bytes[mark.size()] == std::byte{0};
}

void BackupSealer::Free::operator()(evp_cipher_st* cipher) const { EVP_CIPHER_free(cipher); }

Result<BackupSealer> BackupSealer::open(const SealingKey& key) {
  if (key.size() != key.capacity) return fail("cannot seal a backup: the key is not 32 bytes");
  BackupSealer sealer;
  sealer.cipher_.reset(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  if (!sealer.cipher_) return fail("cannot fetch AES-256-GCM from OpenSSL");
  sealer.hkdf_ = TRY(Hkdf::open());
  sealer.root_ = TRY(sealer.hkdf_.derive(key.bytes(), {}, "postern-backup-1"));
  return sealer;
}

Result<BackupSealer::Key> BackupSealer::begin(BackupHead& head) const {
  head = {};
  std::ranges::copy(std::as_bytes(std::span(mark.data(), mark.size())), head.begin());
  const auto salt = std::span(head).last(salt_size);
  TRY_VOID(fill_random(salt));
  return hkdf_.derive(root_.bytes(), salt, "file");
}

Result<BackupSealer::Key> BackupSealer::resume(std::span<const std::byte> head) const {
  if (head.size() != backup_head_size || !is_backup_head(head)) return fail("this is no backup of a vault");
  return hkdf_.derive(root_.bytes(), head.last(salt_size), "file");
}

Result<std::vector<std::byte>> BackupSealer::seal(const Key& key, std::uint32_t index, bool last,
                                                  std::span<const std::byte> plain) const {
  if (plain.size() > backup_plain_size) return fail("cannot seal a backup: the chunk is too large");
  std::vector<std::byte> sealed(plain.size() + tag_size);
  const std::span<std::byte> all(sealed);
  const Nonce nonce = nonce_of(index, last);
  const Context context = TRY(start(cipher_.get(), key, nonce, 1));
  int size = 0;
  const bool done =
      (plain.empty() || EVP_CipherUpdate(context.get(), raw(all), &size, raw(plain), length(plain)) == 1) &&
      EVP_CipherFinal_ex(context.get(), raw(all.last(tag_size)), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, raw(all.last(tag_size))) == 1;
  if (!done) return fail("cannot seal a backup with AES-256-GCM");
  return sealed;
}

Result<std::vector<std::byte>> BackupSealer::unseal(const Key& key, std::uint32_t index, bool last,
                                                    std::span<const std::byte> sealed) const {
  constexpr auto refused = "this backup cannot be opened: it is damaged or not whole, or of another sealing key";
  if (sealed.size() < tag_size || sealed.size() > backup_chunk_size) return fail(refused);
  const auto text = sealed.first(sealed.size() - tag_size);
  std::array<std::byte, tag_size> tag{};
  std::ranges::copy(sealed.last(tag_size), tag.begin());
  const Nonce nonce = nonce_of(index, last);
  const Context context = TRY(start(cipher_.get(), key, nonce, 0));
  std::vector<std::byte> plain(text.size());
  int size = 0;
  const bool done =
      (text.empty() || EVP_CipherUpdate(context.get(), raw(std::span(plain)), &size, raw(text), length(text)) == 1) &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1 &&
      EVP_CipherFinal_ex(context.get(), raw(std::span<std::byte>(tag)), &size) == 1;
  if (!done) return fail(refused);
  return plain;
}

}  // namespace postern::authd
