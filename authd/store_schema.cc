// Opening the vault's database.  Only Store::open calls this.  A database that is not
// exactly what we made is refused with the reason and never repaired: a counter that
// comes back from a repair would be a passcode that works twice.
//
// Exclusive locking is set before WAL, so SQLite keeps the WAL index in its own memory:
// no shared memory file, and no second process can open the database at all.  Temporary
// tables stay in memory and nothing is mapped, so after this the process touches the
// database, its "-wal" and their directory, and no other file.
#include "authd/store_schema.h"

#include <array>
#include <optional>

namespace postern::authd {
namespace {

constexpr const char* application_id = "1349481332";  // "Post"

struct Setting {
  const char* set;
  const char* read;
  std::string_view expected;
};

constexpr std::array<Setting, 8> settings = {{
    {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA locking_mode", "exclusive"},
    {"PRAGMA journal_mode=WAL", "PRAGMA journal_mode", "wal"},
    {"PRAGMA synchronous=FULL", "PRAGMA synchronous", "2"},
    {"PRAGMA temp_store=MEMORY", "PRAGMA temp_store", "2"},
    {"PRAGMA mmap_size=0", "PRAGMA mmap_size", "0"},
    {"PRAGMA foreign_keys=ON", "PRAGMA foreign_keys", "1"},
    {"PRAGMA secure_delete=ON", "PRAGMA secure_delete", "1"},
    {"PRAGMA cell_size_check=ON", "PRAGMA cell_size_check", "1"},
}};

// How each version is made of the one before, the first one of nothing.  What stands here
// is never changed: databases of every version are out there.
//
// next: the lowest counter or step that is not spent.  drift: see passcode.h.
constexpr const char* version_1 = R"sql(
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
)sql";

// sessions: the living ones, by their slot in the table of role sessions; see Stamp for
// the moments.  session_uses is apart because it is written again and again.
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
)sql";

// The guesses of a day become two allowances (see allowance.h): of strange sources, and of
// those that the user has logged in from.
constexpr const char* version_3 = R"sql(
ALTER TABLE users DROP COLUMN guess_day;
ALTER TABLE users DROP COLUMN guesses;
ALTER TABLE users ADD COLUMN strange_due INTEGER NOT NULL DEFAULT 0 CHECK (strange_due >= 0);
ALTER TABLE users ADD COLUMN known_due   INTEGER NOT NULL DEFAULT 0 CHECK (known_due >= 0);
CREATE INDEX sources_by_last ON sources (last);
)sql";

// lost: after a restore, when nobody knows where a counting token is.
constexpr const char* version_4 = R"sql(
ALTER TABLE tokens ADD COLUMN lost INTEGER NOT NULL DEFAULT 0 CHECK (lost IN (0, 1));
)sql";

// spent: of tokens whose users are gone, or have another one by now (see token_print.h).
constexpr const char* version_5 = R"sql(
CREATE TABLE spent (
  print BLOB    NOT NULL PRIMARY KEY CHECK (length(print) = 32),
  next  INTEGER NOT NULL CHECK (next >= 0)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array<const char*, 5> versions = {version_1, version_2, version_3, version_4, version_5};

Result<void> apply(Database& database, const Setting& setting) {
  TRY_VOID(database.execute(setting.set));
  const std::string now = TRY(database.ask(setting.read));
  if (now != setting.expected)
    return fail(std::string("SQLite did not take ") + setting.set + ", it says " + now);
  return {};
}

Result<void> check_every_page(Database& database) {
  const std::string found = TRY(database.ask("PRAGMA integrity_check(1)"));
  if (std::string_view(found) != "ok") return fail("the database is damaged: " + found);
  Statement orphans = TRY(database.prepare("PRAGMA foreign_key_check"));
  auto rows = orphans.rows();
  if (TRY(rows.next())) return fail("the database is damaged: a row belongs to no user");
  return {};
}

// From version `from` to the newest, or not at all.
Result<void> bring_up(Database& database, std::size_t from) {
  if (from == versions.size()) return {};
  Transaction transaction = TRY(Transaction::begin(database));
  for (std::size_t i = from; i < versions.size(); ++i) TRY_VOID(database.execute(versions[i]));
  const std::string marks = std::string("PRAGMA application_id=") + application_id +
                            "; PRAGMA user_version=" + std::to_string(versions.size());
  TRY_VOID(database.execute(marks.c_str()));
  return transaction.commit();
}

// The number of a version that this program knows; nothing for any other text.
std::optional<std::size_t> known_version(std::string_view text) {
  for (std::size_t i = 1; i <= versions.size(); ++i)
    if (text == std::to_string(i)) return i;
  return {};
}

Result<void> check_schema(Database& database) {
  const std::string id = TRY(database.ask("PRAGMA application_id"));
  const std::string version = TRY(database.ask("PRAGMA user_version"));
  const std::string count = TRY(database.ask("SELECT count(*) FROM sqlite_schema"));
  if (id == "0" && version == "0" && count == "0") return bring_up(database, 0);
  if (id != application_id) return fail("it is not the database of a Postern vault");
  const auto known = known_version(version);
  if (!known)
    return fail("its schema has version " + version + ", this program knows those up to " +
                std::to_string(versions.size()));
  return bring_up(database, *known);
}

// What its WAL held goes into the database, and the WAL begins anew: no frame of an earlier
// life stands in it, so that store_wal.cc can tell a power cut from damage.
Result<void> begin_wal(Database& database) {
  const std::string busy = TRY(database.ask("PRAGMA wal_checkpoint(TRUNCATE)"));
  if (std::string_view(busy) != "0")
    return fail("the WAL cannot be written back into the database");
  return {};
}

Result<void> set_up(Database& database) {
  for (const Setting& setting : settings) TRY_VOID(apply(database, setting));
  TRY_VOID(check_every_page(database));
  TRY_VOID(check_schema(database));
  TRY_VOID(begin_wal(database));
  return database.note_place();
}

}  // namespace

Result<Database> open_vault_image(std::span<const std::byte> image) {
  Database database = TRY(Database::open_image(image));
  const std::string_view about = "cannot use the backup";
  TRY_VOID(database.execute("PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON"));
  const Result<void> sound = check_every_page(database);
  if (!sound) return within(std::string(about), sound.error());
  if (TRY(database.ask("PRAGMA application_id")) != application_id)
    return fail(std::string(about) + ": it is not the database of a Postern vault");
  const Result<void> known = check_schema(database);
  if (!known) return within(std::string(about), known.error());
  return database;
}

Result<Database> open_vault_database(const std::string& path) {
  Database database = TRY(Database::open(path));
  const Result<void> ready = set_up(database);
  if (!ready) return within("cannot open the vault's database " + path, ready.error());
  return database;
}

}  // namespace postern::authd
