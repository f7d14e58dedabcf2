// The engine under the key tables: a row says everything about one key, and ten-line
// loops do the rest.  Included by settings_*.cc only.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/settings.h"
#include "common/settings_ini.h"
#include "common/settings_value.h"

namespace postern {

// required: must be written.  not_built: known, but nothing acts on it in this version,
// so that any value but the default is refused (a promise not kept is worse than none).
enum class Need : std::uint8_t { optional, required, not_built };

template <class S>
struct Row {
  std::string_view section;
  std::string_view key;
  std::string_view text;  // the default; an example when required
  Need need;
  Rule rule;
  Result<void> (*set)(S& settings, std::string_view text, const Rule& rule);
  std::string_view help;  // one line, with a full stop
};

// The setter for a member, or for a member of a member: set<&WfdSettings::tls, &Tls::keys>.
template <class S, auto... Members>
Result<void> set(S& settings, std::string_view text, const Rule& rule) {
  return read_value(text, rule, (settings.*....*Members));
}

std::string at_line(std::string_view file, unsigned line);            // "FILE:LINE: "
std::string key_name(std::string_view section, std::string_view key);  // "[section] key"

template <class S>
const Row<S>* find_row(std::span<const Row<S>> rows, std::string_view section, std::string_view key) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row<S>& row) {
    return row.section == section && row.key == key;
  });
  return found == rows.end() ? nullptr : &*found;
}

// "its keys are: a b c", or "its sections are: ..." when `section` is empty.
template <class S>
std::string allowed_names(std::span<const Row<S>> rows, std::string_view section) {
  std::vector<std::string_view> names;
  for (const Row<S>& row : rows) {
    if (!section.empty() && row.section != section) continue;
    const std::string_view name = section.empty() ? row.section : row.key;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::string text = section.empty() ? "the sections are" : "its keys are";
  for (const std::string_view name : names) text += " " + std::string(name);
  return text;
}

// Gives every row that has one its default.  The tables' tests show that this cannot fail.
template <class S>
Result<void> set_defaults(std::span<const Row<S>> rows, S& settings) {
  for (const Row<S>& row : rows) {
    if (row.need == Need::required) continue;
    const auto done = row.set(settings, row.text, row.rule);
    if (!done) return within(key_name(row.section, row.key), done.error());
  }
  return {};
}

// Writes one entry of the file into `settings`.  The error has no FILE:LINE yet.
template <class S>
Result<void> set_entry(std::span<const Row<S>> rows, std::string_view section, const IniEntry& entry, S& settings) {
  const std::string name = key_name(section, entry.key);
  const Row<S>* row = find_row(rows, section, entry.key);
  if (row == nullptr) return fail(name + " is not a key; " + allowed_names(rows, section));
  if (row->need == Need::not_built && entry.value != row->text)
    return fail(name + " is not built yet in this version; only its default \"" + std::string(row->text) + "\" is allowed");
  if (entry.value.empty() && (row->need == Need::required || !row->text.empty()))
    return fail(name + " is empty; leave the line out for the default, or write a value");
  const auto done = row->set(settings, entry.value, row->rule);
  if (!done) return within(name, done.error());
  return {};
}

// Fills `settings` from the sections that `rows` knows; `others` says which further
// sections exist (they are left to the caller).
template <class S>
Result<void> fill(std::span<const Row<S>> rows, const std::vector<IniSection>& sections, std::string_view file,
                  bool (*others)(std::string_view section), S& settings) {
  settings.origin.file = file;
  TRY_VOID(set_defaults(rows, settings));
  for (const IniSection& section : sections) {
    if (others(section.name)) continue;
    if (std::none_of(rows.begin(), rows.end(), [&](const Row<S>& row) { return row.section == section.name; }))
      return fail(at_line(file, section.line) + "[" + section.name + "] is not a section; " + allowed_names(rows, ""));
    for (const IniEntry& entry : section.entries) {
      const auto done = set_entry(rows, section.name, entry, settings);
      if (!done) return fail(at_line(file, entry.line) + done.error().what);
      settings.origin.lines[section.name + " " + entry.key] = entry.line;
    }
  }
  for (const Row<S>& row : rows)
    if (row.need == Need::required && !settings.origin.has(row.section, row.key))
      return fail(std::string(file) + ": " + key_name(row.section, row.key) + " is missing: " + std::string(row.help));
  return {};
}

template <class S>
void list_rows(std::span<const Row<S>> rows, std::vector<KeyInfo>& keys) {
  for (const Row<S>& row : rows)
    keys.push_back({row.section, row.key, row.text, row.need == Need::required, row.need != Need::not_built, row.help});
}

std::vector<KeyInfo> list_redird_keys();
std::vector<KeyInfo> list_wfd_keys();
std::vector<KeyInfo> list_authd_keys();

// What [process] of every daemon must obey beyond its rows.
Result<void> check_process(const Origin& origin, const ProcessSettings& process);

}  // namespace postern
