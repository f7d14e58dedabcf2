// The vault's ear and mouth.  Only sessions speaks with it; who may log in is decided in
// vault_core.cc, and why not stands in the log alone.  Never put here: SQL, a key, or a
// second kind of "no".

#include "authd/vault.h"

#include <sys/epoll.h>

#include <algorithm>
#include <string>

#include "common/role_process.h"

namespace postern::authd {
namespace {

JsonRow row_of(const UserInfo& user) {
  const bool totp = user.shape.kind == TokenKind::totp;
  JsonRow row;
  row.add("user", user.name);
  row.add("token", name_of(user.shape.kind));
  row.add("algorithm", name_of(user.shape.algorithm));
  row.add("digits", static_cast<std::int64_t>(user.shape.digits));
  row.add("period", static_cast<std::int64_t>(totp ? user.shape.period : 0));
  row.add_bool("disabled", user.disabled);
  row.add("created", std::optional(user.created));
  row.add("last_login", user.last_login);
  row.add("last_src", user.last_source);
  row.add("failures", static_cast<std::int64_t>(user.failures));
  return row;
}

// All that is known of a user and is no secret.
JsonRow full_row_of(const UserInfo& user) {
  JsonRow row = row_of(user);
  row.add("guesses", static_cast<std::int64_t>(user.guesses));
  row.add("drift", static_cast<std::int64_t>(user.drift));
  row.add("next", user.next);
  row.add_bool("pin", user.has_pin);
  row.add_bool("lost", user.lost);
  return row;
}

}  // namespace

VaultConfig vault_config_of(const AuthdSettings& settings) {
  VaultConfig config;
  config.path = settings.store.path;
  const AuthdSettings::Passcode& passcode = settings.passcode;
  config.windows = {.totp = passcode.totp_window,
                    .hotp = passcode.hotp_window,
                    .totp_wide = passcode.totp_wide_window,
                    .hotp_wide = passcode.hotp_wide_window};
  config.lockout.free_failures = settings.lockout.free_failures;
  config.lockout.first_delay = settings.lockout.delay;
  config.lockout.max_delay = settings.lockout.max_delay;
  return config;
}

void VaultService::take_sessions(UniqueFd channel) {
  sessions_.watcher.stop();
  sessions_.channel = Channel(std::move(channel), Role::vault, Role::sessions);
  alone_.cancel();
  if (sessions_.channel && !sessions_.watcher.start(outside_.loop, sessions_.channel.fd(), EPOLLIN,
                                                    [this](std::uint32_t) { hear(); }))
    lose_sessions();
}

// The master brings a new channel with a new sessions.  But when sessions lives on, and one
// of us two has given the channel up, there is one only for a new vault.
void VaultService::lose_sessions() {
  sessions_.watcher.stop();
  sessions_.channel.close();
  alone_.set(outside_.loop, outside_.loop.now() + outside_.patience_alone, [this] {
    complain("nobody speaks with the vault any more, it begins anew");
    outside_.loop.stop(exit_contradiction);
  });
}

// One message a turn: each may take a tenth of a second, and the master has a say too.
void VaultService::hear() {
  static constexpr Handler<VaultService, Asker> table[] = {
      on<&VaultService::check>(),
      on<&VaultService::ask_places>(),
      on<&VaultService::admin_ask>(),
      on<&VaultService::admin_chunk>(),
      on<&VaultService::remember>(),
      on<&VaultService::forget>(),
      on<&VaultService::refresh>(),
      on<&VaultService::recall>(),
  };
  Packet packet;
  const Heard heard = sessions_.channel.receive(packet);
  if (heard == Heard::nothing) return;
  if (heard == Heard::packet && dispatch(table, *this, sessions_, packet)) return;
  lose_sessions();
}

void VaultService::complain(std::string_view what) {
  (void)outside_.log.write(Line("fault", Level::error)  // best effort
                               .add("role", "vault").add("pid", "").add("what", what));
}

bool VaultService::check(Asker& asker, CheckPasscode& message, Packet&) {
  const LoginAnswer answer = vault_.check({.user = message.user.view(),
                                           .pin = message.pin,
                                           .passcode = message.passcode,
                                           .source = message.source,
                                           .without_pin = message.without_pin},
                                          outside_.wall(), outside_.loop.now());
  if (!answer.fault.empty()) complain(answer.fault);
  PasscodeResult result;
  result.tag = message.tag;
  result.outcome = answer.outcome;
  result.user = UserName(answer.user);
  if (answer.last_login) result.last_login = answer.last_login->s;
  if (const auto last = Address::parse(answer.last_source)) result.last_source = *last;
  result.failures = answer.failures;
  result.logouts = answer.logouts;
  if (answer.last_logout) result.last_logout = answer.last_logout->s;
  return tell(asker, result);
}

// When they cannot be read there are none: some users wait longer then.
bool VaultService::ask_places(Asker& asker, AskPlaces& message, Packet&) {
  const auto found = vault_.newest_places(message.from, place_rows);
  if (!found) complain(found.error().what);
  Places places;
  places.from = message.from;
  if (found) {
    std::ranges::copy(*found, places.rows.begin());
    places.count = static_cast<std::uint32_t>(found->size());
  }
  return tell(asker, places);
}

bool VaultService::admin_ask(Asker& asker, AdminAsk& message, Packet&) {
  struct Row {
    AdminVerb verb;
    Answer answer;
  };
  static constexpr Row table[] = {
      {AdminVerb::user_add, &VaultService::add},
      {AdminVerb::user_list, &VaultService::list},
      {AdminVerb::user_show, &VaultService::show},
      {AdminVerb::user_disable, &VaultService::disable},
      {AdminVerb::user_enable, &VaultService::enable},
      {AdminVerb::user_remove, &VaultService::remove},
      {AdminVerb::user_set_pin, &VaultService::set_pin},
      {AdminVerb::user_resync, &VaultService::resync},
      {AdminVerb::user_unlock, &VaultService::unlock},
      {AdminVerb::user_export, &VaultService::export_users},
      {AdminVerb::backup, &VaultService::backup},
      {AdminVerb::restore, &VaultService::restore},
      {AdminVerb::restore_report, &VaultService::restore_report},
  };
  const auto row = std::ranges::find(table, message.verb, &Row::verb);
  if (row == std::end(table)) return false;
  return end_answer(asker, message.tag, (this->*row->answer)(message));
}

bool VaultService::admin_chunk(Asker& asker, AdminChunk& message, Packet&) {
  return end_answer(asker, message.tag, transfers_.take_chunk(message));
}

bool VaultService::end_answer(Asker& asker, std::uint32_t tag, const Result<void>& done) {
  AdminEnd end;
  end.tag = tag;
  end.done = done.has_value();
  if (!done) end.reason = Text<400>(done.error().what);
  return tell(asker, end);
}

Result<void> VaultService::send_row(std::uint32_t tag, JsonRow& row) {
  if (!row.complete()) return fail("the answer does not fit into a row");
  AdminRow message;
  message.tag = tag;
  message.json = row.take();
  if (!tell(sessions_, message)) return fail("the answer was not taken");
  return {};
}

Result<void> VaultService::add(AdminAsk& message) {
  const auto algorithm = algorithm_named(message.algorithm.view());
  if (!algorithm) return fail("the algorithm must be SHA1, SHA256 or SHA512");
  NewUser user{.name = message.user.view(),
               .shape = {.kind = message.hotp ? TokenKind::hotp : TokenKind::totp,
                         .algorithm = *algorithm,
                         .digits = message.digits,
                         .period = message.period},
               .secret = message.secret.text(),
               .pin = message.pin,
               .proof = {},
               .counter = message.counter,
               .disabled = message.disabled,
               .without_pin = message.without_pin};
  if (message.proof) user.proof = message.code1.text();
  const Enrolment made = TRY(vault_.add_user(user, outside_.wall()));
  JsonRow row;
  row.add("user", user.name).add("uri", made.uri.text()).add("secret", made.secret.text());
  return send_row(message.tag, row);
}

// As many users as one answer holds, beginning behind `message.user`.
Result<void> VaultService::list(AdminAsk& message) {
  for (const UserInfo& user :
       TRY(vault_.list(message.user.view(), users_per_answer, outside_.wall()))) {
    JsonRow row = row_of(user);
    TRY_VOID(send_row(message.tag, row));
  }
  return {};
}

// As list(), with all that is known.
Result<void> VaultService::export_users(AdminAsk& message) {
  for (const UserInfo& user :
       TRY(vault_.list(message.user.view(), users_per_answer, outside_.wall()))) {
    JsonRow row = full_row_of(user);
    TRY_VOID(send_row(message.tag, row));
  }
  return {};
}

Result<void> VaultService::show(AdminAsk& message) {
  const UserInfo user = TRY(vault_.show(message.user.view(), outside_.wall()));
  JsonRow row = full_row_of(user);
  return send_row(message.tag, row);
}

Result<void> VaultService::resync(AdminAsk& message) {
  return vault_.resync(message.user.view(), message.code1.text(), message.code2.text(),
                       outside_.wall());
}

}  // namespace postern::authd
