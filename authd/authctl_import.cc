// Importing users for authctl: one question to authd for each, after all of them have been
// looked at.  What a file may look like is judged in import*.cc.  The text of the file is
// wiped there; a secret that stood in it is never printed, only one that was drawn for a
// user without one, that one time.

#include "authd/authctl_import.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "authd/authctl_talk.h"
#include "authd/authctl_terminal.h"
#include "authd/import.h"
#include "common/unique_fd.h"

namespace postern::authd {
namespace {

constexpr std::size_t most_shown = 20;  // of the troubles of one file

// A text of a file, wiped when it goes.
struct FileText {
  FileText() : room(max_import_size + 1) {}
  FileText(const FileText&) = delete;
  FileText& operator=(const FileText&) = delete;
  ~FileText() { wipe(room.data(), room.size()); }
  std::span<char> text() { return std::span(room).first(size); }
  std::vector<char> room;  // never grows, so that no copy stays behind
  std::size_t size = 0;
};

Result<void> read_file(const std::string& path, FileText& file) {
  UniqueFd opened;
  if (path != "-") opened = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (path != "-" && !opened) return fail_errno("cannot open " + quoted(path));
  const int fd = path == "-" ? STDIN_FILENO : opened.get();
  while (file.size < file.room.size()) {
    const ssize_t n = ::read(fd, file.room.data() + file.size, file.room.size() - file.size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot read " + quoted(path));
    if (n == 0) return {};
    file.size += static_cast<std::size_t>(n);
  }
  return fail(quoted(path) + " is larger than " + std::to_string(max_import_size >> 20) + " MiB");
}

std::string count_of(std::size_t number, const std::string& what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

// Every trouble is a line of its own on standard error.
Failure refuse(const std::vector<ImportTrouble>& troubles) {
  for (const ImportTrouble& trouble : std::span(troubles).first(std::min(troubles.size(), most_shown)))
    (void)std::fprintf(stderr, "authctl: %s%s%s\n", trouble.where.c_str(), trouble.where.empty() ? "" : ": ",
                       trouble.what.c_str());
  if (troubles.size() > most_shown)
    (void)std::fprintf(stderr, "authctl: and %zu more\n", troubles.size() - most_shown);
  return fail("nobody was added: there is trouble with " + count_of(troubles.size(), "user"));
}

Result<ImportFormat> format_for(const Wish& wish, std::string_view text) {
  if (!wish.has(Option::format)) return import_format_of(text);
  const auto format = import_format_named(wish.value(Option::format));
  if (!format) return fail("--format must be csv, otpauth, aegis or google");
  return *format;
}

Result<std::set<std::string>> names_of_all(AdminTalk& talk) {
  std::set<std::string> names;
  AdminAsk ask;
  ask.tag = 1;
  ask.verb = AdminVerb::user_list;
  TRY_VOID(talk.ask(ask, [&](const JsonText& row) { names.insert(member_of(row, "user")); }));
  return names;
}

JsonRow row_of(const ImportUser& user, std::string_view result) {
  JsonRow row;
  row.add("user", user.name).add("where", user.where).add("result", result);
  row.add_bool("disabled", user.disabled || user.pin.empty()).add_bool("pin", !user.pin.empty());
  return row;
}

// Takes those out who are there already, or says that they are.
Result<void> sort_out_existing(const Wish& wish, AdminTalk& talk, ImportList& list, Printer& printer) {
  const std::set<std::string> there = TRY(names_of_all(talk));
  const auto exists = [&](const ImportUser& user) { return there.contains(user.name); };
  for (const ImportUser& user : list.users) {
    if (!exists(user)) continue;
    if (wish.has(Option::skip_existing)) printer.take(row_of(user, "skipped").take());
    else list.troubles.push_back({user.where, "there is a user " + user.name + " already"});
  }
  if (!list.troubles.empty()) return refuse(list.troubles);
  std::erase_if(list.users, exists);
  return {};
}

Result<AdminAsk> question_for(const ImportUser& user) {
  AdminAsk ask;
  ask.tag = 1;
  ask.verb = AdminVerb::user_add;
  ask.hotp = user.shape.kind == TokenKind::hotp;
  ask.digits = static_cast<std::uint8_t>(user.shape.digits);
  ask.period = user.shape.period;
  ask.counter = static_cast<std::uint64_t>(user.counter);
  ask.disabled = user.disabled || user.pin.empty();
  ask.without_pin = user.pin.empty();
  const bool fits = ask.user.assign(user.name) && ask.algorithm.assign(name_of(user.shape.algorithm)) &&
                    ask.secret.assign(user.secret.bytes()) && ask.pin.assign(user.pin.bytes());
  if (!fits) return fail("a value is too long");
  return ask;
}

// A secret that was drawn is told with its user; nobody else knows it.
void tell_added(const Wish& wish, const ImportUser& user, const JsonText& answer, Printer& printer) {
  JsonRow row = row_of(user, "added");
  std::string uri = member_of(answer, "uri"), secret = member_of(answer, "secret");
  const bool drawn = user.secret.empty();
  if (drawn && wish.has(Option::json)) row.add("uri", uri).add("secret", secret);
  if (drawn && !wish.has(Option::json)) {
    (void)std::fprintf(stdout, "%s\n", user.name.c_str());
    show_token(stdout, uri, secret);
  }
  wipe(uri.data(), uri.size());
  wipe(secret.data(), secret.size());
  printer.take(row.take());
}

Result<void> add_all(const Wish& wish, AdminTalk& talk, const ImportList& list, Printer& printer) {
  std::size_t added = 0;
  for (const ImportUser& user : list.users) {
    AdminAsk ask = TRY(question_for(user));
    const Result<void> done =
        talk.ask(ask, [&](const JsonText& answer) { tell_added(wish, user, answer, printer); });
    if (!done) {
      (void)printer.finish();  // who was added is told in any case
      return fail(user.where + ", " + user.name + ": " + done.error().what + "; " + std::to_string(added) + " of " +
                  count_of(list.users.size(), "user") + " were added before (--skip-existing goes on)");
    }
    ++added;
  }
  return {};
}

}  // namespace

Result<void> import_users(const Wish& wish, const std::string& socket, AdminAsk&, Printer& printer) {
  FileText file;
  TRY_VOID(read_file(std::string(wish.operands[0]), file));
  const ImportFormat format = TRY(format_for(wish, {file.text().data(), file.text().size()}));
  ImportList list = read_import(file.text(), format, {.strip_domain = wish.has(Option::strip_domain)});
  if (!list.troubles.empty()) return refuse(list.troubles);
  if (list.users.empty()) return fail("there is no user in " + quoted(wish.operands[0]));
  AdminTalk talk = TRY(AdminTalk::open(socket));
  TRY_VOID(sort_out_existing(wish, talk, list, printer));
  if (!wish.has(Option::dry_run)) return add_all(wish, talk, list, printer);
  for (const ImportUser& user : list.users) printer.take(row_of(user, "would be added").take());
  return {};
}

}  // namespace postern::authd
