// A vault in a scratch directory with two users, for the tests of the vault as a whole.
#pragma once

#include <string>
#include <string_view>

#include "authd/vault_core.h"
#include "unit/authd/scratch.h"
#include "unit/catch.h"

namespace postern::authd {

inline constexpr std::string_view key_text = "12345678901234567890";
inline constexpr std::string_view key_base32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
inline constexpr std::string_view home = "192.0.2.1";
inline constexpr Wall noon{1'700'000'010};
inline constexpr Mono start{1'000'000'000};

template <class S>
S secret_of(std::string_view text) {
  S secret;
  REQUIRE(secret.assign(text));
  return secret;
}

inline SealingKey sealing_key(char filler = 'k') {
  return secret_of<SealingKey>(std::string(32, filler));
}

inline VaultConfig config_for(const std::string& path) {
  VaultConfig config;
  config.path = path;
  config.pin_cost = {10, 8, 1};  // quick; one test pays the real price
  config.lockout.free_failures = 2;
  return config;
}

// The token that everybody has in these tests: RFC 4226's key, six digits.
inline std::string code_at(std::int64_t counter) {
  const auto code = CodeMaker::open().value().hotp(bytes_of(key_text), static_cast<std::uint64_t>(counter),
                                                   6, Algorithm::sha1);
  const std::string text = std::to_string(code.value());
  return std::string(6 - text.size(), '0') + text;
}
inline std::string code_now(std::int64_t steps = 0) { return code_at(noon.s / 30 + steps); }

// A vault in a scratch directory, with alice (TOTP) and bob (HOTP), both with PIN 1234.
struct House {
  House() : vault(Vault::open(config_for(scratch.file("db")), sealing_key()).value()) {
    add("alice", {});
    add("bob", {TokenKind::hotp, Algorithm::sha1, 6, 30});
  }
  void add(std::string_view name, TokenShape shape) {
    const Pin pin = secret_of<Pin>("1234");
    REQUIRE(vault.add_user({name, shape, key_base32, pin, std::nullopt}, noon));
  }
  LoginAnswer login(std::string_view user, std::string_view pin, std::string_view code,
                    std::string_view source = home, Wall now = noon, Mono mono = start) {
    const Pin typed = secret_of<Pin>(pin);
    const Passcode passcode = secret_of<Passcode>(code);
    return vault.check({user, typed, passcode, Address::parse(source).value()}, now, mono);
  }
  std::string word(std::string_view user, std::string_view pin, std::string_view code) {
    return std::string(word_of(login(user, pin, code).outcome));
  }
  void reopen() {
    { Vault closed = std::move(vault); }
    vault = Vault::open(config_for(scratch.file("db")), sealing_key()).value();
  }

  Scratch scratch;
  Vault vault;
  int logins = 0;
};

inline std::string reason(const auto& result) { return result ? "" : result.error().what; }

}  // namespace postern::authd
