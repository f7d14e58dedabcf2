// SQLite in our terms: a database and its prepared statements, errors as values.  For
// authd/store*.cc only; nobody else knows that there is SQL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authd/store_image.h"
#include "common/result.h"

struct sqlite3;       // SQLite's connection
struct sqlite3_stmt;  // SQLite's prepared statement

namespace postern::authd {

// One statement, compiled once.  Arguments are int64, text or bytes, bound in order; they
// must live until the run or the rows are done.
class Statement {
 public:
  Statement() = default;

  // Runs it to its end; an error when it gives a row or fails.
  template <class... Args>
  Result<void> run(const Args&... args) {
    int at = 0;
    bool bound = true;
    ((bound = bound && bind(++at, args)), ...);
    return finish(bound);
  }

  // The rows of one run: `while (TRY(rows.next()))`, columns count from 0.  Resets the
  // statement when it goes; only one run at a time.
  class Rows {
   public:
    Rows(Statement& statement, bool bound) : statement_(statement), bound_(bound) {}
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    ~Rows() { statement_.reset(); }

    Result<bool> next();  // false after the last row
    std::int64_t number(int column) const;
    std::string text(int column) const;
    std::vector<std::byte> bytes(int column) const;

   private:
    Statement& statement_;
    bool bound_;
  };
  template <class... Args>
  Rows rows(const Args&... args) {
    int at = 0;
    bool bound = true;
    ((bound = bound && bind(++at, args)), ...);
    return Rows(*this, bound);
  }

 private:
  friend class Database;
  struct Free {
    void operator()(sqlite3_stmt* statement) const;
  };
  bool bind(int at, std::int64_t value);
  bool bind(int at, std::string_view text);
  bool bind(int at, std::span<const std::byte> bytes);
  Result<void> finish(bool bound);
  Failure failure() const;
  void reset();

  std::unique_ptr<sqlite3_stmt, Free> statement_;
};

class Database {
 public:
  // Looks up once what SQLite would otherwise look for in the file system when first
  // needed (its generator's seed).  Call it before the jail; harmless to repeat.
  static Result<void> prepare_library();

  // Opens `path` for writing, makes it (mode 0600) when it is not there.  Refuses a
  // symbolic link anywhere in the path, anything that is not a plain file, and one that
  // belongs to somebody else or that others may read or write.
  static Result<Database> open(const std::string& path);

  // store_image.cc: the whole database as it is now; an error beyond `most` bytes.
  Result<DatabaseImage> image(std::size_t most) const;
  // A database in memory, made of such an image.
  static Result<Database> open_image(std::span<const std::byte> image);
  // Puts a copy of `other`, which is in memory, beside this one as schema `name`.
  Result<void> attach_copy_of(const Database& other, const char* name);
  Result<void> detach(const char* name);

  Result<Statement> prepare(std::string_view sql);
  // Runs statements that give no interesting rows.
  Result<void> execute(const char* sql);
  // The first column of the first row as text; an error when there is no row.
  Result<std::string> ask(std::string_view sql);
  // Rows changed by the latest insert, update or delete.
  std::int64_t changes() const;
  bool is_read_only() const;
  // From now on in_place() fails once the file or its "-wal" is not where it is now: what is
  // written then would be lost with this process.
  Result<void> note_place();
  Result<void> in_place() const;
  bool in_transaction() const;

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  struct Place {
    std::string path;
    std::uint64_t device = 0, inode = 0;
    bool operator==(const Place&) const = default;
  };
  static Result<Place> look(const std::string& path);

  std::string path_;
  std::vector<Place> places_;
  std::unique_ptr<sqlite3, Close> connection_;
};

// BEGIN IMMEDIATE now, ROLLBACK when it goes, unless commit() succeeded: only then is all
// that was done in between on disk (synchronous=FULL).
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace postern::authd
