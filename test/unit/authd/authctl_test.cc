// The command line of authctl, and what it prints.

#include "authd/authctl_complete.h"
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
      {"user add kate --totp --digits 8 --period 60 --algorithm SHA256 --secret GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ --pin-stdin --code 123456", AdminVerb::user_add},
      {"user add kate --hotp --no-proof", AdminVerb::user_add},
      {"user add -- kate", AdminVerb::user_add},
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
      {"user import /tmp/x --format google --strip-domain --skip-existing --dry-run", AdminVerb::user_add},
      {"user import -", AdminVerb::user_add},
      {"user export", AdminVerb::user_export},
      {"backup /tmp/x", AdminVerb::backup},
      {"restore /tmp/x --dry-run", AdminVerb::restore},
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
  Typed typed("user add kate --hotp --digits 7 --algorithm SHA512 --secret GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ --code 7654321");
  const auto wish = read_wish(typed.pointers);
  REQUIRE(wish);
  const auto ask = question_of(*wish);
  REQUIRE(ask);
  CHECK(ask->user.view() == "kate");
  CHECK(ask->hotp);
  CHECK(ask->digits == 7);
  CHECK(ask->algorithm.view() == "SHA512");
  CHECK(ask->secret.text() == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
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

TEST_CASE("what is not understood is refused with the reason, never guessed", "[authctl]") {
  const struct {
    const char* line;
    const char* reason;
  } rows[] = {
      {"", "a command is needed"},
      {"user", "there is no command \"user\""},
      {"user bogus", "there is no command \"user bogus\""},
      {"bogus", "there is no command \"bogus\""},
      {"user \x1b[2J", "there is no command \"user ?[2J\""},
      {"status now", "\"now\" is too much: status"},
      {"user add", "something is missing: user add NAME"},
      {"user add a b", "\"b\" is too much: user add NAME"},
      {"user list kate", "\"kate\" is too much: user list"},
      {"user show", "something is missing: user show NAME"},
      {"user show --user kate", "user show does not take --user"},
      {"user show -- --json", "\"--json\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -"},
      {"user disable kate --json --json", "option --json twice"},
      {"user list --frobnicate", "there is no option \"--frobnicate\""},
      {"user show kate --pin-stdin", "user show does not take --pin-stdin"},
      {"user add kate --digits", "option --digits needs a value"},
      {"user add kate --digits 5", "--digits must be 6 to 8"},
      {"user add kate --digits 9", "--digits must be 6 to 8"},
      {"user add kate --digits 6x", "--digits must be 6 to 8"},
      {"user add kate --digits -6", "--digits must be 6 to 8"},
      {"user add kate --digits 4294967302", "--digits must be 6 to 8"},
      {"user add kate --period 0", "--period must be 1 to 3600"},
      {"user add kate --period 3601", "--period must be 1 to 3600"},
      {"user add kate --period 30s", "--period must be 1 to 3600"},
      {"user add kate --algorithm sha1", "--algorithm must be SHA1, SHA256 or SHA512"},
      {"user add kate --algorithm SHA1024SHA1024", "--algorithm must be SHA1, SHA256 or SHA512"},
      {"user add kate --secret gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "--secret must be Base32 (A-Z, 2-7) of at most 64 bytes"},
      {"user add kate --secret GEZDGNBVGY3TQOJQGEZDGNB=", "--secret must be Base32 (A-Z, 2-7) of at most 64 bytes"},
      {"user add kate --secret GEZDGNBVGY3TQOJQ", "--secret is shorter than 16 bytes"},
      {"user add kate --secret", "option --secret needs a value"},
      {"user add kate --totp --hotp", "--totp or --hotp, not both"},
      {"user add kate --hotp --period 30", "--period is for --totp"},
      {"user add kate --code 123456", "--code needs --secret"},
      {"user add kate --secret A --code 1 --no-proof", "--code or --no-proof, not both"},
      {"user add kate --secret GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ --code 12345", "--code must be the 6 to 8 digits of a passcode"},
      {"user add Kate", "\"Kate\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -"},
      {"user add 1kate", "\"1kate\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -"},
      {"user add aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
       "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -"},
      {"user resync kate 123456", "something is missing: user resync NAME CODE1 CODE2"},
      {"user resync kate 12345678901234567 111111", "CODE1 must be the 6 to 8 digits of a passcode"},
      {"user resync kate 123456 12345a", "CODE2 must be the 6 to 8 digits of a passcode"},
      {"session kill", "something is missing: session kill --user NAME"},
      {"session kill a --user kate", "\"a\" is too much: session kill --user NAME"},
      {"session kill aaaaaaaaaaaaaaaaa", "\"aaaaaaaaaaaaaaaaa\" is no sid; session list shows them"},
      {"session kill A;B", "\"A;B\" is no sid; session list shows them"},
      {"session list --user", "option --user needs a value"},
      {"session list --user KATE", "\"KATE\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -"},
      {"session list kate", "\"kate\" is too much: session list"},
  };
  for (const auto& row : rows) {
    INFO(row.line);
    CHECK(error_of(row.line) == row.reason);
  }
}

TEST_CASE("help and version need no command", "[authctl]") {
  for (const char* line : {"--help", "-V", "user list --help", "nonsense -V"}) {
    INFO(line);
    Typed typed(line);
    const auto wish = read_wish(typed.pointers);
    REQUIRE(wish);
    CHECK(wish->command == nullptr);
  }
  for (const Command& command : all_commands()) CHECK(usage_text().find("  " + name_of(command)) != std::string::npos);
}

TEST_CASE("a shell is told what may come next", "[authctl]") {
  const struct {
    std::vector<std::string_view> typed;
    std::vector<std::string_view> words;
    const char* more;  // u: users, s: sessions, f: files
  } rows[] = {
      {{""}, {"user", "backup", "restore", "session", "status"}, ""},
      {{"s"}, {"session", "status"}, ""},
      {{"x"}, {}, ""},
      {{"user", ""}, {"add", "list", "show", "disable", "enable", "remove", "set-pin", "resync", "unlock", "import",
                     "export"}, ""},
      {{"user", "s"}, {"show", "set-pin"}, ""},
      {{"user", "show", ""}, {}, "u"},
      {{"user", "show", "ka"}, {}, "u"},
      {{"user", "show", "kate", ""}, {}, ""},
      {{"user", "list", ""}, {}, ""},
      {{"user", "bogus", ""}, {}, ""},
      {{"status", ""}, {}, ""},
      {{"session", "kill", ""}, {}, "s"},
      {{"session", "kill", "-"}, {"-s", "--json", "-V", "--help", "--user"}, ""},
      {{"session", "kill", "--user", ""}, {}, "u"},
      {{"--"}, {"--json", "--help"}, ""},
      {{"--json", "-"}, {"-s", "-V", "--help"}, ""},
      {{"-s", ""}, {}, "f"},
      {{"-s", "user", ""}, {"user", "backup", "restore", "session", "status"}, ""},
      {{"restore", ""}, {}, "f"},
      {{"user", "add", "kate", "--di"}, {"--digits"}, ""},
      {{"user", "add", "kate", "--digits", ""}, {"6", "7", "8"}, ""},
      {{"user", "add", "kate", "--digits", "6", "--algorithm", "SHA"}, {"SHA1", "SHA256", "SHA512"}, ""},
      {{"user", "add", "--digits", "6", ""}, {}, ""},
      {{"user", "add", "kate", "--secret", ""}, {}, ""},
      {{"user", "list", "--di"}, {}, ""},
      {{"user", "import", ""}, {}, "f"},
      {{"user", "import", "x", "--format", "a"}, {"aegis"}, ""},
      {{}, {}, ""},
  };
  for (const auto& row : rows) {
    std::string line;
    for (const std::string_view word : row.typed) line += std::string(word) + "|";
    INFO(line);
    const Candidates found = candidates_for(row.typed);
    CHECK(found.words == row.words);
    CHECK(std::string(found.users ? "u" : "") + (found.sessions ? "s" : "") + (found.files ? "f" : "") == row.more);
  }
}

TEST_CASE("a field of CSV is quoted where it must be", "[authctl]") {
  CHECK(csv_field("") == "");
  CHECK(csv_field("a b") == "a b");
  CHECK(csv_field("a,b") == "\"a,b\"");
  CHECK(csv_field("a\"b\n") == "\"a\"\"b\n\"");
}

TEST_CASE("what was typed is shown without moving the cursor", "[authctl]") {
  CHECK(quoted("a\x1b[2J\n\xc3") == "\"a?[2J??\"");
  CHECK(quoted(std::string(65, 'x')) == "\"" + std::string(64, 'x') + "...\"");
}

TEST_CASE("tables are aligned and cannot move the cursor", "[authctl]") {
  CHECK(table_text({}).empty());
  CHECK(table_text({{{"sid", "abc"}, {"user", "kate"}}, {{"sid", ""}, {"user", "x\x1b[2Jy"}}}) ==
        "SID  USER\nabc  kate\n-    x?[2Jy\n");
  CHECK(sheet_text({{"version", "0.1"}, {"up", "3"}}) == "version  0.1\nup       3\n");
}
