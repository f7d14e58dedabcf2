// The vault's database: users, tokens, login history, in typed terms.  What a function
// reports as done is on disk when it returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authd/login_store.h"
#include "authd/passcode.h"
#include "authd/store_db.h"
#include "authd/store_restore.h"
#include "authd/token_print.h"
#include "common/clock.h"
#include "common/messages_auth.h"
#include "common/messages_rows.h"
#include "common/result.h"

namespace postern::authd {

inline constexpr std::size_t history_kept = 50;       // logins remembered for each user
inline constexpr std::size_t places_kept = 16;        // known for each user
inline constexpr std::int64_t max_counter = INT64_MAX / 4;  // of a token; leaves room to add
inline constexpr std::size_t max_source = 64;         // bytes of the text of a source or a place

struct LoginRow {
  Wall time;
  std::string source;
  std::string result;  // "ok" or the reason
};

// A part of the sessions that are remembered.
struct SessionRows {
  std::vector<SessionRow> rows;  // in the order of their slots
  std::size_t unusable = 0;      // rows with a value out of bounds; they are left out
  std::optional<std::uint32_t> next;  // where to go on; nothing: that was all
};

class Store final : public LoginStore {
 public:
  // Opens or makes the database at `path` (its directory must exist), takes it for this
  // process alone, checks it completely, and prepares every statement.  Fails when it is
  // damaged, busy, read-only, not ours, or of another version.
  static Result<Store> open(const std::string& path);

  // The same of a backup, in memory; an older one is brought up.
  static Result<Store> open_image(std::span<const std::byte> image);
  // Everything, at this moment; an error when it is more than `most` bytes.
  Result<DatabaseImage> image(std::size_t most) const { return database_.image(most); }
  // Begins to write users of `backup` into this one.
  Result<Restoring> restore_from(const Store& backup) { return Restoring::begin(database_, backup.database_); }

  // An error when the name exists already, or a value is out of bounds.
  Result<void> add_user(const UserRow& user);
  Result<std::optional<UserRow>> find_user(std::string_view name) override;
  // Up to `most` (1..100) users in the order of their names, beginning behind `after`.
  Result<std::vector<UserRow>> list_users(std::string_view after, std::size_t most);
  // These four: false when there is no such user.  Who is removed or disabled has no
  // sessions to remember any more.  What was spent of a removed user's token stays so under
  // its print, if there is one.
  Result<bool> remove_user(std::string_view name, const std::optional<TokenPrint>& print);
  Result<bool> set_disabled(std::string_view name, bool disabled);
  Result<bool> set_pin(std::string_view name, std::string_view pin_hash);
  Result<bool> forget_guesses(std::string_view name);

  Result<bool> spend(std::string_view name, std::int64_t counter, std::int32_t drift) override;

  // Of a token that some user had once: the lowest counter that is not spent.
  Result<std::int64_t> next_of(const TokenPrint& print);

  Result<void> record_login(const LoginRecord& record) override;
  Result<bool> knows_place(std::string_view name, std::string_view place) override;
  // The places of all users, the newest first: `most` of them, without the first `from`.
  Result<std::vector<PlaceRow>> newest_places(std::size_t from, std::size_t most);
  // Newest first, at most `history_kept`.
  Result<std::vector<LoginRow>> history(std::string_view name);

  // store_sessions.cc: the living sessions, for role sessions to begin with again.
  // Puts a session into its slot, whatever was there before.  An error when there is no
  // such user, or a disabled one.
  Result<void> remember_session(const SessionRow& row);
  // Not remembered any more.  Nothing happens when the slot holds another session.
  Result<void> forget_session(std::uint32_t slot, std::string_view sid);
  Result<void> forget_all_sessions();
  // The clocks as they stand, and when these sessions were used last.
  Result<void> refresh_sessions(const Stamp& now, std::span<const UseRow> uses);
  // Up to `most` from slot `from` on, those of disabled users left out.
  Result<SessionRows> sessions_from(std::uint32_t from, std::size_t most);
  // The `now` of the last refresh; zeros when there was none, the end of all times when
  // it cannot be read.
  Result<Stamp> session_clock();
  // A history row, and counted for the user's next login.  False: there is no such user.
  Result<bool> record_logout(std::string_view name, Wall time, std::string_view source);

 private:
  struct Statements {
    Statement insert_user, insert_token, find_user, list_users, remove_user, set_disabled,
        set_pin, forget_guesses, spend, insert_login, trim_logins, count_failure,
        count_success, insert_place, trim_places, find_place, newest_places, history,
        keep_spent, find_spent;
  };
  struct SessionStatements {
    Statement remember, remember_use, forget, forget_of_user, forget_all, use, set_clock, list,
        clock, count_logout;
  };
  Result<void> prepare();
  Result<void> prepare_sessions();
  Result<bool> changed_one(Result<void> ran) const;

  Database database_;
  Statements statements_;
  SessionStatements session_statements_;
};

}  // namespace postern::authd
