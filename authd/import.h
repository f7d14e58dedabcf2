// Users as other programs write them down: CSV, lists of otpauth:// URIs, the plain
// export of Aegis, the export codes of Google Authenticator.  Pure: a text in, users and
// troubles out.  Whatever is not understood is a trouble, never a guess.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authd/base32.h"
#include "authd/passcode.h"
#include "authd/pin.h"

namespace postern::authd {

inline constexpr std::size_t max_import_size = 8 << 20;
inline constexpr std::size_t max_import_users = 50'000;

enum class ImportFormat : std::uint8_t { csv, otpauth, aegis, google, last = google };
std::string_view name_of(ImportFormat format);
std::optional<ImportFormat> import_format_named(std::string_view name);
// By how the text begins; what begins like nothing else is CSV.
ImportFormat import_format_of(std::string_view text);

struct ImportUser {
  std::string where;       // "line 3", "entry 3"
  std::string name;
  TokenShape shape;
  std::int64_t counter = 0;  // HOTP: the one that comes next
  Base32Text secret;       // empty: one is to be drawn
  Pin pin;                 // empty: none, and the user cannot log in before he has one
  bool disabled = false;
};

struct ImportTrouble {
  std::string where, what;
};

struct ImportList {
  std::vector<ImportUser> users;         // in the order of the text
  std::vector<ImportTrouble> troubles;
};

struct ImportRules {
  bool strip_domain = false;  // "alice@example.org" is alice
};

// Reads all of `text`, which is decoded in place and holds no text any more afterwards.
// Every user is sound by himself, and no name is there twice.
ImportList read_import(std::span<char> text, ImportFormat format, const ImportRules& rules);

}  // namespace postern::authd
