// SQL for a restore.  Rows go from the backup's tables into the living ones by SQLite
// itself, whatever their columns are: both have the same schema, for a backup of an older
// one was brought up first.  Which rows, and what of them counts, is decided in
// vault_restore.cc.  No session outlives it: neither those of now, nor the backup's.
#include "authd/store_restore.h"

#include <utility>

namespace postern::authd {
namespace {

constexpr const char* beside = "backup";  // what the backup is called in statements

}  // namespace

Result<Restoring> Restoring::begin(Database& live, const Database& backup) {
  TRY_VOID(live.attach_copy_of(backup, beside));
  Restoring restoring(live);  // detaches from now on
  TRY_VOID(restoring.prepare());
  restoring.transaction_.emplace(TRY(Transaction::begin(live)));
  return restoring;
}

Restoring::Restoring(Restoring&& other) noexcept
    : live_(std::exchange(other.live_, nullptr)),
      transaction_(std::move(other.transaction_)),
      statements_(std::move(other.statements_)) {
  other.transaction_.reset();
}

// A copy that cannot be taken away stays in memory; nothing reads it.
Restoring::~Restoring() {
  transaction_.reset();
  statements_ = Statements();
  if (live_ != nullptr) (void)live_->detach(beside);
}

Result<void> Restoring::prepare() {
  Statements& s = statements_;
  const std::pair<Statement&, std::string_view> all[] = {
      {s.user, "INSERT INTO main.users SELECT * FROM backup.users WHERE name = ?1"},
      {s.token, "INSERT INTO main.tokens SELECT * FROM backup.tokens WHERE user = ?1"},
      {s.logins, "INSERT INTO main.logins (user, time, source, result) SELECT user, time, source, result"
                 " FROM backup.logins WHERE user = ?1 ORDER BY id"},
      {s.sources, "INSERT INTO main.sources SELECT * FROM backup.sources WHERE user = ?1"},
      {s.pin, "UPDATE main.users SET pin = (SELECT pin FROM backup.users WHERE name = ?1), disabled = ?2"
              " WHERE name = ?1"},
      {s.drop_token, "DELETE FROM main.tokens WHERE user = ?1"},
      {s.set_token, "UPDATE main.tokens SET next = ?2, lost = ?3 WHERE user = ?1"},
      {s.spend, "UPDATE main.tokens SET next = max(next, ?2) WHERE user = ?1"},
      {s.no_sessions, "DELETE FROM main.sessions"},
      {s.remove, "DELETE FROM main.users WHERE name = ?1"},
      {s.keep_spent, "INSERT INTO main.spent (print, next) SELECT ?2, next FROM main.tokens WHERE user = ?1"
                     " ON CONFLICT (print) DO UPDATE SET next = max(next, excluded.next)"},
      {s.bring_spent, "INSERT INTO main.spent (print, next) SELECT print, next FROM backup.spent WHERE true"
                      " ON CONFLICT (print) DO UPDATE SET next = max(next, excluded.next)"},
  };
  for (const auto& [statement, sql] : all) statement = TRY(live_->prepare(sql));
  return {};
}

Result<void> Restoring::bring_back(std::string_view name, const RestoredToken& token) {
  for (Statement* statement : {&statements_.user, &statements_.token, &statements_.logins, &statements_.sources})
    TRY_VOID(statement->run(name));
  return statements_.set_token.run(name, token.next, std::int64_t{token.lost});
}

Result<void> Restoring::bring_pin(std::string_view name, bool disabled) {
  return statements_.pin.run(name, std::int64_t{disabled});
}

Result<void> Restoring::bring_token(std::string_view name, const RestoredToken& token,
                                    const std::optional<TokenPrint>& present) {
  if (present) TRY_VOID(statements_.keep_spent.run(name, *present));
  TRY_VOID(statements_.drop_token.run(name));
  TRY_VOID(statements_.token.run(name));
  return statements_.set_token.run(name, token.next, std::int64_t{token.lost});
}

Result<void> Restoring::spend_below(std::string_view name, std::int64_t next) {
  return statements_.spend.run(name, next);
}

Result<void> Restoring::remove(std::string_view name, const std::optional<TokenPrint>& print) {
  if (print) TRY_VOID(statements_.keep_spent.run(name, *print));
  return statements_.remove.run(name);
}

Result<void> Restoring::commit() {
  TRY_VOID(statements_.no_sessions.run());
  TRY_VOID(statements_.bring_spent.run());
  return transaction_->commit();
}

}  // namespace postern::authd
