// The command line of authctl, as tables: every command is a row, every option is a row.
// authctl.cc reads it before anything else happens.  Nothing is asked and nothing is sent
// here, and whatever is not in a table is refused, never guessed.  What a value may be is
// judged in authctl_question.cc.

#include "authd/authctl_options.h"

#include <algorithm>

#include "authd/authctl_print.h"

namespace postern::authd {
namespace {

constexpr OptionRow option_table[] = {
    {Option::socket, "-s", "SOCKET"},
    {Option::json, "--json", ""},
    {Option::version, "-V", ""},
    {Option::help, "--help", ""},
    {Option::totp, "--totp", ""},
    {Option::hotp, "--hotp", ""},
    {Option::digits, "--digits", "6|7|8"},
    {Option::period, "--period", "S"},
    {Option::algorithm, "--algorithm", "SHA1|SHA256|SHA512"},
    {Option::secret, "--secret", "BASE32"},
    {Option::pin_stdin, "--pin-stdin", ""},
    {Option::code, "--code", "N"},
    {Option::no_proof, "--no-proof", ""},
    {Option::user, "--user", "NAME"},
    {Option::format, "--format", "csv|otpauth|aegis|google"},
    {Option::strip_domain, "--strip-domain", ""},
    {Option::skip_existing, "--skip-existing", ""},
    {Option::dry_run, "--dry-run", ""},
};

constexpr Option for_all[] = {Option::socket, Option::json, Option::version, Option::help};
constexpr Option for_add[] = {Option::totp,      Option::hotp,   Option::digits,
                              Option::period,    Option::algorithm, Option::secret,
                              Option::pin_stdin, Option::code,   Option::no_proof};
constexpr Option for_pin[] = {Option::pin_stdin};
constexpr Option for_user[] = {Option::user};
constexpr Option for_restore[] = {Option::dry_run};
constexpr Option for_import[] = {Option::format, Option::strip_domain, Option::skip_existing, Option::dry_run};

// Two rows may have the same words, when what else is given tells them apart.
constexpr Command command_table[] = {
    {"user", "add", Job::add, AdminVerb::user_add, {"NAME"}, for_add, Shape::enrolment, {}},
    {"user", "list", Job::ask, AdminVerb::user_list, {}, {}, Shape::table, {}},
    {"user", "show", Job::ask, AdminVerb::user_show, {"NAME"}, {}, Shape::sheet, {}},
    {"user", "disable", Job::ask, AdminVerb::user_disable, {"NAME"}, {}, Shape::nothing, {}},
    {"user", "enable", Job::ask, AdminVerb::user_enable, {"NAME"}, {}, Shape::nothing, {}},
    {"user", "remove", Job::ask, AdminVerb::user_remove, {"NAME"}, {}, Shape::nothing, {}},
    {"user", "set-pin", Job::set_pin, AdminVerb::user_set_pin, {"NAME"}, for_pin, Shape::nothing, {}},
    {"user", "resync", Job::ask, AdminVerb::user_resync, {"NAME", "CODE1", "CODE2"}, {}, Shape::nothing, {}},
    {"user", "unlock", Job::ask, AdminVerb::user_unlock, {"NAME"}, {}, Shape::nothing, {}},
    {"user", "import", Job::import, AdminVerb::user_add, {"FILE"}, for_import, Shape::table, {}},
    {"user", "export", Job::ask, AdminVerb::user_export, {}, {}, Shape::csv, {}},
    {"backup", "", Job::backup, AdminVerb::backup, {"FILE"}, {}, Shape::sheet, {}},
    {"restore", "", Job::restore, AdminVerb::restore, {"FILE"}, for_restore, Shape::table, {}},
    {"session", "list", Job::ask, AdminVerb::session_list, {}, for_user, Shape::table, {}},
    {"session", "kill", Job::ask, AdminVerb::session_kill, {"SID"}, {}, Shape::nothing, {}},
    {"session", "kill", Job::ask, AdminVerb::session_kill_user, {}, for_user, Shape::nothing, Option::user},
    {"status", "", Job::ask, AdminVerb::status, {}, {}, Shape::sheet, {}},
};

bool contains(std::span<const Option> options, Option option) {
  return std::ranges::find(options, option) != options.end();
}

std::size_t operands_of(const Command& command) {
  return static_cast<std::size_t>(
      std::ranges::count_if(command.operands, [](std::string_view name) { return !name.empty(); }));
}

// As in "user show NAME".
std::string shape_of(const Command& command) {
  std::string text = name_of(command);
  for (const std::string_view name : command.operands)
    if (!name.empty()) (text += ' ') += name;
  if (command.required) {
    (text += ' ') += name_of(*command.required);
    (text += ' ') += std::ranges::find(option_table, *command.required, &OptionRow::option)->value;
  }
  return text;
}

// Takes the option at `place` and its value; `place` is left on the last word of it.
Result<void> take_option(std::span<char* const> arguments, std::size_t& place, Wish& wish) {
  const std::string_view word = arguments[place];
  const auto row = std::ranges::find(option_table, word, &OptionRow::name);
  if (row == std::end(option_table)) return fail("there is no option " + quoted(word));
  auto& value = wish.options[static_cast<std::size_t>(row->option)];
  if (value) return fail("option " + std::string(word) + " twice");
  value = std::string_view();
  if (row->value.empty()) return {};
  if (arguments.size() - place < 2) return fail("option " + std::string(word) + " needs a value");
  value = arguments[++place];
  return {};
}

// What `command` does not like about what was typed; nothing when it takes it.
std::optional<Error> complaint(const Command& command, const Wish& wish) {
  const std::size_t wanted = operands_of(command);
  for (const OptionRow& row : option_table)
    if (wish.has(row.option) && !contains(for_all, row.option) && !contains(command.options, row.option))
      return Error{name_of(command) + " does not take " + std::string(row.name)};
  if (wish.operands.size() > wanted)
    return Error{quoted(wish.operands[wanted]) + " is too much: " + shape_of(command)};
  if (wish.operands.size() < wanted || (command.required && !wish.has(*command.required)))
    return Error{"something is missing: " + shape_of(command)};
  return {};
}

Result<const Command*> find_command(Wish& wish) {
  if (wish.operands.empty()) return fail("a command is needed");
  const std::string_view group = wish.operands[0];
  std::string_view word = wish.operands.size() > 1 ? wish.operands[1] : std::string_view();
  const auto alone = [&](const Command& c) { return c.group == group && c.word.empty(); };
  if (std::ranges::any_of(command_table, alone)) word = {};
  wish.operands.erase(wish.operands.begin(), wish.operands.begin() + (word.empty() ? 1 : 2));
  Error wrong{"there is no command " + quoted(std::string(group) + (word.empty() ? "" : " ") + std::string(word))};
  for (const Command& command : command_table) {
    if (command.group != group || command.word != word) continue;
    const auto heard = complaint(command, wish);
    if (!heard) return &command;
    wrong = *heard;
  }
  return Failure(wrong);
}

}  // namespace

std::span<const Command> all_commands() { return command_table; }
std::span<const OptionRow> all_options() { return option_table; }
std::span<const Option> options_for_all() { return for_all; }

std::string_view name_of(Option option) {
  return std::ranges::find(option_table, option, &OptionRow::option)->name;
}

std::string name_of(const Command& command) {
  std::string text(command.group);
  if (!command.word.empty()) (text += ' ') += command.word;
  return text;
}

Result<Wish> read_wish(std::span<char* const> arguments) {
  Wish wish;
  bool options = true;  // until "--"
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (options && word == "--") options = false;
    else if (options && word.size() > 1 && word[0] == '-') TRY_VOID(take_option(arguments, i, wish));
    else wish.operands.push_back(word);
  }
  if (wish.has(Option::version) || wish.has(Option::help)) return wish;
  wish.command = TRY(find_command(wish));
  return wish;
}

std::string usage_text() {
  std::string text = "usage: authctl [-s SOCKET] [--json] COMMAND\n";
  for (const Command& command : command_table) {
    text += "  " + shape_of(command);
    for (const Option option : command.options) {
      if (command.required == option) continue;
      const auto row = std::ranges::find(option_table, option, &OptionRow::option);
      (text += " [") += row->name;
      if (!row->value.empty()) (text += ' ') += row->value;
      text += ']';
    }
    text += '\n';
  }
  return text;
}

}  // namespace postern::authd
