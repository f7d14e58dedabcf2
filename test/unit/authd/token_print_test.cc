// Tokens whose users are gone: what was spent of them stays spent.
#include "authd/token_print.h"

#include <set>

#include "unit/authd/house.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr TokenShape hotp{TokenKind::hotp, Algorithm::sha1, 6, 30};

// The house without alice and bob, who have logged in with their tokens before.
struct Left : House {
  Left() {
    CHECK(word("alice", "1234", code_now()) == "ok");
    for (int counter = 0; counter < 3; ++counter) CHECK(word("bob", "1234", code_at(counter)) == "ok");
    for (const char* user : {"alice", "bob"}) REQUIRE(vault.remove(user));
  }
};

}  // namespace

TEST_CASE("a print tells tokens apart by all that makes their codes, and needs the key", "[print]") {
  const TokenPrinter printer = TokenPrinter::open(sealing_key()).value();
  const auto of = [](const TokenPrinter& by, const TokenShape& shape, std::string_view secret) {
    return by.print(shape, bytes_of(secret)).value();
  };
  const TokenPrint one = of(printer, {}, key_text);
  CHECK(of(printer, {}, key_text) == one);
  std::set<TokenPrint> all = {one, of(printer, {}, "12345678901234567891"), of(printer, hotp, key_text),
                              of(printer, {TokenKind::totp, Algorithm::sha256, 6, 30}, key_text),
                              of(printer, {TokenKind::totp, Algorithm::sha1, 7, 30}, key_text),
                              of(printer, {TokenKind::totp, Algorithm::sha1, 6, 60}, key_text),
                              of(TokenPrinter::open(sealing_key('x')).value(), {}, key_text)};
  CHECK(all.size() == 7);
  const TokenShape other{TokenKind::hotp, Algorithm::sha1, 6, 60};  // a period means nothing here
  CHECK(of(printer, other, key_text) == of(printer, hotp, key_text));
}

TEST_CASE("who is removed and added again cannot use a passcode twice", "[print]") {
  const bool anew = GENERATE(false, true);
  Left house;
  if (anew) house.reopen();
  house.add("alice", {});
  house.add("bob", hotp);
  CHECK(house.word("alice", "1234", code_now()) == "spent-passcode");
  CHECK(house.word("alice", "1234", code_now(1)) == "ok");
  CHECK(house.vault.show("bob", noon).value().next == 3);
  CHECK(house.word("bob", "1234", code_at(2)) == "spent-passcode");
  CHECK(house.word("bob", "1234", code_at(3)) == "ok");
}

TEST_CASE("another user with the same token cannot use them either", "[print]") {
  Left house;
  house.add("carol", hotp);
  CHECK(house.word("carol", "1234", code_at(2)) == "spent-passcode");
  CHECK(house.word("carol", "1234", code_at(3)) == "ok");
  REQUIRE(house.vault.remove("carol"));
  house.add("bob", hotp);
  CHECK(house.vault.show("bob", noon).value().next == 4);
}

TEST_CASE("a token that was spent is no proof, and a counter that is too low is raised", "[print]") {
  Left house;
  const Pin pin = secret_of<Pin>("1234");
  NewUser bob{"bob", hotp, key_base32, pin, code_at(2), 1};
  CHECK(reason(house.vault.add_user(bob, noon)) == "the code does not fit the token");
  bob.proof = {};
  REQUIRE(house.vault.add_user(bob, noon));
  CHECK(house.vault.show("bob", noon).value().next == 3);
  NewUser eight{"eve", {TokenKind::hotp, Algorithm::sha1, 8, 30}, key_base32, pin, {}};
  REQUIRE(house.vault.add_user(eight, noon));  // its codes are others
  CHECK(house.vault.show("eve", noon).value().next == 0);
}

TEST_CASE("a restore forgets nothing that was spent of former tokens", "[print][restore]") {
  House house;
  SECTION("of users whom it removes") {
    const DatabaseImage image = house.vault.snapshot().value();
    house.add("carol", hotp);
    CHECK(house.word("carol", "1234", code_at(5)) == "ok");
    REQUIRE(house.vault.restore(image.bytes(), noon, true));
    house.add("carol", hotp);
    CHECK(house.word("carol", "1234", code_at(5)) == "spent-passcode");
  }
  SECTION("of tokens that it takes the place of") {
    const DatabaseImage image = house.vault.snapshot().value();
    REQUIRE(house.vault.remove("alice"));
    house.add("alice", hotp);
    CHECK(house.word("alice", "1234", code_at(5)) == "ok");
    REQUIRE(house.vault.restore(image.bytes(), noon, true));
    REQUIRE(house.vault.remove("alice"));
    house.add("alice", hotp);
    CHECK(house.word("alice", "1234", code_at(5)) == "spent-passcode");
  }
  SECTION("of users who are in it, and gone by now") {
    const DatabaseImage image = house.vault.snapshot().value();
    CHECK(house.word("bob", "1234", code_at(5)) == "ok");
    REQUIRE(house.vault.remove("bob"));
    REQUIRE(house.vault.restore(image.bytes(), noon, true));
    CHECK_FALSE(house.vault.resync("bob", code_at(4), code_at(5), noon));
    CHECK(house.vault.resync("bob", code_at(6), code_at(7), noon));
  }
  SECTION("of users who were gone before") {
    CHECK(house.word("bob", "1234", code_at(5)) == "ok");
    REQUIRE(house.vault.remove("bob"));
    const DatabaseImage image = house.vault.snapshot().value();
    Scratch scratch;
    Vault fresh = Vault::open(config_for(scratch.file("db")), sealing_key()).value();
    REQUIRE(fresh.restore(image.bytes(), noon, true));
    const Pin pin = secret_of<Pin>("1234");
    REQUIRE(fresh.add_user({"bob", hotp, key_base32, pin, {}}, noon));
    CHECK(fresh.show("bob", noon).value().next == 6);
  }
}
