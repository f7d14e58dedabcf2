// The command line of authctl, and what it prints.

#include "authd/authctl_options.h"
#include "authd/authctl_print.h"

#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

// Splits `line` at blanks; the words live as long as the vector.
struct Typed {
  std::vector<std::string> words;
  std::vector<char*> pointers;
  explicit Typed(std::string_view line) {
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      words.emplace_back(line.substr(at, end - at));
      at = end + 1;
    }
    for (std::string& word : words) pointers.push_back(word.data());
  }
};

std::string error_of(std::string_view line) {
  Typed typed(line);
  const auto wish = read_wish(typed.pointers);
  if (!wish) return wish.error().what;
  const auto ask = question_of(*wish);
  return ask ? "" : ask.error().what;
}

}  // namespace

TEST_CASE("every command of the manual is understood", "[authctl]") {
  const struct {
    const char* line;
    AdminVerb verb;
  } rows[] = {
      {"user add kate", AdminVerb::user_add},
      {"user add kate --totp --digits 8 --period 60 --algorithm SHA256 --secret ABC --pin-stdin --code 123456", AdminVerb::user_add},
      {"user add kate --hotp --no-proof", AdminVerb::user_add},
      {"user list", AdminVerb::user_list},
      {"--json user list", AdminVerb::user_list},
      {"user list --json -s /run/x", AdminVerb::user_list},
      {"user show kate", AdminVerb::user_show},
      {"user disable kate", AdminVerb::user_disable},
      {"user enable kate", AdminVerb::user_enable},
      {"user remove kate", AdminVerb::user_remove},
      {"user set-pin kate --pin-stdin", AdminVerb::user_set_pin},
      {"user resync kate 123456 654321", AdminVerb::user_resync},
      {"user unlock kate", AdminVerb::user_unlock},
      {"session list", AdminVerb::session_list},
      {"session list --user kate", AdminVerb::session_list},
      {"session kill abcdefgh2345", AdminVerb::session_kill},
      {"session kill --user kate", AdminVerb::session_kill_user},
      {"status", AdminVerb::status},
  };
  for (const auto& row : rows) {
    INFO(row.line);
    Typed typed(row.line);
    const auto wish = read_wish(typed.pointers);
    REQUIRE(wish);
    const auto ask = question_of(*wish);
    REQUIRE(ask);
    CHECK(ask->verb == row.verb);
  }
}

TEST_CASE("what was typed stands in the question", "[authctl]") {
  Typed typed("user add kate --hotp --digits 7 --algorithm SHA512 --secret GEZDGNBV --code 7654321");
  const auto wish = read_wish(typed.pointers);
  REQUIRE(wish);
  const auto ask = question_of(*wish);
  REQUIRE(ask);
  CHECK(ask->user.view() == "kate");
  CHECK(ask->hotp);
  CHECK(ask->digits == 7);
  CHECK(ask->algorithm.view() == "SHA512");
  CHECK(ask->secret.text() == "GEZDGNBV");
  CHECK(ask->proof);
  CHECK(ask->code1.text() == "7654321");
  Typed plain("user add kate");
  const auto usual = question_of(*read_wish(plain.pointers));
  REQUIRE(usual);
  CHECK_FALSE(usual->hotp);
  CHECK(usual->digits == 6);
  CHECK(usual->period == 30);
  CHECK(usual->algorithm.view() == "SHA1");
  CHECK_FALSE(usual->proof);
}

TEST_CASE("what is not understood is refused, never guessed", "[authctl]") {
  for (const char* line :
       {"", "user", "user bogus", "bogus", "status now", "user add", "user add a b", "user list kate",
        "user show", "user show --user kate", "user disable kate --json --json", "user add kate --digits",
        "user add kate --digits 5", "user add kate --digits 9", "user add kate --digits 6x",
        "user add kate --period 0", "user add kate --period 3601", "user add kate --period 30s",
        "user add kate --totp --hotp", "user add kate --hotp --period 30", "user add kate --code 123456",
        "user add kate --secret A --code 1 --no-proof", "user add Kate", "user add 1kate",
        "user show kate --pin-stdin", "user resync kate 123456", "session kill", "session kill a --user kate",
        "session list --user", "session list --user KATE", "session list kate", "user list --frobnicate",
        "user add aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "session kill aaaaaaaaaaaaaaaaa",
        "user resync kate 12345678901234567 1"}) {
    INFO(line);
    CHECK_FALSE(error_of(line).empty());
  }
}

TEST_CASE("tables are aligned and cannot move the cursor", "[authctl]") {
  CHECK(table_text({}).empty());
  CHECK(table_text({{{"sid", "abc"}, {"user", "kate"}}, {{"sid", ""}, {"user", "x\x1b[2Jy"}}}) ==
        "SID  USER\nabc  kate\n-    x?[2Jy\n");
  CHECK(sheet_text({{"version", "0.1"}, {"up", "3"}}) == "version  0.1\nup       3\n");
}
