// The vault as a whole: logins in every combination of right and wrong, what is spent,
// what the operator can do, and life in an empty chroot under the vault's own filter.
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
#include "unit/authd/scratch.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr std::string_view key_text = "12345678901234567890";
constexpr std::string_view key_base32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
constexpr std::string_view home = "192.0.2.1";
constexpr Wall noon{1'700'000'010};
constexpr Mono start{1'000'000'000};

template <class S>
S secret_of(std::string_view text) {
  S secret;
  REQUIRE(secret.assign(text));
  return secret;
}

SealingKey sealing_key(char filler = 'k') {
  return secret_of<SealingKey>(std::string(32, filler));
}

VaultConfig config_for(const std::string& path) {
  VaultConfig config;
  config.path = path;
  config.pin_cost = {10, 8, 1};
  return config;
}

// The token that everybody has in these tests: RFC 4226's key, six digits.
std::string code_at(std::int64_t counter) {
  const auto code = CodeMaker::open().value().hotp(bytes_of(key_text), static_cast<std::uint64_t>(counter),
                                                   6, Algorithm::sha1);
  const std::string text = std::to_string(code.value());
  return std::string(6 - text.size(), '0') + text;
}
std::string code_now(std::int64_t steps = 0) { return code_at(noon.s / 30 + steps); }

// A vault in a scratch directory, with alice (TOTP) and bob (HOTP), both with PIN 1234.
struct House {
  House() : vault(Vault::open(config_for(scratch.file("db")), sealing_key()).value()) {
    add("alice", {});
    add("bob", {TokenKind::hotp, Algorithm::sha1, 6, 30});
  }
  void add(std::string_view name, TokenShape shape) {
    const Pin pin = secret_of<Pin>("1234");
    REQUIRE(vault.add_user({name, shape, key_base32, pin, std::nullopt}, noon));
  }
  LoginAnswer login(std::string_view user, std::string_view pin, std::string_view code,
                    std::string_view source = home, Wall now = noon, Mono mono = start) {
    const Pin typed = secret_of<Pin>(pin);
    const Passcode passcode = secret_of<Passcode>(code);
    return vault.check({user, typed, passcode, source}, now, mono);
  }
  std::string word(std::string_view user, std::string_view pin, std::string_view code) {
    return std::string(word_of(login(user, pin, code).outcome));
  }
  void reopen() {
    { Vault closed = std::move(vault); }
    vault = Vault::open(config_for(scratch.file("db")), sealing_key()).value();
  }

  Scratch scratch;
  Vault vault;
  int logins = 0;
};

std::string reason(const auto& result) { return result ? "" : result.error().what; }

}  // namespace

TEST_CASE("a login needs the right user, PIN and passcode", "[vault]") {
  struct Row {
    const char *user, *pin, *code, *word;
  };
  static const std::string right = code_now();  // outlives the generator's rows
  const Row row = GENERATE_COPY(values<Row>({{"alice", "1234", right.c_str(), "ok"},
                                             {"alice", "1235", right.c_str(), "wrong-pin"},
                                             {"alice", "", right.c_str(), "wrong-pin"},
                                             {"alice", "1234", "000000", "wrong-passcode"},
                                             {"alice", "1234", "", "wrong-passcode"},
                                             {"alice", "1235", "000000", "wrong-passcode"},
                                             {"carol", "1234", right.c_str(), "unknown-user"},
                                             {"", "1234", right.c_str(), "unknown-user"},
                                             {"-", "1234", right.c_str(), "unknown-user"},
                                             {"Alice", "1234", right.c_str(), "unknown-user"},
                                             {"alice ", "1234", right.c_str(), "unknown-user"},
                                             {"alice' OR 1", "1234", right.c_str(), "unknown-user"}}));
  CAPTURE(row.user, row.pin, row.code);
  House house;
  const LoginAnswer answer = house.login(row.user, row.pin, row.code);
  CHECK(word_of(answer.outcome) == row.word);
  CHECK(answer.granted() == (std::string_view(row.word) == "ok"));
  CHECK(answer.user == (std::string_view(row.word) == "unknown-user" ? "" : row.user));
  CHECK(answer.fault == "");
}

TEST_CASE("a passcode works once", "[vault]") {
  House house;
  CHECK(house.word("alice", "1234", code_now()) == "ok");
  CHECK(house.word("alice", "1234", code_now()) == "spent-passcode");
  CHECK(house.word("alice", "1234", code_now(-1)) == "spent-passcode");
  CHECK(house.word("alice", "1234", code_now(1)) == "ok");
  house.reopen();
  CHECK(house.word("alice", "1234", code_now(1)) == "spent-passcode");
  CHECK(house.word("bob", "1234", code_at(0)) == "ok");
  CHECK(house.word("bob", "1234", code_at(0)) == "spent-passcode");
  CHECK(house.word("bob", "1234", code_at(11)) == "ok");
  CHECK(house.word("bob", "1234", code_at(5)) == "spent-passcode");
  CHECK(house.word("bob", "1234", code_at(23)) == "wrong-passcode");
}

TEST_CASE("a right passcode is spent when the PIN is wrong, and stays so over a restart (R5)",
          "[vault]") {
  House house;
  CHECK(house.word("alice", "wrong", code_now()) == "wrong-pin");
  house.reopen();
  CHECK(house.word("alice", "1234", code_now()) == "spent-passcode");
}

TEST_CASE("a wrong passcode spends nothing", "[vault]") {
  House house;
  CHECK(house.word("alice", "1234", "000000") == "wrong-passcode");
  CHECK(house.word("alice", "1234", code_now()) == "ok");
}

TEST_CASE("a passcode of one user is none of another's business", "[vault]") {
  House house;
  house.add("carol", {});
  CHECK(house.word("alice", "1234", code_now()) == "ok");
  CHECK(house.word("carol", "1234", code_now()) == "ok");
}

TEST_CASE("a disabled user is refused, his passcode spent all the same", "[vault]") {
  House house;
  REQUIRE(house.vault.disable("alice"));
  CHECK(house.word("alice", "1234", code_now()) == "disabled");
  REQUIRE(house.vault.enable("alice"));
  CHECK(house.word("alice", "1234", code_now()) == "spent-passcode");
  CHECK(house.word("alice", "1234", code_now(1)) == "ok");
}

TEST_CASE("a login tells when and where the last one was, and the failures since", "[vault]") {
  House house;
  const LoginAnswer first = house.login("alice", "1234", code_now(-1));
  REQUIRE(first.granted());
  CHECK_FALSE(first.last_login);
  CHECK(first.failures == 0);
  CHECK_FALSE(house.login("alice", "1234", "000000", "198.51.100.1").granted());
  CHECK_FALSE(house.login("alice", "1234", "000000", "198.51.100.1").granted());
  house.reopen();
  const LoginAnswer second = house.login("alice", "1234", code_now(), "192.0.2.7", Wall{noon.s + 5});
  REQUIRE(second.granted());
  CHECK(second.last_login == noon);
  CHECK(second.last_source == home);
  CHECK(second.failures == 2);
  const LoginAnswer third = house.login("alice", "1234", code_now(1));
  CHECK(third.last_login == Wall{noon.s + 5});
  CHECK(third.last_source == "192.0.2.7");
  CHECK(third.failures == 0);
}

TEST_CASE("a refused login tells nothing about the last one", "[vault]") {
  House house;
  REQUIRE(house.login("alice", "1234", code_now()).granted());
  const LoginAnswer refused = house.login("alice", "1234", code_now());
  CHECK_FALSE(refused.last_login);
  CHECK(refused.last_source == "");
}

TEST_CASE("the history names every judged login with its reason", "[vault]") {
  House house;
  house.login("alice", "1234", "000000");
  house.login("alice", "4321", code_now(-1));
  house.login("alice", "1234", code_now());
  const auto logins = house.vault.history("alice").value();
  REQUIRE(logins.size() == 3);
  CHECK(logins[0].result == "ok");
  CHECK(logins[1].result == "wrong-pin");
  CHECK(logins[2].result == "wrong-passcode");
  CHECK(logins[0].source == home);
  CHECK(logins[0].time == noon);
}

TEST_CASE("a throttled login is not judged and spends nothing", "[vault]") {
  House house;
  const auto at = [&](Mono mono, const std::string& code) {
    return word_of(house.login("alice", "1234", code, home, noon, mono).outcome);
  };
  for (int i = 0; i < 5; ++i) CHECK(at(start + seconds(10 * i), "000000") == "wrong-passcode");
  const Mono last = start + seconds(40);
  CHECK(at(last, code_now()) == "throttled");
  CHECK(at(last + seconds(4) - Duration{1}, code_now()) == "throttled");
  CHECK(house.vault.history("alice").value().size() == 5);
  CHECK(at(last + seconds(4), code_now()) == "ok");
  CHECK(at(last + seconds(4), code_now()) == "spent-passcode");
}

TEST_CASE("users who do not exist are throttled alike", "[vault]") {
  House house;
  for (int i = 0; i < 3; ++i) {
    CHECK(house.word("carol", "1234", "000000") == "unknown-user");
    CHECK(house.word("No Name", "1234", "000000") == "unknown-user");
    CHECK(house.word("alice", "1234", "000000") == "wrong-passcode");
  }
  CHECK(house.word("alice", "1234", code_now()) == "throttled");
  CHECK(house.word("carol", "1234", "000000") == "throttled");
  CHECK(house.word("Other Name", "1234", "000000") == "throttled");
  CHECK(house.word("dave", "1234", "000000") == "unknown-user");
}

TEST_CASE("guesses from everywhere slow strangers but not the user at a place he knows",
          "[vault]") {
  House house;
  REQUIRE(house.login("alice", "1234", code_now(-1)).granted());
  for (int i = 0; i < 20; ++i)
    house.login("alice", "1234", "000000", "198.51.100." + std::to_string(i), noon, start + seconds(100 * i));
  const Mono now = start + seconds(1901);
  CHECK(house.login("alice", "1234", code_now(), "203.0.113.1", noon, now).outcome == LoginOutcome::throttled);
  CHECK(house.login("alice", "1234", code_now(), home, noon, now).granted());
}

TEST_CASE("the guesses of a day survive a restart, until midnight or unlock", "[vault]") {
  House house;
  for (int i = 0; i < 100; ++i)
    house.login("alice", "1234", "000000", "198.51.100." + std::to_string(i), noon, start + seconds(100 * i));
  CHECK(house.vault.show("alice", noon).value().guesses_today == 100);
  CHECK(house.vault.show("alice", Wall{noon.s + 86'400}).value().guesses_today == 0);
  house.reopen();
  const auto guess = [&](Mono mono) {
    return word_of(house.login("alice", "1234", "000000", "203.0.113.1", noon, mono).outcome);
  };
  CHECK(guess(start) == "wrong-passcode");
  CHECK(guess(start + seconds(900) - Duration{1}) == "throttled");
  CHECK(guess(start + seconds(900)) == "wrong-passcode");
  REQUIRE(house.vault.unlock("alice"));
  CHECK(house.vault.show("alice", noon).value().guesses_today == 0);
  CHECK(guess(start + seconds(901)) == "wrong-passcode");
}

TEST_CASE("the first code of a new user is proof, and spent with it", "[vault]") {
  House house;
  const Pin pin = secret_of<Pin>("1234");
  const auto add = [&](std::string_view code) {
    return house.vault.add_user({"carol", {}, key_base32, pin, code}, noon);
  };
  CHECK(reason(add("000000")) == "the code does not fit the token");
  CHECK(reason(house.vault.show("carol", noon)) == "there is no user carol");
  REQUIRE(add(code_now()));
  CHECK(house.word("carol", "1234", code_now()) == "spent-passcode");
  CHECK(house.word("carol", "1234", code_now(1)) == "ok");
}

TEST_CASE("a new user gets a secret that his URI carries and his codes come from", "[vault]") {
  House house;
  const Pin pin = secret_of<Pin>("1234");
  const auto made = house.vault.add_user({"carol", {}, "", pin, std::nullopt}, noon);
  REQUIRE(made);
  CHECK(made->secret.size() == 32);
  CHECK(made->uri.text() == "otpauth://totp/Postern:carol?secret=" + std::string(made->secret.text()) +
                                "&issuer=Postern&algorithm=SHA1&digits=6&period=30");
  const auto secret = base32_decode(made->secret.text());
  REQUIRE(secret);
  const auto code = CodeMaker::open().value().hotp(secret->bytes(), static_cast<std::uint64_t>(noon.s / 30), 6, Algorithm::sha1);
  const std::string text = std::to_string(code.value());
  CHECK(house.word("carol", "1234", std::string(6 - text.size(), '0') + text) == "ok");
  const auto other = house.vault.add_user({"dave", {}, "", pin, std::nullopt}, noon);
  CHECK_FALSE(other->secret == made->secret);
}

TEST_CASE("a new user that is not sound is refused with the reason", "[vault]") {
  House house;
  const Pin pin = secret_of<Pin>("1234"), brief = secret_of<Pin>("123");
  const auto refusal = [&](NewUser user) { return reason(house.vault.add_user(user, noon)); };
  CHECK(refusal({"Carol", {}, "", pin, {}}).starts_with("that is no user name"));
  CHECK(refusal({"-", {}, "", pin, {}}).starts_with("that is no user name"));
  CHECK(refusal({"alice", {}, "", pin, {}}) == "there is a user alice already");
  CHECK(refusal({"carol", {}, "", brief, {}}).starts_with("a PIN must have"));
  CHECK(refusal({"carol", {TokenKind::totp, Algorithm::sha1, 9, 30}, "", pin, {}}).starts_with("the token must"));
  CHECK(refusal({"carol", {}, "not base32", pin, {}}).starts_with("the secret is not Base32"));
  CHECK(refusal({"carol", {}, key_base32.substr(0, 24), pin, {}}) == "the secret is shorter than 16 bytes");
}

TEST_CASE("the operator's verbs refuse a user who does not exist", "[vault]") {
  House house;
  const Pin pin = secret_of<Pin>("1234");
  for (const std::string_view name : {"carol", "-", "", "No Name"}) {
    CAPTURE(name);
    CHECK_FALSE(house.vault.show(name, noon));
    CHECK_FALSE(house.vault.disable(name));
    CHECK_FALSE(house.vault.enable(name));
    CHECK_FALSE(house.vault.remove(name));
    CHECK_FALSE(house.vault.set_pin(name, pin));
    CHECK_FALSE(house.vault.resync(name, "000000", "000001", noon));
    CHECK_FALSE(house.vault.unlock(name));
    CHECK_FALSE(house.vault.history(name));
  }
  CHECK(house.word("alice", "1234", code_now()) == "ok");  // the vault's own row is intact
  CHECK(house.word("carol", "1234", code_now()) == "unknown-user");
}

TEST_CASE("list and show tell about a user what is no secret", "[vault]") {
  House house;
  house.login("bob", "1234", "000000");
  house.login("alice", "1234", code_now());
  const auto all = house.vault.list("", 100, noon).value();
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "alice");
  CHECK(all[0].last_login == noon);
  CHECK(all[0].last_source == home);
  CHECK(all[1].name == "bob");
  CHECK(all[1].shape.kind == TokenKind::hotp);
  CHECK(all[1].failures == 1);
  CHECK(all[1].created == noon);
  CHECK(house.vault.list("alice", 100, noon).value().size() == 1);
  CHECK(house.vault.show("bob", noon).value().guesses_today == 1);
}

TEST_CASE("a new PIN replaces the old one, a bad one does not", "[vault]") {
  House house;
  CHECK_FALSE(house.vault.set_pin("alice", secret_of<Pin>("123")));
  REQUIRE(house.vault.set_pin("alice", secret_of<Pin>("new pin")));
  CHECK(house.word("alice", "1234", code_now(-1)) == "wrong-pin");
  CHECK(house.word("alice", "new pin", code_now()) == "ok");
}

TEST_CASE("a removed user is gone", "[vault]") {
  House house;
  REQUIRE(house.vault.remove("alice"));
  CHECK(house.word("alice", "1234", code_now()) == "unknown-user");
  house.add("alice", {});
  CHECK(house.word("alice", "1234", code_now()) == "ok");
  CHECK(house.vault.history("alice").value().size() == 1);
}

TEST_CASE("resync brings a token back whose clock or counter ran away, and spends both codes",
          "[vault]") {
  House house;
  CHECK(house.word("alice", "1234", code_now(-9)) == "wrong-passcode");
  REQUIRE(house.vault.resync("alice", code_now(-9), code_now(-8), noon));
  CHECK(house.vault.show("alice", noon).value().drift == -8);
  CHECK(house.word("alice", "1234", code_now(-8)) == "spent-passcode");
  CHECK(house.word("alice", "1234", code_now(-7)) == "ok");
  CHECK_FALSE(house.vault.resync("alice", code_now(-7), code_now(-6), noon));
  CHECK_FALSE(house.vault.resync("alice", code_now(3), code_now(5), noon));

  CHECK(house.word("bob", "1234", code_at(500)) == "wrong-passcode");
  REQUIRE(house.vault.resync("bob", code_at(500), code_at(501), noon));
  CHECK(house.word("bob", "1234", code_at(501)) == "spent-passcode");
  CHECK(house.word("bob", "1234", code_at(502)) == "ok");
}

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

TEST_CASE("a source that is too long is refused", "[vault]") {
  House house;
  CHECK(house.login("alice", "1234", code_now(), std::string(65, '1')).outcome == LoginOutcome::store_error);
  CHECK(house.login("alice", "1234", code_now(), std::string(64, '1')).granted());
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
  if (vault->check({"bob", wrong, first, home}, noon, start).outcome != LoginOutcome::wrong_pin)
    return 13;
  if (vault->check({"zoe", pin, bad, home}, noon, start).outcome != LoginOutcome::unknown_user)
    return 14;
  if (!vault->check({"bob", pin, second, home}, noon, start).granted()) return 15;
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

TEST_CASE("every refused login takes the time of a granted one", "[vault]") {
  // Measured in what costs time, not in time: each way through does one scrypt and two
  // commits, and a commit leaves at least one page in the WAL.
  House house;
  const auto pages_of = [&](std::string_view user, std::string_view pin, const std::string& code) {
    const auto before = std::filesystem::file_size(house.scratch.file("db-wal"));
    house.login(user, pin, code, "203.0.113." + std::to_string(++house.logins));
    return (std::filesystem::file_size(house.scratch.file("db-wal")) - before) / 4120;
  };
  const std::uintmax_t wrong_passcode = pages_of("alice", "1234", "000000");
  CHECK(wrong_passcode >= 2);
  CHECK(pages_of("alice", "4321", code_now(-1)) == wrong_passcode);
  CHECK(pages_of("alice", "4321", "000000") == wrong_passcode);
  CHECK(pages_of("alice", "1234", code_now(-1)) == wrong_passcode);
  CHECK(pages_of("carol", "1234", "000000") == wrong_passcode);
  CHECK(pages_of("Not A Name", "1234", "000000") == wrong_passcode);
}
