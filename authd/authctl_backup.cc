// Carrying backups for authctl: sealed chunks from authd into a file, and from a file to
// authd.  Nothing is opened here; authctl has no key.  A file that is not whole never has
// the name that was asked for.

#include "authd/authctl_backup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "authd/authctl_talk.h"
#include "authd/backup.h"
#include "authd/random.h"
#include "authd/vault_transfer.h"
#include "common/unique_fd.h"

namespace postern::authd {
namespace {

Result<void> write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot write the backup");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

// A file under another name until it is whole; it goes when it was not kept.
class NewFile {
 public:
  static Result<NewFile> make(const std::string& path) {
    struct stat there{};
    if (::lstat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
      return fail(quoted(path) + " is there and is no plain file");
    NewFile file;
    file.path_ = path;
    file.name_ = path + ".XXXXXX";
    file.fd_ = UniqueFd::adopt(::mkostemp(file.name_.data(), O_CLOEXEC));  // mode 0600
    if (!file.fd_) {
      file.name_.clear();
      return fail_errno("cannot write beside " + quoted(path));
    }
    return file;
  }
  NewFile(NewFile&& other) noexcept
      : path_(std::move(other.path_)), name_(std::exchange(other.name_, {})), fd_(std::move(other.fd_)) {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile() {
    if (!name_.empty()) (void)::unlink(name_.c_str());  // nothing else to try
  }
  int fd() const { return fd_.get(); }

  // On disk, and only then under its name.
  Result<void> keep() {
    if (::fsync(fd_.get()) != 0) return fail_errno("cannot write the backup");
    if (::rename(name_.c_str(), path_.c_str()) != 0) return fail_errno("cannot write " + quoted(path_));
    name_.clear();
    const std::size_t slash = path_.rfind('/');
    const std::string folder = slash == path_.npos ? "." : path_.substr(0, slash + 1);
    const UniqueFd directory = UniqueFd::adopt(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return fail_errno("cannot write " + quoted(folder));
    return {};
  }

 private:
  NewFile() = default;
  std::string path_, name_;
  UniqueFd fd_;
};

Result<std::uint64_t> draw_transfer() {
  std::array<std::byte, 8> drawn{};
  TRY_VOID(fill_random(drawn));
  std::uint64_t id = 0;
  for (const std::byte b : drawn) id = id << 8 | std::to_integer<std::uint64_t>(b);
  return id;
}

// Up to a chunk's size from a file; fewer bytes only at its end.
Result<std::vector<std::byte>> read_piece(int fd, std::size_t size, const std::string& path) {
  std::vector<std::byte> piece(size);
  std::size_t used = 0;
  while (used < size) {
    const ssize_t n = ::read(fd, piece.data() + used, size - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot read " + quoted(path));
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
  }
  piece.resize(used);
  return piece;
}

// The whole file, a chunk a message; one is read ahead, to know which is the last.
Result<void> send_file(int fd, const std::string& path, std::uint64_t transfer, AdminTalk& talk) {
  std::vector<std::byte> piece = TRY(read_piece(fd, backup_head_size, path));
  if (!is_backup_head(piece)) return fail(quoted(path) + " is no backup");
  AdminChunk chunk;
  chunk.tag = 1;
  chunk.transfer = transfer;
  for (chunk.place = 0;; ++chunk.place) {
    std::vector<std::byte> next = TRY(read_piece(fd, backup_chunk_size, path));
    chunk.last = chunk.place > 0 && next.empty();
    if (!chunk.bytes.assign(piece)) return fail(quoted(path) + " is no backup");
    TRY_VOID(talk.send(chunk));
    if (chunk.last) return {};
    piece = std::move(next);
  }
}

}  // namespace

Result<void> backup(const Wish& wish, const std::string& socket, AdminAsk& ask, Printer& printer) {
  const std::string path(wish.operands[0]);
  NewFile file = TRY(NewFile::make(path));
  AdminTalk talk = TRY(AdminTalk::open(socket));
  ask.transfer = TRY(draw_transfer());
  bool whole = false;
  std::int64_t size = 0;
  while (!whole) {
    TRY_VOID(talk.ask_chunks(ask, [&](const AdminChunk& chunk) -> Result<void> {
      if (whole || chunk.place != ask.place) return fail("authd says what it should not");
      ++ask.place;
      whole = chunk.last;
      size += static_cast<std::int64_t>(chunk.bytes.size());
      return write_all(file.fd(), chunk.bytes.bytes());
    }));
  }
  TRY_VOID(file.keep());
  printer.take(JsonRow().add("file", path).add("bytes", size).take());
  return {};
}

Result<void> restore(const Wish& wish, const std::string& socket, AdminAsk& ask, Printer& printer) {
  const std::string path(wish.operands[0]);
  const UniqueFd file = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return fail_errno("cannot open " + quoted(path));
  AdminTalk talk = TRY(AdminTalk::open(socket));
  ask.transfer = TRY(draw_transfer());
  TRY_VOID(send_file(file.get(), path, ask.transfer, talk));
  ask.dry_run = wish.has(Option::dry_run);
  TRY_VOID(talk.ask(ask, [](const JsonText&) {}));
  ask.verb = AdminVerb::restore_report;
  for (std::size_t rows = users_per_report; rows == users_per_report; ask.place += users_per_report) {
    rows = 0;
    TRY_VOID(talk.ask(ask, [&](const JsonText& row) {
      ++rows;
      printer.take(row);
    }));
  }
  return {};
}

}  // namespace postern::authd
