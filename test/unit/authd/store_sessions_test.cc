// The sessions that the store remembers: what comes back after a close, and what does not.
#include <sys/stat.h>

#include "authd/store_schema.h"
#include "unit/authd/rows.h"
#include "unit/authd/stored.h"

using namespace postern;
using namespace postern::authd;

namespace {

std::vector<SessionRow> all_of(Store& store) {
  const SessionRows found = store.sessions_from(0, 100).value();
  CHECK_FALSE(found.next);
  CHECK(found.unusable == 0);
  return found.rows;
}

std::vector<std::uint32_t> slots_of(Store& store) {
  std::vector<std::uint32_t> slots;
  for (const SessionRow& row : all_of(store)) slots.push_back(row.slot);
  return slots;
}

void edit(const std::string& path, const std::string& sql) {
  Database database = Database::open(path).value();
  REQUIRE(database.execute(("PRAGMA ignore_check_constraints=ON;" + sql).c_str()));
}

using Slots = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("a session comes back as it was remembered, also after a close", "[store][persist]") {
  Scratch scratch;
  SessionRow row = row_of(7, "alice");
  row.bound_v6 = Address::parse("2001:db8::7").value();
  row.connection = 0xfedcba9876543210;
  row.last_source = Address::parse("198.51.100.9").value();
  row.last_login = 77;
  row.failures = 3;
  row.logouts = 2;
  row.last_logout = 88;
  {
    Store store = store_with(scratch.file("db"));
    REQUIRE(store.remember_session(row));
  }
  Store store = Store::open(scratch.file("db")).value();
  const auto back = all_of(store);
  REQUIRE(back.size() == 1);
  CHECK(same_row(back[0], row));
  row.sid = Sid("another");  // a new state of the same slot
  row.bound_v4 = Address();
  row.used.mono += 5;
  REQUIRE(store.remember_session(row));
  CHECK(same_row(all_of(store).at(0), row));
}

TEST_CASE("a session is forgotten only when it is still the one in its slot", "[store][persist]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  for (const std::uint32_t slot : {1u, 2u, 3u}) REQUIRE(store.remember_session(row_of(slot, "alice")));
  REQUIRE(store.forget_session(2, "sid9"));
  REQUIRE(store.forget_session(9, "sid9"));
  CHECK(slots_of(store) == Slots{1, 2, 3});
  REQUIRE(store.forget_session(2, "sid2"));
  CHECK(slots_of(store) == Slots{1, 3});
  REQUIRE(store.forget_all_sessions());
  CHECK(slots_of(store).empty());
}

TEST_CASE("who is disabled or removed has no session to come back to", "[store][persist]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"), {"alice", "bob", "carol"});
  REQUIRE(store.remember_session(row_of(1, "alice")));
  REQUIRE(store.remember_session(row_of(2, "bob")));
  REQUIRE(store.remember_session(row_of(3, "carol")));
  CHECK(store.set_disabled("bob", true).value());
  CHECK(store.remove_user("carol", {}).value());
  CHECK(slots_of(store) == Slots{1});
  CHECK_FALSE(store.remember_session(row_of(4, "bob")));
  CHECK_FALSE(store.remember_session(row_of(4, "carol")));
  CHECK(store.set_disabled("bob", false).value());
  CHECK(slots_of(store) == Slots{1});
  REQUIRE(store.remember_session(row_of(4, "bob")));
  CHECK(slots_of(store) == Slots{1, 4});
  CHECK_FALSE(store.set_disabled("nobody", true).value());
}

TEST_CASE("the use of sessions and the clock are remembered", "[store][persist]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  CHECK(store.session_clock().value() == Stamp());
  REQUIRE(store.remember_session(row_of(1, "alice")));
  REQUIRE(store.remember_session(row_of(2, "alice")));
  const Stamp now = stamp_of(9, 5000, 600);
  const UseRow uses[] = {{1, 4000, 500}, {77, 1, 1}};
  REQUIRE(store.refresh_sessions(now, uses));
  CHECK(store.session_clock().value() == now);
  const auto rows = all_of(store);
  CHECK(rows.at(0).used == stamp_of(9, 4000, 500));
  CHECK(rows.at(0).created == row_of(1, "alice").created);
  CHECK(same_row(rows.at(1), row_of(2, "alice")));
  REQUIRE(store.refresh_sessions(stamp_of(9, 6000, 700), {}));
  CHECK(store.session_clock().value() == stamp_of(9, 6000, 700));
}

TEST_CASE("many sessions come in parts, in the order of their slots", "[store][persist]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  for (std::uint32_t slot = 30; slot-- > 0;) REQUIRE(store.remember_session(row_of(slot * 2, "alice")));
  Slots seen;
  std::uint32_t from = 0;
  for (int part = 0; part < 4; ++part) {
    const SessionRows found = store.sessions_from(from, 10).value();
    for (const SessionRow& row : found.rows) seen.push_back(row.slot);
    REQUIRE(found.next.has_value() == (part < 3));
    from = found.next.value_or(0);
  }
  REQUIRE(seen.size() == 30);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(seen.back() == 58);
}

TEST_CASE("a session that was edited out of its bounds does not come back, others do", "[store][persist]") {
  const char* edits[] = {"sid = ''", "sid = 'a name that is far too long'", "user = 'Alice'",
                         "client = 'nowhere'", "bound_v4 = '2001:db8::1'", "bound_v6 = '192.0.2.1'",
                         "hash = x'00'", "boot = x'00'", "mono = 1152921504606846977", "mono = -1152921504606846977", "wall = -1",
                         "wall = 1099511627777", "failures = -1",
                         "logouts = 5000000000", "last_source = '1.2.3'"};
  for (const char* one : edits) {
    INFO(one);
    Scratch scratch;
    Store store = store_with(scratch.file("db"), {"alice"});
    UserRow odd = user_called("alice");
    odd.name = "Alice";  // so that the edit breaks no reference
    REQUIRE(store.add_user(odd));
    REQUIRE(store.remember_session(row_of(1, "alice")));
    REQUIRE(store.remember_session(row_of(2, "alice")));
    { Store closed = std::move(store); }
    edit(scratch.file("db"), std::string("UPDATE sessions SET ") + one + " WHERE slot = 1");
    auto opened = Store::open(scratch.file("db"));
    if (!opened) continue;  // the check at open found it
    const SessionRows found = opened->sessions_from(0, 100).value();
    CHECK(found.unusable == 1);
    REQUIRE(found.rows.size() == 1);
    CHECK(found.rows[0].slot == 2);
  }
}

TEST_CASE("logouts since the last login are counted, and stand in the history", "[store][persist]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  CHECK(store.record_logout("alice", {100}, "192.0.2.1").value());
  CHECK(store.record_logout("alice", {200}, "192.0.2.2").value());
  CHECK_FALSE(store.record_logout("bob", {200}, "192.0.2.2").value());
  CHECK_FALSE(store.record_logout("alice", {300}, std::string(max_source + 1, 'x')));
  UserRow alice = store.find_user("alice").value().value();
  CHECK(alice.logouts == 2);
  CHECK(alice.last_logout == Wall{200});
  const auto history = store.history("alice").value();
  REQUIRE(history.size() == 2);
  CHECK(history[0].result == "logout");
  CHECK(history[0].source == "192.0.2.2");
  REQUIRE(store.record_login(login_of("alice", 400, "192.0.2.1", "ok")));
  alice = store.find_user("alice").value().value();
  CHECK(alice.logouts == 0);
  CHECK_FALSE(alice.last_logout);
  for (int i = 0; i < 100; ++i) REQUIRE(store.record_logout("alice", {500 + i}, "192.0.2.1"));
  CHECK(store.history("alice").value().size() == history_kept);
}
