// Databases of older versions, as those versions made them: they open, and keep everything.
#include "authd/store.h"

#include "authd/store_schema.h"
#include "unit/authd/rows.h"
#include "unit/authd/stored.h"

using namespace postern;
using namespace postern::authd;

namespace {

// What version 1 wrote for alice, who had logged in twice and failed once.
constexpr const char* version_1 = R"sql(
PRAGMA journal_mode=WAL;
CREATE TABLE users (
  name        TEXT    NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 32),
  pin         TEXT    NOT NULL,
  disabled    INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  created     INTEGER NOT NULL,
  last_login  INTEGER NOT NULL DEFAULT 0,
  last_source TEXT    NOT NULL DEFAULT '' CHECK (length(last_source) <= 64),
  failures    INTEGER NOT NULL DEFAULT 0 CHECK (failures BETWEEN 0 AND 1000000),
  guess_day   INTEGER NOT NULL DEFAULT 0,
  guesses     INTEGER NOT NULL DEFAULT 0 CHECK (guesses BETWEEN 0 AND 1000000)
) STRICT, WITHOUT ROWID;
CREATE TABLE tokens (
  user      TEXT    NOT NULL PRIMARY KEY REFERENCES users (name) ON DELETE CASCADE,
  kind      INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 1),
  algorithm INTEGER NOT NULL CHECK (algorithm BETWEEN 0 AND 2),
  digits    INTEGER NOT NULL CHECK (digits BETWEEN 6 AND 8),
  period    INTEGER NOT NULL CHECK (period BETWEEN 1 AND 3600),
  sealed    BLOB    NOT NULL,
  next      INTEGER NOT NULL CHECK (next >= 0),
  drift     INTEGER NOT NULL CHECK (drift BETWEEN -20 AND 20)
) STRICT, WITHOUT ROWID;
CREATE TABLE logins (
  id     INTEGER PRIMARY KEY,
  user   TEXT    NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  time   INTEGER NOT NULL,
  source TEXT    NOT NULL CHECK (length(source) <= 64),
  result TEXT    NOT NULL
) STRICT;
CREATE INDEX logins_by_user ON logins (user, id);
CREATE TABLE sources (
  user   TEXT    NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  source TEXT    NOT NULL CHECK (length(source) <= 64),
  last   INTEGER NOT NULL,
  PRIMARY KEY (user, source)
) STRICT, WITHOUT ROWID;
INSERT INTO users VALUES ('alice', 'hash of alice', 0, 1000, 5000, '192.0.2.1', 1, 3, 7);
INSERT INTO tokens VALUES ('alice', 1, 2, 8, 60, x'7365616c6564', 42, -3);
INSERT INTO logins VALUES (1, 'alice', 4000, '192.0.2.9', 'ok'), (2, 'alice', 5000, '192.0.2.1', 'ok'),
  (3, 'alice', 6000, '198.51.100.1', 'wrong-pin');
INSERT INTO sources VALUES ('alice', '192.0.2.1', 5000), ('alice', '192.0.2.9', 4000);
PRAGMA application_id=1349481332;
PRAGMA user_version=1;
)sql";

// What the second version added, and wrote.
constexpr const char* version_2 = R"sql(
ALTER TABLE users ADD COLUMN logouts INTEGER NOT NULL DEFAULT 0 CHECK (logouts BETWEEN 0 AND 1000000);
ALTER TABLE users ADD COLUMN last_logout INTEGER NOT NULL DEFAULT 0;
CREATE TABLE sessions (
  slot         INTEGER PRIMARY KEY CHECK (slot BETWEEN 0 AND 4194303),
  sid          TEXT    NOT NULL CHECK (length(sid) BETWEEN 1 AND 16),
  hash         BLOB    NOT NULL CHECK (length(hash) = 32),
  user         TEXT    NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  client       TEXT    NOT NULL,
  bound_v4     TEXT    NOT NULL,
  bound_v6     TEXT    NOT NULL,
  connection   INTEGER NOT NULL,
  boot         BLOB    NOT NULL CHECK (length(boot) = 16),
  mono         INTEGER NOT NULL,
  wall         INTEGER NOT NULL,
  last_login   INTEGER NOT NULL,
  last_source  TEXT    NOT NULL,
  failures     INTEGER NOT NULL CHECK (failures BETWEEN 0 AND 1000000),
  logouts      INTEGER NOT NULL CHECK (logouts BETWEEN 0 AND 1000000),
  last_logout  INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user);
CREATE TABLE session_uses (
  slot INTEGER PRIMARY KEY REFERENCES sessions (slot) ON DELETE CASCADE,
  boot BLOB    NOT NULL CHECK (length(boot) = 16),
  mono INTEGER NOT NULL,
  wall INTEGER NOT NULL
) STRICT;
CREATE TABLE session_clock (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  boot BLOB    NOT NULL CHECK (length(boot) = 16),
  mono INTEGER NOT NULL,
  wall INTEGER NOT NULL
) STRICT;
INSERT INTO sessions VALUES (7, 'sid7', zeroblob(32), 'alice', '192.0.2.1', '192.0.2.1', '', 1,
  zeroblob(16), 1000, 100, 0, '', 0, 0, 0);
INSERT INTO session_uses VALUES (7, zeroblob(16), 2000, 200);
UPDATE users SET logouts = 5, last_logout = 5500;
PRAGMA user_version=2;
)sql";

void make(const std::string& path, const char* sql) {
  Database database = Database::open(path).value();
  REQUIRE(database.execute(sql));
}

}  // namespace

TEST_CASE("a database of the first version opens and keeps everything", "[store]") {
  Scratch scratch;
  make(scratch.file("db"), version_1);
  for (int round = 0; round < 2; ++round) {
    Store store = Store::open(scratch.file("db")).value();
    const UserRow user = store.find_user("alice").value().value();
    CHECK(user.pin_hash == "hash of alice");
    CHECK(user.last_login == Wall{5000});
    CHECK(user.last_source == "192.0.2.1");
    CHECK(user.failures == 1);
    CHECK(user.logouts == 0);
    CHECK(user.strange_due == 0);
    const SessionRows sessions = store.sessions_from(0, 100).value();
    CHECK(sessions.rows.size() == static_cast<std::size_t>(round));
    REQUIRE(store.remember_session(row_of(3, "alice")));
    CHECK(user.token.shape.algorithm == Algorithm::sha512);
    CHECK(user.token.shape.digits == 8);
    CHECK(user.token.shape.period == 60);
    CHECK(user.token.drift == -3);
    CHECK(user.sealed_secret == bytes_of("sealed"));
    CHECK(store.history("alice").value().size() == 3);
    CHECK(store.knows_place("alice", "192.0.2.9").value());
    CHECK_FALSE(store.spend("alice", 41 + round, -3).value());  // no counter goes back
    CHECK(store.spend("alice", 42 + round, -3).value());
  }
  Database database = open_vault_database(scratch.file("db")).value();
  const std::string schema = database.ask("SELECT sql FROM sqlite_schema WHERE name = 'users'").value();
  CHECK(schema.find("guess_day") == schema.npos);
}

TEST_CASE("a database of the second version opens too", "[store]") {
  Scratch scratch;
  make(scratch.file("db"), version_1);
  make(scratch.file("db"), version_2);
  Store store = Store::open(scratch.file("db")).value();
  const UserRow user = store.find_user("alice").value().value();
  CHECK(user.logouts == 5);
  CHECK(user.failures == 1);
  CHECK(user.strange_due == 0);
  CHECK(store.sessions_from(0, 100).value().rows.size() == 1);
}

TEST_CASE("a migration that fails half way changes nothing", "[store]") {
  Scratch scratch;
  make(scratch.file("db"), version_1);
  // A column that the migration is about to add is there already.
  make(scratch.file("db"), "ALTER TABLE users ADD COLUMN known_due INTEGER");
  CHECK(refusal(scratch.file("db")).starts_with("cannot open the vault's database"));
  Database database = Database::open(scratch.file("db")).value();
  CHECK(database.ask("PRAGMA user_version").value() == "1");
  CHECK(database.ask("SELECT guesses FROM users").value() == "7");
}

TEST_CASE("a database of a later version is refused and left alone", "[store]") {
  Scratch scratch;
  { Store store = store_with(scratch.file("db")); }
  make(scratch.file("db"), "PRAGMA user_version=99");
  CHECK(refusal(scratch.file("db")).find("version 99") != std::string::npos);
  Database database = Database::open(scratch.file("db")).value();
  CHECK(database.ask("PRAGMA user_version").value() == "99");
}
