// A backup on its way out of the vault and back: a stream of sealed chunks that only a
// vault with the same sealing key can open.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "authd/hkdf.h"
#include "authd/seal.h"
#include "common/result.h"
#include "common/secret.h"

struct evp_cipher_st;  // OpenSSL's EVP_CIPHER

namespace postern::authd {

// A file is a head and then chunks, all of one size but the last one, which is shorter
// or of that size.
inline constexpr std::size_t backup_head_size = 16 + 32;  // what it is, and its salt
inline constexpr std::size_t backup_plain_size = 3072;    // of a chunk before it is sealed
inline constexpr std::size_t backup_chunk_size = backup_plain_size + 16;

using BackupHead = std::array<std::byte, backup_head_size>;

// True for the first bytes of a backup, of any vault.
bool is_backup_head(std::span<const std::byte> bytes);

// AES-256-GCM (NIST SP 800-38D) under a key of its own for each backup, derived from the
// sealing key and the salt by HKDF-SHA256 (RFC 5869).  Everything is looked up in open().
// Movable, not copyable.
class BackupSealer {
 public:
  static Result<BackupSealer> open(const SealingKey& key);

  // The key of one backup.
  using Key = Secret<32>;
  // A new backup: its head, with a salt that was never used, and its key.
  Result<Key> begin(BackupHead& head) const;
  // The key of the backup with this head; an error when it is none.
  Result<Key> resume(std::span<const std::byte> head) const;

  // Chunk number `index` of a backup, `plain` of 0..backup_plain_size bytes, sealed with
  // its place and whether it is the last one.
  Result<std::vector<std::byte>> seal(const Key& key, std::uint32_t index, bool last,
                                      std::span<const std::byte> plain) const;
  // What was sealed under the same key, at this place; an error for anything else.
  Result<std::vector<std::byte>> unseal(const Key& key, std::uint32_t index, bool last,
                                        std::span<const std::byte> sealed) const;

 private:
  struct Free {
    void operator()(evp_cipher_st* cipher) const;
  };
  std::unique_ptr<evp_cipher_st, Free> cipher_;
  Hkdf hkdf_;
  Secret<32> root_;  // the keys of all backups come from it, not from the sealing key itself
};

}  // namespace postern::authd
