// The store: what is remembered over a close, a kill and a second opener; what is refused.
#include "authd/store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "unit/authd/scratch.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

UserRow user_called(const std::string& name) {
  UserRow user;
  user.name = name;
  user.pin_hash = "hash of " + name;
  user.created = {1000};
  user.sealed_secret = bytes_of("sealed for " + name);
  return user;
}

Store store_with(const std::string& path, std::initializer_list<const char*> names = {"alice"}) {
  Store store = Store::open(path).value();
  for (const char* name : names) REQUIRE(store.add_user(user_called(name)));
  return store;
}

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_all(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::string refusal(const std::string& path) {
  const auto store = Store::open(path);
  return store ? "" : store.error().what;
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

TEST_CASE("a user comes back as he was added", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"), {});
  UserRow user = user_called("alice");
  user.disabled = true;
  user.token = {{TokenKind::hotp, Algorithm::sha512, 8, 3600}, 17, -3};
  REQUIRE(store.add_user(user));
  const UserRow back = store.find_user("alice").value().value();
  CHECK(back.name == "alice");
  CHECK(back.pin_hash == "hash of alice");
  CHECK(back.disabled);
  CHECK(back.created == Wall{1000});
  CHECK_FALSE(back.last_login);
  CHECK(back.failures == 0);
  CHECK(back.sealed_secret == bytes_of("sealed for alice"));
  CHECK(back.token.shape.kind == TokenKind::hotp);
  CHECK(back.token.shape.algorithm == Algorithm::sha512);
  CHECK(back.token.shape.digits == 8);
  CHECK(back.token.shape.period == 3600);
  CHECK(back.token.next == 17);
  CHECK(back.token.drift == -3);
  CHECK_FALSE(store.find_user("bob").value());
}

TEST_CASE("a second user of one name is an error and changes nothing", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  UserRow other = user_called("alice");
  other.pin_hash = "other";
  CHECK_FALSE(store.add_user(other));
  CHECK(store.find_user("alice").value()->pin_hash == "hash of alice");
  CHECK(store.spend("alice", 1, 0).value());  // and the store still works
}

TEST_CASE("a token out of bounds is not stored", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"), {});
  UserRow user = user_called("alice");
  user.token.shape.digits = 9;
  CHECK_FALSE(store.add_user(user));
  user.token.shape.digits = 6;
  user.token.next = -1;
  CHECK_FALSE(store.add_user(user));
  user.token.next = 0;
  user.token.drift = 21;
  CHECK_FALSE(store.add_user(user));
  CHECK_FALSE(store.find_user("alice").value());
}

TEST_CASE("a counter is spent once, with all below it", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"), {"alice", "bob"});
  CHECK(store.spend("alice", 100, 1).value());
  CHECK(store.find_user("alice").value()->token.next == 101);
  CHECK(store.find_user("alice").value()->token.drift == 1);
  for (const std::int64_t spent : {100, 99, 0}) CHECK_FALSE(store.spend("alice", spent, 0).value());
  CHECK(store.find_user("alice").value()->token.next == 101);
  CHECK(store.spend("alice", 101, 0).value());
  CHECK(store.spend("bob", 0, 0).value());
  CHECK_FALSE(store.spend("carol", 0, 0).value());
  CHECK_FALSE(store.spend("alice", -1, 0));
  CHECK_FALSE(store.spend("alice", max_counter, 0));
  CHECK_FALSE(store.spend("alice", 200, 21));  // the table refuses the drift
  CHECK(store.find_user("alice").value()->token.next == 102);
}

TEST_CASE("two handles cannot both spend: the second does not even open", "[store]") {
  Scratch scratch;
  {
    Store first = store_with(scratch.file("db"));
    CHECK(refusal(scratch.file("db")).find("locked") != std::string::npos);
    const pid_t other = ::fork();
    if (other == 0) {
      const auto second = Store::open(scratch.file("db"));
      ::_exit(second ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(other, &status, 0) == other);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 1));
    CHECK(first.spend("alice", 5, 0).value());
  }
  Store second = Store::open(scratch.file("db")).value();
  CHECK_FALSE(second.spend("alice", 5, 0).value());
}

TEST_CASE("a store that is opened again has kept everything", "[store]") {
  Scratch scratch;
  {
    Store store = store_with(scratch.file("db"));
    REQUIRE(store.spend("alice", 41, -2).value());
    REQUIRE(store.record_login({"alice", {5000}, "192.0.2.1", "ok", true, false}));
    REQUIRE(store.record_login({"alice", {90'000}, "192.0.2.9", "wrong-pin", false, true}));
  }
  Store store = Store::open(scratch.file("db")).value();
  const UserRow user = store.find_user("alice").value().value();
  CHECK(user.token.next == 42);
  CHECK(user.token.drift == -2);
  CHECK(user.last_login == Wall{5000});
  CHECK(user.last_source == "192.0.2.1");
  CHECK(user.failures == 1);
  CHECK(user.guess_day == 1);
  CHECK(user.guesses == 1);
  CHECK(store.knows_source("alice", "192.0.2.1").value());
  CHECK(store.history("alice").value().size() == 2);
}

TEST_CASE("a process that is killed right after spending loses nothing", "[store]") {
  Scratch scratch;
  { Store store = store_with(scratch.file("db")); }
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = Store::open(scratch.file("db"));
    if (!store || !store->spend("alice", 7, 0).value_or(false)) ::_exit(1);
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  Store store = Store::open(scratch.file("db")).value();
  CHECK_FALSE(store.spend("alice", 7, 0).value());
  CHECK(store.find_user("alice").value()->token.next == 8);
}

TEST_CASE("history keeps the last fifty of each user, newest first", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"), {"alice", "bob"});
  REQUIRE(store.record_login({"bob", {1}, "192.0.2.1", "ok", true, false}));
  for (int i = 0; i < 120; ++i)
    REQUIRE(store.record_login({"alice", {i}, "192.0.2.2", "wrong-pin", false, true}));
  const auto logins = store.history("alice").value();
  REQUIRE(logins.size() == 50);
  CHECK(logins.front().time == Wall{119});
  CHECK(logins.back().time == Wall{70});
  CHECK(logins.front().result == "wrong-pin");
  CHECK(logins.front().source == "192.0.2.2");
  CHECK(store.history("bob").value().size() == 1);
  CHECK(store.find_user("alice").value()->failures == 120);
}

TEST_CASE("failures do not make the last login or a known source forgotten", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  REQUIRE(store.record_login({"alice", {10}, "192.0.2.1", "ok", true, false}));
  for (int i = 0; i < 60; ++i)
    REQUIRE(store.record_login({"alice", {20 + i}, "198.51.100.1", "wrong-pin", false, true}));
  CHECK(store.find_user("alice").value()->last_login == Wall{10});
  CHECK(store.knows_source("alice", "192.0.2.1").value());
  CHECK_FALSE(store.knows_source("alice", "198.51.100.1").value());
  CHECK_FALSE(store.knows_source("bob", "192.0.2.1").value());
}

TEST_CASE("the sixteen latest sources of a user are known", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  const auto source = [](int i) { return "2001:db8::" + std::to_string(i); };
  for (int i = 0; i < 16; ++i) REQUIRE(store.record_login({"alice", {i}, source(i), "ok", true, false}));
  REQUIRE(store.record_login({"alice", {100}, source(0), "ok", true, false}));  // seen again
  REQUIRE(store.record_login({"alice", {101}, source(16), "ok", true, false}));
  CHECK(store.knows_source("alice", source(0)).value());
  CHECK_FALSE(store.knows_source("alice", source(1)).value());
  for (int i = 2; i <= 16; ++i) CHECK(store.knows_source("alice", source(i)).value());
}

TEST_CASE("guesses are counted by the day and only those that are guesses", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  const auto fail_at = [&](std::int64_t time, bool guess) {
    REQUIRE(store.record_login({"alice", {time}, "192.0.2.1", "wrong-pin", false, guess}));
    const UserRow user = store.find_user("alice").value().value();
    return std::pair(user.guess_day, user.guesses);
  };
  CHECK(fail_at(86'398, true) == std::pair(std::int64_t{0}, 1u));
  CHECK(fail_at(86'399, true) == std::pair(std::int64_t{0}, 2u));
  CHECK(fail_at(86'400, true) == std::pair(std::int64_t{1}, 1u));
  CHECK(fail_at(86'401, false) == std::pair(std::int64_t{1}, 1u));
  CHECK(store.forget_guesses("alice").value());
  CHECK(store.find_user("alice").value()->guesses == 0);
  CHECK(store.find_user("alice").value()->failures == 4);
}

TEST_CASE("removing a user removes his token, history and sources", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  REQUIRE(store.spend("alice", 500, 0).value());
  REQUIRE(store.record_login({"alice", {10}, "192.0.2.1", "ok", true, false}));
  CHECK(store.remove_user("alice").value());
  CHECK_FALSE(store.remove_user("alice").value());
  REQUIRE(store.add_user(user_called("alice")));
  CHECK(store.find_user("alice").value()->token.next == 0);
  CHECK(store.history("alice").value().empty());
  CHECK_FALSE(store.knows_source("alice", "192.0.2.1").value());
}

TEST_CASE("what concerns nobody is false, and a record of nobody an error", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  CHECK_FALSE(store.set_disabled("bob", true).value());
  CHECK_FALSE(store.set_pin("bob", "x").value());
  CHECK_FALSE(store.forget_guesses("bob").value());
  CHECK_FALSE(store.record_login({"bob", {1}, "192.0.2.1", "ok", true, false}));
  CHECK(store.set_disabled("alice", true).value());
  CHECK(store.set_pin("alice", "new").value());
  CHECK(store.find_user("alice").value()->disabled);
  CHECK(store.find_user("alice").value()->pin_hash == "new");
}

TEST_CASE("users are listed by name, page by page, without the vault's own row", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"), {"carol", "-", "alice", "bob"});
  const auto names = [&](std::string_view after, std::size_t most) {
    std::string all;
    const auto users = store.list_users(after, most).value();
    for (const UserRow& user : users) all += user.name + " ";
    return all;
  };
  CHECK(names("", 100) == "alice bob carol ");
  CHECK(names("", 2) == "alice bob ");
  CHECK(names("bob", 2) == "carol ");
  CHECK(names("carol", 2) == "");
}

TEST_CASE("text that looks like SQL is only text", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  const std::string evil = "x' OR '1'='1";
  CHECK_FALSE(store.find_user(evil).value());
  CHECK_FALSE(store.remove_user(evil).value());
  CHECK_FALSE(store.find_user(std::string("alice\0", 6)).value());
  CHECK(store.find_user("alice").value());
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
      REQUIRE(store.record_login({"alice", {i}, "192.0.2.1", "wrong-pin", false, true}));
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
  CHECK(refused_as(63, 2).find("version 2") != std::string::npos);
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

TEST_CASE("a read-only file or directory is refused, not opened for reading", "[store]") {
  Scratch scratch;
  { Store store = store_with(scratch.file("db")); }
  REQUIRE(::chmod(scratch.file("db").c_str(), 0444) == 0);
  REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
  {
    AsNobody nobody_here;
    CHECK(refusal(scratch.file("db")).find("Permission denied") != std::string::npos);
  }
  REQUIRE(::chmod(scratch.file("db").c_str(), 0666) == 0);
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
    CHECK_FALSE(store.record_login({"alice", {1}, "192.0.2.1", "ok", true, false}));
    CHECK_FALSE(store.add_user(user_called("bob")));
  }
  CHECK_FALSE(store.find_user("bob").value());
  CHECK_FALSE(store.find_user("alice").value()->last_login);
  CHECK(store.history("alice").value().empty());
  CHECK(store.spend("alice", 5, 0).value());  // there is room again
  CHECK(store.record_login({"alice", {1}, "192.0.2.1", "ok", true, false}));
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
