// One-time passcodes, computed and matched.  Called by the vault (and by tests with the
// vectors of the RFCs).  Nothing is remembered between two calls and no clock is read:
// whether a passcode was used before is in the state that the caller brings, and making
// that durable is the store's work.  Never log a code or a secret from here.
#include "authd/passcode.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>

#include "common/secret.h"

namespace postern::authd {
namespace {

constexpr std::array<std::string_view, 2> kind_names = {"totp", "hotp"};
constexpr std::array<std::string_view, 3> algorithm_names = {"SHA1", "SHA256", "SHA512"};
constexpr std::array<std::uint32_t, 9> powers = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
constexpr std::uint32_t no_code = 0xffffffff;  // equal to no code, all are below 10^8

struct FreeMac {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
};

// 1 when equal, else 0, without a branch.
std::uint64_t equal(std::uint32_t a, std::uint32_t b) {
  return ((static_cast<std::uint64_t>(a) ^ b) - 1) >> 63;
}

// `yes` (0 or 1) chooses between two numbers without a branch.
std::int64_t choose(std::uint64_t yes, std::int64_t a, std::int64_t b) {
  const auto mask = static_cast<std::int64_t>(0 - yes);
  return (a & mask) | (b & ~mask);
}

std::uint32_t code_value(std::string_view code, std::uint32_t digits) {
  if (code.size() != digits) return no_code;
  std::uint32_t value = 0;
  for (const char c : code) {
    if (c < '0' || c > '9') return no_code;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value;
}

std::int64_t step_at(const TokenShape& shape, Wall now) {
  return now.s / static_cast<std::int64_t>(shape.period);
}

std::int32_t drift_of(const TokenShape& shape, std::int64_t counter, Wall now) {
  if (shape.kind == TokenKind::hotp) return 0;
  const std::int64_t drift = counter - step_at(shape, now);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(drift, -max_drift, max_drift));
}

// Goes through candidates and keeps the highest that fits.
class Search {
 public:
  Search(const CodeMaker& maker, std::span<const std::byte> secret, const TokenState& state)
      : maker_(maker), secret_(secret), state_(state) {}

  // The code of one candidate; of a negative one too, so that the work is the same.
  Result<std::uint32_t> code_at(std::int64_t counter) const {
    return maker_.hotp(secret_, static_cast<std::uint64_t>(counter), state_.shape.digits,
                       state_.shape.algorithm);
  }
  // `lowest`: the lowest counter whose code was shown; it too must not be spent.
  void judge(std::uint64_t same, std::int64_t counter, std::int64_t lowest) {
    const std::uint64_t real = lowest >= 0;
    const std::uint64_t unspent = lowest >= state_.next;
    fresh_ = choose(same & real & unspent, std::max(fresh_, counter), fresh_);
    spent_ |= same & real & (unspent ^ 1);
  }
  Result<void> range(std::int64_t from, std::int64_t to, std::uint32_t wanted) {
    for (std::int64_t counter = from; counter <= to; ++counter)
      judge(equal(TRY(code_at(counter)), wanted), counter, counter);
    return {};
  }
  // As range, for what only counts when the next one follows.
  Result<void> wide_range(std::int64_t from, std::int64_t to, std::uint32_t wanted) {
    for (std::int64_t counter = from; counter <= to; ++counter) {
      const std::uint64_t unspent = counter >= state_.next;  // and not negative
      const std::uint64_t same = equal(TRY(code_at(counter)), wanted);
      near_ = choose(same & unspent, std::max(near_, counter), near_);
    }
    return {};
  }
  // As range, for two codes that follow each other; the second one's counter counts.
  Result<void> pairs(std::int64_t from, std::int64_t to, std::uint32_t first,
                     std::uint32_t second) {
    std::uint64_t after_first = 0;
    for (std::int64_t counter = from; counter <= to; ++counter) {
      const std::uint32_t code = TRY(code_at(counter));
      judge(after_first & equal(code, second), counter, counter - 1);
      after_first = equal(code, first);
    }
    return {};
  }
  Match result(Wall now) const {
    if (fresh_ >= 0) return {Fit::fresh, fresh_, drift_of(state_.shape, fresh_, now)};
    if (near_ >= 0) return {Fit::near, near_, state_.drift};
    return {spent_ != 0 ? Fit::spent : Fit::none, 0, state_.drift};
  }

 private:
  const CodeMaker& maker_;
  std::span<const std::byte> secret_;
  const TokenState& state_;
  std::int64_t fresh_ = -1, near_ = -1;
  std::uint64_t spent_ = 0;
};

// How many candidates each kind of token has.
std::int64_t hotp_work(const Windows& w) { return 2 * w.hotp + 1 + w.hotp_wide + 1; }
std::int64_t totp_work(const Windows& w) { return 2 * (2 * w.totp + 1) + 2 * w.totp_wide + 1; }

Result<void> search_hotp(Search& search, const TokenState& state, const Windows& windows,
                         std::uint32_t wanted) {
  const std::int64_t next = state.next, window = windows.hotp, wide = windows.hotp_wide;
  // As far back as forward, only to call a spent passcode by its name in the log.
  TRY_VOID(search.range(next - window, next + window, wanted));
  return search.wide_range(next, next + wide, wanted);
}

Result<void> search_totp(Search& search, const TokenState& state, const Windows& windows,
                         std::uint32_t wanted, std::int64_t step) {
  const std::int64_t shown = step + state.drift, window = windows.totp, wide = windows.totp_wide;
  TRY_VOID(search.range(step - window, step + window, wanted));
  TRY_VOID(search.range(shown - window, shown + window, wanted));
  return search.wide_range(step - wide, step + wide, wanted);
}

}  // namespace

// The last byte says where four bytes are taken.
std::uint32_t truncate(std::span<const std::byte> mac) {
  const std::size_t at = std::to_integer<std::size_t>(mac.back() & std::byte{0xf});
  std::uint32_t number = 0;
  for (const std::byte byte : mac.subspan(at, 4))
    number = (number << 8) | std::to_integer<std::uint32_t>(byte);
  return number & 0x7fffffff;
}

std::string_view name_of(TokenKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }
std::string_view name_of(Algorithm a) { return algorithm_names[static_cast<std::size_t>(a)]; }

std::optional<Algorithm> algorithm_named(std::string_view name) {
  const auto found = std::find(algorithm_names.begin(), algorithm_names.end(), name);
  if (found == algorithm_names.end()) return std::nullopt;
  return static_cast<Algorithm>(found - algorithm_names.begin());
}

bool is_sound(const TokenShape& shape) {
  return shape.kind <= TokenKind::last && shape.algorithm <= Algorithm::last &&
         shape.digits >= 6 && shape.digits <= 8 && shape.period >= 1 && shape.period <= 3600;
}

bool is_sound(const Windows& windows) {
  return windows.totp <= 10 && windows.hotp <= 48 && windows.totp_wide <= max_drift &&
         windows.hotp_wide <= 500;
}

void CodeMaker::Free::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

Result<CodeMaker> CodeMaker::open() {
  const std::unique_ptr<EVP_MAC, FreeMac> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  if (!mac) return fail("cannot fetch HMAC from OpenSSL");
  CodeMaker maker;
  for (std::size_t i = 0; i < algorithm_names.size(); ++i) {
    Context context(EVP_MAC_CTX_new(mac.get()));
    std::string digest(algorithm_names[i]);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    if (!context || EVP_MAC_CTX_set_params(context.get(), params) != 1)
      return fail("cannot prepare HMAC-" + digest + " with OpenSSL");
    maker.unkeyed_[i] = std::move(context);
  }
  return maker;
}

Result<std::uint32_t> CodeMaker::truncated(std::span<const std::byte> secret,
                                           std::uint64_t counter, Algorithm algorithm) const {
  std::array<unsigned char, 8> text{};
  for (std::size_t i = 0; i < text.size(); ++i)
    text[i] = static_cast<unsigned char>(counter >> (56 - 8 * i));
  Secret<64> mac;
  const auto room = mac.fill(64);
  std::size_t size = 0;
  const Context context(EVP_MAC_CTX_dup(unkeyed_[static_cast<std::size_t>(algorithm)].get()));
  if (!context ||
      EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(secret.data()),
                   secret.size(), nullptr) != 1 ||
      EVP_MAC_update(context.get(), text.data(), text.size()) != 1 ||
      EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(room.data()), &size,
                    room.size()) != 1)
    return fail("cannot compute an HMAC with OpenSSL");
  return truncate(std::span<const std::byte>(room).first(size));
}

Result<std::uint32_t> CodeMaker::hotp(std::span<const std::byte> secret, std::uint64_t counter,
                                      std::uint32_t digits, Algorithm algorithm) const {
  if (digits < 6 || digits > 8) return fail("cannot compute a passcode: digits must be 6..8");
  return TRY(truncated(secret, counter, algorithm)) % powers[digits];
}

Result<Match> match_code(const CodeMaker& maker, std::span<const std::byte> secret,
                         const TokenState& state, const Windows& windows,
                         std::string_view code, Wall now) {
  const std::uint32_t wanted = code_value(code, state.shape.digits);
  const bool counts = state.shape.kind == TokenKind::hotp;
  const std::int64_t done = counts ? hotp_work(windows) : totp_work(windows);
  const std::int64_t most = std::max(hotp_work(windows), totp_work(windows));
  const std::int64_t step = step_at(state.shape, now), wide = windows.totp_wide;
  Search search(maker, secret, state);
  TRY_VOID(counts ? search_hotp(search, state, windows, wanted)
                  : search_totp(search, state, windows, wanted, step));
  // One that the clock has left behind is awaited no longer.
  const bool in_time = counts || (state.awaited >= step - wide && state.awaited <= step + wide + 1);
  const std::int64_t awaited = in_time ? state.awaited : -1;
  TRY_VOID(search.range(awaited, awaited, wanted));
  for (std::int64_t i = done; i < most; ++i) TRY_VOID(search.code_at(i));
  if (state.lost) return Match{Fit::none, 0, state.drift};
  return search.result(now);
}

Result<Match> match_pair(const CodeMaker& maker, std::span<const std::byte> secret,
                         const TokenState& state, std::string_view code1,
                         std::string_view code2, Wall now) {
  const std::uint32_t first = code_value(code1, state.shape.digits);
  const std::uint32_t second = code_value(code2, state.shape.digits);
  Search search(maker, secret, state);
  if (state.shape.kind == TokenKind::hotp) {
    TRY_VOID(search.pairs(state.next, state.next + hotp_resync_window, first, second));
  } else {
    const std::int64_t step = step_at(state.shape, now);
    TRY_VOID(search.pairs(step - max_drift - 1, step + max_drift, first, second));
  }
  return search.result(now);
}

}  // namespace postern::authd
