// Files of other programs: what is taken from them, and what is refused with which reason.
#include "authd/import.h"

#include "unit/authd/scratch.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr std::string_view key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

ImportList list_of(std::string text, ImportFormat format, ImportRules rules = {}) {
  return read_import(text, format, rules);
}

// "alice totp SHA1 6 30 0 SECRET pin on", one user a line, then "WHERE: trouble" lines.
std::string told(std::string text, ImportFormat format, ImportRules rules = {}) {
  const ImportList list = list_of(std::move(text), format, rules);
  std::string out;
  for (const ImportUser& user : list.users) {
    out += user.name + " " + std::string(name_of(user.shape.kind)) + " " + std::string(name_of(user.shape.algorithm));
    out += " " + std::to_string(user.shape.digits) + " " + std::to_string(user.shape.period);
    out += " " + std::to_string(user.counter) + " " + (user.secret.text() == key ? "key" : std::string(user.secret.text()));
    out += " [" + std::string(user.pin.text()) + "]" + (user.disabled ? " off" : "") + "\n";
  }
  for (const ImportTrouble& trouble : list.troubles) out += trouble.where + ": " + trouble.what + "\n";
  return out;
}

struct Case {
  std::string text, expected;
};

}  // namespace

TEST_CASE("a format is known by its name and by how its text begins", "[import]") {
  for (const ImportFormat format : {ImportFormat::csv, ImportFormat::otpauth, ImportFormat::aegis, ImportFormat::google})
    CHECK(import_format_named(name_of(format)) == format);
  CHECK_FALSE(import_format_named("CSV"));
  CHECK_FALSE(import_format_named(""));
  CHECK(import_format_of("user,secret\n") == ImportFormat::csv);
  CHECK(import_format_of("") == ImportFormat::csv);
  CHECK(import_format_of("\n otpauth://totp/x") == ImportFormat::otpauth);
  CHECK(import_format_of("# mine\notpauth://totp/x") == ImportFormat::otpauth);
  CHECK(import_format_of("otpauth-migration://offline?data=") == ImportFormat::google);
  CHECK(import_format_of("\r\n{\"version\":1}") == ImportFormat::aegis);
  CHECK(import_format_of("\xef\xbb\xbf{\"version\":1}") == ImportFormat::aegis);
  CHECK(import_format_of("\xef\xbb\xbf\notpauth://totp/x") == ImportFormat::otpauth);
}

TEST_CASE("a mark of byte order in front is no part of the text, in any format", "[import]") {
  const std::string uri = "otpauth://totp/alice?secret=" + std::string(key) + "\n";
  CHECK(told("\xef\xbb\xbf" + uri, ImportFormat::otpauth) == told(uri, ImportFormat::otpauth));
  CHECK(told(uri, ImportFormat::otpauth).starts_with("alice totp"));
  const std::string tree = "{\"version\":1,\"header\":{\"slots\":null,\"params\":null},\"db\":{\"version\":2,\"entries\":[]}}";
  CHECK(told("\xef\xbb\xbf" + tree, ImportFormat::aegis) == told(tree, ImportFormat::aegis));
}

TEST_CASE("CSV is read by its header", "[import]") {
  const std::string k(key);
  const Case cases[] = {
      {"user,secret\nalice," + k + "\n", "alice totp SHA1 6 30 0 key []\n"},
      {"user\nalice\n", "alice totp SHA1 6 30 0  []\n"},
      {"user,secret\r\nalice," + k + "\r\n\r\nbob,\r\n", "alice totp SHA1 6 30 0 key []\nbob totp SHA1 6 30 0  []\n"},
      {"\xef\xbb\xbfuser,secret\nalice," + k, "alice totp SHA1 6 30 0 key []\n"},
      {"counter,secret,token,user,digits,algorithm\n7," + k + ",hotp,alice,8,sha512\n", "alice hotp SHA512 8 30 7 key []\n"},
      {"user,period,counter\nalice,60,9\n", "alice totp SHA1 6 60 0  []\n"},
      {"user,pin,disabled\nalice,1234,yes\nbob,\"a,b \"\"c\"\"\",no\ncarol,12 34,true\ndave,,false\n",
       "alice totp SHA1 6 30 0  [1234] off\nbob totp SHA1 6 30 0  [a,b \"c\"]\ncarol totp SHA1 6 30 0  [12 34] off\n"
       "dave totp SHA1 6 30 0  []\n"},
      {"\"user\",\"secret\"\n\"alice\",\"gezdgnbvgy3tqojqgezdgnbvgy3tqojq\"\n", "alice totp SHA1 6 30 0 key []\n"},
      {"user,secret\nalice,GEZDGNBVGY3TQOJQGEZDGNBVGY======\n", "alice totp SHA1 6 30 0 GEZDGNBVGY3TQOJQGEZDGNBVGY []\n"},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(told(one.text, ImportFormat::csv) == one.expected);
  }
}

TEST_CASE("CSV that could mean two things is refused, line by line", "[import]") {
  const std::string columns = "user, token, algorithm, digits, period, counter, secret, pin, disabled";
  const Case cases[] = {
      {"", "line 1: there is no header; its columns are " + columns + "\n"},
      {"\n\n", "line 1: there is no header; its columns are " + columns + "\n"},
      {"user;secret\n", "line 1: there is no column \"user;secret\"; there are " + columns + "\n"},
      {"user,uri\n", "line 1: there is no column \"uri\"; there are " + columns + "\n"},
      {"User\n", "line 1: there is no column of that name (it may be a secret, and is not shown); there are " + columns + "\n"},
      {"otpauth://totp/alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n",
       "line 1: there is no column of that name (it may be a secret, and is not shown); there are " + columns + "\n"},
      {"secret\n", "line 1: the column \"user\" is missing\n"},
      {"user,user\n", "line 1: the column \"user\" is there twice\n"},
      {"user,pin\nalice\n", "line 2: 1 fields instead of 2\n"},
      {"user,pin\nalice,1234,5\n", "line 2: 3 fields instead of 2\n"},
      {"user,pin\nalice,12\"34\n", "line 2: a quote within a field that does not begin with one\n"},
      {"user,pin\nalice,\"1234\"\rdave,5678\nbob,\n", "bob totp SHA1 6 30 0  []\nline 2: something follows a closing quote\n"},
      {"user,pin\nalice,\"1234\"\r", "line 2: something follows a closing quote\n"},
      {"user,pin\nalice,\"1234\"5\nbob,\n", "bob totp SHA1 6 30 0  []\nline 2: something follows a closing quote\n"},
      {"user,pin\nalice,\"1234\nbob,5678\n", "line 2: a quote that is not closed\n"},
      {"user,pin\nalice,\"12\n34\"\nbob,123\n",
       "line 2: a control character\nline 4: a PIN must have 4 to 64 printable ASCII characters\n"},
      {"user,pin\nalice,12\t34\n", "line 2: a control character\n"},
      {"user\nalice\rbob\n", "line 2: a control character\n"},
      {"user\n\"Alice\"\n", "line 2: \"Alice\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -\n"},
      {"user\nal\x1b[2J\n", "line 2: a control character\n"},
      {"user\nali\xc3\xa7" "e\n", "line 2: \"ali??e\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -\n"},
      {"user,token\nalice,steam\n", "line 2: this type of token cannot be used: only totp and hotp\n"},
      {"user,algorithm\nalice,MD5\n", "line 2: this algorithm cannot be used: only SHA1, SHA256 and SHA512\n"},
      {"user,digits\nalice,5\nbob,9\ncarol,06x\ndave,-6\n",
       "line 2: digits must be 6 to 8\nline 3: digits must be 6 to 8\nline 4: digits must be 6 to 8\nline 5: digits must be 6 to 8\n"},
      {"user,period\nalice,0\nbob,3601\n",
       "line 2: the period must be 1 to 3600 seconds\nline 3: the period must be 1 to 3600 seconds\n"},
      {"user,token,counter\nalice,hotp,-1\nbob,hotp,2305843009213693952\n",
       "line 2: the counter must be 0 to 2305843009213693951\nline 3: the counter must be 0 to 2305843009213693951\n"},
      {"user,secret\nalice,GEZDGNBVGY3TQOJQ\n", "line 2: the secret is shorter than 16 bytes\n"},
      {"user,secret\nalice,GEZDGNBV GY3TQOJQ\n", "line 2: the secret is not Base32 (A-Z, 2-7) of at most 64 bytes\n"},
      {"user,secret\nalice," + std::string(129, 'A') + "\n", "line 2: the secret is longer than 64 bytes\n"},
      {"user,disabled\nalice,maybe\n", "line 2: disabled must be yes or no\n"},
      {"user\nalice\nbob\nalice\n",
       "alice totp SHA1 6 30 0  []\nbob totp SHA1 6 30 0  []\nline 4: alice is there already, in line 2\n"},
      {"user\n" + std::string(40, ',') + "\n", "line 2: too many fields\n"},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(told(one.text, ImportFormat::csv) == one.expected);
  }
}

TEST_CASE("otpauth:// URIs are read", "[import]") {
  const std::string s = "?secret=" + std::string(key);
  const Case cases[] = {
      {"otpauth://totp/alice" + s, "alice totp SHA1 6 30 0 key []\n"},
      {"# a comment\n\notpauth://totp/Example:alice" + s + "&issuer=Example\r\n", "alice totp SHA1 6 30 0 key []\n"},
      {"otpauth://totp/My%20Firm%3A%20alice" + s + "&issuer=My%20Firm&algorithm=SHA256&digits=8&period=60",
       "alice totp SHA256 8 60 0 key []\n"},
      {"otpauth://hotp/bob?counter=41&secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq&algorithm=SHA512&digits=7",
       "bob hotp SHA512 7 30 41 key []\n"},
      {"otpauth://TOTP/a" + s + "\notpauth://totp/b" + s, "a totp SHA1 6 30 0 key []\nb totp SHA1 6 30 0 key []\n"},
      {"otpauth://totp/alice" + s + "&counter=5", "alice totp SHA1 6 30 0 key []\n"},
      {"otpauth://totp/alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY%3D%3D%3D%3D%3D%3D",
       "alice totp SHA1 6 30 0 GEZDGNBVGY3TQOJQGEZDGNBVGY []\n"},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(told(one.text, ImportFormat::otpauth) == one.expected);
  }
  CHECK(told("otpauth://totp/X:alice%40example.org" + s, ImportFormat::otpauth, {.strip_domain = true}) ==
        "alice totp SHA1 6 30 0 key []\n");
}

TEST_CASE("a URI that is not understood completely is refused", "[import]") {
  const std::string k(key), s = "?secret=" + k;
  const Case cases[] = {
      {"http://x/", "no otpauth:// URI"},
      {" otpauth://totp/alice" + s, "no otpauth:// URI"},
      {"otpauth://steam/alice" + s, "this type of token cannot be used: only totp and hotp"},
      {"otpauth://totp", "\"\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -"},
      {"otpauth://totp/" + s, "\"\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -"},
      {"otpauth://totp/a:b:c" + s, "\"a:b:c\" has more than one colon, so nobody knows where its name begins"},
      {"otpauth://totp/alice@example.org" + s,
       "\"alice@example.org\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ - (--strip-domain takes what is before the @)"},
      {"otpauth://totp/al%6", "the name is not well encoded"},
      {"otpauth://totp/al%zz" + s, "the name is not well encoded"},
      {"otpauth://totp/al%00ice" + s, "the name is not well encoded"},
      {"otpauth://totp/alice", "there is no secret"},
      {"otpauth://totp/alice?secret=", "there is no secret"},
      {"otpauth://totp/alice?secret=A%3", "the parameter secret is not well encoded"},
      {"otpauth://totp/alice?secret=GEZDGNBVGY3TQOJQ", "the secret is shorter than 16 bytes"},
      {"otpauth://totp/alice" + s + "&secret=" + k, "the parameter secret is there twice"},
      {"otpauth://totp/alice" + s + "&digits=6&digits=6", "the parameter digits is there twice"},
      {"otpauth://totp/alice" + s + "&encoder=steam", "the parameter \"encoder\" is not known"},
      {"otpauth://totp/alice" + s + "&", ""},
      {"otpauth://totp/alice" + s + "&JBSWY3DPEHPK3PXP", "the parameter of that name (it may be a secret, and is not shown) is not known"},
      {"otpauth://totp/alice" + s + "&&digits=6", "the parameter \"\" is not known"},
      {"otpauth://totp/alice" + s + "&digits=10", "digits must be 6 to 8"},
      {"otpauth://totp/alice" + s + "&period=0", "the period must be 1 to 3600 seconds"},
      {"otpauth://totp/alice" + s + "&algorithm=MD5", "this algorithm cannot be used: only SHA1, SHA256 and SHA512"},
      {"otpauth://hotp/alice" + s, "there is no counter"},
      {"otpauth://hotp/alice" + s + "&counter=x", "the counter must be 0 to 2305843009213693951"},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    const ImportList list = list_of(one.text, ImportFormat::otpauth);
    CHECK((list.troubles.empty() ? "" : list.troubles[0].what) == one.expected);
    if (!list.troubles.empty()) CHECK(list.users.empty());
  }
}

TEST_CASE("the plain export of Aegis is read", "[import]") {
  const auto vault = [](const std::string& entries) {
    return "{\"version\": 1, \"header\": {\"slots\": null, \"params\": null},\n \"db\": {\"version\": 3, \"entries\": [" +
           entries + "], \"groups\": []}}\n";
  };
  const std::string k(key);
  const std::string alice = R"({"type":"totp","uuid":"x","name":"alice","issuer":"Firm\u00e9","note":"\"\\\/\b\f\n\r\t\ud83d\ude00",)"
                            R"("favorite":false,"icon":null,"info":{"secret":")" + k + R"(","algo":"SHA256","digits":8,"period":60},"groups":[]})";
  const std::string bob = R"({"type":"hotp","name":"Firm:bob","info":{"secret":")" + k + R"(","algo":"SHA1","digits":6,"counter":12}})";
  const auto entry = [&](const std::string& name, const std::string& info) {
    return R"({"type":"totp","name":")" + name + R"(","info":)" + info + "}";
  };
  const Case cases[] = {
      {vault(alice + ",\n" + bob), "alice totp SHA256 8 60 0 key []\nbob hotp SHA1 6 30 12 key []\n"},
      {vault(""), ""},
      {vault(entry("Alice", "{}")), "entry 1: \"Alice\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -\n"},
      {vault(entry("a", "{}")), "entry 1: there is no secret\n"},
      {vault(entry("a", "[]")), "entry 1: there is no \"info\"\n"},
      {vault(entry("a", "{\"secret\":7.5}")), "entry 1: \"secret\" is no text and no whole number\n"},
      {vault(entry("a", "{\"secret\":\"" + k + "\",\"digits\":true}")), "entry 1: \"digits\" is no text and no whole number\n"},
      {vault(entry("a", "{\"secret\":\"" + k + "\",\"digits\":-6}")), "entry 1: \"digits\" is no text and no whole number\n"},
      {vault(R"({"type":"hotp","name":"a","info":{"secret":")" + k + "\"}}"), "entry 1: there is no counter\n"},
      {vault(R"({"type":"steam","name":"a","info":{}})"), "entry 1: this type of token cannot be used: only totp and hotp\n"},
      {vault("7"), "entry 1: this type of token cannot be used: only totp and hotp\n"},
      {vault(alice + "," + alice), "alice totp SHA256 8 60 0 key []\nentry 2: alice is there already, in entry 1\n"},
      {R"({"version":1,"db":"c2VjcmV0"})", ": this export of Aegis is encrypted: it must be made without a password\n"},
      {R"({"version":2,"db":{"version":3,"entries":[]}})", ": this export of Aegis has a version that is not known\n"},
      {R"({"version":1,"db":{"version":4,"entries":[]}})", ": this export of Aegis has a version that is not known\n"},
      {R"({"version":1,"db":{"entries":[]}})", ": this export of Aegis has a version that is not known\n"},
      {R"({"version":1,"db":{"version":1}})", ": this is no export of Aegis\n"},
      {R"({})", ": this is no export of Aegis\n"},
      {R"([])", ": this is no export of Aegis\n"},
      {"", ": this is no JSON text\n"},
      {vault(alice) + "x", ": this is no JSON text\n"},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(told(one.text, ImportFormat::aegis) == one.expected);
  }
}

TEST_CASE("what was read is wiped, and too large a file is not read", "[import]") {
  std::string text = "user,secret\nalice," + std::string(key) + "\n";
  const std::size_t size = text.size();
  CHECK(read_import(text, ImportFormat::csv, {}).users.size() == 1);
  CHECK(text == std::string(size, '\0'));
  CHECK(told(std::string(max_import_size + 1, 'x'), ImportFormat::csv) == ": the file is too large\n");
  std::string many = "user\n";
  for (std::size_t i = 0; i <= max_import_users + 5; ++i) many += "u" + std::to_string(i) + "\n";
  const ImportList list = list_of(many, ImportFormat::csv);
  CHECK(list.users.size() == max_import_users);
  REQUIRE(list.troubles.size() == 1);
  CHECK(list.troubles[0].what == "this is more than 50000 users");
}
