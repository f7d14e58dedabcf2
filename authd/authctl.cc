// authctl: the operator's tool.  It turns a command line into one question to authd, asks
// the operator for what must not stand on a command line, and prints the answer.  What
// may be done is decided in authd; this file decides nothing.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "authd/authctl_backup.h"
#include "authd/authctl_complete.h"
#include "authd/authctl_enrol.h"
#include "authd/authctl_import.h"
#include "authd/authctl_options.h"
#include "authd/authctl_print.h"
#include "authd/authctl_talk.h"
#include "authd/authctl_terminal.h"
#include "common/unique_fd.h"

namespace postern::authd {
namespace {

constexpr int exit_error = 1;

// Whatever is opened must not become standard output: it would get the answer.  What was
// not there before is there now, but cannot be used.
bool keep_standard_numbers() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) >= 0) continue;
    const int useless = number == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (UniqueFd::adopt(::open("/dev/null", useless)).release() != number) return false;
  }
  return true;
}

// One question, one answer.
Result<void> ask(const Wish&, const std::string& socket, AdminAsk& question, Printer& printer) {
  AdminTalk talk = TRY(AdminTalk::open(socket));
  return talk.ask(question, [&](const JsonText& row) { printer.take(row); });
}

Result<void> set_pin(const Wish& wish, const std::string& socket, AdminAsk& question, Printer& printer) {
  question.pin = wish.has(Option::pin_stdin) ? TRY(read_pin_line()) : TRY(ask_pin());
  return ask(wish, socket, question, printer);
}

Result<void> run(const Wish& wish, AdminAsk& question) {
  struct Row {
    Job job;
    Result<void> (*run)(const Wish&, const std::string& socket, AdminAsk&, Printer&);
  };
  static constexpr Row jobs[] = {
      {Job::ask, ask}, {Job::add, add_user}, {Job::set_pin, set_pin}, {Job::import, import_users},
      {Job::backup, backup}, {Job::restore, restore}};
  const std::string socket(wish.value(Option::socket, default_admin_socket));
  Printer printer(wish);
  const auto row = std::ranges::find(jobs, wish.command->job, &Row::job);
  TRY_VOID(row->run(wish, socket, question, printer));
  return printer.finish();
}

int complain(const Error& error) {
  (void)std::fprintf(stderr, "authctl: %s\n", error.what.c_str());
  return exit_error;
}

int print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? 0 : complain({"cannot write to standard output"});
}

// Secrets on the command line can be seen by everybody on this machine; at least not for
// longer than it takes to read them.
void wipe_arguments(const Wish& wish, std::span<char* const> arguments) {
  for (const Option option : {Option::secret, Option::code})
    for (char* const word : arguments)
      if (wish.has(option) && wish.value(option).data() == word) wipe(word, wish.value(option).size());
}

int obey(std::span<char* const> arguments) {
  if (!arguments.empty() && std::string_view(arguments[0]) == "complete") return complete(arguments.subspan(1));
  const auto wish = read_wish(arguments);
  if (!wish) {
    (void)complain(wish.error());
    (void)std::fputs("authctl --help shows all commands\n", stderr);
    return exit_error;
  }
  if (wish->has(Option::version)) return print("authctl " POSTERN_VERSION "\n");
  if (wish->has(Option::help)) return print(usage_text());
  auto question = question_of(*wish);
  wipe_arguments(*wish, arguments);
  if (!question) return complain(question.error());
  const auto done = run(*wish, *question);
  return done ? 0 : complain(done.error());
}

}  // namespace
}  // namespace postern::authd

int main(int argc, char** argv) {
  using namespace postern::authd;
  if (!keep_standard_numbers() || ::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return exit_error;
  const std::span<char* const> arguments(argv, static_cast<std::size_t>(argc));
  return obey(arguments.subspan(argc > 0 ? 1 : 0));
}
