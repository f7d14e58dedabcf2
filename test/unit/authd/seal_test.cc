// Sealing of token secrets, and the key file.
#include "authd/seal.h"

#include <fcntl.h>

#include <fstream>
#include <set>

#include "common/unique_fd.h"
#include "unit/authd/scratch.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {
SealingKey key_of(char filler) {
  SealingKey key;
  key.assign(std::string(32, filler));
  return key;
}
Sealer sealer(char filler = 'k') { return Sealer::open(key_of(filler)).value(); }
const std::vector<std::byte> secret = bytes_of("12345678901234567890");
}  // namespace

TEST_CASE("what was sealed opens for the same user and purpose", "[seal]") {
  for (std::size_t size = 1; size <= 64; ++size) {
    const auto plain = bytes_of(std::string(size, 's'));
    const auto sealed = sealer().seal(plain, "alice", "token").value();
    CHECK(sealed.size() == size + 29);
    CHECK(same_secret(sealer().unseal(sealed, "alice", "token").value().bytes(), plain));
  }
  CHECK_FALSE(sealer().seal({}, "alice", "token"));
  CHECK_FALSE(sealer().seal(bytes_of(std::string(65, 's')), "alice", "token"));
}

TEST_CASE("a sealed secret does not open in another place or under another key", "[seal]") {
  const auto sealed = sealer().seal(secret, "alice", "token").value();
  CHECK_FALSE(sealer().unseal(sealed, "bob", "token"));
  CHECK_FALSE(sealer().unseal(sealed, "alice", "other"));
  CHECK_FALSE(sealer().unseal(sealed, "token", "alice"));
  CHECK_FALSE(sealer().unseal(sealed, "alic", "token"));
  CHECK_FALSE(sealer().unseal(sealed, "", "tokenalice"));
  CHECK_FALSE(sealer('x').unseal(sealed, "alice", "token"));
}

TEST_CASE("every changed bit, every truncation and every extension is refused", "[seal]") {
  const auto sealed = sealer().seal(secret, "alice", "token").value();
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    auto changed = sealed;
    changed[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    CHECK_FALSE(sealer().unseal(changed, "alice", "token"));
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    CHECK_FALSE(sealer().unseal(std::span(sealed).first(size), "alice", "token"));
  auto longer = sealed;
  longer.push_back(std::byte{0});
  CHECK_FALSE(sealer().unseal(longer, "alice", "token"));
}

TEST_CASE("no nonce comes twice and the text does not show", "[seal]") {
  std::set<std::vector<std::byte>> seen;
  for (int i = 0; i < 200; ++i) {
    const auto sealed = sealer().seal(secret, "alice", "token").value();
    seen.insert({sealed.begin() + 1, sealed.begin() + 13});
    CHECK(std::search(sealed.begin(), sealed.end(), secret.begin(), secret.end()) == sealed.end());
  }
  CHECK(seen.size() == 200);
}

TEST_CASE("a key file holds 32 bytes or 64 hexadecimal digits and nothing else", "[seal]") {
  const std::string hex = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
  std::string raw;
  for (char c = 0; c < 32; ++c) raw.push_back(c);
  for (const std::string& good : {raw, hex, hex + "\n"})
    CHECK(parse_sealing_key(bytes_of(good)).value().text() == raw);
  for (const std::string& bad :
       {std::string(), raw + "\n", raw.substr(1), hex.substr(1), hex + "0", hex + "\n\n", hex + " ",
        "0x" + hex.substr(2), "g" + hex.substr(1), hex.substr(0, 62), hex + hex})
    CHECK_FALSE(parse_sealing_key(bytes_of(bad)));
  CHECK_FALSE(Sealer::open(SealingKey()));
}

TEST_CASE("a key file is read from its beginning every time, and not beyond a key's length", "[seal]") {
  Scratch scratch;
  std::ofstream(scratch.file("key")) << std::string(32, 'k');
  const UniqueFd file = UniqueFd::adopt(::open(scratch.file("key").c_str(), O_RDONLY | O_CLOEXEC));
  for (int i = 0; i < 2; ++i) CHECK(read_sealing_key(file.get()).value() == key_of('k'));
  std::ofstream(scratch.file("long")) << std::string(4096, 'a');
  const UniqueFd more = UniqueFd::adopt(::open(scratch.file("long").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(read_sealing_key(more.get()));
  const UniqueFd directory = UniqueFd::adopt(::open(scratch.path().c_str(), O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(read_sealing_key(directory.get()));
}
