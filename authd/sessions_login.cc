// Logins: from the worker to the vault and back, with a deadline and a bound on how many
// are under way.  Every no looks the same to the worker; why it was a no stands in the
// log alone.  A granted login is logged before it is told, and taken back when it cannot
// be logged.  Never put here: a judgement on PIN or passcode, those go through unread.

#include <sys/epoll.h>

#include <algorithm>

#include "authd/sessions.h"
#include "authd/sessions_lines.h"
#include "authd/vault_core.h"

namespace postern::authd {
namespace {

constexpr int burst = 32;  // the vault's answers before the others have their turn

}  // namespace

// ---- from the worker ------------------------------------------------------------

// Why this login is not even put to the vault; empty when it is.
std::string_view Sessions::reason_against(const WorkerPeer& worker, const Ticket& ticket) const {
  if (!vault_.channel) return reason::missing_peer;
  const auto same_source = std::ranges::count_if(logins_, [&](const auto& row) {
    return row.second.ticket.client.address == ticket.client.address;
  });
  if (logins_.size() >= max_logins || worker.logins >= max_logins_per_worker ||
      static_cast<std::size_t>(same_source) >= max_logins_per_source)
    return reason::busy;
  if (deny_unrecorded_ && !outside_.log.may_proceed(now())) return reason::no_log;
  return reason::none;
}

bool Sessions::login(WorkerPeer& worker, Login& message, Packet&) {
  if (!is_sealed_for(message.ticket, worker.key, worker.number)) return false;
  const PendingLogin pending{worker.id, message.tag, message.ticket, message.user,
                             now() + outside_.login_patience};
  const std::string_view against = reason_against(worker, message.ticket);
  if (!against.empty()) return refuse_login(&worker, pending, against);
  CheckPasscode question;
  question.tag = ++last_tag_;
  question.user = message.user;
  question.pin = std::move(message.pin);
  question.passcode = std::move(message.passcode);
  question.source = message.ticket.client.address;
  const Told told = vault_.channel.send(question);
  if (told != Told::sent)
    return refuse_login(&worker, pending, told == Told::full ? reason::busy : reason::missing_peer);
  logins_[question.tag] = pending;
  ++worker.logins;
  watch_deadlines();
  return true;
}

// One and the same answer, whatever the reason.  False: the worker is to be expelled.
bool Sessions::refuse_login(WorkerPeer* worker, const PendingLogin& pending,
                            std::string_view why) {
  note(login_line(pending.ticket, pending.user.view(), why));
  if (worker == nullptr) return true;
  LoginResult no;
  no.tag = pending.tag;
  return worker->channel.send(no) == Told::sent;
}

// ---- from the vault -------------------------------------------------------------

void Sessions::take_vault(UniqueFd channel) {
  lose_vault();
  if (!channel) return;
  vault_.channel = Channel(std::move(channel), Role::sessions, Role::vault);
  if (!vault_.watcher.start(outside_.loop, vault_.channel.fd(), EPOLLIN,
                            [this](std::uint32_t) { hear_vault(); }))
    lose_vault();
}

void Sessions::hear_vault() {
  static constexpr Handler<Sessions, VaultPeer> table[] = {
      on<&Sessions::passcode_result>(),
      on<&Sessions::admin_row>(),
      on<&Sessions::admin_end>(),
  };
  Packet packet;
  for (int i = 0; i < burst; ++i) {
    const Heard heard = vault_.channel.receive(packet);
    if (heard == Heard::nothing) return;
    if (heard == Heard::packet && dispatch(table, *this, vault_, packet)) continue;
    note(fault_line(Role::vault, heard == Heard::closed ? "the vault is gone"
                                                        : "the vault broke the rules"));
    return lose_vault();
  }
}

// Whatever it owes us will not come.
void Sessions::lose_vault() {
  vault_.watcher.stop();
  vault_.channel.close();
  while (!logins_.empty()) settle(logins_.begin(), reason::missing_peer);
  while (!forwards_.empty()) settle(forwards_.begin(), "the vault is not there");
}

// A login that ends without the vault's word.
void Sessions::settle(std::map<std::uint32_t, PendingLogin>::iterator place,
                      std::string_view why) {
  const PendingLogin pending = place->second;
  logins_.erase(place);
  WorkerPeer* worker = workers_.find(pending.worker);
  if (worker != nullptr) --worker->logins;
  if (!refuse_login(worker, pending, why)) expel(*worker, "a worker does not read its answers");
}

// One timer for everything that lies before the vault: there are few, so the first due is
// looked for anew each time.
void Sessions::watch_deadlines() {
  std::optional<Mono> first;
  const auto earlier = [&](const auto& row) {
    if (!first || row.second.due < *first) first = row.second.due;
  };
  std::ranges::for_each(logins_, earlier);
  std::ranges::for_each(forwards_, earlier);
  if (!first) return deadlines_.cancel();
  deadlines_.set(outside_.loop, *first, [this] {
    for (auto place = logins_.begin(); place != logins_.end();) {
      const auto here = place++;
      if (here->second.due <= now()) settle(here, reason::timeout);
    }
    for (auto place = forwards_.begin(); place != forwards_.end();) {
      const auto here = place++;
      if (here->second.due <= now()) settle(here, "the vault does not answer");
    }
    watch_deadlines();
  });
}

bool Sessions::passcode_result(VaultPeer&, PasscodeResult& message, Packet&) {
  const auto place = logins_.find(message.tag);
  if (place == logins_.end()) {
    outside_.log.debug("an answer of the vault for which nobody waits any more");
    return true;
  }
  WorkerPeer* worker = workers_.find(place->second.worker);
  const bool granted = message.outcome == LoginOutcome::granted && !message.user.empty();
  if (!granted || worker == nullptr) {
    settle(place, message.outcome == LoginOutcome::granted ? reason::gone
                                                           : word_of(message.outcome));
    return true;
  }
  const PendingLogin pending = place->second;
  logins_.erase(place);
  --worker->logins;
  grant_login(*worker, pending, message);
  return true;
}

void Sessions::grant_login(WorkerPeer& worker, const PendingLogin& pending,
                           const PasscodeResult& result) {
  const NewSession made{.user = result.user,
                        .client = pending.ticket.client.address,
                        .connection = pending.ticket.connection,
                        .login = outside_.wall(),
                        .last_login = result.last_login,
                        .last_source = result.last_source,
                        .failures = result.failures};
  const Result<Created> created = table_.create(made, now());
  if (!created) {
    if (!refuse_login(&worker, pending, reason::table_full))
      expel(worker, "a worker does not read its answers");
    return;
  }
  send_grant(worker, pending, result, *created);
  for (const EndedSession& ended : created->displaced) announce(ended, "revoke", "limit");
}

// Recorded first, then told; a login that cannot be recorded, or of which nobody hears,
// did not happen.
void Sessions::send_grant(WorkerPeer& worker, const PendingLogin& pending,
                          const PasscodeResult& result, const Created& created) {
  const bool recorded =
      outside_.log.write(login_line(pending.ticket, result.user.view(), reason::none));
  LoginResult answer;
  answer.tag = pending.tag;
  answer.granted = recorded || !deny_unrecorded_;
  if (!answer.granted) {
    (void)table_.end(created.slot, created.generation);  // was there a moment ago
  } else {
    (void)answer.cookie.assign(created.cookie.bytes());  // of the same size
    answer.user = result.user;
    answer.sid = created.sid;
    answer.last_login = result.last_login;
    answer.last_source = result.last_source;
    answer.failures = result.failures;
  }
  if (worker.channel.send(answer) == Told::sent) return;
  if (const auto ended = table_.end(created.slot, created.generation))
    announce(*ended, "revoke", "worker");
  expel(worker, "a worker does not read its answers");
}

}  // namespace postern::authd
