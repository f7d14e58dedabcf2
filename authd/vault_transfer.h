// Backups between the vault and authctl, chunk by chunk, each on a question of its own:
// so nothing piles up on the way, and logins have their turn in between.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "authd/backup.h"
#include "authd/vault_core.h"
#include "common/channel.h"
#include "common/loop.h"

namespace postern::authd {

// Chunks of one answer, and users of one part of a report.
inline constexpr std::uint32_t chunks_per_answer = 16, users_per_report = 64;

class VaultTransfers {
 public:
  // What it works with; all of it must outlive it.
  struct Outside {
    Loop& loop;
    Wall (*wall)();
    Duration patience = seconds(60);  // with an operator who does not go on
  };
  VaultTransfers(const Outside& outside, Vault& vault) : outside_(outside), vault_(vault) {}

  // Some chunks of a backup from number `place` on, to `to`.  The one in place 0 begins a
  // backup of this moment; one at a time, the latest.
  Result<void> send_backup(const AdminAsk& ask, Channel& to);
  // The next chunk of a backup that is to be restored; in place 0 a new one begins.
  Result<void> take_chunk(const AdminChunk& chunk);
  // Restores what has come, or (`dry_run`) says what would become of it, and tells in
  // numbers; then which user became what, from number `place` on.
  Result<void> restore(const AdminAsk& ask, Channel& to);
  Result<void> send_report(const AdminAsk& ask, Channel& to);

 private:
  // Content: when it was made and how large the image is, eight bytes each; the image.
  struct Outgoing {
    std::uint64_t transfer = 0;
    BackupHead head{};
    BackupSealer::Key key;
    std::vector<std::byte> begin;
    DatabaseImage image;
  };
  struct Incoming {
    std::uint64_t transfer = 0;
    std::uint32_t next = 0;    // the chunk that must come now
    BackupSealer::Key key;
    std::vector<std::byte> content;
    Wall made;
    std::size_t size = 0;      // of the image, as the first chunk says
    bool whole = false;
    std::vector<RestoredUser> report;
  };

  Result<void> begin_backup(std::uint64_t transfer);
  Result<AdminChunk> chunk_at(const AdminAsk& ask, std::uint32_t place) const;
  Result<void> begin_restore(const AdminChunk& chunk);
  Result<void> append(const AdminChunk& chunk);
  Result<void> read_begin();
  void keep_for_a_while();

  Outside outside_;
  Vault& vault_;
  std::optional<Outgoing> outgoing_;
  std::optional<Incoming> incoming_;
  Timer patience_;
};

}  // namespace postern::authd
