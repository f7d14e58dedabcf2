// Guesses at a user: which count, how many are judged, and who is not hurt by them.
#include "authd/vault_core.h"

#include "unit/authd/house.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr std::string_view right = "1234", wrong = "9999";

// Alice with a home that she has logged in from, and attackers elsewhere, each new.
struct Besieged : House {
  Besieged() { REQUIRE(login("alice", right, code_now(-1)).granted()); }

  std::string from_home(std::string_view pin, const std::string& code, Wall now = noon) {
    return std::string(word_of(login("alice", pin, code, home, now, after(3600)).outcome));
  }
  std::string from_afar(std::string_view pin, const std::string& code, Wall now = noon) {
    const std::string source = "198.51.100." + std::to_string(++strangers);
    return std::string(word_of(login("alice", pin, code, source, now, after(1)).outcome));
  }
  // So that no source waits for its own failures: those are looked at elsewhere.
  Mono after(std::int64_t more) { return mono = mono + seconds(more); }

  int strangers = 0;
  Mono mono = start;
};

}  // namespace

TEST_CASE("strangers who know the PIN have six guesses at once and eight a day", "[vault][guess]") {
  Besieged house;
  for (int i = 0; i < 6; ++i) CHECK(house.from_afar(right, "000000") == "wrong-passcode");
  CHECK(house.vault.show("alice", noon).value().guesses == 6);
  for (int i = 0; i < 20; ++i) CHECK(house.from_afar(right, "000000") == "ceiling");
  int judged = 6;
  for (std::int64_t s = 600; s < 86'400; s += 600)
    judged += house.from_afar(right, "000000", Wall{noon.s + s}) == "wrong-passcode";
  CHECK(judged == 8);
}

TEST_CASE("beyond the ceiling nothing opens, and what was right is spent", "[vault][guess]") {
  Besieged house;
  for (int i = 0; i < 6; ++i) house.from_afar(right, "000000");
  CHECK(house.from_afar(right, code_now()) == "ceiling");
  CHECK(house.from_home(right, code_now()) == "spent-passcode");
  CHECK(house.from_home(right, code_now(1)) == "ok");
}

TEST_CASE("whoever does not know the PIN uses nothing up", "[vault][guess]") {
  Besieged house;
  for (int i = 0; i < 50; ++i) CHECK(house.from_afar(wrong, "000000") == "wrong-passcode");
  CHECK(house.vault.show("alice", noon).value().guesses == 0);
  CHECK(house.from_afar(right, code_now()) == "ok");
}

TEST_CASE("who has the token and guesses the PIN uses the allowance up", "[vault][guess]") {
  Besieged house;
  house.add("carol", {TokenKind::hotp, Algorithm::sha1, 6, 30});
  std::string words;
  for (int i = 0; i < 4; ++i)
    words += std::string(word_of(house.login("carol", wrong, code_at(i), "198.51.100.7").outcome)) + " ";
  CHECK(words == "wrong-pin wrong-pin wrong-pin throttled ");
  words.clear();
  for (int i = 4; i < 7; ++i)
    words += std::string(word_of(house.login("carol", wrong, code_at(i), "203.0.113." + std::to_string(i)).outcome)) + " ";
  CHECK(words == "ceiling ceiling ceiling ");
}

TEST_CASE("an attacker who uses the strangers' share up does not keep the user out", "[vault][guess]") {
  Besieged house;
  for (int i = 0; i < 100; ++i) house.from_afar(right, "000000");
  CHECK(house.from_afar(right, "000000") == "ceiling");
  CHECK(house.from_home(right, "000000") == "wrong-passcode");
  CHECK(house.from_home(right, code_now()) == "ok");
  for (int i = 0; i < 5; ++i) CHECK(house.from_home(right, "000000") == "wrong-passcode");
  CHECK(house.from_home(right, "000000") == "ceiling");  // known places have their own share
}

TEST_CASE("a passcode that is spent or from far off is no blind guess", "[vault][guess]") {
  Besieged house;
  for (int i = 0; i < 10; ++i) CHECK(house.from_afar(right, code_now(-1)) == "spent-passcode");
  for (int i = 0; i < 10; ++i) CHECK(house.from_afar(right, code_now(9)) == "wrong-passcode");
  CHECK(house.vault.show("alice", noon).value().guesses == 0);
}

TEST_CASE("guesses survive a restart, and end with time or by the operator's word", "[vault][guess]") {
  Besieged house;
  for (int i = 0; i < 6; ++i) house.from_afar(right, "000000");
  house.reopen();
  CHECK(house.vault.show("alice", noon).value().guesses == 6);
  CHECK(house.from_afar(right, "000000") == "ceiling");
  CHECK(house.vault.show("alice", Wall{noon.s + 2 * 86'400}).value().guesses == 0);
  REQUIRE(house.vault.unlock("alice"));
  CHECK(house.vault.show("alice", noon).value().guesses == 0);
  CHECK(house.from_afar(right, "000000") == "wrong-passcode");
}

TEST_CASE("a place stays known for the sixteen latest, by its /64 for IPv6", "[vault][guess]") {
  House house;
  REQUIRE(house.login("alice", right, code_now(-1), "2001:db8:1:2::1").granted());
  for (int i = 0; i < 6; ++i)
    house.login("alice", right, "000000", "198.51.100." + std::to_string(i));
  const Mono later = start + seconds(1);
  CHECK(house.login("alice", right, code_now(), "2001:db8:1:3::1", noon, later).outcome == LoginOutcome::ceiling);
  CHECK(house.login("alice", right, code_now(1), "2001:db8:1:2:3:4:5:6", noon, later).granted());
  CHECK(house.vault.history("alice").value().at(0).source == "2001:db8:1:2:3:4:5:6");
}

// ---- a passcode alone, for whoever has a session of the user ----------------------

namespace {

// As role sessions asks it for an address that is to be added.
std::string without_pin(Besieged& house, const std::string& code, std::string_view user = "alice") {
  const Pin none;
  const Passcode passcode = secret_of<Passcode>(code);
  const LoginTry attempt{.user = user, .pin = none, .passcode = passcode,
                         .source = Address::parse("198.51.100." + std::to_string(++house.strangers)).value(), .without_pin = true};
  return std::string(word_of(house.vault.check(attempt, noon, house.after(1)).outcome));
}

}  // namespace

TEST_CASE("a passcode alone counts where it may, is spent, and is guessed at no more often", "[vault][guess][link]") {
  Besieged house;
  CHECK(house.from_afar("", code_now()) == "wrong-pin");  // spent all the same, and not a way in
  CHECK(without_pin(house, code_now()) == "spent-passcode");
  CHECK(without_pin(house, code_now(1)) == "ok");
  CHECK(without_pin(house, code_now(1)) == "spent-passcode");
  CHECK(house.from_home(right, code_now(1)) == "spent-passcode");
  CHECK(house.vault.show("alice", noon).value().guesses == 1);  // the first one's
  for (int i = 0; i < 5; ++i) CHECK(without_pin(house, "000000") == "wrong-passcode");
  CHECK(without_pin(house, "000000") == "ceiling");
  CHECK(house.from_afar(right, "000000") == "ceiling");  // it is one and the same allowance
  CHECK(without_pin(house, code_now(1), "nobody-here") == "unknown-user");
  REQUIRE(house.vault.disable("alice"));
  CHECK(without_pin(house, "000000") == "disabled");
}
