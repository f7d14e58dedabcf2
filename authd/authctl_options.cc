// The command line of authctl, as tables: every command is a row, every option is a row.
// authctl.cc reads it before anything else happens.  Nothing is asked and nothing is sent
// here, and whatever is not in a table is refused, never guessed.

#include "authd/authctl_options.h"

#include <algorithm>
#include <charconv>

#include "authd/user_name.h"

namespace postern::authd {
namespace {

struct OptionRow {
  Option option;
  std::string_view name;
  std::string_view value;  // what its value is called; empty: it has none
};
constexpr OptionRow option_table[] = {
    {Option::socket, "-s", "SOCKET"},
    {Option::json, "--json", ""},
    {Option::version, "-V", ""},
    {Option::totp, "--totp", ""},
    {Option::hotp, "--hotp", ""},
    {Option::digits, "--digits", "N"},
    {Option::period, "--period", "S"},
    {Option::algorithm, "--algorithm", "SHA1|SHA256|SHA512"},
    {Option::secret, "--secret", "BASE32"},
    {Option::pin_stdin, "--pin-stdin", ""},
    {Option::code, "--code", "N"},
    {Option::no_proof, "--no-proof", ""},
    {Option::user, "--user", "NAME"},
};

constexpr Option for_all[] = {Option::socket, Option::json, Option::version};
constexpr Option for_add[] = {Option::totp,      Option::hotp,   Option::digits,
                              Option::period,    Option::algorithm, Option::secret,
                              Option::pin_stdin, Option::code,   Option::no_proof};
constexpr Option for_pin[] = {Option::pin_stdin};
constexpr Option for_user[] = {Option::user};

constexpr Command command_table[] = {
    {"user", "add", AdminVerb::user_add, {"NAME"}, for_add, Shape::enrolment},
    {"user", "list", AdminVerb::user_list, {}, {}, Shape::table},
    {"user", "show", AdminVerb::user_show, {"NAME"}, {}, Shape::sheet},
    {"user", "disable", AdminVerb::user_disable, {"NAME"}, {}, Shape::nothing},
    {"user", "enable", AdminVerb::user_enable, {"NAME"}, {}, Shape::nothing},
    {"user", "remove", AdminVerb::user_remove, {"NAME"}, {}, Shape::nothing},
    {"user", "set-pin", AdminVerb::user_set_pin, {"NAME"}, for_pin, Shape::nothing},
    {"user", "resync", AdminVerb::user_resync, {"NAME", "CODE1", "CODE2"}, {}, Shape::nothing},
    {"user", "unlock", AdminVerb::user_unlock, {"NAME"}, {}, Shape::nothing},
    {"session", "list", AdminVerb::session_list, {}, for_user, Shape::table},
    {"session", "kill", AdminVerb::session_kill, {"SID"}, {}, Shape::nothing},
    {"session", "kill", AdminVerb::session_kill_user, {}, for_user, Shape::nothing},
    {"status", "", AdminVerb::status, {}, {}, Shape::sheet},
};

bool contains(std::span<const Option> options, Option option) {
  return std::ranges::find(options, option) != options.end();
}

std::size_t operands_of(const Command& command) {
  return static_cast<std::size_t>(
      std::ranges::count_if(command.operands, [](std::string_view name) { return !name.empty(); }));
}

std::string name_of(Option option) {
  return std::string(std::ranges::find(option_table, option, &OptionRow::option)->name);
}

// Takes the option at `place` and its value; `place` is left on the last word of it.
Result<void> take_option(std::span<char* const> arguments, std::size_t& place, Wish& wish) {
  const std::string_view word = arguments[place];
  const auto row = std::ranges::find(option_table, word, &OptionRow::name);
  if (row == std::end(option_table)) return fail("there is no option " + std::string(word));
  auto& value = wish.options[static_cast<std::size_t>(row->option)];
  if (value) return fail("option " + std::string(word) + " twice");
  value = std::string_view();
  if (row->value.empty()) return {};
  if (arguments.size() - place < 2) return fail("option " + std::string(word) + " needs a value");
  value = arguments[++place];
  return {};
}

// Whether `command` takes what was typed: the same number of operands, and no option that
// is not its own.
bool takes(const Command& command, const Wish& wish) {
  if (operands_of(command) != wish.operands.size()) return false;
  for (const OptionRow& row : option_table)
    if (wish.has(row.option) && !contains(for_all, row.option) && !contains(command.options, row.option))
      return false;
  return command.verb != AdminVerb::session_kill_user || wish.has(Option::user);
}

Result<const Command*> find_command(Wish& wish) {
  if (wish.operands.empty()) return fail("a command is needed");
  const std::string_view group = wish.operands[0];
  std::string_view word = wish.operands.size() > 1 ? wish.operands[1] : std::string_view();
  if (group == "status") word = {};
  const auto fits = [&](const Command& c) { return c.group == group && c.word == word; };
  if (std::ranges::none_of(command_table, fits))
    return fail("there is no command " + std::string(group) + " " + std::string(word));
  wish.operands.erase(wish.operands.begin(), wish.operands.begin() + (word.empty() ? 1 : 2));
  for (const Command& command : command_table)
    if (fits(command) && takes(command, wish)) return &command;
  return fail(std::string(group) + " " + std::string(word) + " does not take that");
}

Result<std::uint32_t> number(const Wish& wish, Option option, std::uint32_t otherwise,
                             std::uint32_t least, std::uint32_t most) {
  if (!wish.has(option)) return otherwise;
  const std::string_view text = wish.value(option);
  std::uint32_t n = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), n);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && n >= least && n <= most) return n;
  return fail(name_of(option) + " must be " + std::to_string(least) + " to " + std::to_string(most));
}

template <class Field>
Result<void> put(Field& field, std::string_view text, const std::string& what) {
  if (!field.assign(text)) return fail(what + " is too long");
  return {};
}

Result<void> put_user(AdminAsk& ask, std::string_view name) {
  if (!is_user_name(name))
    return fail("\"" + std::string(name) + "\" is no user name: a-z first, then at most 31 of a-z 0-9 . _ -");
  return put(ask.user, name, "NAME");
}

Result<void> put_token(const Wish& wish, AdminAsk& ask) {
  if (wish.has(Option::totp) && wish.has(Option::hotp)) return fail("--totp or --hotp, not both");
  if (wish.has(Option::hotp) && wish.has(Option::period)) return fail("--period is for --totp");
  if (wish.has(Option::code) && wish.has(Option::no_proof)) return fail("--code or --no-proof, not both");
  if (wish.has(Option::code) && !wish.has(Option::secret)) return fail("--code needs --secret");
  ask.hotp = wish.has(Option::hotp);
  ask.digits = static_cast<std::uint8_t>(TRY(number(wish, Option::digits, 6, 6, 8)));
  ask.period = TRY(number(wish, Option::period, 30, 1, 3600));
  TRY_VOID(put(ask.algorithm, wish.value(Option::algorithm, "SHA1"), "--algorithm"));
  TRY_VOID(put(ask.secret, wish.value(Option::secret), "--secret"));
  ask.proof = wish.has(Option::code);
  return put(ask.code1, wish.value(Option::code), "--code");
}

}  // namespace

Result<Wish> read_wish(std::span<char* const> arguments) {
  Wish wish;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (word.size() > 1 && word[0] == '-') TRY_VOID(take_option(arguments, i, wish));
    else wish.operands.push_back(word);
  }
  if (wish.has(Option::version)) return wish;
  wish.command = TRY(find_command(wish));
  return wish;
}

Result<AdminAsk> question_of(const Wish& wish) {
  AdminAsk ask;
  ask.tag = 1;
  ask.verb = wish.command->verb;
  if (wish.has(Option::user)) TRY_VOID(put_user(ask, wish.value(Option::user)));
  const auto& names = wish.command->operands;
  for (std::size_t i = 0; i < wish.operands.size(); ++i) {
    const std::string_view text = wish.operands[i];
    if (names[i] == "NAME") TRY_VOID(put_user(ask, text));
    if (names[i] == "SID") TRY_VOID(put(ask.sid, text, "SID"));
    if (names[i] == "CODE1") TRY_VOID(put(ask.code1, text, "CODE1"));
    if (names[i] == "CODE2") TRY_VOID(put(ask.code2, text, "CODE2"));
  }
  if (ask.verb == AdminVerb::user_add) TRY_VOID(put_token(wish, ask));
  return ask;
}

std::string usage_text() {
  std::string text = "usage: authctl [-s SOCKET] [--json] COMMAND\n";
  for (const Command& command : command_table) {
    text += "  ";
    text += command.group;
    if (!command.word.empty()) (text += ' ') += command.word;
    for (const std::string_view name : command.operands)
      if (!name.empty()) (text += ' ') += name;
    for (const Option option : command.options) {
      const auto row = std::ranges::find(option_table, option, &OptionRow::option);
      const bool needed = command.verb == AdminVerb::session_kill_user;
      (text += needed ? " " : " [") += row->name;
      if (!row->value.empty()) (text += ' ') += row->value;
      if (!needed) text += ']';
    }
    text += '\n';
  }
  return text;
}

}  // namespace postern::authd
