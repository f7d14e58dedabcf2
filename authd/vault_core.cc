// Logins and users, joined from the parts that know only one thing each: lockout decides
// whether to look, passcode whether a code fits, store what is spent, pin the rest.  The
// vault's process calls this with parsed messages; nobody else does.  No sockets, no
// clocks and no SQL here.  The reason for a "no" is for the log: never let it change what
// the person sees, or the work that is done.
#include "authd/vault_core.h"

#include <array>

#include "authd/crypto_start.h"
#include "authd/random.h"
#include "authd/user_name.h"

namespace postern::authd {
namespace {

constexpr std::string_view purpose = "token-secret";
constexpr std::size_t drawn_secret = 20;  // RFC 4226 section 4, R6: 160 bits

constexpr Duration near_patience = seconds(10 * 60);  // or two periods of the token

constexpr std::array<std::string_view, 10> outcome_words = {
    "failed",         "ok",        "unknown-user", "wrong-pin",   "wrong-passcode",
    "spent-passcode", "throttled", "disabled",     "store-error", "ceiling"};
static_assert(outcome_words.size() == static_cast<std::size_t>(LoginOutcome::last) + 1);

// The first thing that is wrong, or granted.
LoginOutcome outcome_of(const UserRow& user, bool may_guess, Fit fit, bool pin_fits) {
  if (user.name == nobody) return LoginOutcome::unknown_user;
  if (user.disabled) return LoginOutcome::disabled;
  if (!may_guess) return LoginOutcome::ceiling;
  if (fit == Fit::spent) return LoginOutcome::spent_passcode;
  if (fit != Fit::fresh) return LoginOutcome::wrong_passcode;
  return pin_fits ? LoginOutcome::granted : LoginOutcome::wrong_pin;
}

LoginAnswer answer_for(const UserRow& user, LoginOutcome outcome) {
  LoginAnswer answer;
  answer.outcome = outcome;
  if (user.name != nobody) answer.user = user.name;
  if (outcome != LoginOutcome::granted) return answer;
  answer.last_login = user.last_login;
  answer.last_source = user.last_source;
  answer.failures = user.failures;
  answer.logouts = user.logouts;
  answer.last_logout = user.last_logout;
  return answer;
}

UserInfo info_of(const UserRow& user, const Windows& windows, Wall now) {
  UserInfo info;
  info.name = user.name;
  info.shape = user.token.shape;
  info.next = user.token.next;
  info.has_pin = !user.pin_hash.empty();
  info.lost = user.token.lost;
  info.disabled = user.disabled;
  info.created = user.created;
  info.last_login = user.last_login;
  info.last_source = user.last_source;
  info.failures = user.failures;
  const Allowance strange = allowances_of(user.token.shape, windows).strange;
  info.guesses = guesses_held(strange, user.strange_due, now);
  info.drift = user.token.drift;
  return info;
}

Failure no_such_user(std::string_view name) {
  if (!is_user_name(name)) return fail("that is no user name: it must be [a-z][a-z0-9._-]{0,31}");
  return fail("there is no user " + std::string(name));
}

Result<void> check_new_user(const NewUser& user) {
  if (!is_user_name(user.name)) return no_such_user(user.name);
  if (!is_sound(user.shape))
    return fail("the token must have 6..8 digits and a period of 1..3600 s");
  if (user.without_pin ? !user.pin.empty() : !is_sound_pin(user.pin.text()))
    return fail("a PIN must have 4..64 printable ASCII characters");
  const bool counts = user.shape.kind == TokenKind::hotp;
  if (user.counter > (counts ? static_cast<std::uint64_t>(max_counter) : 0))
    return fail("the counter is out of bounds");
  return {};
}

Result<void> check_rules(const Windows& windows, const LockoutRules& lockout) {
  if (!is_sound(windows) || lockout.entries == 0)
    return fail("a window or the lockout table is out of bounds");
  return {};
}

// True stays, false becomes "no such user".
Result<void> must_exist(Result<bool> changed, std::string_view name) {
  if (!TRY(std::move(changed))) return no_such_user(name);
  return {};
}

}  // namespace

std::string_view word_of(LoginOutcome outcome) {
  return outcome_words[static_cast<std::size_t>(outcome)];
}

Result<void> Vault::prepare_libraries() {
  TRY_VOID(start_crypto());
  return Database::prepare_library();
}

Vault::Vault(const VaultConfig& config, CodeMaker codes, Sealer sealer, BackupSealer backups,
             TokenPrinter printer, PinHasher pins, Store store)
    : config_(config), passcodes_(std::move(codes), config.windows), sealer_(std::move(sealer)),
      backups_(std::move(backups)), printer_(std::move(printer)), pins_(std::move(pins)), store_(std::move(store)), lockout_(config.lockout) {}

Result<Vault> Vault::open(const VaultConfig& config, const SealingKey& key) {
  TRY_VOID(prepare_libraries());
  TRY_VOID(check_rules(config.windows, config.lockout));
  Vault vault(config, TRY(CodeMaker::open()), TRY(Sealer::open(key)), TRY(BackupSealer::open(key)),
              TRY(TokenPrinter::open(key)), TRY(PinHasher::open(config.pin_cost)), TRY(Store::open(config.path)));
  TRY_VOID(vault.set_up_nobody());
  return vault;
}

Result<void> Vault::set_rules(const Windows& windows, const LockoutRules& lockout) {
  TRY_VOID(check_rules(windows, lockout));
  config_.windows = windows;
  passcodes_.set_windows(windows);
  config_.lockout = lockout;
  lockout_.set_rules(lockout);
  return {};
}

// The row of nobody: a token and a PIN that no one has, for unknown users to be measured
// against.  That it opens also proves that the sealing key belongs to this database.
Result<void> Vault::set_up_nobody() {
  no_pin_ = TRY(pins_.dummy());
  const auto found = TRY(store_.find_user(nobody));
  if (found) {
    const auto opened = sealer_.unseal(found->sealed_secret, nobody, purpose);
    if (!opened)
      return fail("cannot open the vault: this sealing key does not belong to " + config_.path);
    passcodes_.set_nobody(found->token.next);
    return must_exist(store_.set_pin(nobody, no_pin_), nobody);
  }
  UserRow row;
  row.name = nobody;
  row.disabled = true;
  row.pin_hash = no_pin_;
  const TokenSecret secret = TRY(secret_for(""));
  row.sealed_secret = TRY(sealer_.seal(secret.bytes(), nobody, purpose));
  return store_.add_user(row);
}

LoginAnswer Vault::check(const LoginTry& attempt, Wall now, Mono mono) {
  const auto answer = [&]() -> Result<LoginAnswer> {
    Case open = TRY(open_case(attempt, now, mono));
    const LoginOutcome outcome = TRY(judge(open));
    return answer_for(open.user, outcome);
  }();
  if (answer) return *answer;
  LoginAnswer refused;
  refused.outcome = LoginOutcome::store_error;
  refused.fault = answer.error().what;
  return refused;
}

Result<Vault::Case> Vault::open_case(const LoginTry& login, Wall now, Mono mono) {
  // Everything that could be no name is counted as one.
  const std::string_view name = is_user_name(login.user) ? login.user : nobody;
  std::optional<UserRow> found = TRY(store_.find_user(name));
  if (!found) found = TRY(store_.find_user(nobody));
  if (!found) return fail("cannot judge a login: the vault has lost a row of its own");
  Case open{.login = login, .place = place_of(login.source).text(), .attempt = {}, .user = std::move(*found),
            .known = false, .now = now, .mono = mono};
  open.attempt = {std::string(name), open.place};
  open.known = TRY(store_.knows_place(name, open.place));
  return open;
}

Result<LoginOutcome> Vault::judge(Case& open) {
  if (lockout_.delay_until(open.attempt, open.mono) > open.mono) return LoginOutcome::throttled;
  const bool is_known_user = open.user.name != nobody;
  if (is_known_user)
    open.user.token.awaited = near_misses_.take(open.user.name, open.place, open.mono);
  const Match match = TRY(prove(open));
  const std::string& hash = open.user.pin_hash.empty() ? no_pin_ : open.user.pin_hash;
  // Its work is done for everybody: role sessions learns from it how long a login takes.
  const bool pin_fits = TRY(pins_.verify(open.login.pin, hash)) || open.login.without_pin;
  const bool may = count_guess(open, match.fit, pin_fits);
  const LoginOutcome outcome = outcome_of(open.user, may, match.fit, pin_fits);
  if (match.fit == Fit::near && is_known_user)
    near_misses_.await(open.user.name, open.place, match.counter + 1,
                       open.mono + std::max(near_patience, seconds(2 * open.user.token.shape.period)));
  TRY_VOID(remember(open, outcome));
  return outcome;
}

Result<Match> Vault::prove(const Case& open) {
  const UserRow& user = open.user;
  const TokenSecret secret = TRY(sealer_.unseal(user.sealed_secret, user.name, purpose));
  return factor_of(user).prove({user, secret.bytes(), open.login.passcode.text(), open.now}, store_);
}

// May a login from there be granted at all?  The work was done all the same, so that
// nobody sees from outside which of his guesses were counted.
bool Vault::count_guess(Case& open, Fit fit, bool pin_fits) const {
  const Allowances both = allowances_of(open.user.token.shape, config_.windows);
  const Allowance& share = open.known ? both.known : both.strange;
  std::int64_t& due = open.known ? open.user.known_due : open.user.strange_due;
  if (!may_guess(share, due, open.now)) return false;
  const bool one_was_right = pin_fits ? fit == Fit::none : fit == Fit::fresh;
  if (one_was_right) due = due_after_guess(share, due, open.now);
  return true;
}

Result<void> Vault::remember(const Case& open, LoginOutcome outcome) {
  const bool granted = outcome == LoginOutcome::granted;
  if (!granted) lockout_.failed(open.attempt, open.mono);  // first, so that a full disk frees nobody
  const std::string source = open.login.source.text();
  TRY_VOID(store_.record_login({.user = open.user.name,
                                .time = open.now,
                                .source = source,
                                .place = open.place,
                                .result = word_of(outcome),
                                .granted = granted,
                                .strange_due = open.user.strange_due,
                                .known_due = open.user.known_due}));
  if (granted) lockout_.succeeded(open.attempt);
  return {};
}

Result<UserRow> Vault::existing(std::string_view name) {
  if (!is_user_name(name)) return no_such_user(name);
  auto found = TRY(store_.find_user(name));
  if (!found) return no_such_user(name);
  return std::move(*found);
}

// Nothing when its secret cannot be read any more: then no passcode fits it either.
std::optional<TokenPrint> Vault::print_of(const UserRow& user) const {
  const auto secret = sealer_.unseal(user.sealed_secret, user.name, purpose);
  if (!secret) return {};
  const auto print = printer_.print(user.token.shape, secret->bytes());
  return print ? std::optional(*print) : std::nullopt;
}

Result<TokenSecret> Vault::secret_for(std::string_view base32) const {
  if (base32.empty()) {
    TokenSecret drawn;
    TRY_VOID(fill_random(drawn.fill(drawn_secret)));
    return drawn;
  }
  auto given = base32_decode(base32);
  if (!given) return fail("the secret is not Base32 (A-Z, 2-7) of at most 64 bytes");
  if (given->size() < min_token_secret) return fail("the secret is shorter than 16 bytes");
  return std::move(*given);
}

// What was spent while another user had this token, or he himself before he was removed,
// stays spent.
Result<TokenState> Vault::first_state(const NewUser& user, const TokenSecret& secret, Wall now) {
  TokenState state;
  state.shape = user.shape;
  const TokenPrint print = TRY(printer_.print(user.shape, secret.bytes()));
  state.next = std::max(static_cast<std::int64_t>(user.counter), TRY(store_.next_of(print)));
  if (!user.proof) return state;
  const Match match =
      TRY(match_code(passcodes_.codes(), secret.bytes(), state, config_.windows, *user.proof, now));
  if (match.fit != Fit::fresh) return fail("the code does not fit the token");
  state.next = match.counter + 1;
  state.drift = match.drift;
  return state;
}

Result<Enrolment> Vault::add_user(const NewUser& user, Wall now) {
  TRY_VOID(check_new_user(user));
  if (TRY(store_.find_user(user.name)))
    return fail("there is a user " + std::string(user.name) + " already");
  const TokenSecret secret = TRY(secret_for(user.secret));
  UserRow row;
  row.name = user.name;
  row.created = now;
  row.token = TRY(first_state(user, secret, now));
  row.disabled = user.disabled || user.without_pin;
  if (!user.without_pin) row.pin_hash = TRY(pins_.hash(user.pin));
  row.sealed_secret = TRY(sealer_.seal(secret.bytes(), user.name, purpose));
  TRY_VOID(store_.add_user(row));
  return Enrolment{otpauth_uri(user.name, user.shape, secret, row.token.next),
                   base32_encode(secret.bytes())};
}

Result<std::vector<UserInfo>> Vault::list(std::string_view after, std::size_t most, Wall now) {
  const std::vector<UserRow> users = TRY(store_.list_users(after, most));
  std::vector<UserInfo> all;
  for (const UserRow& user : users) all.push_back(info_of(user, config_.windows, now));
  return all;
}

Result<UserInfo> Vault::show(std::string_view name, Wall now) {
  return info_of(TRY(existing(name)), config_.windows, now);
}

Result<void> Vault::disable(std::string_view name) {
  TRY_VOID(existing(name));
  return must_exist(store_.set_disabled(name, true), name);
}

Result<void> Vault::enable(std::string_view name) {
  const UserRow user = TRY(existing(name));
  if (user.pin_hash.empty()) return fail(user.name + " has no PIN yet: set-pin comes first");
  return must_exist(store_.set_disabled(name, false), name);
}

Result<void> Vault::remove(std::string_view name) {
  const UserRow user = TRY(existing(name));
  TRY_VOID(must_exist(store_.remove_user(name, print_of(user)), name));
  lockout_.unlock(name);
  near_misses_.forget(name);
  return {};
}

Result<void> Vault::set_pin(std::string_view name, const Pin& pin) {
  TRY_VOID(existing(name));
  if (!is_sound_pin(pin.text())) return fail("a PIN must have 4..64 printable ASCII characters");
  return must_exist(store_.set_pin(name, TRY(pins_.hash(pin))), name);
}

Result<void> Vault::resync(std::string_view name, std::string_view code1, std::string_view code2,
                           Wall now) {
  const UserRow user = TRY(existing(name));
  const TokenSecret secret = TRY(sealer_.unseal(user.sealed_secret, user.name, purpose));
  const Match match = TRY(match_pair(passcodes_.codes(), secret.bytes(), user.token, code1, code2, now));
  if (match.fit != Fit::fresh)
    return fail("these are not two codes of the token, one after the other");
  if (!TRY(store_.spend(name, match.counter, match.drift))) return fail("the codes are spent");
  return {};
}

Result<void> Vault::unlock(std::string_view name) {
  TRY_VOID(existing(name));
  lockout_.unlock(name);
  return must_exist(store_.forget_guesses(name), name);
}

Result<std::vector<LoginRow>> Vault::history(std::string_view name) {
  TRY_VOID(existing(name));
  return store_.history(name);
}

}  // namespace postern::authd
