// The sealed stream of a backup: what was sealed opens in its place, and nowhere else.
#include "authd/backup.h"

#include "unit/authd/house.h"

using namespace postern;
using namespace postern::authd;

namespace {

using Chunks = std::vector<std::vector<std::byte>>;

struct Sealed {
  BackupSealer sealer = BackupSealer::open(sealing_key()).value();
  BackupHead head{};
  BackupSealer::Key key = sealer.begin(head).value();
  Chunks chunks;

  explicit Sealed(std::initializer_list<std::size_t> sizes) {
    std::uint32_t index = 0;
    for (const std::size_t size : sizes) {
      const std::vector<std::byte> plain(size, static_cast<std::byte>('a' + index));
      chunks.push_back(sealer.seal(key, index, index + 1 == sizes.size(), plain).value());
      ++index;
    }
  }
};

// How many bytes come out of it; nothing when it is refused.
std::optional<std::size_t> opened(const BackupSealer& sealer, std::span<const std::byte> head, const Chunks& chunks) {
  const auto key = sealer.resume(head);
  if (!key) return {};
  std::size_t size = 0;
  for (std::uint32_t i = 0; i < chunks.size(); ++i) {
    const auto plain = sealer.unseal(*key, i, i + 1 == chunks.size(), chunks[i]);
    if (!plain) return {};
    for (const std::byte b : *plain) REQUIRE(b == static_cast<std::byte>('a' + i));
    size += plain->size();
  }
  return size;
}

}  // namespace

TEST_CASE("a backup opens with the same sealing key, and with no other", "[backup]") {
  const Sealed made({backup_plain_size, backup_plain_size, 5});
  CHECK(opened(made.sealer, made.head, made.chunks) == 2 * backup_plain_size + 5);
  CHECK(opened(BackupSealer::open(sealing_key()).value(), made.head, made.chunks) == 2 * backup_plain_size + 5);
  CHECK_FALSE(opened(BackupSealer::open(sealing_key('x')).value(), made.head, made.chunks));
  const Sealed empty({0});
  CHECK(opened(empty.sealer, empty.head, empty.chunks) == 0);
}

TEST_CASE("every flipped bit of a backup is noticed", "[backup]") {
  const Sealed made({40, 9});
  for (std::size_t at = 0; at < made.head.size() * 8; ++at) {
    BackupHead head = made.head;
    head[at / 8] ^= static_cast<std::byte>(1 << at % 8);
    INFO("bit " << at << " of the head");
    CHECK_FALSE(opened(made.sealer, head, made.chunks));
  }
  for (std::size_t chunk = 0; chunk < made.chunks.size(); ++chunk)
    for (std::size_t at = 0; at < made.chunks[chunk].size() * 8; ++at) {
      Chunks chunks = made.chunks;
      chunks[chunk][at / 8] ^= static_cast<std::byte>(1 << at % 8);
      INFO("bit " << at << " of chunk " << chunk);
      CHECK_FALSE(opened(made.sealer, made.head, chunks));
    }
}

TEST_CASE("chunks that are missing, exchanged, repeated or of another backup do not open", "[backup]") {
  const Sealed made({8, 8, 8}), other({8, 8, 8});
  const Chunks& c = made.chunks;
  for (const Chunks& wrong : {Chunks{c[0], c[1]}, Chunks{c[0]}, Chunks{c[0], c[2]}, Chunks{c[1], c[0], c[2]},
                              Chunks{c[0], c[1], c[2], c[2]}, Chunks{c[0], c[0], c[2]}, Chunks{c[2]},
                              Chunks{c[0], other.chunks[1], c[2]}, Chunks{c[0], c[1], {}}})
    CHECK_FALSE(opened(made.sealer, made.head, wrong));
  CHECK_FALSE(opened(made.sealer, other.head, c));
  Chunks cut = c;
  cut[2].pop_back();
  CHECK_FALSE(opened(made.sealer, made.head, cut));
  cut[2].assign(backup_chunk_size + 1, std::byte{0});
  CHECK_FALSE(opened(made.sealer, made.head, cut));
}

TEST_CASE("no two backups look alike, and none shows what is in it", "[backup]") {
  const Sealed one({32}), two({32});
  CHECK(one.head != two.head);
  CHECK(one.chunks != two.chunks);
  const std::string_view text(reinterpret_cast<const char*>(one.chunks[0].data()), one.chunks[0].size());
  CHECK(text.find("aaaa") == text.npos);
}

TEST_CASE("what is no backup is told apart by its first bytes", "[backup]") {
  const Sealed made({1});
  CHECK(is_backup_head(made.head));
  CHECK_FALSE(is_backup_head(std::span(made.head).first(backup_head_size - 1)));
  CHECK_FALSE(is_backup_head({}));
  CHECK_FALSE(is_backup_head(bytes_of("SQLite format 3" + std::string(100, '\0'))));
  CHECK_FALSE(made.sealer.resume(bytes_of(std::string(backup_head_size, 'P'))));
  CHECK_FALSE(made.sealer.seal(made.key, 0, true, std::vector<std::byte>(backup_plain_size + 1)));
}
