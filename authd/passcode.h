// One-time passcodes: HOTP (RFC 4226) and TOTP (RFC 6238), and whether a code that
// somebody typed is one that his token may show now.  Pure: the token's state, the
// windows and the time are arguments; nothing is stored here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"

struct evp_mac_ctx_st;  // OpenSSL's EVP_MAC_CTX

namespace postern::authd {

// The 31-bit number in an HMAC of 20 bytes or more (RFC 4226 section 5.3, step 2).
std::uint32_t truncate(std::span<const std::byte> mac);

enum class TokenKind : std::uint8_t { totp, hotp, last = hotp };
enum class Algorithm : std::uint8_t { sha1, sha256, sha512, last = sha512 };

std::string_view name_of(TokenKind kind);            // "totp" "hotp"
std::string_view name_of(Algorithm algorithm);       // "SHA1" "SHA256" "SHA512"
std::optional<Algorithm> algorithm_named(std::string_view name);  // exactly these three

struct TokenShape {
  TokenKind kind = TokenKind::totp;
  Algorithm algorithm = Algorithm::sha1;
  std::uint32_t digits = 6;   // 6..8
  std::uint32_t period = 30;  // seconds of a TOTP step, 1..3600; unused for HOTP
};
bool is_sound(const TokenShape& shape);  // every field within its bounds

// Computes codes.  All that OpenSSL has to look up is looked up in open(), so that a
// jailed process needs nothing later.  Movable, not copyable.
class CodeMaker {
 public:
  static Result<CodeMaker> open();

  // The truncated HMAC of `counter`.  `secret` must not be empty.
  Result<std::uint32_t> truncated(std::span<const std::byte> secret, std::uint64_t counter,
                                  Algorithm algorithm) const;
  // The code for `counter` (for TOTP: the step number) as a number below 10^digits.
  Result<std::uint32_t> hotp(std::span<const std::byte> secret, std::uint64_t counter,
                             std::uint32_t digits, Algorithm algorithm) const;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  using Context = std::unique_ptr<evp_mac_ctx_st, Free>;
  std::array<Context, 3> unkeyed_;  // one for each Algorithm
};

struct Windows {
  std::uint32_t totp = 1;   // steps before and after, 0..10
  std::uint32_t hotp = 10;  // counters beyond the next one, 0..48
  // Where a passcode is looked for that only fits when the next one follows it.
  std::uint32_t totp_wide = 10;   // steps before and after, 0..20
  std::uint32_t hotp_wide = 100;  // counters beyond the next one, 0..500
};
bool is_sound(const Windows& windows);  // every one within its bounds

// What is known about a token.  Counters and steps are never negative.
struct TokenState {
  TokenShape shape;
  std::int64_t next = 0;      // the lowest counter (TOTP: step) that is not spent
  std::int32_t drift = 0;     // steps by which the token's clock was ahead when last seen
  bool lost = false;          // nobody knows where it is: no code fits before a resync
  std::int64_t awaited = -1;  // fits anywhere in the wide window: the one before it was shown
};

// How far a token's clock is believed to be off, in steps; resync looks this far.
inline constexpr std::int32_t max_drift = 20;
// How many counters beyond the next one resync looks for HOTP.
inline constexpr std::int64_t hotp_resync_window = 1000;

// near: in the wide window only.  It is a "no" as `none` is, but the one after it counts.
enum class Fit : std::uint8_t { none, spent, near, fresh };

struct Match {
  Fit fit = Fit::none;
  std::int64_t counter = 0;  // the counter or step that fits; to be spent when fresh
  std::int32_t drift = 0;    // the drift to store with it
};

// Does `code` (exactly `digits` digits) fit?  Every candidate is computed and compared
// without branching on the outcome; of several that fit, the highest is taken, so that
// spending it spends them all.  A TOTP step fits within `windows.totp` of the server's
// clock or of the token's own clock (RFC 6238 section 6): the first alone would refuse a
// slow token, the second alone would refuse an honest one after a code typed late.
// Anything below `state.next` is spent, never fresh.  The work is the same for every token,
// whatever its kind and its state.  An error only if OpenSSL fails.
Result<Match> match_code(const CodeMaker& maker, std::span<const std::byte> secret,
                         const TokenState& state, const Windows& windows,
                         std::string_view code, Wall now);

// For resync: two codes that follow each other, found in a wide window (RFC 4226 section
// 7.4, RFC 6238 section 6).  fresh: `counter` is that of the second code.
Result<Match> match_pair(const CodeMaker& maker, std::span<const std::byte> secret,
                         const TokenState& state, std::string_view code1,
                         std::string_view code2, Wall now);

}  // namespace postern::authd
