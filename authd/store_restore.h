// Writing users of a backup into the living database: all of them, or none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "authd/store_db.h"
#include "authd/token_print.h"

namespace postern::authd {

// What a restored token has that its row in the backup has not.
struct RestoredToken {
  std::int64_t next = 0;
  bool lost = false;
};

// One transaction over the living store, with a backup beside it.  What was written is
// undone when it goes, unless commit() succeeded.
class Restoring {
 public:
  // Both must outlive it.  Fails when another transaction is open.
  static Result<Restoring> begin(Database& live, const Database& backup);
  Restoring(Restoring&& other) noexcept;
  Restoring(const Restoring&) = delete;
  Restoring& operator=(const Restoring&) = delete;
  Restoring& operator=(Restoring&&) = delete;
  ~Restoring();

  // A user whom the living store does not have: all that the backup knows of him.
  Result<void> bring_back(std::string_view name, const RestoredToken& token);
  // A user whom both have: his PIN as in the backup, and whether he is disabled.
  Result<void> bring_pin(std::string_view name, bool disabled);
  // His token as in the backup; what was spent of the one that he has stays so.
  Result<void> bring_token(std::string_view name, const RestoredToken& token, const std::optional<TokenPrint>& present);
  // His token stays; what was spent by the backup's word is spent here too.
  Result<void> spend_below(std::string_view name, std::int64_t next);
  Result<void> remove(std::string_view name, const std::optional<TokenPrint>& print);  // as Store::remove_user
  // And no session is remembered any more; what the backup knows of former tokens is.
  Result<void> commit();

 private:
  struct Statements {
    Statement user, token, logins, sources, pin, drop_token, set_token, spend, no_sessions, remove, keep_spent,
        bring_spent;
  };
  explicit Restoring(Database& live) : live_(&live) {}
  Result<void> prepare();

  Database* live_;
  std::optional<Transaction> transaction_;
  Statements statements_;
};

}  // namespace postern::authd
