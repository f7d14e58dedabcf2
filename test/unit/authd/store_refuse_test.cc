// The store and the file system: what is refused at open, and what fails later.
#include "authd/store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "authd/store_schema.h"
#include "unit/authd/stored.h"

using namespace postern;
using namespace postern::authd;

namespace {

int syncs = 0;           // how often something was written through to the disk
bool disk_fails = false;  // and whether that fails now

}  // namespace

// Stands before the C library's, for SQLite too.
extern "C" int fdatasync(int file) {
  ++syncs;
  if (disk_fails) errno = EIO;
  return disk_fails ? -1 : static_cast<int>(::syscall(SYS_fdatasync, file));
}

namespace {

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_all(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

// As somebody whom file modes bind, while it lives.
struct AsNobody {
  AsNobody() : was(::geteuid()) {
    if (was == 0) REQUIRE(::seteuid(65534) == 0);
  }
  ~AsNobody() {
    if (was == 0 && ::seteuid(0) != 0) ::abort();
  }
  uid_t was;
};

// Files cannot grow beyond `size`, while it lives.
struct FullDisk {
  explicit FullDisk(rlim_t size) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &was);
    rlimit now = was;
    now.rlim_cur = size;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &now) == 0);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &was); }
  rlimit was{};
};

}  // namespace

TEST_CASE("spending and recording are written through to the disk before they are done", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  const auto syncs_of = [](auto act) {
    const int before = syncs;
    act();
    return syncs - before;
  };
  CHECK(syncs_of([&] { CHECK(store.spend("alice", 5, 0).value()); }) == 1);
  CHECK(syncs_of([&] { CHECK_FALSE(store.spend("alice", 5, 0).value()); }) == 0);
  CHECK(syncs_of([&] {
          CHECK(store.record_login(login_of("alice", 1, "192.0.2.1", "ok")));
        }) == 1);
}

TEST_CASE("a disk that does not take it makes spending and recording fail", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  disk_fails = true;
  const auto spent = store.spend("alice", 5, 0);
  const auto recorded = store.record_login(login_of("alice", 1, "192.0.2.1", "ok"));
  disk_fails = false;
  CHECK_FALSE(spent);
  CHECK_FALSE(recorded);
  CHECK_FALSE(store.find_user("alice").value()->last_login);
  CHECK(store.spend("alice", 6, 0).value());
}

TEST_CASE("only the owner can read the database, and no shared memory file lies beside it",
          "[store]") {
  Scratch scratch;
  const mode_t mask = ::umask(0);
  Store store = store_with(scratch.file("db"));
  ::umask(mask);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
    ++files;
    const std::string name = entry.path().filename().string();
    CHECK((name == "db" || name == "db-wal"));
    struct stat about{};
    REQUIRE(::stat(entry.path().c_str(), &about) == 0);
    CHECK((about.st_mode & 07777) == 0600);
  }
  CHECK(files == 2);
}

TEST_CASE("a damaged file is refused with a reason", "[store]") {
  Scratch scratch;
  {
    Store store = store_with(scratch.file("db"), {"alice", "bob"});
    for (int i = 0; i < 100; ++i)
      REQUIRE(store.record_login(login_of("alice", i, "192.0.2.1", "wrong-pin")));
  }
  const std::string good = read_all(scratch.file("db"));
  REQUIRE(good.size() > 5 * 4096);
  const auto refused_as = [&](const std::string& changed) {
    write_all(scratch.file("db"), changed);
    return refusal(scratch.file("db"));
  };
  CHECK(refused_as("this is not a database, only some text that is long enough to be one" +
                   std::string(4096, 'x')).find("not a database") != std::string::npos);
  for (std::size_t page = 1; page * 4096 < good.size(); ++page) {
    std::string changed = good;
    changed.replace(page * 4096, 8, "\xff\xff\xff\xff\xff\xff\xff\xff");
    CAPTURE(page);
    CHECK(refused_as(changed).starts_with("cannot open the vault's database " + scratch.file("db")));
  }
  CHECK(refused_as(good.substr(0, good.size() - 4096)) != "");
  CHECK(refused_as(good) == "");
}

TEST_CASE("another program's database, or another version's, is refused", "[store]") {
  Scratch scratch;
  { Store store = store_with(scratch.file("db")); }
  const std::string good = read_all(scratch.file("db"));
  const auto refused_as = [&](std::size_t at, char value) {  // SQLite's file format, 1.3
    std::string changed = good;
    changed[at] = value;
    write_all(scratch.file("db"), changed);
    return refusal(scratch.file("db"));
  };
  CHECK(refused_as(63, 99).find("version 99") != std::string::npos);
  CHECK(refused_as(63, 0) != "");
  CHECK(refused_as(71, 'x').find("not the database of a Postern vault") != std::string::npos);
}

TEST_CASE("a path that cannot be opened for writing is refused with a reason", "[store]") {
  Scratch scratch;
  CHECK(refusal(scratch.file("none/db")).find("No such file") != std::string::npos);
  CHECK(refusal(scratch.path()) != "");
  { Store store = store_with(scratch.file("db")); }
  std::filesystem::create_symlink(scratch.file("db"), scratch.file("link"));
  CHECK(refusal(scratch.file("link")) != "");
  REQUIRE(::mkfifo(scratch.file("fifo").c_str(), 0600) == 0);
  CHECK(refusal(scratch.file("fifo")).find("not a plain file") != std::string::npos);
}

TEST_CASE("a database of somebody else, or open to others, is refused", "[store]") {
  Scratch scratch;
  { Store store = store_with(scratch.file("db")); }
  for (const mode_t mode : {0640, 0604, 0660, 0666}) {
    REQUIRE(::chmod(scratch.file("db").c_str(), mode) == 0);
    CHECK(refusal(scratch.file("db")).find("must not be open to group or others") != std::string::npos);
  }
  REQUIRE(::chmod(scratch.file("db").c_str(), 0600) == 0);
  CHECK(refusal(scratch.file("db")) == "");
  if (::geteuid() != 0) return;  // nobody else can give a file away
  REQUIRE(::chown(scratch.file("db").c_str(), 65534, 65534) == 0);
  CHECK(refusal(scratch.file("db")).find("belongs to another user") != std::string::npos);
}

TEST_CASE("a database that is taken away while it is open spends nothing any more", "[store]") {
  const std::string suffix = GENERATE("", "-wal");
  const bool replaced = GENERATE(false, true);
  CAPTURE(suffix, replaced);
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  const std::string path = scratch.file("db" + suffix), away = scratch.file("away");
  CHECK(store.spend("alice", 1, 0).value());
  std::filesystem::rename(path, away);
  if (replaced) std::filesystem::copy_file(away, path);
  CHECK_FALSE(store.spend("alice", 2, 0));
  std::filesystem::rename(away, path);
  CHECK(store.spend("alice", 2, 0).value());
}

TEST_CASE("a read-only file or directory is refused, not opened for reading", "[store]") {
  Scratch scratch;
  { Store store = store_with(scratch.file("db")); }
  REQUIRE(::chmod(scratch.file("db").c_str(), 0444) == 0);
  REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
  {
    AsNobody nobody_here;
    CHECK(refusal(scratch.file("db")).find("Permission denied") != std::string::npos);
  }
  REQUIRE(::chmod(scratch.file("db").c_str(), 0600) == 0);
  if (::geteuid() == 0) REQUIRE(::chown(scratch.file("db").c_str(), 65534, 65534) == 0);
  REQUIRE(::chmod(scratch.path().c_str(), 0555) == 0);
  {
    AsNobody nobody_here;
    CHECK(refusal(scratch.file("db")) != "");
  }
  REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
}

TEST_CASE("a full disk is an error, and nothing of a failed login is half kept", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  struct stat about{};
  REQUIRE(::stat(scratch.file("db-wal").c_str(), &about) == 0);
  {
    FullDisk full(static_cast<rlim_t>(about.st_size));
    const auto spent = store.spend("alice", 5, 0);
    REQUIRE_FALSE(spent);
    CHECK(spent.error().what.starts_with("cannot use the database: "));
    CHECK_FALSE(store.record_login(login_of("alice", 1, "192.0.2.1", "ok")));
    CHECK_FALSE(store.add_user(user_called("bob")));
  }
  CHECK_FALSE(store.find_user("bob").value());
  CHECK_FALSE(store.find_user("alice").value()->last_login);
  CHECK(store.history("alice").value().empty());
  CHECK(store.spend("alice", 5, 0).value());  // there is room again
  CHECK(store.record_login(login_of("alice", 1, "192.0.2.1", "ok")));
}

TEST_CASE("a value that somebody edited out of its bounds is an error when read", "[store]") {
  Scratch scratch;
  { Store store = store_with(scratch.file("db")); }
  {
    Database database = Database::open(scratch.file("db")).value();
    REQUIRE(database.execute("PRAGMA ignore_check_constraints=ON; UPDATE tokens SET digits = 1"));
  }
  // The check at open finds it first: integrity_check looks at the constraints as well.
  CHECK(refusal(scratch.file("db")).find("CHECK constraint failed") != std::string::npos);
}
