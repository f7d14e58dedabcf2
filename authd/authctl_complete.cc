// Completion for shells, made from the same tables as everything else.  The shell's part
// (etc/completion/) only passes its words on.  Nothing is ever said on standard error: it
// would land in the middle of the operator's line.

#include "authd/authctl_complete.h"

#include <algorithm>
#include <cstdio>

#include "authd/authctl_options.h"
#include "authd/authctl_talk.h"

namespace postern::authd {
namespace {

using Words = std::vector<std::string_view>;

void add_once(Words& words, std::string_view word) {
  if (std::ranges::find(words, word) == words.end()) words.push_back(word);
}

const OptionRow* option_named(std::string_view word) {
  const auto row = std::ranges::find(all_options(), word, &OptionRow::name);
  return row == all_options().end() ? nullptr : &*row;
}

// What was typed so far, without judging it.
struct Typed {
  Words operands, options;
  const OptionRow* open = nullptr;  // an option whose value comes next
};

Typed typed_in(std::span<const std::string_view> words) {
  Typed typed;
  for (const std::string_view word : words) {
    if (typed.open != nullptr) {
      typed.open = nullptr;
    } else if (const OptionRow* row = option_named(word)) {
      typed.options.push_back(word);
      if (!row->value.empty()) typed.open = row;
    } else {
      typed.operands.push_back(word);
    }
  }
  return typed;
}

void add_value(Candidates& found, std::string_view name) {
  found.users = found.users || name == "NAME";
  found.sessions = found.sessions || name == "SID";
  found.files = found.files || name == "FILE" || name == "SOCKET";
  if (name.find('|') == name.npos) return;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('|', at), name.size());
    add_once(found.words, name.substr(at, end - at));
    at = end + 1;
  }
}

bool fits(const Command& command, const Words& operands) {
  if (!operands.empty() && command.group != operands[0]) return false;
  return operands.size() < 2 || command.word.empty() || command.word == operands[1];
}

// (The name of a new user is nobody's yet.)
void add_of_command(Candidates& found, const Command& command, const Typed& typed, bool option) {
  const std::size_t words = command.word.empty() ? 1 : 2, given = typed.operands.size();
  if (option) {
    for (const Option o : options_for_all()) add_once(found.words, name_of(o));
    if (given >= words)
      for (const Option o : command.options) add_once(found.words, name_of(o));
  } else if (given < words) {
    add_once(found.words, given == 0 ? command.group : command.word);
  } else if (given - words < command.operands.size() && command.job != Job::add) {
    add_value(found, command.operands[given - words]);
  }
}

std::string ask_authd(std::string_view socket, AdminVerb verb, std::string_view key, std::string_view begun) {
  std::string lines;
  auto talk = AdminTalk::open(std::string(socket));
  if (!talk) return lines;
  AdminAsk ask;
  ask.tag = 1;
  ask.verb = verb;
  (void)talk->ask(ask, [&](const JsonText& row) {
    const std::string name = member_of(row, key);
    if (name.starts_with(begun)) lines += name + "\n";
  });
  return lines;
}

std::string_view socket_in(std::span<const std::string_view> words) {
  const auto at = std::ranges::find(words, name_of(Option::socket));
  const bool given = at != words.end() && at + 1 != words.end();
  return given ? *(at + 1) : default_admin_socket;
}

}  // namespace

Candidates candidates_for(std::span<const std::string_view> words) {
  Candidates found;
  if (words.empty()) return found;
  const std::string_view begun = words.back();
  const Typed typed = typed_in(words.first(words.size() - 1));
  if (typed.open != nullptr) {
    add_value(found, typed.open->value);
  } else {
    for (const Command& command : all_commands())
      if (fits(command, typed.operands)) add_of_command(found, command, typed, begun.starts_with("-"));
  }
  std::erase_if(found.words, [&](std::string_view word) {
    return !word.starts_with(begun) || std::ranges::find(typed.options, word) != typed.options.end();
  });
  return found;
}

int complete(std::span<char* const> arguments) {
  const Words words(arguments.begin(), arguments.end());
  const Candidates found = candidates_for(words);
  std::string lines;
  for (const std::string_view word : found.words) (lines += word) += '\n';
  if (found.users) lines += ask_authd(socket_in(words), AdminVerb::user_list, "user", words.back());
  if (found.sessions) lines += ask_authd(socket_in(words), AdminVerb::session_list, "sid", words.back());
  (void)std::fputs(lines.c_str(), stdout);
  return found.files ? 1 : 0;
}

}  // namespace postern::authd
