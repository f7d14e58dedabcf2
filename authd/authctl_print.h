// Rows for people and for programs: a table of many, a sheet of one, or JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "authd/authctl_options.h"
#include "authd/json.h"

namespace postern::authd {

// What somebody typed or wrote, in quotes: no byte of it moves the cursor, and a long
// text is cut.
std::string quoted(std::string_view text);

// One field of CSV (RFC 4180), in quotes where it must be.
std::string csv_field(std::string_view text);

// Columns as wide as they must be, the names of the members in capitals above them;
// nothing at all for no rows.
std::string table_text(const std::vector<JsonMembers>& rows);
// One member a line.
std::string sheet_text(const JsonMembers& row);

// Prints the rows of one answer to standard output: as they come (JSON) or together.
class Printer {
 public:
  explicit Printer(const Wish& wish) : wish_(wish) {}
  void take(const JsonText& row);
  // The rest, and with --json one object for a command that has no rows.  An error when
  // not all of it could be written.
  Result<void> finish();
  bool shown_already = false;  // the new token was, before it was proved

 private:
  void enrolled(const JsonText& row);
  void as_csv(const JsonText& row);
  std::string done_text() const;

  const Wish& wish_;
  std::vector<JsonMembers> rows_;
  bool has_header_ = false;  // of the CSV
};

}  // namespace postern::authd
