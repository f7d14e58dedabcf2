// The vault without its messages: who may log in, and what the operator may do to users.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authd/allowance.h"
#include "authd/backup.h"
#include "authd/factor.h"
#include "authd/known_places.h"
#include "authd/lockout.h"
#include "authd/near_miss.h"
#include "authd/otpauth.h"
#include "authd/pin.h"
#include "authd/seal.h"
#include "authd/store.h"
#include "authd/token_print.h"
#include "common/messages.h"

namespace postern::authd {

struct VaultConfig {
  std::string path;  // of the database, as the jailed process sees it
  Windows windows;
  LockoutRules lockout;
  PinCost pin_cost;
};

using Passcode = Secret<16>;

struct LoginTry {
  std::string_view user;  // as typed, any bytes
  const Pin& pin;
  const Passcode& passcode;
  Address source;           // the client's
  bool without_pin = false; // he has proved that he knows it; the passcode alone counts
};

struct LoginAnswer {
  LoginOutcome outcome = LoginOutcome::failed;
  std::string user;                // the user's name; empty when there is no such user
  // Only when granted; all of it as it was before this login.
  std::optional<Wall> last_login;  // nothing: this is the first
  std::string last_source;
  std::uint32_t failures = 0;      // since the last login
  std::uint32_t logouts = 0;       // since the last login
  std::optional<Wall> last_logout; // of those
  std::string fault;               // for the log, with LoginOutcome::store_error

  bool granted() const { return outcome == LoginOutcome::granted; }
};

// For the log and the history: "ok", or the reason ("wrong-pin" ...).
std::string_view word_of(LoginOutcome outcome);

struct NewUser {
  std::string_view name;
  TokenShape shape;
  std::string_view secret;  // Base32, 16..64 bytes of key; empty: draw 20 bytes
  const Pin& pin;
  std::optional<std::string_view> proof;  // a code of the token; it is spent with this
  std::uint64_t counter = 0;   // HOTP: the one that comes next
  bool disabled = false;
  bool without_pin = false;    // `pin` is empty, and he stays disabled until he has one
};

struct Enrolment {
  OtpauthUri uri;
  Base32Text secret;
};

struct UserInfo {
  std::string name;
  TokenShape shape;
  std::int64_t next = 0;            // the lowest counter or step that is not spent
  bool has_pin = true;
  bool lost = false;                // no code fits before a resync
  bool disabled = false;
  Wall created;
  std::optional<Wall> last_login;
  std::string last_source;
  std::uint32_t failures = 0;       // since the last login
  std::uint32_t guesses = 0;        // by sources not known to him, as they still count
  std::int32_t drift = 0;           // steps by which the token's clock is ahead
};

// The largest database that is backed up and restored, in bytes.
inline constexpr std::size_t max_backup = 128 << 20;

// What a restore makes of a user.
struct RestoredUser {
  enum class Change : std::uint8_t { none, changed, back, removed };
  std::string name;
  Change change = Change::none;
  bool disabled = false;
  bool lost = false;           // his token counts, and must be found again by resync
  std::optional<Wall> usable;  // from when on codes of his token are taken again
};

class Vault {
 public:
  // Loads what SQLite and OpenSSL would look for in the file system.  Before the jail.
  static Result<void> prepare_libraries();

  // Opens the database and everything else.  After this only the database, its "-wal" and
  // their directory are ever opened.  Fails also when `key` is not the one with which the
  // database was made.
  static Result<Vault> open(const VaultConfig& config, const SealingKey& key);

  // New rules hold from the next login on; what is held against anybody stays.  Fails, and
  // changes nothing, when they are out of bounds.
  Result<void> set_rules(const Windows& windows, const LockoutRules& lockout);

  // One login.  A right passcode is spent, durably, whatever else is wrong, before this
  // returns (R5).  An unknown user costs the same work as a known one.  Errors of the
  // store and of the libraries are an answer too: store_error, which means "no".
  LoginAnswer check(const LoginTry& attempt, Wall now, Mono mono);

  // The operator's verbs.  All fail with a reason in words for a user who does not exist.
  Result<Enrolment> add_user(const NewUser& user, Wall now);
  Result<std::vector<UserInfo>> list(std::string_view after, std::size_t most, Wall now);
  Result<UserInfo> show(std::string_view name, Wall now);
  Result<void> disable(std::string_view name);
  Result<void> enable(std::string_view name);  // not one without a PIN
  Result<void> remove(std::string_view name);
  Result<void> set_pin(std::string_view name, const Pin& pin);
  // Finds a token whose clock or counter ran away by two codes that follow each other;
  // both are spent.
  Result<void> resync(std::string_view name, std::string_view code1, std::string_view code2,
                      Wall now);
  Result<void> unlock(std::string_view name);  // forgets what the throttle holds against him
  Result<std::vector<LoginRow>> history(std::string_view name);  // newest first, at most 50

  Result<std::vector<PlaceRow>> newest_places(std::size_t from, std::size_t most) {
    return store_.newest_places(from, most);
  }
  // vault_restore.cc: the whole database at this moment, checked.
  Result<DatabaseImage> snapshot();
  const BackupSealer& backups() const { return backups_; }
  // Makes the users those of a snapshot of this vault, or of another one with the same
  // sealing key; none of them when anything is wrong.  What is spent stays spent, also
  // what nobody remembers; who is disabled, or has another token by now, is disabled after
  // it.  Not `for_real`: only tells.
  Result<std::vector<RestoredUser>> restore(std::span<const std::byte> image, Wall now, bool for_real);

  // What role sessions has remembered here; see store.h.
  Result<void> remember_session(const SessionRow& row) { return store_.remember_session(row); }
  Result<void> forget_session(std::uint32_t slot, std::string_view sid) {
    return store_.forget_session(slot, sid);
  }
  Result<void> forget_all_sessions() { return store_.forget_all_sessions(); }
  Result<void> refresh_sessions(const Stamp& now, std::span<const UseRow> uses) {
    return store_.refresh_sessions(now, uses);
  }
  Result<SessionRows> sessions_from(std::uint32_t from, std::size_t most) {
    return store_.sessions_from(from, most);
  }
  Result<Stamp> session_clock() { return store_.session_clock(); }
  Result<bool> record_logout(std::string_view name, Wall time, std::string_view source) {
    return store_.record_logout(name, time, source);
  }

 private:
  Vault(const VaultConfig& config, CodeMaker codes, Sealer sealer, BackupSealer backups,
        TokenPrinter printer, PinHasher pins, Store store);

  Result<void> set_up_nobody();
  Result<void> check_backup(Store& backup) const;
  Result<bool> same_token(const UserRow& a, const UserRow& b) const;
  Result<RestoredUser> restore_user(Restoring& restoring, const UserRow& saved, Wall now);
  Result<void> remove_others(Restoring& restoring, Store& backup, std::vector<RestoredUser>& all);
  // A login while it is judged.
  struct Case {
    const LoginTry& login;
    std::string place;       // of its source
    Attempt attempt;
    UserRow user;            // or nobody's
    bool known = false;      // he has logged in from there before
    Wall now;
    Mono mono;
  };
  Result<Case> open_case(const LoginTry& login, Wall now, Mono mono);
  Result<LoginOutcome> judge(Case& open);
  Factor& factor_of(const UserRow&) { return passcodes_; }  // everybody's, as yet
  Result<Match> prove(const Case& open);
  bool count_guess(Case& open, Fit fit, bool pin_fits) const;
  Result<void> remember(const Case& open, LoginOutcome outcome);
  Result<UserRow> existing(std::string_view name);
  std::optional<TokenPrint> print_of(const UserRow& user) const;
  Result<TokenSecret> secret_for(std::string_view base32) const;
  Result<TokenState> first_state(const NewUser& user, const TokenSecret& secret, Wall now);

  VaultConfig config_;
  PasscodeFactor passcodes_;
  Sealer sealer_;
  BackupSealer backups_;
  TokenPrinter printer_;
  PinHasher pins_;
  Store store_;
  Lockout lockout_;
  NearMisses near_misses_;
  std::string no_pin_;  // what a user without a PIN is measured against: it fits nothing
};

}  // namespace postern::authd
