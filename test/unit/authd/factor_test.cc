// The passcode as a factor, over a store that is not the vault's: what several gates shared
// would look like this to it.
#include "authd/factor.h"

#include <map>
#include <string>

#include "authd/crypto_start.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

// Another gate may be `faster`; and nothing else is asked of it here.
struct SharedStore final : LoginStore {
  std::map<std::string, std::int64_t, std::less<>> spent;
  bool faster = false, broken = false;

  Result<std::optional<UserRow>> find_user(std::string_view name) override {
    UserRow row;
    row.name = name;
    if (const auto place = spent.find(name); place != spent.end()) row.token.next = place->second + 1;
    return std::optional(row);
  }
  Result<bool> knows_place(std::string_view, std::string_view) override { return false; }
  Result<void> record_login(const LoginRecord&) override { return {}; }
  Result<bool> spend(std::string_view name, std::int64_t counter, std::int32_t) override {
    if (broken) return fail("it is not there");
    if (faster && name != nobody) return false;
    if (const auto place = spent.find(name); place != spent.end() && place->second >= counter) return false;
    spent.insert_or_assign(std::string(name), counter);
    return true;
  }
};

// RFC 4226, appendix D.
constexpr std::string_view rfc_secret = "12345678901234567890";
constexpr std::string_view rfc_codes[] = {"755224", "287082", "359152", "969429"};

struct Bench {
  SharedStore store;
  PasscodeFactor factor;
  UserRow user;

  Bench() : factor(made(), Windows()) {
    user.name = "kate";
    user.token.shape.kind = TokenKind::hotp;
    user.token.next = 1;
  }
  static CodeMaker made() {
    REQUIRE(start_crypto());
    return CodeMaker::open().value();
  }
  Result<Match> prove(std::string_view given) {
    return factor.prove({user, std::as_bytes(std::span(rfc_secret)), given, Wall{1'700'000'000}}, store);
  }
};

}  // namespace

TEST_CASE("a passcode is said to be fresh only when the store has spent it", "[factor]") {
  Bench bench;
  SECTION("here first") {
    CHECK(bench.prove(rfc_codes[2])->fit == Fit::fresh);
    CHECK(bench.store.spent["kate"] == 2);
  }
  SECTION("another gate was faster") {
    bench.store.faster = true;
    CHECK(bench.prove(rfc_codes[2])->fit == Fit::spent);
  }
  SECTION("the store is away") {
    bench.store.broken = true;
    CHECK_FALSE(bench.prove(rfc_codes[2]));
    CHECK_FALSE(bench.prove("000000"));  // nor is this one answered sooner
  }
}

TEST_CASE("what does not fit costs a write as well", "[factor]") {
  Bench bench;
  std::int64_t writes = 0;
  for (const std::string_view given : {std::string_view("000000"), rfc_codes[0], std::string_view("")}) {
    const Result<Match> match = bench.prove(given);
    REQUIRE(match);
    CHECK(match->fit != Fit::fresh);
    CHECK(bench.store.spent.at(std::string(nobody)) == writes++);
    CHECK_FALSE(bench.store.spent.contains("kate"));
  }
}

TEST_CASE("nobody's passcode is never fresh", "[factor]") {
  Bench bench;
  bench.user.name = nobody;
  bench.factor.set_nobody(7);
  const Result<Match> match = bench.prove(rfc_codes[1]);
  REQUIRE(match);
  CHECK(match->fit == Fit::none);
  CHECK(bench.store.spent.at(std::string(nobody)) == 7);
}

TEST_CASE("another gate that refuses people, too, is no hindrance", "[factor]") {
  Bench bench;
  bench.store.spent[std::string(nobody)] = 40;  // and we are at 0
  REQUIRE(bench.prove("000000"));
  CHECK(bench.store.spent.at(std::string(nobody)) == 41);
}
