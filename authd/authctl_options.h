// What the operator typed: a command, its operands and its options.  Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/messages.h"
#include "common/result.h"

namespace postern::authd {

enum class Option : std::uint8_t {
  socket, json, version, help, totp, hotp, digits, period, algorithm, secret, pin_stdin, code,
  no_proof, user, format, strip_domain, skip_existing, dry_run, last = dry_run
};

struct OptionRow {
  Option option;
  std::string_view name;
  std::string_view value;  // what its value is called, or its words with `|` between; empty: none
};

// What a command prints.
enum class Shape : std::uint8_t { nothing, table, sheet, enrolment, csv };

// How a command is done: one question to authd, or more than that.
enum class Job : std::uint8_t { ask, add, set_pin, import, backup, restore };

struct Command {
  std::string_view group, word;          // "user" "add"; the second may be empty
  Job job;
  AdminVerb verb;                        // of the question
  std::array<std::string_view, 3> operands;  // their names; all must be given
  std::span<const Option> options;       // beside those that everything takes
  Shape shape;
  std::optional<Option> required;        // an option that must be there
};

// The tables, for those who show or complete them.
std::span<const Command> all_commands();
std::span<const OptionRow> all_options();
std::span<const Option> options_for_all();

std::string_view name_of(Option option);
// "user add"
std::string name_of(const Command& command);

struct Wish {
  const Command* command = nullptr;      // none: only the version or help is wanted
  std::vector<std::string_view> operands;
  std::array<std::optional<std::string_view>, static_cast<std::size_t>(Option::last) + 1> options;

  bool has(Option o) const { return options[static_cast<std::size_t>(o)].has_value(); }
  std::string_view value(Option o, std::string_view otherwise = {}) const {
    return options[static_cast<std::size_t>(o)].value_or(otherwise);
  }
};

// Reads the arguments behind the program's name, which must outlive the wish.  An error
// says what is wrong with them.
Result<Wish> read_wish(std::span<char* const> arguments);

// The question that a wish amounts to, without PIN, and without a secret or proof that is
// not typed yet.  An error says what is wrong with a value.
Result<AdminAsk> question_of(const Wish& wish);

// All commands, for people.
std::string usage_text();

}  // namespace postern::authd
