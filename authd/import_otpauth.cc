// otpauth:// URIs, one a line: the "Key URI Format" that authenticator apps share.  A URI
// is taken apart and decoded in place, so that no copy of its secret is left anywhere.  A
// parameter that is not known may change what a code is, so it is refused.

#include <algorithm>
#include <array>

#include "authd/import_entry.h"

namespace postern::authd {
namespace {

struct Parameter {
  std::string_view name;
  Result<void> (*put)(ImportUser&, std::string_view);
};

Result<void> nothing(ImportUser&, std::string_view) { return {}; }
Result<void> secret(ImportUser& user, std::string_view text) { return put_secret(user, text); }

// What an app shows beside the code does not matter here.
constexpr std::array<Parameter, 10> parameters = {{
    {"secret", secret},
    {"algorithm", put_algorithm},
    {"digits", put_digits},
    {"period", put_period},
    {"counter", put_counter},
    {"issuer", nothing},
    {"image", nothing},
    {"icon", nothing},
    {"color", nothing},
    {"lock", nothing},
}};

constexpr std::size_t counter_at = 4;
static_assert(parameters[counter_at].name == "counter");

// The part of `text` before the first `mark`, and `text` is what follows it.
std::span<char> cut(std::span<char>& text, char mark) {
  const auto end = std::ranges::find(text, mark);
  const std::span<char> part(text.begin(), end);
  text = text.subspan(part.size() + (end == text.end() ? 0 : 1));
  return part;
}

std::string_view view(std::span<const char> text) { return {text.data(), text.size()}; }

Result<void> put_parameter(ImportUser& user, std::span<char> text, std::array<bool, parameters.size()>& seen) {
  const std::string_view name = view(cut(text, '='));
  const auto row = std::ranges::find(parameters, name, &Parameter::name);
  if (row == parameters.end()) return fail("the parameter " + unknown_name(name) + " is not known");
  bool& before = seen[static_cast<std::size_t>(row - parameters.begin())];
  if (before) return fail("the parameter " + std::string(name) + " is there twice");
  before = true;
  const auto value = percent_decode(text);
  if (!value) return fail("the parameter " + std::string(name) + " is not well encoded");
  return row->put(user, *value);
}

}  // namespace

Result<void> put_uri(ImportUser& user, std::span<char> uri, const ImportRules& rules) {
  constexpr std::string_view scheme = "otpauth://";
  if (!view(uri).starts_with(scheme)) return fail("no otpauth:// URI");
  uri = uri.subspan(scheme.size());
  TRY_VOID(put_kind(user, view(cut(uri, '/'))));
  const auto label = percent_decode(cut(uri, '?'));
  if (!label) return fail("the name is not well encoded");
  TRY_VOID(put_label(user, *label, rules));
  std::array<bool, parameters.size()> seen{};
  while (!uri.empty()) TRY_VOID(put_parameter(user, cut(uri, '&'), seen));
  if (user.secret.empty()) return fail("there is no secret");
  if (user.shape.kind == TokenKind::hotp && !seen[counter_at]) return fail("there is no counter");
  return {};
}

void read_otpauth(std::span<char> text, ImportCollector& found) {
  for_each_line(text, [&](const std::string& where, std::span<char> line) {
    found.add(where, [&](ImportUser& user) { return put_uri(user, line, found.rules()); });
  });
}

}  // namespace postern::authd
