// What the signer signs, and what it refuses; and the certificates beside its keys.
#include "wfd/sign_policy.h"

#include <openssl/rsa.h>

#include "unit/wfd/tls_fixture.h"
#include "wfd/certificates.h"

using namespace postern;
using namespace postern::wfd;
using namespace tls_fixture;

namespace {

std::string tls13(std::size_t hash_size) {
  return std::string(64, ' ') + std::string("TLS 1.3, server CertificateVerify\0", 34) +
         std::string(hash_size, '\x5a');
}

std::string tls12(unsigned group, std::size_t point_size, char form) {
  std::string text(64, '\x21');
  text += '\x03';
  text += static_cast<char>(group >> 8);
  text += static_cast<char>(group & 0xff);
  text += static_cast<char>(point_size);
  std::string point(point_size, '\x42');
  if (point_size > 0) point[0] = form;
  return text + point;
}

bool good_signature(const std::string& kind, const char* digest, bool pss, const std::string& text,
                    const SignatureBytes& signature) {
  const MdCtxHandle context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  EVP_DigestVerifyInit_ex(context.get(), &options, digest, nullptr, nullptr, key(kind), nullptr);
  if (pss) {
    EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
  }
  return EVP_DigestVerify(context.get(), as_uchar(signature.bytes.data()), signature.size,
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

SigningKey load(const std::string& kind) {
  auto loaded = SigningKey::from_pem(bytes_of(key_pem(kind)));
  REQUIRE(loaded);
  return std::move(*loaded);
}

}  // namespace

TEST_CASE("the texts that a TLS server signs are told apart", "[sign_policy]") {
  CHECK(text_kind(bytes_of(tls13(32))) == TextKind::tls13_certificate_verify);
  CHECK(text_kind(bytes_of(tls13(48))) == TextKind::tls13_certificate_verify);
  CHECK(text_kind(bytes_of(tls12(29, 32, 9))) == TextKind::tls12_key_exchange);
  CHECK(text_kind(bytes_of(tls12(23, 65, 4))) == TextKind::tls12_key_exchange);
  CHECK(text_kind(bytes_of(tls12(24, 97, 4))) == TextKind::tls12_key_exchange);
  CHECK(tls12(24, 97, 4).size() == max_sign_text);
}

TEST_CASE("a text that is cut anywhere, or has one byte more, is refused", "[sign_policy]") {
  for (const std::string& good :
       {tls13(32), tls13(48), tls12(29, 32, 9), tls12(23, 65, 4), tls12(24, 97, 4)}) {
    for (std::size_t size = 0; size < good.size(); ++size) {
      if (good.size() == tls13(48).size() && size == tls13(32).size()) continue;  // is one itself
      CAPTURE(good.size(), size);
      CHECK(text_kind(bytes_of(good.substr(0, size))) == TextKind::refused);
    }
    CHECK(text_kind(bytes_of(good + '\0')) == TextKind::refused);
    CHECK(text_kind(bytes_of(good + std::string(1000, 'x'))) == TextKind::refused);
  }
}

TEST_CASE("a changed byte in the fixed part of a text is refused", "[sign_policy]") {
  for (std::size_t i = 0; i < 64 + 34; ++i) {
    std::string text = tls13(32);
    text[i] = static_cast<char>(text[i] ^ 1);
    CAPTURE(i);
    CHECK(text_kind(bytes_of(text)) == TextKind::refused);
  }
  for (std::size_t i = 64; i < 69; ++i) {
    std::string text = tls12(23, 65, 4);
    text[i] = static_cast<char>(text[i] ^ 0x40);
    CAPTURE(i);
    CHECK(text_kind(bytes_of(text)) == TextKind::refused);
  }
}

TEST_CASE("texts of anything else are refused", "[sign_policy]") {
  const std::string client = std::string(64, ' ') +
                             std::string("TLS 1.3, client CertificateVerify\0", 34) +
                             std::string(32, 'h');
  const SigningKey signing = load("P-256");
  const std::string refused[] = {
      std::string(32, 'd'), std::string(48, 'd'), std::string(64, 'd'),  // ready digests
      client,
      tls13(20), tls13(64), tls13(0),
      tls12(22, 65, 4),                    // secp256k1
      tls12(25, 133, 4),                   // secp521r1
      tls12(29, 65, 4), tls12(23, 32, 4),  // a point of another curve
      tls12(23, 65, 2), tls12(24, 97, 3),  // compressed points
      tls12(23, 0, 4),
      "GET / HTTP/1.1\r\n\r\n",
      std::string(130, ' '), std::string(133, '\0'),
  };
  for (const std::string& text : refused) {
    CAPTURE(text);
    CHECK(text_kind(bytes_of(text)) == TextKind::refused);
    CHECK_FALSE(signing.sign(0x0403, bytes_of(text)));
  }
}

TEST_CASE("every scheme signs only with its key, and only what it may", "[sign_policy]") {
  struct Row {
    const char* key;
    std::uint16_t scheme;
    const char* digest;
    bool pss, tls13, tls12;
  };
  const Row rows[] = {
      {"P-256", 0x0403, "SHA256", false, true, true},
      {"P-256", 0x0503, "SHA384", false, false, true},
      {"P-384", 0x0503, "SHA384", false, true, true},
      {"P-384", 0x0403, "SHA256", false, false, true},
      {"2048", 0x0804, "SHA256", true, true, true},
      {"2048", 0x0805, "SHA384", true, true, true},
      {"2048", 0x0806, "SHA512", true, true, true},
      {"2048", 0x0401, "SHA256", false, false, true},
      {"2048", 0x0501, "SHA384", false, false, true},
      {"2048", 0x0601, "SHA512", false, false, true},
      {"P-256", 0x0804, "", false, false, false},
      {"P-256", 0x0401, "", false, false, false},
      {"2048", 0x0403, "", false, false, false},
      {"2048", 0x0201, "", false, false, false},   // SHA-1
      {"P-256", 0x0603, "", false, false, false},
      {"P-256", 0x0203, "", false, false, false},  // SHA-1
      {"2048", 0x0809, "", false, false, false},   // for RSA-PSS keys
      {"2048", 0, "", false, false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.key, row.scheme);
    const SigningKey signing = load(row.key);
    const auto newer = signing.sign(row.scheme, bytes_of(tls13(32)));
    const auto older = signing.sign(row.scheme, bytes_of(tls12(23, 65, 4)));
    CHECK(newer.has_value() == row.tls13);
    CHECK(older.has_value() == row.tls12);
    if (newer) CHECK(good_signature(row.key, row.digest, row.pss, tls13(32), *newer));
    if (older) CHECK(good_signature(row.key, row.digest, row.pss, tls12(23, 65, 4), *older));
  }
}

TEST_CASE("only keys of the known kinds are loaded", "[sign_policy]") {
  CHECK(load("P-256").type() == KeyType::ec);
  CHECK(load("P-384").type() == KeyType::ec);
  CHECK(load("2048").type() == KeyType::rsa);
  CHECK_FALSE(SigningKey::from_pem(bytes_of(key_pem("P-521"))));
  CHECK_FALSE(SigningKey::from_pem(bytes_of(key_pem("1024"))));
  CHECK_FALSE(SigningKey::from_pem({}));
  CHECK_FALSE(SigningKey::from_pem(bytes_of(authority_pem())));
  const std::string whole = key_pem("P-256");
  CHECK_FALSE(SigningKey::from_pem(bytes_of(whole.substr(0, whole.size() / 2))));
}

TEST_CASE("a key with a pass phrase is refused, and nobody is asked", "[sign_policy]") {
  const BioHandle out(BIO_new(BIO_s_mem()));
  unsigned char phrase[] = "phrase";
  REQUIRE(PEM_write_bio_PrivateKey(out.get(), key("P-256"), EVP_aes_128_cbc(), phrase, 6, nullptr,
                                   nullptr) == 1);
  CHECK_FALSE(SigningKey::from_pem(bytes_of(contents(out.get()))));
}

TEST_CASE("a key knows the certificate that it belongs to", "[sign_policy]") {
  const auto chain = CertificateChain::from_pem(bytes_of(pem({.key = "P-256"})));
  REQUIRE(chain);
  CHECK(load("P-256").belongs_to(chain->public_key));
  CHECK_FALSE(load("P-384").belongs_to(chain->public_key));
  CHECK_FALSE(load("2048").belongs_to(chain->public_key));
  CHECK(load("2048").belongs_to(bytes_of(public_der("2048"))));
  CHECK_FALSE(load("2048").belongs_to(bytes_of(public_der("2048") + "x")));
  CHECK_FALSE(load("2048").belongs_to({}));
}

TEST_CASE("a certificate chain is read whole or refused", "[certificates]") {
  const std::string leaf =
      pem({.key = "2048", .names = "DNS:WWW.Example.test,DNS:*.example.test,IP:192.0.2.1"});
  const auto chain = CertificateChain::from_pem(bytes_of(leaf + authority_pem()));
  REQUIRE(chain);
  CHECK(chain->der.size() == 2);
  CHECK(chain->names == std::vector<std::string>{"www.example.test", "*.example.test"});
  CHECK(chain->key_type == KeyType::rsa);
  CHECK(chain->not_after.s - chain->not_before.s == 7200);
  CHECK(std::abs(chain->not_after.s - 3600 - read_wall().s) < 60);

  CHECK_FALSE(CertificateChain::from_pem({}));
  CHECK_FALSE(CertificateChain::from_pem(bytes_of(leaf + key_pem("2048"))));
  CHECK_FALSE(CertificateChain::from_pem(bytes_of(leaf.substr(0, leaf.size() - 40))));
  CHECK_FALSE(CertificateChain::from_pem(bytes_of(leaf + std::string(64 * 1024, '\n'))));
  CHECK_FALSE(CertificateChain::from_pem(bytes_of(pem({.names = "IP:192.0.2.1"}))));
  CHECK_FALSE(CertificateChain::from_pem(bytes_of(pem({.key = "1024"}))));
  std::string many;
  for (int i = 0; i < 9; ++i) many += leaf;
  CHECK_FALSE(CertificateChain::from_pem(bytes_of(many)));
}

TEST_CASE("a name covers a host exactly, or by one label", "[certificates]") {
  struct Row {
    const char *pattern, *host;
    bool covers;
  };
  const Row rows[] = {
      {"www.example.test", "www.example.test", true},
      {"www.example.test", "WWW.Example.TEST", true},
      {"www.example.test", "www.example.test.", false},
      {"www.example.test", "example.test", false},
      {"www.example.test", "", false},
      {"*.example.test", "a.example.test", true},
      {"*.example.test", "A.EXAMPLE.test", true},
      {"*.example.test", "a.b.example.test", false},
      {"*.example.test", "example.test", false},
      {"*.example.test", ".example.test", false},
      {"*.example.test", "aexample.test", false},
      {"*.example.test", "", false},
      {"w*.example.test", "www.example.test", false},
      {"*", "a", false},
      {"", "", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern, row.host);
    CHECK(name_covers(row.pattern, row.host) == row.covers);
  }
}

TEST_CASE("an exact name goes before a wildcard, in the order of the list", "[certificates]") {
  std::vector<CertificateChain> chains(3);
  chains[0].names = {"*.example.test"};
  chains[1].names = {"a.example.test", "*.other.test"};
  chains[2].names = {"a.example.test"};
  CHECK(certificate_for(chains, "a.example.test") == std::size_t{1});
  CHECK(certificate_for(chains, "b.example.test") == std::size_t{0});
  CHECK(certificate_for(chains, "x.other.test") == std::size_t{1});
  CHECK_FALSE(certificate_for(chains, "elsewhere.test"));
  CHECK_FALSE(certificate_for({}, "a.example.test"));
}
