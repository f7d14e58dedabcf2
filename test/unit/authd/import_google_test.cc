// The export codes of Google Authenticator, made here byte by byte.
#include "authd/import.h"

#include "unit/authd/scratch.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr std::string_view secret = "12345678901234567890";
constexpr std::string_view key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  return out + static_cast<char>(value);
}
std::string number(unsigned field, std::uint64_t value) { return varint(field << 3) + varint(value); }
std::string bytes(unsigned field, std::string_view value) {
  return varint(field << 3 | 2) + varint(value.size()) + std::string(value);
}
std::string token(std::string_view name, std::uint64_t algorithm, std::uint64_t digits, std::uint64_t type,
                  std::uint64_t counter = 0) {
  return bytes(1, bytes(1, secret) + bytes(2, name) + bytes(3, "Firm") + number(4, algorithm) + number(5, digits) +
                      number(6, type) + (counter == 0 ? "" : number(7, counter)));
}
std::string part(std::uint64_t size, std::uint64_t index, std::uint64_t id) {
  return number(2, 1) + number(3, size) + number(4, index) + number(5, id);
}

std::string base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned three = 0;
    for (std::size_t j = 0; j < 3; ++j) three = three << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) out += i + j > text.size() ? '=' : alphabet[three >> (18 - 6 * j) & 63];
  }
  return out;
}
std::string code(std::string_view payload) {
  std::string out = "otpauth-migration://offline?data=";
  for (const char c : base64(payload)) out += c == '=' ? "%3D" : c == '+' ? "%2B" : c == '/' ? "%2F" : std::string(1, c);
  return out;
}

std::string told(std::string text) {
  const ImportList list = read_import(text, ImportFormat::google, {});
  std::string out;
  for (const ImportUser& user : list.users) {
    out += user.where + " " + user.name + " " + std::string(name_of(user.shape.kind)) + " " +
           std::string(name_of(user.shape.algorithm)) + " " + std::to_string(user.shape.digits) + " " +
           std::to_string(user.counter) + (user.secret.text() == key ? "\n" : " another secret\n");
  }
  for (const ImportTrouble& trouble : list.troubles) out += trouble.where + ": " + trouble.what + "\n";
  return out;
}

}  // namespace

TEST_CASE("export codes are read, with all their parts", "[import]") {
  CHECK(told(code(token("alice", 1, 1, 2) + part(1, 0, 7))) == "line 1, token 1 alice totp SHA1 6 0\n");
  CHECK(told(code(token("Firm:bob", 3, 2, 1, 300) + token("carol", 2, 1, 2) + part(1, 0, 7))) ==
        "line 1, token 1 bob hotp SHA512 8 300\nline 1, token 2 carol totp SHA256 6 0\n");
  CHECK(told(code(token("a", 1, 1, 2) + part(2, 1, 9)) + "\n" + code(token("b", 1, 1, 2) + part(2, 0, 9)) + "\r\n") ==
        "line 1, token 1 a totp SHA1 6 0\nline 2, token 1 b totp SHA1 6 0\n");
  // What a newer app adds is passed over.
  CHECK(told(code(token("alice", 1, 1, 2) + part(1, 0, 7) + bytes(12, "new") + varint(13 << 3 | 1) + "12345678" +
                  varint(14 << 3 | 5) + "1234")) == "line 1, token 1 alice totp SHA1 6 0\n");
}

TEST_CASE("export codes that are not understood are refused", "[import]") {
  const std::string good = token("alice", 1, 1, 2), only = part(1, 0, 7);
  const struct {
    std::string text, expected;
  } cases[] = {
      {"otpauth://totp/alice", "line 1: no otpauth-migration:// URI\n"},
      {"otpauth-migration://offline?data=", "line 1: the export code is damaged\n"},
      {"otpauth-migration://offline?data=AAA", "line 1: the export code is damaged\n"},
      {"otpauth-migration://offline?data=A%3D%3D%3D", "line 1: the export code is damaged\n"},
      {"otpauth-migration://offline?data=AB%3D%3D", "line 1: the export code is damaged\n"},
      {"otpauth-migration://offline?data=AA-_", "line 1: the export code is damaged\n"},
      {code(only), "line 1: the export code holds no token\n"},
      {code(token("alice", 0, 1, 2) + only), "line 1, token 1: this algorithm cannot be used: only SHA1, SHA256 and SHA512\n"},
      {code(token("alice", 4, 1, 2) + only), "line 1, token 1: this algorithm cannot be used: only SHA1, SHA256 and SHA512\n"},
      {code(token("alice", 1, 0, 2) + only), "line 1, token 1: digits must be 6 or 8\n"},
      {code(token("alice", 1, 3, 2) + only), "line 1, token 1: digits must be 6 or 8\n"},
      {code(token("alice", 1, 1, 0) + only), "line 1, token 1: this type of token cannot be used: only totp and hotp\n"},
      {code(token("alice", 1, 1, 3) + only), "line 1, token 1: this type of token cannot be used: only totp and hotp\n"},
      {code(token("Al\n", 1, 1, 2) + only),
       "line 1, token 1: \"Al?\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -\n"},
      {code(token("alice", 1, 1, 1, UINT64_MAX) + only), "line 1, token 1: the counter must be 0 to 2305843009213693951\n"},
      {code(bytes(1, bytes(1, "short") + bytes(2, "a") + number(4, 1) + number(5, 1) + number(6, 2)) + only),
       "line 1, token 1: the secret is shorter than 16 bytes\n"},
      {code(bytes(1, "\x0a\x7f" "cut") + only), "line 1, token 1: the token is damaged\n"},
      {code(good + part(2, 0, 7)), "line 1, token 1 alice totp SHA1 6 0\n: part 2 of 2 of the export is missing\n"},
      {code(good + part(2, 2, 7)), "line 1, token 1 alice totp SHA1 6 0\nline 1: the number of its part is damaged\n"},
      {code(good + part(101, 0, 7)), "line 1, token 1 alice totp SHA1 6 0\nline 1: the number of its part is damaged\n"},
      {code(good + only) + "\n" + code(token("bob", 1, 1, 2) + only),
       "line 1, token 1 alice totp SHA1 6 0\nline 2, token 1 bob totp SHA1 6 0\nline 2: this part of the export is there twice\n"},
      {code(good + std::string("\x0b", 1)), "line 1, token 1 alice totp SHA1 6 0\nline 1: the export code is damaged\n"},
      {code(std::string("\x00\x00", 2)), "line 1: the export code is damaged\n"},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    CHECK(told(one.text) == one.expected);
  }
}

TEST_CASE("no truncation of an export code is taken for a whole one", "[import]") {
  const std::string payload = token("alice", 1, 1, 2) + part(1, 0, 7);
  const std::size_t first = token("alice", 1, 1, 2).size();
  for (std::size_t size = 1; size < payload.size(); ++size) {
    INFO(size);
    std::string text = code(payload.substr(0, size));
    const ImportList list = read_import(text, ImportFormat::google, {});
    CHECK(list.users.size() == (size >= first ? 1 : 0));
    if (size < first) CHECK_FALSE(list.troubles.empty());
  }
}
