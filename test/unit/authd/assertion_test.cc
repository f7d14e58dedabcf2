// What an assertion says and who can check it; which keys will do.
#include "authd/assertion.h"

#include "authd/base64url.h"
#include "unit/authd/assertion_keys.h"

using namespace postern;
using namespace postern::authd;

namespace {

Claims claims_of(Duration life = seconds(3600)) {
  return {.login_host = "login.example.org",
          .host = "wiki.example.org",
          .user = "kate",
          .sid = "abcdefghijkm",
          .destination = *Endpoint::parse("10.1.0.5:443"),
          .issued = Wall{1'700'000'000},
          .life = life};
}
// The private half of one key with the public half, the last 65 bytes, of another.
std::string of_two_keys() {
  const auto der_of = [](const std::string& pem) {
    std::string text = pem.substr(pem.find('\n') + 1, pem.rfind("-----END") - pem.find('\n') - 1);
    std::erase(text, '\n');
    return from_base64url(text.substr(0, text.find('=')));
  };
  const std::string one = der_of(rfc_key), other = der_of(new_pem());
  REQUIRE(one.size() == other.size());
  const std::string mixed = one.substr(0, one.size() - 65) + other.substr(other.size() - 65);
  std::string room(mixed.size() * 2, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(room.data()),
                                   reinterpret_cast<const unsigned char*>(mixed.data()), static_cast<int>(mixed.size()));
  room.resize(static_cast<std::size_t>(size));
  return "-----BEGIN PRIVATE KEY-----\n" + room + "\n-----END PRIVATE KEY-----\n";
}
std::string refused(const std::string& pem) {
  const auto key = AssertionKey::from_pem(bytes_of(pem));
  return key ? "" : key.error().what;
}

}  // namespace

TEST_CASE("base64url is that of RFC 4648 without padding", "[assertion]") {
  const std::pair<std::string, std::string> rows[] = {
      {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"},
      {std::string("\x03\xec\xff\xe0\xc1", 5), "A-z_4ME"},  // RFC 7515, C
      {std::string("\xfb\xff\xbf", 3), "-_-_"}};
  for (const auto& [plain, written] : rows) {
    INFO(written);
    CHECK(base64url(plain) == written);
  }
}

TEST_CASE("a key is shown as RFC 7517 and RFC 7638 have it", "[assertion]") {
  CHECK(key_from(rfc_key).shown().kid == rfc_kid);
  CHECK(key_from(rfc_key).shown().jwk == rfc_jwk);
  for (const std::string& pem : {rfc_key, rfc_public}) {
    const auto shown = read_public_key(bytes_of(pem));
    REQUIRE(shown);
    CHECK(shown->jwk == rfc_jwk);
  }
}

TEST_CASE("an assertion says who, from whom, to whom, and for how long", "[assertion]") {
  const AssertionKey key = key_from(rfc_key);
  const auto token = write_assertion(claims_of(), key);
  REQUIRE(token);
  const TokenParts parts = parts_of(*token);
  CHECK(parts.header == R"({"alg":"ES256","kid":")" + rfc_kid + R"(","typ":"JWT"})");
  CHECK(parts.claims ==
        R"({"iss":"https://login.example.org","aud":"https://wiki.example.org","sub":"kate","sid":"abcdefghijkm",)"
        R"("iat":1700000000,"nbf":1700000000,"exp":1700000300,"dst":"10.1.0.5:443"})");
  CHECK(is_signed_by(parts, rfc_public));
  CHECK_FALSE(is_signed_by(parts, new_pem("P-256", "public")));
  TokenParts changed = parts;
  changed.signed_text.back() = changed.signed_text.back() == 'A' ? 'B' : 'A';
  CHECK_FALSE(is_signed_by(changed, rfc_public));
}

TEST_CASE("an assertion never outlives five minutes, nor its session", "[assertion]") {
  const AssertionKey key = key_from(rfc_key);
  const std::pair<Duration, const char*> rows[] = {
      {seconds(8 * 3600), "\"exp\":1700000300,"}, {seconds(301), "\"exp\":1700000300,"}, {seconds(300), "\"exp\":1700000300,"},
      {seconds(299), "\"exp\":1700000299,"},      {seconds(1), "\"exp\":1700000001,"},   {seconds(0), "\"exp\":1700000000,"},
      {seconds(-5), "\"exp\":1700000000,"}};
  for (const auto& [life, wanted] : rows) {
    const auto token = write_assertion(claims_of(life), key);
    REQUIRE(token);
    CHECK(parts_of(*token).claims.find(wanted) != std::string::npos);
  }
}

TEST_CASE("the longest names there are have room in the message", "[assertion]") {
  const std::string host = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
  REQUIRE(host.size() == 253);
  Claims claims = claims_of();
  claims.login_host = claims.host = host;
  const std::string user(32, 'u'), sid(16, 's');
  claims.user = user;
  claims.sid = sid;
  claims.destination = *Endpoint::parse("[2001:db8:1111:2222:3333:4444:5555:6666]:65535");
  const auto token = write_assertion(claims, key_from(rfc_key));
  REQUIRE(token);
  CHECK(token->size() <= 1536);
  CHECK(is_signed_by(parts_of(*token), rfc_public));
}

TEST_CASE("signatures differ, and all of them are good", "[assertion]") {
  const AssertionKey key = key_from(rfc_key);
  std::string before;
  for (int i = 0; i < 200; ++i) {  // R and S with zeros in front are among them
    const auto token = write_assertion(claims_of(), key);
    REQUIRE(token);
    CHECK(*token != before);
    REQUIRE(is_signed_by(parts_of(*token), rfc_public));
    before = *token;
  }
}

TEST_CASE("only an EC key on P-256, with both its halves, signs", "[assertion]") {
  CHECK(refused(new_pem("P-256")) == "");
  CHECK(refused(new_pem("P-256", "traditional")) == "");
  const std::string other_kind = "cannot use the key: it is not EC on P-256 (prime256v1)";
  for (const char* kind : {"P-384", "secp256k1", "P-521", "RSA", "Ed25519"}) {
    INFO(kind);
    CHECK(refused(new_pem(kind)) == other_kind);
    CHECK_FALSE(read_public_key(bytes_of(new_pem(kind, "public"))));
  }
  const std::string unreadable = "cannot read the key: it is no private key in PEM, or has a pass phrase";
  for (const std::string& pem : {std::string(), std::string("no key"), rfc_public, new_pem("P-256", "sealed"), rfc_key.substr(0, 150),
                                 rfc_key.substr(0, rfc_key.size() - 30), std::string(100'000, 'x')}) {
    INFO(pem.substr(0, 60));
    CHECK(refused(pem) == unreadable);
  }
  CHECK(refused(of_two_keys()) == "cannot use the key: its halves do not belong together");
}

TEST_CASE("a previous key may be private or public", "[assertion]") {
  const AnyKey key = new_key("P-256");
  const auto from_private = read_public_key(bytes_of(pem_of(key)));
  const auto from_public = read_public_key(bytes_of(pem_of(key, "public")));
  REQUIRE((from_private && from_public));
  CHECK(from_private->kid == from_public->kid);
  for (const std::string& pem : {std::string(), std::string("no key"), new_pem("P-256", "sealed")})
    CHECK_FALSE(read_public_key(bytes_of(pem)));
}
