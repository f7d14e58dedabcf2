// The living sessions on disk, and what is known of logouts.  Only vault_core.cc calls
// this.  What a session is worth is decided by role sessions, which gets these rows back
// when it begins anew; here they are only kept.  A row that cannot be used is left out:
// its user logs in again.
#include <algorithm>

#include "authd/store.h"
#include "authd/user_name.h"
#include "common/generation_page.h"

namespace postern::authd {
namespace {

constexpr std::string_view select_sessions =
    "SELECT s.slot, sid, hash, user, client, bound_v4, bound_v6, connection, s.boot, s.mono,"
    " s.wall, s.last_login, s.last_source, s.failures, s.logouts, s.last_logout,"
    " u.boot, u.mono, u.wall"
    " FROM sessions AS s JOIN session_uses AS u USING (slot) JOIN users ON users.name = s.user"
    " WHERE s.slot >= ?1 AND users.disabled = 0 ORDER BY s.slot LIMIT ?2";

std::int64_t whole(auto value) { return static_cast<std::int64_t>(value); }

std::string text_of(const Address& address) { return address ? address.text() : std::string(); }

bool read_address(const std::string& text, Family family, Address& to) {
  if (text.empty()) return true;
  const auto address = Address::parse(text);
  if (!address || (family != Family::none && address->family() != family)) return false;
  to = *address;
  return true;
}

template <std::size_t N>
bool read_bytes(const std::vector<std::byte>& from, std::array<std::byte, N>& to) {
  if (from.size() != N) return false;
  std::ranges::copy(from, to.begin());
  return true;
}

bool read_stamp(const Statement::Rows& rows, int column, Stamp& stamp) {
  constexpr std::int64_t most = std::int64_t{1} << 60, most_wall = std::int64_t{1} << 40;
  stamp.mono = rows.number(column + 1);
  stamp.wall = rows.number(column + 2);
  return read_bytes(rows.bytes(column), stamp.boot) && stamp.mono >= -most && stamp.mono <= most &&
         stamp.wall >= 0 && stamp.wall <= most_wall;
}

bool read_count(std::int64_t value, std::uint32_t& to) {
  if (value < 0 || value > UINT32_MAX) return false;
  to = static_cast<std::uint32_t>(value);
  return true;
}

bool read_session(const Statement::Rows& rows, SessionRow& row) {
  const std::string user = rows.text(3);
  row.connection = static_cast<std::uint64_t>(rows.number(7));
  row.last_login = rows.number(11);
  row.last_logout = rows.number(15);
  return read_count(rows.number(0), row.slot) && row.slot < max_generation_slots &&
         row.sid.assign(rows.text(1)) && !row.sid.empty() && read_bytes(rows.bytes(2), row.hash) &&
         is_user_name(user) && row.user.assign(user) &&
         read_address(rows.text(4), Family::none, row.client) &&
         read_address(rows.text(5), Family::v4, row.bound_v4) &&
         read_address(rows.text(6), Family::v6, row.bound_v6) &&
         read_address(rows.text(12), Family::none, row.last_source) &&
         read_count(rows.number(13), row.failures) && read_count(rows.number(14), row.logouts) &&
         read_stamp(rows, 8, row.created) && read_stamp(rows, 16, row.used);
}

}  // namespace

Result<void> Store::prepare_sessions() {
  SessionStatements& s = session_statements_;
  const std::pair<Statement&, std::string_view> all[] = {
      {s.remember, "INSERT OR REPLACE INTO sessions (slot, sid, hash, user, client, bound_v4, bound_v6,"
                   " connection, boot, mono, wall, last_login, last_source, failures, logouts,"
                   " last_logout) SELECT ?1, ?2, ?3, name, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
                   " ?15, ?16 FROM users WHERE name = ?4 AND disabled = 0"},
      {s.remember_use, "INSERT OR REPLACE INTO session_uses (slot, boot, mono, wall) VALUES (?, ?, ?, ?)"},
      {s.forget, "DELETE FROM sessions WHERE slot = ?1 AND sid = ?2"},
      {s.forget_of_user, "DELETE FROM sessions WHERE user = ?1"},
      {s.forget_all, "DELETE FROM sessions"},
      {s.use, "UPDATE session_uses SET boot = ?2, mono = ?3, wall = ?4 WHERE slot = ?1"},
      {s.set_clock, "INSERT OR REPLACE INTO session_clock (one, boot, mono, wall) VALUES (1, ?, ?, ?)"},
      {s.list, select_sessions},
      {s.clock, "SELECT boot, mono, wall FROM session_clock"},
      {s.count_logout, "UPDATE users SET logouts = min(logouts + 1, 1000000), last_logout = ?2"
                       " WHERE name = ?1"},
  };
  for (const auto& [statement, sql] : all) statement = TRY(database_.prepare(sql));
  return {};
}

Result<void> Store::remember_session(const SessionRow& row) {
  Transaction transaction = TRY(Transaction::begin(database_));
  const bool kept = TRY(changed_one(session_statements_.remember.run(
      whole(row.slot), row.sid.view(), row.hash, row.user.view(), text_of(row.client),
      text_of(row.bound_v4), text_of(row.bound_v6), whole(row.connection), row.created.boot,
      row.created.mono, row.created.wall, row.last_login, text_of(row.last_source),
      whole(row.failures), whole(row.logouts), row.last_logout)));
  if (!kept) return fail("cannot remember a session: its user is gone or disabled");
  TRY_VOID(session_statements_.remember_use.run(whole(row.slot), row.used.boot, row.used.mono,
                                                row.used.wall));
  return transaction.commit();
}

Result<void> Store::forget_session(std::uint32_t slot, std::string_view sid) {
  return session_statements_.forget.run(whole(slot), sid);
}

Result<void> Store::forget_all_sessions() { return session_statements_.forget_all.run(); }

Result<void> Store::refresh_sessions(const Stamp& now, std::span<const UseRow> uses) {
  SessionStatements& s = session_statements_;
  Transaction transaction = TRY(Transaction::begin(database_));
  TRY_VOID(s.set_clock.run(now.boot, now.mono, now.wall));
  for (const UseRow& use : uses)
    TRY_VOID(s.use.run(whole(use.slot), now.boot, use.mono, use.wall));
  return transaction.commit();
}

Result<SessionRows> Store::sessions_from(std::uint32_t from, std::size_t most) {
  SessionRows found;
  auto rows = session_statements_.list.rows(whole(from), whole(most));
  std::size_t seen = 0;
  while (TRY(rows.next())) {
    SessionRow row;
    if (read_session(rows, row)) found.rows.push_back(row);
    else ++found.unusable;
    const std::int64_t slot = rows.number(0);
    if (++seen == most && slot >= 0 && slot < max_generation_slots)
      found.next = static_cast<std::uint32_t>(slot + 1);
  }
  return found;
}

Result<Stamp> Store::session_clock() {
  Stamp stamp;
  auto rows = session_statements_.clock.rows();
  // A clock that cannot be read was ahead of every other.
  if (TRY(rows.next()) && !read_stamp(rows, 0, stamp)) return Stamp{{}, 0, INT64_MAX};
  return stamp;
}

Result<bool> Store::record_logout(std::string_view name, Wall time, std::string_view source) {
  if (source.size() > max_source) return fail("cannot record a logout: its source is too long");
  Transaction transaction = TRY(Transaction::begin(database_));
  const bool known = TRY(changed_one(session_statements_.count_logout.run(name, time.s)));
  if (known) {
    TRY_VOID(statements_.insert_login.run(name, time.s, source, std::string_view("logout")));
    TRY_VOID(statements_.trim_logins.run(name, whole(history_kept)));
  }
  TRY_VOID(transaction.commit());
  return known;
}

}  // namespace postern::authd
