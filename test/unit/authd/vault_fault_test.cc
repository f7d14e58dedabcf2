// The vault when its surroundings fail or lie, and in an empty chroot under its own filter.
#include "authd/vault_core.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "common/sandbox.h"
#include "unit/authd/house.h"

using namespace postern;
using namespace postern::authd;

TEST_CASE("another sealing key does not open the vault", "[vault]") {
  Scratch scratch;
  { REQUIRE(Vault::open(config_for(scratch.file("db")), sealing_key())); }
  const auto wrong = Vault::open(config_for(scratch.file("db")), sealing_key('x'));
  CHECK(reason(wrong).find("sealing key does not belong") != std::string::npos);
  CHECK(Vault::open(config_for(scratch.file("db")), sealing_key()));
}

TEST_CASE("a sealed secret that is moved to another user's row opens nothing", "[vault]") {
  House house;
  { Vault closed = std::move(house.vault); }
  {
    Database database = Database::open(house.scratch.file("db")).value();
    REQUIRE(database.execute("UPDATE tokens SET sealed = (SELECT sealed FROM tokens WHERE user ="
                             " 'bob') WHERE user = 'alice'"));
  }
  house.vault = Vault::open(config_for(house.scratch.file("db")), sealing_key()).value();
  const LoginAnswer answer = house.login("alice", "1234", code_now());
  CHECK(answer.outcome == LoginOutcome::store_error);
  CHECK(answer.fault.starts_with("cannot open a sealed secret"));
  CHECK(house.word("bob", "1234", code_at(0)) == "ok");
}

TEST_CASE("a login that cannot be written down is refused, right as it may be", "[vault]") {
  House house;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit was{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &was) == 0);
  rlimit none = was;
  none.rlim_cur = 0;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  const LoginAnswer right = house.login("alice", "1234", code_now());
  const LoginAnswer unknown = house.login("carol", "1234", code_now());
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &was) == 0);
  CHECK(right.outcome == LoginOutcome::store_error);
  CHECK(right.fault != "");
  CHECK(unknown.outcome == LoginOutcome::store_error);
  CHECK(house.word("alice", "1234", code_now(1)) == "ok");
}

TEST_CASE("neither PIN nor secret stands readable in the files", "[vault]") {
  House house;
  const Pin pin = secret_of<Pin>("very secret pin");
  REQUIRE(house.vault.add_user({"carol", {}, key_base32, pin, std::nullopt}, noon));
  house.login("carol", "very secret pin", code_now());
  for (const char* name : {"db", "db-wal"}) {
    std::ifstream in(house.scratch.file(name), std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    CHECK(all.size() > 0);
    CHECK(all.find("very secret pin") == all.npos);
    CHECK(all.find(key_text) == all.npos);
    CHECK(all.find(key_base32) == all.npos);
    CHECK(all.find(code_now()) == all.npos);
  }
}

namespace {

// Everything a vault does in its life; a number that says which step failed, 0 for none.
int whole_life(const VaultConfig& config, const SealingKey& key) {
  auto vault = Vault::open(config, key);
  if (!vault) return 10;
  Pin pin, wrong;
  Passcode first, second, bad;
  if (!pin.assign("1234") || !wrong.assign("4321") || !bad.assign("000000")) return 9;
  if (!first.assign("755224") || !second.assign("287082")) return 9;  // counters 0 and 1
  const TokenShape counted{TokenKind::hotp, Algorithm::sha1, 6, 30};
  if (!vault->add_user({"bob", counted, key_base32, pin, std::nullopt}, noon)) return 11;
  if (!vault->add_user({"eve", {}, "", pin, std::nullopt}, noon)) return 12;
  const Address at_home = Address::parse(home).value();
  if (vault->check({"bob", wrong, first, at_home}, noon, start).outcome != LoginOutcome::wrong_pin)
    return 13;
  if (vault->check({"zoe", pin, bad, at_home}, noon, start).outcome != LoginOutcome::unknown_user)
    return 14;
  if (!vault->check({"bob", pin, second, at_home}, noon, start).granted()) return 15;
  if (!vault->set_pin("bob", wrong) || !vault->disable("bob") || !vault->unlock("bob")) return 16;
  if (!vault->remove("eve") || !vault->history("bob")) return 17;
  { Vault closed = std::move(*vault); }  // writes the WAL back and removes it
  vault = Vault::open(config, key);
  if (!vault || vault->list("", 100, noon).value().size() != 1) return 18;
  return 0;
}

// In the only child that does it: no way back.  2 when this machine does not let us.
int live_in_jail(const std::string& root) {
  VaultConfig config = config_for("/db/authd.sqlite");
  config.pin_cost = {};  // the real one: its memory must be permitted too
  SealingKey key;
  if (!key.assign(std::string(32, 'k')) || !Vault::prepare_libraries()) return 3;
  const bool is_root = ::geteuid() == 0;
  if (!is_root && ::unshare(CLONE_NEWUSER) != 0) return 2;
  if (is_root && (::chmod(root.c_str(), 0755) != 0 || ::chown((root + "/db").c_str(), 65534, 65534) != 0))
    return 3;
  if (::chroot(root.c_str()) != 0 || ::chdir("/") != 0) return 2;
  if (is_root && (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0))
    return 3;
  auto filter = Sandbox::compile(Role::vault, false);
  if (!filter || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !filter->install()) return 4;
  return whole_life(config, key);
}

}  // namespace

TEST_CASE("a vault lives its whole life in an empty chroot under its own filter", "[vault][jail]") {
  Scratch scratch;
  REQUIRE(std::filesystem::create_directory(scratch.file("db")));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(live_in_jail(scratch.path()));
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
    WARN("skipped: no chroot without root or user namespaces here");
    return;
  }
  CHECK_FALSE((WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS));
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(std::filesystem::exists(scratch.file("db/authd.sqlite")));
}
