// The plain export of Aegis Authenticator (its "vault" without a password): JSON with an
// object for each token.  An encrypted one cannot be read here, and says so.  Members that
// only matter to the app (icons, groups, notes) are not looked at.

#include "authd/import_entry.h"
#include "authd/json_tree.h"

namespace postern::authd {
namespace {

constexpr std::uint64_t newest_vault = 1, newest_database = 3;

// A member as text, whether it is written as a text or as a whole number; empty when it
// is not there or null.  An error when it is anything else.
Result<std::string_view> value_of(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  if (member == nullptr || member->type == Json::Type::null) return std::string_view();
  if (const auto text = member->text()) return *text;
  if (const auto number = member->whole()) return *number;
  return fail("\"" + std::string(name) + "\" is no text and no whole number");
}

using Put = Result<void> (*)(ImportUser&, std::string_view);

Result<void> put_member(ImportUser& user, const Json& object, std::string_view name, Put put) {
  return put(user, TRY(value_of(object, name)));
}
Result<void> put_base32(ImportUser& user, std::string_view text) { return put_secret(user, text); }

Result<void> put_entry(ImportUser& user, const Json& entry, const ImportRules& rules) {
  static constexpr std::pair<std::string_view, Put> members[] = {
      {"algo", put_algorithm}, {"digits", put_digits},   {"period", put_period},
      {"counter", put_counter}, {"secret", put_base32},
  };
  TRY_VOID(put_member(user, entry, "type", put_kind));
  const std::string_view label = TRY(value_of(entry, "name"));
  TRY_VOID(put_label(user, label, rules));
  const Json* info = entry.find("info");
  if (info == nullptr || info->type != Json::Type::object) return fail("there is no \"info\"");
  for (const auto& [name, put] : members) TRY_VOID(put_member(user, *info, name, put));
  if (user.secret.empty()) return fail("there is no secret");
  if (user.shape.kind == TokenKind::hotp && info->find("counter") == nullptr) return fail("there is no counter");
  return {};
}

bool is_version(const Json* version, std::uint64_t newest) {
  const auto number = version == nullptr ? std::nullopt : version->whole();
  const auto value = number ? whole_number(*number, newest) : std::nullopt;
  return value && *value >= 1;
}

// The list of tokens, or what is wrong with the file.
Result<const Json*> entries_of(const Json& vault) {
  const Json* database = vault.find("db");
  if (database == nullptr) return fail("this is no export of Aegis");
  if (database->type == Json::Type::text)
    return fail("this export of Aegis is encrypted: it must be made without a password");
  if (!is_version(vault.find("version"), newest_vault) || !is_version(database->find("version"), newest_database))
    return fail("this export of Aegis has a version that is not known");
  const Json* entries = database->find("entries");
  if (entries == nullptr || entries->type != Json::Type::list) return fail("this is no export of Aegis");
  return entries;
}

}  // namespace

void read_aegis(std::span<char> text, ImportCollector& found) {
  const auto vault = read_json(text);
  if (!vault) return found.trouble("", "this is no JSON text");
  const auto entries = entries_of(*vault);
  if (!entries) return found.trouble("", entries.error().what);
  std::size_t number = 0;
  for (const Json& entry : (*entries)->items)
    found.add("entry " + std::to_string(++number),
              [&](ImportUser& user) { return put_entry(user, entry, found.rules()); });
}

}  // namespace postern::authd
