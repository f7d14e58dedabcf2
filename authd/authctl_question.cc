// From what was typed to the question for authd.  Every value is judged here already, with
// the reason in words, so that nothing is asked or shown before it is clear that it can be
// done; authd judges all of it again.

#include <algorithm>
#include <charconv>

#include "authd/authctl_options.h"
#include "authd/authctl_print.h"
#include "authd/base32.h"
#include "authd/passcode.h"
#include "authd/user_name.h"

namespace postern::authd {
namespace {

Result<std::uint32_t> number(const Wish& wish, Option option, std::uint32_t otherwise,
                             std::uint32_t least, std::uint32_t most) {
  if (!wish.has(option)) return otherwise;
  const std::string_view text = wish.value(option);
  std::uint32_t n = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), n);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && n >= least && n <= most) return n;
  return fail(std::string(name_of(option)) + " must be " + std::to_string(least) + " to " + std::to_string(most));
}

Result<void> put_user(AdminAsk& ask, std::string_view name) {
  if (!is_user_name(name))
    return fail(quoted(name) + " is no user name: a-z first, then at most 31 of a-z 0-9 . _ -");
  return ask.user.assign(name) ? Result<void>() : fail("the name is too long");
}

Result<void> put_sid(AdminAsk& ask, std::string_view sid) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (sid.empty() || !std::ranges::all_of(sid, fits) || !ask.sid.assign(sid))
    return fail(quoted(sid) + " is no sid; session list shows them");
  return {};
}

// Never shown again, not even when it is wrong.
Result<void> put_code(Secret<16>& field, std::string_view code, std::string_view what) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (code.size() < 6 || code.size() > 8 || !std::ranges::all_of(code, is_digit))
    return fail(std::string(what) + " must be the 6 to 8 digits of a passcode");
  return field.assign(code) ? Result<void>() : fail(std::string(what) + " is too long");
}

Result<void> put_secret(AdminAsk& ask, std::string_view base32) {
  const auto secret = base32_decode(base32);
  if (!secret) return fail("--secret must be Base32 (A-Z, 2-7) of at most 64 bytes");
  if (secret->size() < min_token_secret) return fail("--secret is shorter than 16 bytes");
  return ask.secret.assign(base32) ? Result<void>() : fail("--secret is too long");
}

Result<void> check_together(const Wish& wish) {
  if (wish.has(Option::totp) && wish.has(Option::hotp)) return fail("--totp or --hotp, not both");
  if (wish.has(Option::hotp) && wish.has(Option::period)) return fail("--period is for --totp");
  if (wish.has(Option::code) && wish.has(Option::no_proof)) return fail("--code or --no-proof, not both");
  if (wish.has(Option::code) && !wish.has(Option::secret)) return fail("--code needs --secret");
  return {};
}

Result<void> put_token(const Wish& wish, AdminAsk& ask) {
  TRY_VOID(check_together(wish));
  ask.hotp = wish.has(Option::hotp);
  ask.digits = static_cast<std::uint8_t>(TRY(number(wish, Option::digits, 6, 6, 8)));
  ask.period = TRY(number(wish, Option::period, 30, 1, 3600));
  const std::string_view algorithm = wish.value(Option::algorithm, "SHA1");
  if (!algorithm_named(algorithm) || !ask.algorithm.assign(algorithm))
    return fail("--algorithm must be SHA1, SHA256 or SHA512");
  if (wish.has(Option::secret)) TRY_VOID(put_secret(ask, wish.value(Option::secret)));
  ask.proof = wish.has(Option::code);
  return ask.proof ? put_code(ask.code1, wish.value(Option::code), "--code") : Result<void>();
}

}  // namespace

Result<AdminAsk> question_of(const Wish& wish) {
  AdminAsk ask;
  ask.tag = 1;
  ask.verb = wish.command->verb;
  if (wish.has(Option::user)) TRY_VOID(put_user(ask, wish.value(Option::user)));
  const auto& names = wish.command->operands;
  for (std::size_t i = 0; i < wish.operands.size(); ++i) {
    const std::string_view text = wish.operands[i];
    if (names[i] == "NAME") TRY_VOID(put_user(ask, text));
    if (names[i] == "SID") TRY_VOID(put_sid(ask, text));
    if (names[i] == "CODE1") TRY_VOID(put_code(ask.code1, text, "CODE1"));
    if (names[i] == "CODE2") TRY_VOID(put_code(ask.code2, text, "CODE2"));
  }
  if (wish.command->job == Job::add) TRY_VOID(put_token(wish, ask));
  return ask;
}

}  // namespace postern::authd
