// Logins in every combination of right and wrong, what is spent by them, and who waits.
#include "authd/vault_core.h"

#include "unit/authd/house.h"

using namespace postern;
using namespace postern::authd;

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

TEST_CASE("a token that ran away comes back with two codes in a row", "[vault]") {
  House house;
  CHECK(house.word("alice", "1234", code_now(5)) == "wrong-passcode");
  CHECK(house.vault.show("alice", noon).value().guesses == 0);  // it was no blind guess
  CHECK(house.word("alice", "1234", code_now(6)) == "ok");
  CHECK(house.vault.show("alice", noon).value().drift == 6);
  CHECK(house.word("alice", "1234", code_now(5)) == "spent-passcode");
  CHECK(house.word("alice", "1234", code_now(7)) == "ok");  // its own clock counts from now on

  CHECK(house.word("bob", "1234", code_at(60)) == "wrong-passcode");
  CHECK(house.word("bob", "1234", code_at(61)) == "ok");
  CHECK(house.word("bob", "1234", code_at(60)) == "spent-passcode");
  CHECK(house.word("bob", "1234", code_at(62)) == "ok");
}

TEST_CASE("nothing but the very next code of the very next login there brings a token back",
          "[vault]") {
  const auto try_codes = [](std::initializer_list<int> counters, std::string_view other_place = "") {
    House house;
    std::string last;
    for (const int counter : counters) last = house.word("bob", "1234", code_at(counter));
    if (!other_place.empty())
      last = word_of(house.login("bob", "1234", code_at(61), other_place).outcome);
    return last;
  };
  CHECK(try_codes({60, 61}) == "ok");
  CHECK(try_codes({60, 62}) == "wrong-passcode");
  CHECK(try_codes({61, 60}) == "wrong-passcode");
  CHECK(try_codes({60, 60}) == "wrong-passcode");
  CHECK(try_codes({60, 500, 61}) == "wrong-passcode");
  CHECK(try_codes({60}, "198.51.100.1") == "wrong-passcode");
  CHECK(try_codes({60, 62, 63}) == "ok");
  CHECK(try_codes({101, 102}) == "wrong-passcode");  // beyond the wide window
  CHECK(try_codes({60, 61, 60, 61}) == "spent-passcode");
}

TEST_CASE("the awaited code is a passcode like any other: it needs the PIN, and is spent", "[vault]") {
  House house;
  CHECK(house.word("bob", "1234", code_at(60)) == "wrong-passcode");
  CHECK(house.word("bob", "9999", code_at(61)) == "wrong-pin");
  CHECK(house.word("bob", "1234", code_at(61)) == "spent-passcode");
  house.reopen();  // forgets that bob has to wait
  CHECK(house.word("bob", "1234", code_at(62)) == "ok");
}

TEST_CASE("the next code is awaited for ten minutes, or for two periods of the token", "[vault]") {
  struct Row {
    std::uint32_t period;
    std::int64_t waits;
    const char* word;
  };
  const Row row = GENERATE(values<Row>({{30, 599, "ok"}, {30, 600, "wrong-passcode"},
                                        {3600, 7199, "ok"}, {3600, 7200, "wrong-passcode"}}));
  House house;
  house.add("carol", {TokenKind::totp, Algorithm::sha1, 6, row.period});
  const std::int64_t step = noon.s / row.period;
  CHECK_FALSE(house.login("carol", "1234", code_at(step + 5)).granted());
  const LoginAnswer second = house.login("carol", "1234", code_at(step + 6), home, noon, start + seconds(row.waits));
  CHECK(word_of(second.outcome) == row.word);
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
  const auto at = [&](Mono mono, const std::string& code, std::string_view pin = "1234") {
    return word_of(house.login("alice", pin, code, home, noon, mono).outcome);
  };
  for (int i = 0; i < 5; ++i) CHECK(at(start + seconds(10 * i), "000000", "9999") == "wrong-passcode");
  const Mono last = start + seconds(40);
  CHECK(at(last, code_now()) == "throttled");
  CHECK(at(last + seconds(4) - Duration{1}, code_now()) == "throttled");
  CHECK(house.vault.history("alice").value().size() == 5);
  CHECK(at(last + seconds(4), code_now()) == "ok");
  CHECK(at(last + seconds(4), code_now()) == "spent-passcode");
}

TEST_CASE("a client that moves within its /64 is the same source, one beyond it is not", "[vault]") {
  House house;
  const auto from = [&](const std::string& source) {
    return word_of(house.login("alice", "9999", "000000", source).outcome);
  };
  for (int i = 0; i < 3; ++i) CHECK(from("2001:db8:1:2::" + std::to_string(i)) == "wrong-passcode");
  CHECK(from("2001:db8:1:2:ffff::9") == "throttled");
  CHECK(from("2001:db8:1:3::1") == "wrong-passcode");
  for (int i = 0; i < 3; ++i) CHECK(from("192.0.2." + std::to_string(i)) == "wrong-passcode");
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
