// authctl: the operator's tool.  It turns a command line into one question to authd, asks
// the operator for what must not stand on a command line, and prints the answer.  What
// may be done is decided in authd; this file decides nothing.

#include <cstdio>
#include <vector>

#include "authd/authctl_options.h"
#include "authd/authctl_print.h"
#include "authd/authctl_talk.h"
#include "authd/authctl_terminal.h"
#include "authd/otpauth.h"
#include "authd/random.h"

namespace postern::authd {
namespace {

constexpr int exit_error = 1;
constexpr std::string_view default_socket = "/run/postern/admin.sock";
constexpr std::size_t drawn_secret = 20;  // RFC 4226 section 4, R6: 160 bits
constexpr int proofs = 3;                 // codes that may be typed for one new token

// Prints rows as they come (JSON) or together (tables).
class Printer {
 public:
  Printer(const Wish& wish) : wish_(wish) {}

  void take(const JsonText& row) {
    if (wish_.has(Option::json)) {
      (void)std::fwrite(row.text().data(), 1, row.size(), stdout);
      (void)std::fputc('\n', stdout);
    } else if (wish_.command->shape == Shape::enrolment) {
      enrolled(row);
    } else if (auto members = read_flat_json(row.text())) {
      rows_.push_back(std::move(*members));
    }
  }
  // False when not everything could be written.
  bool finish() {
    std::string text;
    if (wish_.command->shape == Shape::table) text = table_text(rows_);
    if (wish_.command->shape == Shape::sheet)
      for (const JsonMembers& row : rows_) text += sheet_text(row);
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
    return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  }
  bool shown_already = false;  // the new token was, before it was proved

 private:
  void enrolled(const JsonText& row) {
    auto members = read_flat_json(row.text());
    if (!members || members->size() != 3) return;
    if (!shown_already) show_token(stdout, (*members)[1].second, (*members)[2].second, has_terminal());
    for (auto& [name, value] : *members) wipe(value.data(), value.size());
  }

  const Wish& wish_;
  std::vector<JsonMembers> rows_;
};

Result<void> put_pin(const Wish& wish, AdminAsk& ask) {
  if (ask.verb != AdminVerb::user_add && ask.verb != AdminVerb::user_set_pin) return {};
  ask.pin = wish.has(Option::pin_stdin) ? TRY(read_pin_line()) : TRY(ask_pin());
  return {};
}

// Before anything is shown to a telephone: could this user be added at all?
Result<void> must_be_new(AdminTalk& talk, const AdminAsk& add) {
  AdminAsk look;
  look.tag = add.tag;
  look.verb = AdminVerb::user_show;
  look.user = add.user;
  if (talk.ask(look, [](const JsonText&) {})) return fail("there is a user of this name already");
  return {};
}

// The token as the operator's telephone is to learn it; drawn here when none was typed,
// for it must be shown before it can be proved.
Result<void> show_new_token(AdminAsk& ask, std::FILE* out) {
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
  show_token(out, uri.text(), ask.secret.text(), true);
  return {};
}

// A new user on a terminal: show, ask for a code, add; a mistyped code may be repeated.
Result<void> add_with_proof(const Wish& wish, AdminTalk& talk, AdminAsk& ask, Printer& printer) {
  std::FILE* out = wish.has(Option::json) ? stderr : stdout;
  TRY_VOID(must_be_new(talk, ask));
  TRY_VOID(show_new_token(ask, out));
  printer.shown_already = true;
  ask.proof = true;
  for (int i = 1;; ++i) {
    ask.code1 = TRY(ask_code(out));
    if (ask.code1.empty()) return fail("no proof, no user");
    Result<void> added = talk.ask(ask, [&](const JsonText& row) { printer.take(row); });
    if (added || i == proofs) return added;
    (void)std::fprintf(stderr, "authctl: %s\n", added.error().what.c_str());
  }
}

Result<void> run(const Wish& wish, AdminAsk& ask) {
  TRY_VOID(put_pin(wish, ask));
  AdminTalk talk = TRY(AdminTalk::open(std::string(wish.value(Option::socket, default_socket))));
  Printer printer(wish);
  const bool add = ask.verb == AdminVerb::user_add;
  if (add && has_terminal() && !ask.proof && !wish.has(Option::no_proof))
    TRY_VOID(add_with_proof(wish, talk, ask, printer));
  else
    TRY_VOID(talk.ask(ask, [&](const JsonText& row) { printer.take(row); }));
  if (!printer.finish()) return fail_errno("cannot write the answer");
  return {};
}

int complain(const Error& error, int code) {
  (void)std::fprintf(stderr, "authctl: %s\n", error.what.c_str());
  return code;
}

}  // namespace
}  // namespace postern::authd

int main(int argc, char** argv) {
  using namespace postern::authd;
  const std::span<char* const> arguments(argv, static_cast<std::size_t>(argc));
  const auto wish = read_wish(arguments.subspan(argc > 0 ? 1 : 0));
  if (!wish) {
    (void)complain(wish.error(), exit_error);
    (void)std::fputs(usage_text().c_str(), stderr);
    return exit_error;
  }
  if (wish->command == nullptr) return std::puts("authctl " POSTERN_VERSION) < 0 ? exit_error : 0;
  auto ask = question_of(*wish);
  if (!ask) return complain(ask.error(), exit_error);
  const auto done = run(*wish, *ask);
  return done ? 0 : complain(done.error(), exit_error);
}
