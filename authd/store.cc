// What the vault remembers.  Only vault_core.cc calls this.  Every statement is compiled
// at open and every value read back is checked against its bounds, because the file may
// have been damaged or edited since.  No policy here: the store does not know what a
// right passcode is, only that a counter is spent once.
#include "authd/store.h"

#include <algorithm>

#include "authd/store_schema.h"

namespace postern::authd {
namespace {

constexpr std::string_view select_user =
    "SELECT name, pin, disabled, created, last_login, last_source, failures, strange_due,"
    " known_due, kind, algorithm, digits, period, next, drift, sealed, logouts, last_logout,"
    " lost"
    " FROM users JOIN tokens ON tokens.user = users.name ";

template <class To>
bool take(std::int64_t value, std::int64_t lowest, std::int64_t highest, To& to) {
  if (value < lowest || value > highest) return false;
  to = static_cast<To>(value);
  return true;
}

bool read_token(const Statement::Rows& rows, TokenState& token) {
  std::uint8_t kind = 0, algorithm = 0;
  const bool good = take(rows.number(9), 0, 1, kind) && take(rows.number(10), 0, 2, algorithm) &&
                    take(rows.number(11), 6, 8, token.shape.digits) &&
                    take(rows.number(12), 1, 3600, token.shape.period) &&
                    take(rows.number(13), 0, max_counter, token.next) &&
                    take(rows.number(14), -max_drift, max_drift, token.drift);
  token.shape.kind = static_cast<TokenKind>(kind);
  token.shape.algorithm = static_cast<Algorithm>(algorithm);
  return good;
}

Result<UserRow> read_user(const Statement::Rows& rows) {
  UserRow user;
  user.name = rows.text(0);
  user.pin_hash = rows.text(1);
  user.created = {rows.number(3)};
  if (rows.number(4) != 0) user.last_login = Wall{rows.number(4)};
  user.last_source = rows.text(5);
  user.sealed_secret = rows.bytes(15);
  if (rows.number(17) != 0) user.last_logout = Wall{rows.number(17)};
  const bool good = take(rows.number(2), 0, 1, user.disabled) &&
                    take(rows.number(6), 0, UINT32_MAX, user.failures) &&
                    take(rows.number(7), 0, INT64_MAX, user.strange_due) &&
                    take(rows.number(8), 0, INT64_MAX, user.known_due) &&
                    take(rows.number(16), 0, UINT32_MAX, user.logouts) &&
                    take(rows.number(18), 0, 1, user.token.lost) &&
                    read_token(rows, user.token);
  if (!good) return fail("cannot use the database: a value of " + user.name + " is out of bounds");
  return user;
}

std::int64_t whole(auto value) { return static_cast<std::int64_t>(value); }

}  // namespace

Result<Store> Store::open(const std::string& path) {
  Store store;
  store.database_ = TRY(open_vault_database(path));
  TRY_VOID(store.prepare());
  TRY_VOID(store.prepare_sessions());
  return store;
}

Result<Store> Store::open_image(std::span<const std::byte> image) {
  Store store;
  store.database_ = TRY(open_vault_image(image));
  TRY_VOID(store.prepare());
  return store;
}

Result<void> Store::prepare() {
  Statements& s = statements_;
  const auto select = [](std::string_view rest) { return std::string(select_user).append(rest); };
  const std::pair<Statement&, std::string> all[] = {
      {s.insert_user, "INSERT INTO users (name, pin, disabled, created) VALUES (?, ?, ?, ?)"},
      {s.insert_token, "INSERT INTO tokens (user, kind, algorithm, digits, period, sealed, next,"
                       " drift) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
      {s.find_user, select("WHERE name = ?1")},
      {s.list_users, select("WHERE name > ?1 AND name >= 'a' ORDER BY name LIMIT ?2")},
      {s.remove_user, "DELETE FROM users WHERE name = ?1"},
      {s.set_disabled, "UPDATE users SET disabled = ?2 WHERE name = ?1"},
      {s.set_pin, "UPDATE users SET pin = ?2 WHERE name = ?1"},
      {s.forget_guesses, "UPDATE users SET strange_due = 0, known_due = 0 WHERE name = ?1"},
      {s.spend, "UPDATE tokens SET next = ?2 + 1, drift = ?3, lost = 0 WHERE user = ?1"
                " AND next <= ?2"},
      {s.insert_login, "INSERT INTO logins (user, time, source, result) VALUES (?, ?, ?, ?)"},
      {s.trim_logins, "DELETE FROM logins WHERE user = ?1 AND id <= (SELECT id FROM logins"
                      " WHERE user = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)"},
      {s.count_failure, "UPDATE users SET failures = min(failures + 1, 1000000), strange_due = ?2,"
                        " known_due = ?3 WHERE name = ?1"},
      {s.count_success, "UPDATE users SET failures = 0, logouts = 0, last_logout = 0,"
                        " last_login = ?2, last_source = ?3 WHERE name = ?1"},
      {s.insert_place, "INSERT INTO sources (user, source, last) VALUES (?1, ?2, ?3)"
                       " ON CONFLICT (user, source) DO UPDATE SET last = ?3"},
      {s.trim_places, "DELETE FROM sources WHERE user = ?1 AND source NOT IN (SELECT source FROM"
                      " sources WHERE user = ?1 ORDER BY last DESC, source LIMIT ?2)"},
      {s.find_place, "SELECT 1 FROM sources WHERE user = ?1 AND source = ?2"},
      {s.newest_places, "SELECT user, source FROM sources ORDER BY last DESC, user DESC,"
                        " source DESC LIMIT ?1 OFFSET ?2"},
      {s.keep_spent, "INSERT INTO spent (print, next) SELECT ?2, next FROM tokens WHERE user = ?1"
                     " ON CONFLICT (print) DO UPDATE SET next = max(next, excluded.next)"},
      {s.find_spent, "SELECT next FROM spent WHERE print = ?1"},
      {s.history, "SELECT time, source, result FROM logins WHERE user = ?1 ORDER BY id DESC"
                  " LIMIT ?2"},
  };
  for (const auto& [statement, sql] : all) statement = TRY(database_.prepare(sql));
  return {};
}

Result<void> Store::add_user(const UserRow& user) {
  const TokenShape& shape = user.token.shape;
  if (!is_sound(shape) || user.token.next < 0 || user.token.next > max_counter)
    return fail("cannot add a user: the token is out of bounds");
  Transaction transaction = TRY(Transaction::begin(database_));
  TRY_VOID(statements_.insert_user.run(user.name, user.pin_hash, whole(user.disabled),
                                       user.created.s));
  TRY_VOID(statements_.insert_token.run(user.name, whole(shape.kind), whole(shape.algorithm),
                                        whole(shape.digits), whole(shape.period),
                                        user.sealed_secret, user.token.next,
                                        whole(user.token.drift)));
  return transaction.commit();
}

Result<std::optional<UserRow>> Store::find_user(std::string_view name) {
  auto rows = statements_.find_user.rows(name);
  if (!TRY(rows.next())) return std::nullopt;
  return TRY(read_user(rows));
}

Result<std::vector<UserRow>> Store::list_users(std::string_view after, std::size_t most) {
  auto rows = statements_.list_users.rows(after, whole(std::clamp<std::size_t>(most, 1, 100)));
  std::vector<UserRow> users;
  while (TRY(rows.next())) users.push_back(TRY(read_user(rows)));
  return users;
}

Result<bool> Store::changed_one(Result<void> ran) const {
  if (!ran) return Failure(std::move(ran.error()));
  return database_.changes() == 1;
}

Result<bool> Store::remove_user(std::string_view name, const std::optional<TokenPrint>& print) {
  Transaction transaction = TRY(Transaction::begin(database_));
  if (print) TRY_VOID(statements_.keep_spent.run(name, *print));
  const bool changed = TRY(changed_one(statements_.remove_user.run(name)));
  TRY_VOID(transaction.commit());
  return changed;
}

Result<std::int64_t> Store::next_of(const TokenPrint& print) {
  auto rows = statements_.find_spent.rows(print);
  if (!TRY(rows.next())) return 0;
  std::int64_t next = 0;
  if (!take(rows.number(0), 0, max_counter, next))
    return fail("cannot use the database: a value of a former token is out of bounds");
  return next;
}

Result<bool> Store::set_disabled(std::string_view name, bool disabled) {
  Transaction transaction = TRY(Transaction::begin(database_));
  const bool changed = TRY(changed_one(statements_.set_disabled.run(name, whole(disabled))));
  if (disabled) TRY_VOID(session_statements_.forget_of_user.run(name));
  TRY_VOID(transaction.commit());
  return changed;
}

Result<bool> Store::set_pin(std::string_view name, std::string_view pin_hash) {
  return changed_one(statements_.set_pin.run(name, pin_hash));
}

Result<bool> Store::forget_guesses(std::string_view name) {
  return changed_one(statements_.forget_guesses.run(name));
}

// Outside of a transaction one statement is one: when run() says done, it is committed,
// and with synchronous=FULL a commit is a synced WAL.
Result<bool> Store::spend(std::string_view name, std::int64_t counter, std::int32_t drift) {
  if (database_.in_transaction()) return fail("cannot spend a passcode within a transaction");
  if (counter < 0 || counter >= max_counter) return fail("cannot spend a passcode: out of bounds");
  TRY_VOID(database_.in_place());
  return changed_one(statements_.spend.run(name, counter, whole(drift)));
}

Result<void> Store::record_login(const LoginRecord& record) {
  Statements& s = statements_;
  Transaction transaction = TRY(Transaction::begin(database_));
  const bool counted =
      TRY(changed_one(record.granted
                          ? s.count_success.run(record.user, record.time.s, record.source)
                          : s.count_failure.run(record.user, record.strange_due, record.known_due)));
  if (!counted) return fail("cannot record a login: there is no such user");
  TRY_VOID(s.insert_login.run(record.user, record.time.s, record.source, record.result));
  TRY_VOID(s.trim_logins.run(record.user, whole(history_kept)));
  if (record.granted) {
    TRY_VOID(s.insert_place.run(record.user, record.place, record.time.s));
    TRY_VOID(s.trim_places.run(record.user, whole(places_kept)));
  }
  return transaction.commit();
}

Result<bool> Store::knows_place(std::string_view name, std::string_view place) {
  auto rows = statements_.find_place.rows(name, place);
  return TRY(rows.next());
}

Result<std::vector<PlaceRow>> Store::newest_places(std::size_t from, std::size_t most) {
  auto rows = statements_.newest_places.rows(whole(most), whole(from));
  std::vector<PlaceRow> places;
  while (TRY(rows.next())) {
    // One that cannot be read is none: its user waits with the strangers.
    const Address place = Address::parse(rows.text(1)).value_or(Address());
    places.push_back({UserName(rows.text(0)), place});
  }
  return places;
}

Result<std::vector<LoginRow>> Store::history(std::string_view name) {
  auto rows = statements_.history.rows(name, whole(history_kept));
  std::vector<LoginRow> logins;
  while (TRY(rows.next())) logins.push_back({{rows.number(0)}, rows.text(1), rows.text(2)});
  return logins;
}

}  // namespace postern::authd
