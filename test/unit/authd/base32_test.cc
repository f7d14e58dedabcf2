// Base32, otpauth URIs, user names and QR codes: what is written when a user is added.
#include "authd/base32.h"

#include <string>

#include "authd/otpauth.h"
#include "authd/qr.h"
#include "authd/user_name.h"
#include "unit/authd/scratch.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {
struct Pair {
  std::string_view plain, text, padded;
};
constexpr Pair vectors[] = {  // RFC 4648 section 10
    {"", "", ""},
    {"f", "MY", "MY======"},
    {"fo", "MZXQ", "MZXQ===="},
    {"foo", "MZXW6", "MZXW6==="},
    {"foob", "MZXW6YQ", "MZXW6YQ="},
    {"fooba", "MZXW6YTB", "MZXW6YTB"},
    {"foobar", "MZXW6YTBOI", "MZXW6YTBOI======"},
};
}  // namespace

TEST_CASE("the vectors of RFC 4648 are encoded, and decoded with and without padding", "[base32]") {
  for (const Pair& v : vectors) {
    CAPTURE(v.plain);
    CHECK(base32_encode(bytes_of(v.plain)).text() == v.text);
    for (const std::string_view text : {v.text, v.padded}) {
      const auto back = base32_decode(text);
      REQUIRE(back);
      CHECK(back->text() == v.plain);
    }
  }
}

TEST_CASE("every length up to 64 bytes comes back as it was, and 65 are refused", "[base32]") {
  std::vector<std::byte> bytes;
  for (unsigned i = 0; i < 64; ++i) {
    bytes.push_back(static_cast<std::byte>(i * 37 + 200));
    const auto back = base32_decode(base32_encode(bytes).text());
    REQUIRE(back);
    CHECK(same_secret(back->bytes(), bytes));
  }
  CHECK(base32_decode(std::string(103, 'A')));
  CHECK_FALSE(base32_decode(std::string(104, 'A')));
  CHECK_FALSE(base32_decode(std::string(112, 'A')));
}

TEST_CASE("text that is not exactly Base32 is refused", "[base32]") {
  const char* text = GENERATE("my", "M", "MZX", "MZXW6Y", "MZ", "MZXR", "MZXW6YR", "MZXW6=", "MZXW6====",
                              "MZXW6==A", "=", "========", "MZXW 6", "MZXW6\n", "MZXW0", "MZXW1",
                              "MZXW8", "M-XW6YTB", "MZXW6YTB========", "MY=====", "A=======");
  CAPTURE(text);
  CHECK_FALSE(base32_decode(text));
}

TEST_CASE("an otpauth URI names issuer, user and every parameter of the token", "[otpauth]") {
  TokenSecret secret;
  secret.assign("12345678901234567890");
  CHECK(otpauth_uri("alice", {}, secret, 0).text() ==
        "otpauth://totp/Postern:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Postern"
        "&algorithm=SHA1&digits=6&period=30");
  CHECK(otpauth_uri("b.o_b-1", {TokenKind::hotp, Algorithm::sha512, 8, 30}, secret, 7).text() ==
        "otpauth://hotp/Postern:b.o_b-1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Postern"
        "&algorithm=SHA512&digits=8&counter=7");
}

TEST_CASE("whatever is no unreserved character is percent-encoded, and the longest fits",
          "[otpauth]") {
  TokenSecret secret;
  secret.fill(64);
  CHECK(otpauth_uri("a b&c=/?#%", {}, secret, 0).text().starts_with(
      "otpauth://totp/Postern:a%20b%26c%3D%2F%3F%23%25?secret="));
  const std::string longest(40, '\xff');
  const auto uri = otpauth_uri(longest, {TokenKind::hotp, Algorithm::sha512, 8, 3600}, secret, INT64_MAX);
  CHECK(uri.text().ends_with("&counter=9223372036854775807"));
}

TEST_CASE("user names have one small alphabet", "[user_name]") {
  const std::string longest = "a" + std::string(31, '9');
  for (const std::string& good : {std::string("a"), std::string("alice"), std::string("a.b_c-d9"), longest})
    CHECK(is_user_name(good));
  for (const std::string& bad :
       {std::string(""), std::string("-"), std::string("Alice"), std::string("9a"), std::string(".a"),
        std::string("_a"), std::string("a b"), std::string("a/b"), std::string("a\n"),
        std::string("a\0b", 3), std::string("\xc3\xa4"), std::string("a\xc3\xa4"), longest + "9"})
    CHECK_FALSE(is_user_name(bad));
}

namespace {
// The modules of a drawn code, true for black, quiet zone included.
std::vector<std::vector<bool>> modules_of(std::string_view drawn) {
  std::vector<std::vector<bool>> modules;
  while (!drawn.empty()) {
    const std::size_t end = drawn.find('\n');
    std::string_view line = drawn.substr(0, end);
    drawn.remove_prefix(end + 1);
    line.remove_prefix(line.find('m') + 1);
    line = line.substr(0, line.find('\x1b'));
    std::vector<bool> upper, lower;
    while (!line.empty()) {
      const std::string_view glyph = line.substr(0, line[0] == ' ' ? 1 : 3);
      upper.push_back(glyph == "\u2588" || glyph == "\u2580");
      lower.push_back(glyph == "\u2588" || glyph == "\u2584");
      line.remove_prefix(glyph.size());
    }
    modules.push_back(upper);
    modules.push_back(lower);
  }
  return modules;
}
}  // namespace

TEST_CASE("a QR code has its three finders, its quiet zone and even lines", "[qr]") {
  const auto drawn = qr_text("otpauth://totp/Postern:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  REQUIRE(drawn);
  const auto modules = modules_of(drawn->text());
  const std::size_t width = modules[0].size(), size = width - 8;
  REQUIRE((size - 21) % 4 == 0);
  REQUIRE(modules.size() == width + width % 2);
  const std::string_view finder[] = {"#######", "#.....#", "#.###.#", "#.###.#",
                                     "#.###.#", "#.....#", "#######"};
  for (std::size_t row = 0; row < 7; ++row)
    for (std::size_t column = 0; column < 7; ++column) {
      const bool black = finder[row][column] == '#';
      CHECK(modules[4 + row][4 + column] == black);
      CHECK(modules[4 + row][4 + size - 7 + column] == black);
      CHECK(modules[4 + size - 7 + row][4 + column] == black);
    }
  for (std::size_t row = 0; row < modules.size(); ++row) {
    REQUIRE(modules[row].size() == width);
    for (std::size_t column = 0; column < width; ++column)
      if (row < 4 || column < 4 || row >= 4 + size || column >= 4 + size)
        CHECK_FALSE(modules[row][column]);
  }
}

TEST_CASE("a QR code of the longest text fits, of none or more there is none", "[qr]") {
  CHECK(qr_text(std::string(400, 'x')));
  CHECK_FALSE(qr_text(""));
  CHECK_FALSE(qr_text(std::string(401, 'x')));
}
