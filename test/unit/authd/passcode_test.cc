// One-time passcodes against the vectors of RFC 4226 and RFC 6238, and the matcher
// against windows, replays, drift and resynchronisation.
#include "authd/passcode.h"

#include <cstdio>
#include <string>

#include "unit/authd/scratch.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

const std::vector<std::byte> key20 = bytes_of("12345678901234567890");
const std::vector<std::byte> key32 = bytes_of("12345678901234567890123456789012");
const std::vector<std::byte> key64 =
    bytes_of("1234567890123456789012345678901234567890123456789012345678901234");

CodeMaker maker() { return CodeMaker::open().value(); }

std::string padded(std::uint32_t code, std::uint32_t digits) {
  std::string text = std::to_string(code);
  return std::string(digits - text.size(), '0') + text;
}
std::string code_for(const TokenShape& shape, std::int64_t counter) {
  const auto code = maker().hotp(key20, static_cast<std::uint64_t>(counter), shape.digits, shape.algorithm);
  return padded(code.value(), shape.digits);
}
TokenState totp(std::int64_t next = 0, std::int32_t drift = 0) { return {{}, next, drift, false, -1}; }
TokenState hotp(std::int64_t next) { return {{TokenKind::hotp, Algorithm::sha1, 6, 30}, next, 0, false, -1}; }

// The narrow windows alone, as most of these tests want it.
constexpr Windows narrow{1, 10, 0, 0};

Match match(const TokenState& state, const std::string& code, Wall now, Windows windows = narrow) {
  return match_code(maker(), key20, state, windows, code, now).value();
}

constexpr Wall noon{1'700'000'010};
constexpr std::int64_t noon_step = noon.s / 30;

}  // namespace

TEST_CASE("the vectors of RFC 4226 appendix D come out", "[passcode]") {
  struct Row {
    std::uint32_t truncated, code;
  };
  constexpr Row rows[] = {{1284755224, 755224}, {1094287082, 287082}, {137359152, 359152},
                          {1726969429, 969429}, {1640338314, 338314}, {868254676, 254676},
                          {1918287922, 287922}, {82162583, 162583},   {673399871, 399871},
                          {645520489, 520489}};
  // Table 1 of the appendix: the HMACs from which the numbers are taken.
  constexpr const char* macs[] = {
      "cc93cf18508d94934c64b65d8ba7667fb7cde4b0", "75a48a19d4cbe100644e8ac1397eea747a2d33ab",
      "0bacb7fa082fef30782211938bc1c5e70416ff44", "66c28227d03a2d5529262ff016a1e6ef76557ece",
      "a904c900a64b35909874b33e61c5938a8e15ed1c", "a37e783d7b7233c083d4f62926c7a25f238d0316",
      "bc9cd28561042c83f219324d3c607256c03272ae", "a4fb960c0bc06e1eabb804e5b397cdc4b45596fa",
      "1b3c89f65e6c9e883012052823443f048b4332db", "1637409809a679dc698207310c8c7fc07290d9e5"};
  const CodeMaker codes = maker();
  for (std::uint64_t counter = 0; counter < std::size(rows); ++counter) {
    CAPTURE(counter);
    CHECK(truncate(bytes_of_hex(macs[counter])) == rows[counter].truncated);
    CHECK(codes.truncated(key20, counter, Algorithm::sha1).value() == rows[counter].truncated);
    CHECK(codes.hotp(key20, counter, 6, Algorithm::sha1).value() == rows[counter].code);
  }
}

TEST_CASE("the example of RFC 4226 section 5.4 comes out", "[passcode]") {
  const auto mac = bytes_of_hex("1f8698690e02ca16618550ef7f19da8e945b555a");
  CHECK(truncate(mac) == 0x50ef7f19);
  CHECK(truncate(mac) % 1'000'000 == 872921);
}

TEST_CASE("the vectors of RFC 6238 appendix B come out", "[passcode]") {
  struct Row {
    std::int64_t time;
    std::uint32_t sha1, sha256, sha512;
  };
  constexpr Row rows[] = {{59, 94287082, 46119246, 90693936},
                          {1111111109, 7081804, 68084774, 25091201},
                          {1111111111, 14050471, 67062674, 99943326},
                          {1234567890, 89005924, 91819424, 93441116},
                          {2000000000, 69279037, 90698825, 38618901},
                          {20000000000, 65353130, 77737706, 47863826}};
  const CodeMaker codes = maker();
  for (const Row& row : rows) {
    CAPTURE(row.time);
    const auto step = static_cast<std::uint64_t>(row.time / 30);
    CHECK(codes.hotp(key20, step, 8, Algorithm::sha1).value() == row.sha1);
    CHECK(codes.hotp(key32, step, 8, Algorithm::sha256).value() == row.sha256);
    CHECK(codes.hotp(key64, step, 8, Algorithm::sha512).value() == row.sha512);
    const TokenState state{{TokenKind::totp, Algorithm::sha512, 8, 30}, 0, 0, false, -1};
    const Match found =
        match_code(codes, key64, state, {}, padded(row.sha512, 8), Wall{row.time}).value();
    CHECK(found.fit == Fit::fresh);
    CHECK(found.counter == row.time / 30);
  }
}

TEST_CASE("codes have 6 to 8 digits and nothing else", "[passcode]") {
  const CodeMaker codes = maker();
  CHECK(codes.hotp(key20, 0, 7, Algorithm::sha1).value() == 4755224);
  CHECK(codes.hotp(key20, 0, 8, Algorithm::sha1).value() == 84755224);
  CHECK_FALSE(codes.hotp(key20, 0, 5, Algorithm::sha1));
  CHECK_FALSE(codes.hotp(key20, 0, 9, Algorithm::sha1));
  CHECK(is_sound({TokenKind::totp, Algorithm::sha1, 6, 1}));
  CHECK(is_sound({TokenKind::totp, Algorithm::sha512, 8, 3600}));
  CHECK_FALSE(is_sound({TokenKind::totp, Algorithm::sha1, 5, 30}));
  CHECK_FALSE(is_sound({TokenKind::totp, Algorithm::sha1, 9, 30}));
  CHECK_FALSE(is_sound({TokenKind::totp, Algorithm::sha1, 6, 0}));
  CHECK_FALSE(is_sound({TokenKind::totp, Algorithm::sha1, 6, 3601}));
  CHECK_FALSE(is_sound({static_cast<TokenKind>(2), Algorithm::sha1, 6, 30}));
  CHECK_FALSE(is_sound({TokenKind::totp, static_cast<Algorithm>(3), 6, 30}));
  CHECK(algorithm_named("SHA256") == Algorithm::sha256);
  CHECK_FALSE(algorithm_named("sha256"));
}

TEST_CASE("a TOTP code fits from one step before to one step after, by default", "[passcode]") {
  const auto [offset, fit] = GENERATE(table<std::int64_t, Fit>(
      {{-2, Fit::none}, {-1, Fit::fresh}, {0, Fit::fresh}, {1, Fit::fresh}, {2, Fit::none}}));
  CAPTURE(offset);
  const Match found = match(totp(), code_for({}, noon_step + offset), noon);
  CHECK(found.fit == fit);
  if (fit == Fit::fresh) {
    CHECK(found.counter == noon_step + offset);
    CHECK(found.drift == offset);
  }
}

TEST_CASE("a TOTP code holds to the last second of its window", "[passcode]") {
  const std::string code = code_for({}, noon_step);
  const std::int64_t begins = noon_step * 30;
  CHECK(match(totp(), code, Wall{begins - 31}).fit == Fit::none);
  CHECK(match(totp(), code, Wall{begins - 30}).fit == Fit::fresh);
  CHECK(match(totp(), code, Wall{begins + 59}).fit == Fit::fresh);
  CHECK(match(totp(), code, Wall{begins + 60}).fit == Fit::none);
  CHECK(match(totp(), code, Wall{begins}, {0, 0, 0, 0}).fit == Fit::fresh);
  CHECK(match(totp(), code, Wall{begins - 1}, {0, 0, 0, 0}).fit == Fit::none);
  CHECK(match(totp(), code, Wall{begins + 30}, {0, 0, 0, 0}).fit == Fit::none);
}

TEST_CASE("every period from 1 s to 3600 s counts its own steps", "[passcode]") {
  const std::uint32_t period = GENERATE(1u, 29u, 60u, 3600u);
  const TokenState state{{TokenKind::totp, Algorithm::sha256, 7, period}, 0, 0, false, -1};
  const std::int64_t step = noon.s / period;
  const Match found = match(state, code_for(state.shape, step), noon);
  CHECK(found.fit == Fit::fresh);
  CHECK(found.counter == step);
}

TEST_CASE("a step at or below the last one used is spent", "[passcode]") {
  for (std::int64_t offset = -1; offset <= 1; ++offset)
    for (std::int64_t last = -2; last <= 1; ++last) {
      CAPTURE(offset, last);
      const Match found = match(totp(noon_step + last + 1), code_for({}, noon_step + offset), noon);
      CHECK(found.fit == (offset > last ? Fit::fresh : Fit::spent));
    }
}

TEST_CASE("a HOTP code fits from the next counter to the end of the window", "[passcode]") {
  const auto [counter, fit] = GENERATE(table<std::int64_t, Fit>({{89, Fit::none},
                                                                 {90, Fit::spent},
                                                                 {99, Fit::spent},
                                                                 {100, Fit::fresh},
                                                                 {110, Fit::fresh},
                                                                 {111, Fit::none}}));
  CAPTURE(counter);
  const Match found = match(hotp(100), code_for(hotp(0).shape, counter), noon);
  CHECK(found.fit == fit);
  if (fit == Fit::fresh) CHECK(found.counter == counter);
}

TEST_CASE("a code that is not exactly so many digits never fits", "[passcode]") {
  const std::string right = code_for({}, noon_step);
  for (const std::string& code :
       {std::string(), right.substr(1), right + "0", "0" + right, " " + right.substr(1),
        right.substr(0, 5) + "x", "+" + right.substr(1), right.substr(0, 5) + std::string(1, '\0')})
    CHECK(match(totp(), code, noon).fit == Fit::none);
  CHECK(match(totp(), right, noon).fit == Fit::fresh);
}

TEST_CASE("before 1970 and at the first counter nothing negative fits", "[passcode]") {
  const CodeMaker codes = maker();
  const std::string below = padded(codes.hotp(key20, UINT64_MAX, 6, Algorithm::sha1).value(), 6);
  CHECK(match(hotp(0), below, noon).fit == Fit::none);
  CHECK(match(totp(), below, Wall{0}).fit == Fit::none);
  CHECK(match(totp(), below, Wall{-30}).fit == Fit::none);
}

TEST_CASE("of two candidates with the same code the higher is spent, so neither works again",
          "[passcode]") {
  // The first counter whose code comes again within the window of ten.
  const CodeMaker codes = maker();
  std::vector<std::uint32_t> seen;
  std::int64_t first = -1, second = -1;
  for (std::uint64_t c = 0; first < 0 && c < 2'000'000; ++c) {
    seen.push_back(codes.hotp(key20, c, 6, Algorithm::sha1).value());
    for (std::size_t back = 1; back <= 10 && back <= c; ++back)
      if (seen[c - back] == seen[c]) first = static_cast<std::int64_t>(c - back), second = static_cast<std::int64_t>(c);
  }
  REQUIRE(first >= 0);
  const std::string code = code_for(hotp(0).shape, first);
  const Match found = match(hotp(first), code, noon);
  CHECK(found.counter == second);
  CHECK(match(hotp(found.counter + 1), code, noon).fit == Fit::spent);
}

TEST_CASE("a slow token is followed step by step", "[passcode]") {
  std::int64_t next = 0;
  std::int32_t drift = 0;
  for (std::int64_t behind = 0; behind <= 5; ++behind) {
    const Wall now{noon.s + behind * 300};
    const std::string code = code_for({}, now.s / 30 - behind);
    const Match found = match(totp(next, drift), code, now);
    REQUIRE(found.fit == Fit::fresh);
    CHECK(found.drift == -behind);
    next = found.counter + 1;
    drift = found.drift;
  }
  CHECK(match(totp(), code_for({}, noon_step - 5), noon).fit == Fit::none);
}

TEST_CASE("codes typed late do not push an honest token out", "[passcode]") {
  CHECK(match(totp(0, -2), code_for({}, noon_step), noon).fit == Fit::fresh);
  CHECK(match(totp(0, -20), code_for({}, noon_step + 1), noon).fit == Fit::fresh);
  CHECK(match(totp(0, -20), code_for({}, noon_step + 2), noon).fit == Fit::none);
  CHECK(match(totp(0, -20), code_for({}, noon_step - 10), noon).fit == Fit::none);
}

TEST_CASE("the drift that is believed has a limit", "[passcode]") {
  const Match found = match(totp(0, -20), code_for({}, noon_step - 21), noon);
  CHECK(found.fit == Fit::fresh);
  CHECK(found.drift == -20);
  CHECK(match(totp(0, found.drift), code_for({}, noon_step - 22), noon).fit == Fit::none);
}

TEST_CASE("a code in the wide window only is a near miss, and spends nothing", "[passcode]") {
  const auto [offset, fit] = GENERATE(table<std::int64_t, Fit>({{-11, Fit::none},
                                                                {-10, Fit::near},
                                                                {-2, Fit::near},
                                                                {-1, Fit::fresh},
                                                                {1, Fit::fresh},
                                                                {2, Fit::near},
                                                                {10, Fit::near},
                                                                {11, Fit::none}}));
  CAPTURE(offset);
  const Match found = match(totp(), code_for({}, noon_step + offset), noon, {});
  CHECK(found.fit == fit);
  if (fit == Fit::near) CHECK(found.counter == noon_step + offset);
  CHECK(match(totp(noon_step + offset + 1), code_for({}, noon_step + offset), noon, {}).fit !=
        Fit::near);  // it is spent
}

TEST_CASE("a HOTP token is looked for far ahead, never behind", "[passcode]") {
  const auto [counter, fit] = GENERATE(table<std::int64_t, Fit>(
      {{60, Fit::none}, {110, Fit::fresh}, {111, Fit::near}, {200, Fit::near}, {201, Fit::none}}));
  CAPTURE(counter);
  const Match found = match(hotp(100), code_for(hotp(0).shape, counter), noon, {});
  CHECK(found.fit == fit);
  if (fit == Fit::near) CHECK(found.counter == counter);
}

TEST_CASE("the code that is awaited is fresh, unless it is spent or its time is over", "[passcode]") {
  const auto fit_of = [](TokenState state, std::int64_t awaited, const std::string& code) {
    state.awaited = awaited;
    return match(state, code, noon, {}).fit;
  };
  for (const std::int64_t offset : {-10, -5, 5, 10, 11}) {
    CAPTURE(offset);
    const std::int64_t step = noon_step + offset;
    CHECK(fit_of(totp(), step, code_for({}, step)) == Fit::fresh);
    CHECK(fit_of(totp(), step, code_for({}, step + 1)) != Fit::fresh);
    CHECK(fit_of(totp(step + 1), step, code_for({}, step)) == Fit::spent);
  }
  CHECK(fit_of(totp(), noon_step - 11, code_for({}, noon_step - 11)) == Fit::none);
  CHECK(fit_of(totp(), noon_step + 12, code_for({}, noon_step + 12)) == Fit::none);
  CHECK(fit_of(hotp(100), 201, code_for(hotp(0).shape, 201)) == Fit::fresh);
  CHECK(fit_of(hotp(202), 201, code_for(hotp(0).shape, 201)) == Fit::spent);
  CHECK(fit_of(hotp(0), -1, code_for(hotp(0).shape, -1)) == Fit::none);
}

TEST_CASE("windows have their bounds", "[passcode]") {
  CHECK(is_sound(Windows{}));
  CHECK(is_sound(Windows{10, 48, 20, 500}));
  CHECK(is_sound(Windows{0, 0, 0, 0}));
  CHECK_FALSE(is_sound(Windows{11, 10, 10, 100}));
  CHECK_FALSE(is_sound(Windows{1, 49, 10, 100}));
  CHECK_FALSE(is_sound(Windows{1, 10, 21, 100}));
  CHECK_FALSE(is_sound(Windows{1, 10, 10, 501}));
}

TEST_CASE("resync finds two codes in a row within twenty steps", "[passcode]") {
  const auto [offset, fit] = GENERATE(table<std::int64_t, Fit>({{-21, Fit::fresh},
                                                                {-22, Fit::none},
                                                                {-3, Fit::fresh},
                                                                {0, Fit::fresh},
                                                                {19, Fit::fresh},
                                                                {20, Fit::none}}));
  CAPTURE(offset);
  const std::string code1 = code_for({}, noon_step + offset), code2 = code_for({}, noon_step + offset + 1);
  const Match found = match_pair(maker(), key20, totp(), code1, code2, noon).value();
  CHECK(found.fit == fit);
  if (fit != Fit::fresh) return;
  CHECK(found.counter == noon_step + offset + 1);
  CHECK(found.drift == offset + 1);
}

TEST_CASE("resync refuses codes out of order, apart, alone or spent", "[passcode]") {
  const CodeMaker codes = maker();
  const auto code = [](std::int64_t step) { return code_for({}, noon_step + step); };
  const auto fit = [&](const TokenState& state, const std::string& a, const std::string& b) {
    return match_pair(codes, key20, state, a, b, noon).value().fit;
  };
  CHECK(fit(totp(), code(1), code(0)) == Fit::none);
  CHECK(fit(totp(), code(0), code(2)) == Fit::none);
  CHECK(fit(totp(), code(0), code(0)) == Fit::none);
  CHECK(fit(totp(), code(0), "") == Fit::none);
  CHECK(fit(totp(noon_step), code(0), code(1)) == Fit::fresh);
  CHECK(fit(totp(noon_step + 1), code(0), code(1)) == Fit::spent);
  CHECK(fit(totp(noon_step + 2), code(0), code(1)) == Fit::spent);
}

TEST_CASE("resync finds a HOTP token a thousand counters ahead", "[passcode]") {
  const CodeMaker codes = maker();
  const auto fit = [&](std::int64_t counter) {
    const std::string a = code_for(hotp(0).shape, counter), b = code_for(hotp(0).shape, counter + 1);
    return match_pair(codes, key20, hotp(50), a, b, noon).value();
  };
  CHECK(fit(50).counter == 51);
  CHECK(fit(1049).counter == 1050);
  CHECK(fit(1050).fit == Fit::none);
  CHECK(fit(49).fit == Fit::none);
}
