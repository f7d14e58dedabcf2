// Rows for people: a table of many, a sheet of one.  Pure.
#pragma once

#include <string>
#include <vector>

#include "authd/json.h"

namespace postern::authd {

// Columns as wide as they must be, the names of the members in capitals above them;
// nothing at all for no rows.
std::string table_text(const std::vector<JsonMembers>& rows);
// One member a line.
std::string sheet_text(const JsonMembers& row);

}  // namespace postern::authd
