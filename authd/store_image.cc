// A database in memory: taken from the one in its file, and made of bytes again.  Only
// the vault's backups need it.  No file is opened here, so it works in the jail; every
// size is bounded by the caller before memory is asked for.
#include "authd/store_image.h"

#include <sqlite3.h>

#include <algorithm>
#include <string>

#include "authd/store_db.h"

namespace postern::authd {
namespace {

// Bytes 18 and 19 of a database say how it is written and read; 2 is with a journal file
// beside it (WAL), which a database in memory cannot have, 1 is without.
constexpr std::size_t write_version = 18, read_version = 19, header_size = 100;

Failure failure(sqlite3* connection) {
  return fail(std::string("cannot use the database: ") + sqlite3_errmsg(connection));
}

// Hands a copy of `image` to SQLite as the content of schema `name`.
Result<void> fill_schema(sqlite3* connection, const char* name, std::span<const std::byte> image) {
  auto* copy = static_cast<unsigned char*>(sqlite3_malloc64(image.size()));
  if (copy == nullptr) return fail("cannot use the database: no memory for its copy");
  std::ranges::copy(image, reinterpret_cast<std::byte*>(copy));
  const auto size = static_cast<sqlite3_int64>(image.size());
  // Frees the copy also when it fails.
  if (sqlite3_deserialize(connection, name, copy, size, size,
                          SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) != SQLITE_OK)
    return failure(connection);
  return {};
}

}  // namespace

void DatabaseImage::Free::operator()(unsigned char* data) const { sqlite3_free(data); }

Result<DatabaseImage> Database::image(std::size_t most) const {
  sqlite3_int64 size = 0;
  unsigned char* data = sqlite3_serialize(connection_.get(), "main", &size, SQLITE_SERIALIZE_NOCOPY);
  if (data != nullptr) return fail("cannot copy the database: it is in memory already");
  // Without the flag it is copied; its size is known from the pages before.
  if (size < 0 || static_cast<std::uint64_t>(size) > most)
    return fail("the database is too large for a backup: " + std::to_string(size >> 20) + " MiB, at most " +
                std::to_string(most >> 20));
  data = sqlite3_serialize(connection_.get(), "main", &size, 0);
  if (data == nullptr) return failure(connection_.get());
  DatabaseImage image(data, static_cast<std::size_t>(size));
  if (image.bytes().size() < header_size) return fail("cannot copy the database: it is empty");
  data[write_version] = data[read_version] = 1;
  return image;
}

Result<Database> Database::open_image(std::span<const std::byte> image) {
  if (image.size() < header_size) return fail("cannot use the copy of a database: it is too short");
  sqlite3* connection = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(":memory:", &connection, flags, nullptr);
  Database database;
  database.connection_.reset(connection);
  if (code != SQLITE_OK) return fail(std::string("cannot make a database in memory: ") + sqlite3_errstr(code));
  TRY_VOID(fill_schema(connection, "main", image));
  return database;
}

Result<void> Database::attach_copy_of(const Database& other, const char* name) {
  const std::string attach = std::string("ATTACH ':memory:' AS ") + name;
  TRY_VOID(execute(attach.c_str()));
  sqlite3_int64 size = 0;
  const unsigned char* data = sqlite3_serialize(other.connection_.get(), "main", &size, SQLITE_SERIALIZE_NOCOPY);
  Result<void> filled = data == nullptr ? fail("cannot copy the database: it is not in memory")
                                        : fill_schema(connection_.get(), name,
                                                      std::as_bytes(std::span(data, static_cast<std::size_t>(size))));
  if (!filled) (void)detach(name);  // the first failure counts
  return filled;
}

Result<void> Database::detach(const char* name) {
  const std::string detach = std::string("DETACH ") + name;
  return execute(detach.c_str());
}

}  // namespace postern::authd
