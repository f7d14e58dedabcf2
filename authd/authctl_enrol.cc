// Adding one user for authctl.  On a terminal a token must be shown before it can be
// proved, so its secret is drawn here when none was typed; it is shown that one time,
// however often the code is mistyped.  Whether a code proves anything is judged in authd.

#include "authd/authctl_enrol.h"

#include <cstdio>

#include "authd/authctl_talk.h"
#include "authd/authctl_terminal.h"
#include "authd/otpauth.h"
#include "authd/random.h"

namespace postern::authd {
namespace {

constexpr std::size_t drawn_secret = 20;  // RFC 4226 section 4, R6: 160 bits
constexpr int proofs = 3;                 // codes that may be typed for one new token

// A connection for each question: the operator may take longer between two than authd
// keeps a silent one.
Result<void> ask_once(const std::string& socket, AdminAsk& ask,
                      const std::function<void(const JsonText&)>& row) {
  AdminTalk talk = TRY(AdminTalk::open(socket));
  return talk.ask(ask, row);
}

// Before anything is shown to a telephone: could this user be added at all?
Result<void> must_be_new(const std::string& socket, const AdminAsk& add) {
  AdminTalk talk = TRY(AdminTalk::open(socket));
  AdminAsk look;
  look.tag = add.tag;
  look.verb = AdminVerb::user_show;
  look.user = add.user;
  if (talk.ask(look, [](const JsonText&) {}))
    return fail("there is a user " + std::string(add.user.view()) + " already");
  return {};
}

// The token as the operator's telephone is to learn it.
Result<void> show_new_token(AdminAsk& ask) {
  TokenSecret secret;
  if (ask.secret.empty()) {
    TRY_VOID(fill_random(secret.fill(drawn_secret)));
    (void)ask.secret.assign(base32_encode(secret.bytes()).text());  // 32 letters
  } else {
    auto typed = base32_decode(ask.secret.text());
    if (!typed) return fail("the secret is no Base32 text");
    secret = std::move(*typed);
  }
  const auto algorithm = algorithm_named(ask.algorithm.view());
  if (!algorithm) return fail("the algorithm must be SHA1, SHA256 or SHA512");
  const TokenShape shape{.kind = ask.hotp ? TokenKind::hotp : TokenKind::totp,
                         .algorithm = *algorithm, .digits = ask.digits, .period = ask.period};
  const OtpauthUri uri = otpauth_uri(ask.user.view(), shape, secret, 0);
  show_token(stdout, uri.text(), ask.secret.text());
  return {};
}

// Show, ask for a code, add; a mistyped code may be repeated.
Result<void> add_with_proof(const std::string& socket, AdminAsk& ask, Printer& printer) {
  TRY_VOID(must_be_new(socket, ask));
  TRY_VOID(show_new_token(ask));
  printer.shown_already = true;
  ask.proof = true;
  for (int i = 1;; ++i) {
    ask.code1 = TRY(ask_code(stdout));
    if (ask.code1.empty()) return fail("no proof, no user: nobody was added");
    Result<void> added = ask_once(socket, ask, [&](const JsonText& row) { printer.take(row); });
    if (added || i == proofs) return added;
    (void)std::fprintf(stderr, "authctl: %s\n", added.error().what.c_str());
  }
}

}  // namespace

Result<void> add_user(const Wish& wish, const std::string& socket, AdminAsk& ask, Printer& printer) {
  ask.pin = wish.has(Option::pin_stdin) ? TRY(read_pin_line()) : TRY(ask_pin());
  const bool by_hand = has_terminal() && !wish.has(Option::json);
  if (by_hand && !ask.proof && !wish.has(Option::no_proof)) return add_with_proof(socket, ask, printer);
  return ask_once(socket, ask, [&](const JsonText& row) { printer.take(row); });
}

}  // namespace postern::authd
