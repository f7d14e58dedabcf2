// What the operator can do to users.
#include "authd/vault_core.h"

#include "unit/authd/house.h"

using namespace postern;
using namespace postern::authd;

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

TEST_CASE("a user without a PIN cannot log in until he has one and is enabled", "[vault]") {
  House house;
  const Pin none;
  NewUser carol{"carol", {}, key_base32, none, {}};
  CHECK(reason(house.vault.add_user(carol, noon)).starts_with("a PIN must have"));
  carol.without_pin = true;
  REQUIRE(house.vault.add_user(carol, noon));
  const UserInfo info = house.vault.show("carol", noon).value();
  CHECK(info.disabled);
  CHECK_FALSE(info.has_pin);
  CHECK(house.word("carol", "", code_now(-1)) == "disabled");
  CHECK(reason(house.vault.enable("carol")) == "carol has no PIN yet: set-pin comes first");
  REQUIRE(house.vault.set_pin("carol", secret_of<Pin>("1234")));
  CHECK(house.word("carol", "1234", code_now()) == "disabled");
  REQUIRE(house.vault.enable("carol"));
  CHECK(house.vault.show("carol", noon).value().has_pin);
  CHECK(house.word("carol", "1234", code_now(1)) == "ok");
  const Pin pin = secret_of<Pin>("1234");
  NewUser both{"dave", {}, key_base32, pin, {}};
  both.without_pin = true;
  CHECK(reason(house.vault.add_user(both, noon)).starts_with("a PIN must have"));
}

TEST_CASE("a new user may be disabled, and his counter may have begun elsewhere", "[vault]") {
  House house;
  const Pin pin = secret_of<Pin>("1234");
  NewUser carol{"carol", {TokenKind::hotp, Algorithm::sha1, 6, 30}, key_base32, pin, {}};
  carol.counter = 700;
  carol.disabled = true;
  REQUIRE(house.vault.add_user(carol, noon));
  CHECK(house.vault.show("carol", noon).value().next == 700);
  REQUIRE(house.vault.enable("carol"));
  CHECK(house.word("carol", "1234", code_at(699)) == "spent-passcode");
  CHECK(house.word("carol", "1234", code_at(700)) == "ok");
  NewUser dave{"dave", {}, key_base32, pin, {}};
  dave.counter = 1;
  CHECK(reason(house.vault.add_user(dave, noon)) == "the counter is out of bounds");
  dave.shape.kind = TokenKind::hotp;
  dave.counter = static_cast<std::uint64_t>(max_counter) + 1;
  CHECK(reason(house.vault.add_user(dave, noon)) == "the counter is out of bounds");
  dave.counter = UINT64_MAX;
  CHECK(reason(house.vault.add_user(dave, noon)) == "the counter is out of bounds");
  CHECK_FALSE(house.vault.show("dave", noon));
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
  house.login("alice", "1234", "000000");  // at a known place
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
  CHECK(house.vault.show("bob", noon).value().guesses == 1);
  CHECK(house.vault.show("alice", noon).value().guesses == 0);
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
