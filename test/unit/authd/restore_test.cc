// Users brought back from a backup: what counts, and that nothing spent works again.
#include <random>
#include <set>

#include "authd/vault_core.h"
#include "unit/authd/house.h"

using namespace postern;
using namespace postern::authd;

namespace {

using Change = RestoredUser::Change;

// A vault with the same sealing key and nobody in it: what is there after a disk died.
struct EmptyHouse {
  Scratch scratch;
  Vault vault = Vault::open(config_for(scratch.file("db")), sealing_key()).value();

  std::string word(std::string_view user, std::string_view code, Wall now) {
    const Pin pin = secret_of<Pin>("1234");
    const Passcode passcode = secret_of<Passcode>(code);
    (void)vault.unlock(user);  // so that no try has to wait; no matter if he is not there
    return std::string(word_of(vault.check({user, pin, passcode, Address::parse(home).value()}, now, start).outcome));
  }
};

std::vector<RestoredUser> restored(Vault& vault, const DatabaseImage& image, Wall now = noon, bool for_real = true) {
  auto all = vault.restore(image.bytes(), now, for_real);
  INFO(reason(all));
  REQUIRE(all);
  return std::move(*all);
}

std::string told(const std::vector<RestoredUser>& all) {
  std::string text;
  for (const RestoredUser& user : all) {
    static constexpr const char* words[] = {"same", "changed", "back", "removed"};
    text += (text.empty() ? "" : ", ") + user.name + " " + words[static_cast<std::size_t>(user.change)];
    text += std::string(user.disabled ? " off" : "") + (user.lost ? " lost" : "") + (user.usable ? " later" : "");
  }
  return text;
}

}  // namespace

TEST_CASE("a backup brings everybody back into an empty vault", "[restore]") {
  House house;
  house.login("alice", "1234", code_now());
  house.login("bob", "1234", "000000");
  const DatabaseImage image = house.vault.snapshot().value();
  EmptyHouse fresh;
  CHECK(told(restored(fresh.vault, image)) == "alice back later, bob back lost");
  const UserInfo alice = fresh.vault.show("alice", noon).value(), bob = fresh.vault.show("bob", noon).value();
  CHECK(alice.last_login == noon);
  CHECK(alice.last_source == home);
  CHECK(bob.shape.kind == TokenKind::hotp);
  CHECK(bob.failures == 1);
  CHECK(fresh.vault.history("alice").value().size() == 1);
  CHECK(fresh.vault.list("", 100, noon).value().size() == 2);
  CHECK(told(restored(fresh.vault, image)) == "alice same, bob same");
}

TEST_CASE("of a token that the vault does not know, all that was shown until now is spent", "[restore]") {
  House house;
  const DatabaseImage image = house.vault.snapshot().value();
  // What nobody knows any more: alice logged in after the backup, also with a late clock.
  CHECK(house.word("alice", "1234", code_now(1)) == "ok");
  EmptyHouse fresh;
  const auto all = restored(fresh.vault, image);
  REQUIRE(all[0].usable);
  for (std::int64_t step = -30; step <= 30; ++step) {
    INFO(step);
    CHECK(fresh.word("alice", code_now(step), Wall{noon.s + 30 * step}) != "ok");
  }
  const Wall usable = *all[0].usable;
  CHECK(usable.s - noon.s <= 32 * 30);
  CHECK(fresh.word("alice", code_at(usable.s / 30), usable) == "ok");
}

TEST_CASE("a counting token that the vault does not know must be found again first", "[restore]") {
  House house;
  house.login("bob", "1234", code_at(4));
  const DatabaseImage image = house.vault.snapshot().value();
  for (const int counter : {7, 8, 17}) CHECK(house.word("bob", "1234", code_at(counter)) == "ok");
  EmptyHouse fresh;
  restored(fresh.vault, image);
  CHECK(fresh.vault.show("bob", noon).value().lost);
  for (int counter = 0; counter < 40; ++counter) {
    INFO(counter);
    CHECK(fresh.word("bob", code_at(counter), noon) != "ok");
  }
  CHECK_FALSE(fresh.vault.resync("bob", code_at(3), code_at(4), noon));
  REQUIRE(fresh.vault.resync("bob", code_at(18), code_at(19), noon));
  CHECK_FALSE(fresh.vault.show("bob", noon).value().lost);
  CHECK(fresh.word("bob", code_at(17), noon) != "ok");
  CHECK(fresh.word("bob", code_at(19), noon) != "ok");
  CHECK(fresh.word("bob", code_at(20), noon) == "ok");
}

TEST_CASE("what was spent since the backup stays spent", "[restore]") {
  House house;
  const DatabaseImage image = house.vault.snapshot().value();
  CHECK(house.word("alice", "1234", code_now()) == "ok");
  CHECK(house.word("bob", "1234", code_at(3)) == "ok");
  CHECK(told(restored(house.vault, image)) == "alice same, bob same");
  CHECK(house.word("alice", "1234", code_now()) == "spent-passcode");
  CHECK(house.word("bob", "1234", code_at(3)) == "spent-passcode");
  CHECK(house.word("alice", "1234", code_now(1)) == "ok");
  CHECK(house.word("bob", "1234", code_at(4)) == "ok");
  house.reopen();
  CHECK(house.word("alice", "1234", code_now(1)) == "spent-passcode");
}

TEST_CASE("what only the backup knows as spent is spent too", "[restore]") {
  House house;
  CHECK(house.word("bob", "1234", code_at(6)) == "ok");
  const DatabaseImage image = house.vault.snapshot().value();
  EmptyHouse fresh;  // somebody has begun anew there, with the same token
  const Pin pin = secret_of<Pin>("9999");
  REQUIRE(fresh.vault.add_user({"bob", {TokenKind::hotp, Algorithm::sha1, 6, 30}, key_base32, pin, {}}, noon));
  CHECK(told(restored(fresh.vault, image)) == "alice back later, bob changed");
  CHECK(fresh.word("bob", code_at(5), noon) == "spent-passcode");
  CHECK(fresh.word("bob", code_at(6), noon) == "spent-passcode");
  CHECK(fresh.word("bob", code_at(7), noon) == "ok");
}

TEST_CASE("a restore brings PINs and users back, and takes away who was not there", "[restore]") {
  House house;
  const DatabaseImage image = house.vault.snapshot().value();
  REQUIRE(house.vault.set_pin("alice", secret_of<Pin>("another")));
  REQUIRE(house.vault.remove("bob"));
  house.add("carol", {});
  CHECK(told(restored(house.vault, image)) == "alice changed, bob back lost, carol removed off");
  CHECK(reason(house.vault.show("carol", noon)) == "there is no user carol");
  CHECK(house.word("alice", "1234", code_now()) == "ok");
  CHECK(house.word("carol", "1234", code_now()) == "unknown-user");
}

TEST_CASE("who was disabled since the backup, or has another token since, is disabled after it", "[restore]") {
  House house;
  const DatabaseImage image = house.vault.snapshot().value();
  REQUIRE(house.vault.disable("bob"));
  REQUIRE(house.vault.remove("alice"));
  const Pin pin = secret_of<Pin>("1234");
  REQUIRE(house.vault.add_user({"alice", {}, "", pin, {}}, noon));
  CHECK(told(restored(house.vault, image)) == "alice changed off later, bob same off");
  CHECK(house.vault.show("alice", noon).value().disabled);
  CHECK(house.vault.show("bob", noon).value().disabled);
  REQUIRE(house.vault.enable("bob"));
  CHECK(house.word("bob", "1234", code_at(0)) == "ok");
  // Another shape of the same secret is another token as well.
  REQUIRE(house.vault.remove("bob"));
  REQUIRE(house.vault.add_user({"bob", {TokenKind::hotp, Algorithm::sha1, 7, 30}, key_base32, pin, {}}, noon));
  CHECK(told(restored(house.vault, image)) == "alice same off, bob changed off lost");
}

TEST_CASE("a dry run says the same and changes nothing", "[restore]") {
  House house;
  const DatabaseImage image = house.vault.snapshot().value();
  REQUIRE(house.vault.remove("bob"));
  house.add("carol", {});
  const std::string wanted = "alice same, bob back lost, carol removed off";
  CHECK(told(restored(house.vault, image, noon, false)) == wanted);
  CHECK(house.vault.show("carol", noon));
  CHECK_FALSE(house.vault.show("bob", noon));
  CHECK(house.word("carol", "1234", code_now()) == "ok");
  CHECK(told(restored(house.vault, image)) == wanted);
}

TEST_CASE("what is no backup of this vault changes nothing", "[restore]") {
  House house;
  const auto refused = [&](std::span<const std::byte> image) {
    const auto all = house.vault.restore(image, noon, true);
    CHECK_FALSE(all);
    CHECK(house.vault.list("", 100, noon).value().size() == 2);
    return reason(all);
  };
  const DatabaseImage image = house.vault.snapshot().value();
  CHECK_FALSE(refused({}).empty());
  CHECK_FALSE(refused(bytes_of(std::string(5000, 'x'))).empty());
  for (const std::size_t size : {std::size_t{99}, std::size_t{512}, image.bytes().size() / 2, image.bytes().size() - 4096}) {
    INFO(size);
    CHECK_FALSE(refused(image.bytes().first(size)).empty());
  }
  std::vector<std::byte> changed(image.bytes().begin(), image.bytes().end());
  for (std::size_t at = 100; at < changed.size(); at += 97) changed[at] ^= std::byte{0x40};
  CHECK_FALSE(refused(changed).empty());
  Scratch scratch;
  Vault other = Vault::open(config_for(scratch.file("db")), sealing_key('x')).value();
  CHECK(refused(other.snapshot().value().bytes()) == "the backup is not of a vault with this sealing key");
  CHECK(house.word("alice", "1234", code_now()) == "ok");
}

TEST_CASE("whatever is backed up and restored when, no passcode works twice", "[restore]") {
  std::mt19937_64 random(45);
  const auto draw = [&](std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random);
  };
  auto house = std::make_unique<EmptyHouse>();
  const Pin pin = secret_of<Pin>("1234");
  REQUIRE(house->vault.add_user({"alice", {}, key_base32, pin, {}}, noon));
  REQUIRE(house->vault.add_user({"bob", {TokenKind::hotp, Algorithm::sha1, 6, 30}, key_base32, pin, {}}, noon));
  std::vector<DatabaseImage> images;
  images.push_back(house->vault.snapshot().value());
  std::set<std::pair<std::string, std::int64_t>> accepted;
  std::int64_t pressed = 0;  // bob's token
  Wall now = noon;
  const auto try_code = [&](const std::string& user, std::int64_t counter) {
    if (house->word(user, code_at(counter), now) != "ok") return;
    INFO(user << " " << counter);
    CHECK(accepted.insert({user, counter}).second);
  };
  for (int i = 0; i < 3000; ++i) {
    now.s += draw(0, 40);
    const std::int64_t what = draw(0, 999);
    if (what < 350) try_code("alice", now.s / 30 + draw(-3, 3));
    else if (what < 600) try_code("bob", pressed += draw(0, 2));
    else if (what < 800) try_code("bob", std::max<std::int64_t>(0, pressed - draw(0, 12)));  // one that was seen
    else if (what < 840) images.push_back(house->vault.snapshot().value());
    else if (what < 860) (void)restored(house->vault, images[static_cast<std::size_t>(draw(0, std::ssize(images) - 1))], now);
    else if (what < 865) {
      house = std::make_unique<EmptyHouse>();  // the disk died
      (void)restored(house->vault, images[static_cast<std::size_t>(draw(0, std::ssize(images) - 1))], now);
    } else if (what < 900) {
      pressed += 2;
      if (house->vault.resync("bob", code_at(pressed - 1), code_at(pressed), now)) {
        accepted.insert({"bob", pressed - 1});
        accepted.insert({"bob", pressed});
      }
    } else if (what < 905) {
      (void)house->vault.remove(draw(0, 1) == 0 ? "alice" : "bob");
    }
  }
  CHECK(accepted.size() > 50);
}
