// The one place that calls SQLite.  It turns its codes into Results and its handles into
// owners; what the tables mean is store.cc's business.  Every return code is looked at,
// and a busy database is an error like any other: the vault has it to itself, so somebody
// else at the file is a fault, not a reason to wait.
#include "authd/store_db.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "authd/store_wal.h"
#include "common/unique_fd.h"

namespace postern::authd {
namespace {

// Nobody but ourselves may have had his hands in it.  Returns its size.
Result<std::size_t> check_own(int file, const std::string& path) {
  struct stat about{};
  if (::fstat(file, &about) != 0) return fail_errno("cannot open " + path);
  if (!S_ISREG(about.st_mode)) return fail("cannot open " + path + ": not a plain file");
  if (about.st_uid != ::geteuid()) return fail("cannot open " + path + ": it belongs to another user");
  if ((about.st_mode & 077) != 0)
    return fail("cannot open " + path + ": it must not be open to group or others (chmod 600)");
  return static_cast<std::size_t>(about.st_size);
}

// The file is made here, because SQLite would make it readable for everybody; its journal
// gets the same mode.  Returns its size.
Result<std::size_t> make_file(const std::string& path) {
  const UniqueFd file =
      UniqueFd::adopt(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail_errno("cannot open " + path);
  return check_own(file.get(), path);
}

// Beside an empty database SQLite would delete it.
Result<void> check_beside(const std::string& path, bool is_empty) {
  const std::string wal = path + "-wal";
  const UniqueFd file = UniqueFd::adopt(::open(wal.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT) return {};
  if (!file) return fail_errno("cannot open " + wal);
  const std::size_t size = TRY(check_own(file.get(), wal));
  if (is_empty && size > 0)
    return fail("cannot open " + path + ": it is empty, and its WAL is not");
  return check_wal(file.get());
}

// The settings of one connection that are no SQL: no views or triggers of a doctored file
// are trusted, and its schema cannot be written to as data.
bool harden(sqlite3* connection) {
  constexpr std::array<std::pair<int, int>, 4> settings = {{
      {SQLITE_DBCONFIG_DEFENSIVE, 1},
      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
      {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
  }};
  for (const auto& [setting, value] : settings) {
    int now = -1;
    if (sqlite3_db_config(connection, setting, value, &now) != SQLITE_OK || now != value)
      return false;
  }
  return true;
}

}  // namespace

void Statement::Free::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

bool Statement::bind(int at, std::int64_t value) {
  return sqlite3_bind_int64(statement_.get(), at, value) == SQLITE_OK;
}

// A null pointer would bind NULL, hence the "" for empty views.
bool Statement::bind(int at, std::string_view text) {
  const char* data = text.empty() ? "" : text.data();
  return sqlite3_bind_text64(statement_.get(), at, data, text.size(), nullptr, SQLITE_UTF8) ==
         SQLITE_OK;
}

bool Statement::bind(int at, std::span<const std::byte> bytes) {
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  return sqlite3_bind_blob64(statement_.get(), at, data, bytes.size(), nullptr) == SQLITE_OK;
}

Failure Statement::failure() const {
  sqlite3* connection = sqlite3_db_handle(statement_.get());
  return fail(std::string("cannot use the database: ") + sqlite3_errmsg(connection));
}

Result<void> Statement::finish(bool bound) {
  const bool done = bound && sqlite3_step(statement_.get()) == SQLITE_DONE;
  Result<void> result;
  if (!done) result = failure();
  reset();
  return result;
}

void Statement::reset() {
  // Its code repeats the failure of the step before, which was looked at there.
  (void)sqlite3_reset(statement_.get());
  (void)sqlite3_clear_bindings(statement_.get());  // cannot fail
}

Result<bool> Statement::Rows::next() {
  const int code = bound_ ? sqlite3_step(statement_.statement_.get()) : SQLITE_MISUSE;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return statement_.failure();
}

std::int64_t Statement::Rows::number(int column) const {
  return sqlite3_column_int64(statement_.statement_.get(), column);
}

std::string Statement::Rows::text(int column) const {
  const std::vector<std::byte> all = bytes(column);
  return {reinterpret_cast<const char*>(all.data()), all.size()};
}

std::vector<std::byte> Statement::Rows::bytes(int column) const {
  sqlite3_stmt* statement = statement_.statement_.get();
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement, column));
  if (!data) return {};
  return {data, data + sqlite3_column_bytes(statement, column)};
}

Result<void> Database::prepare_library() {
  if (sqlite3_initialize() != SQLITE_OK) return fail("cannot initialise SQLite");
  std::array<unsigned char, 16> drawn{};
  sqlite3_randomness(static_cast<int>(drawn.size()), drawn.data());
  return {};
}

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Result<Database> Database::open(const std::string& path) {
  const std::size_t size = TRY(make_file(path));
  TRY_VOID(check_beside(path, size == 0));
  sqlite3* connection = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                    SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  Database database;
  database.path_ = path;
  database.connection_.reset(connection);
  if (code != SQLITE_OK) return fail("cannot open " + path + ": " + sqlite3_errstr(code));
  if (!harden(connection)) return fail("cannot open " + path + ": SQLite refuses a setting");
  if (database.is_read_only()) return fail("cannot open " + path + ": it is read-only");
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  Statement statement;
  statement.statement_.reset(made);
  if (code != SQLITE_OK || !made)
    return fail(std::string("cannot use the database: ") + sqlite3_errmsg(connection_.get()));
  return statement;
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return fail(std::string("cannot use the database: ") + sqlite3_errmsg(connection_.get()));
  return {};
}

Result<std::string> Database::ask(std::string_view sql) {
  Statement statement = TRY(prepare(sql));
  auto rows = statement.rows();
  if (!TRY(rows.next())) return fail("cannot use the database: no answer to " + std::string(sql));
  return rows.text(0);
}

std::int64_t Database::changes() const { return sqlite3_changes64(connection_.get()); }

Result<Database::Place> Database::look(const std::string& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) return fail_errno("cannot use the database: " + path);
  return Place{path, about.st_dev, about.st_ino};
}

Result<void> Database::note_place() {
  places_.clear();
  for (const char* suffix : {"", "-wal"}) places_.push_back(TRY(look(path_ + suffix)));
  return {};
}

Result<void> Database::in_place() const {
  for (const Place& place : places_)
    if (TRY(look(place.path)) != place)
      return fail("cannot use the database: " + place.path + " was replaced by another file");
  return {};
}

bool Database::is_read_only() const { return sqlite3_db_readonly(connection_.get(), "main") != 0; }

bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }

Result<Transaction> Transaction::begin(Database& database) {
  TRY_VOID(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // A failed step may have rolled back by itself; a rollback that fails leaves the
  // transaction open, and then every later BEGIN fails: closed, not open.
  if (database_ && database_->in_transaction()) (void)database_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
  TRY_VOID(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace postern::authd
