// How the vault's database is set up: settings, checks, tables.
#pragma once

#include <string>

#include "authd/store_db.h"
#include "common/result.h"

namespace postern::authd {

// Opens the database at `path`, makes every setting and reads it back, checks every page,
// makes the tables when the file is new, and adds what an older version of this program
// did not have.  For Store::open.
Result<Database> open_vault_database(const std::string& path);

}  // namespace postern::authd
