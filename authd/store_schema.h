// How the vault's database is set up: settings, checks, tables.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "authd/store_db.h"
#include "common/result.h"

namespace postern::authd {

// Opens the database at `path`, makes every setting and reads it back, checks every page,
// makes the tables when the file is new, and adds what an older version of this program
// did not have.  For Store::open.
Result<Database> open_vault_database(const std::string& path);

// The same for an image of such a database, in memory; a new one is refused.
Result<Database> open_vault_image(std::span<const std::byte> image);

}  // namespace postern::authd
