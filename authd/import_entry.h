// One user on his way out of a file: fields are put in as they are read, and judged.  For
// the readers of the formats only (import_*.cc).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "authd/import.h"
#include "common/result.h"

namespace postern::authd {

// `text` in quotes, fit for an error message; only of what is no secret.
std::string named(std::string_view text);

// The name of a column or a parameter that nobody knows.  A file of another form may have a
// secret there, so only what looks like a name is shown: at most 16 of a-z, `_` and `;`.
std::string unknown_name(std::string_view text);

// A decimal number without sign or blanks, up to `most`.
std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t most);

// %HH becomes a byte, in place; the decoded part of `text`, or nothing when a `%` is not
// followed by two hexadecimal digits or stands for a control character.
std::optional<std::string_view> percent_decode(std::span<char> text);

// Each of these says why not.  An empty text leaves the value as it is, except for the
// name and the kind of token.
Result<void> put_name(ImportUser& user, std::string_view text, const ImportRules& rules);
Result<void> put_kind(ImportUser& user, std::string_view text);       // totp, hotp
Result<void> put_algorithm(ImportUser& user, std::string_view text);  // SHA1..., in any case
Result<void> put_digits(ImportUser& user, std::string_view text);
Result<void> put_period(ImportUser& user, std::string_view text);
Result<void> put_counter(ImportUser& user, std::string_view text);
Result<void> put_pin(ImportUser& user, std::string_view text);
Result<void> put_secret(ImportUser& user, std::string_view base32);   // in any case
Result<void> put_secret(ImportUser& user, std::span<const std::byte> bytes);
// The name out of the label of an otpauth:// URI, "Issuer:name" or "name", decoded.
Result<void> put_label(ImportUser& user, std::string_view label, const ImportRules& rules);

// Collects users and troubles; a second user of one name is a trouble.
class ImportCollector {
 public:
  ImportCollector(ImportList& list, const ImportRules& rules) : list_(list), rules_(rules) {}
  const ImportRules& rules() const { return rules_; }
  // `fill` puts a user's fields in.
  void add(const std::string& where, const std::function<Result<void>(ImportUser&)>& fill);
  void trouble(const std::string& where, std::string what);

 private:
  ImportList& list_;
  const ImportRules& rules_;
  std::map<std::string, std::string, std::less<>> seen_;  // where each name was
};

// The readers.
void read_csv(std::span<char> text, ImportCollector& found);
void read_otpauth(std::span<char> text, ImportCollector& found);
void read_aegis(std::span<char> text, ImportCollector& found);
void read_google(std::span<char> text, ImportCollector& found);

// One otpauth:// URI.
Result<void> put_uri(ImportUser& user, std::span<char> uri, const ImportRules& rules);

// Calls `line` for every line of `text` that is neither empty nor a comment (`#`), with
// "line N" and the line without its end (LF or CRLF).
void for_each_line(std::span<char> text,
                   const std::function<void(const std::string& where, std::span<char> line)>& line);

}  // namespace postern::authd
