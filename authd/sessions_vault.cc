// The vault, as role sessions sees it: one question about a login at a time, its answers,
// and what is refused when it goes away.  What the vault refused without working is held
// back as long as its work takes.  Never put here: who may wait, and for how long.

#include <sys/epoll.h>

#include "authd/sessions.h"
#include "authd/sessions_lines.h"
#include "authd/vault_core.h"

namespace postern::authd {
namespace {

constexpr int burst = 32;  // the vault's answers before the others have their turn

}  // namespace

void Sessions::take_vault(UniqueFd channel) {
  lose_vault();
  if (!channel) return;
  vault_.channel = Channel(std::move(channel), Role::sessions, Role::vault);
  if (!vault_.watcher.start(outside_.loop, vault_.channel.fd(), EPOLLIN,
                            [this](std::uint32_t) { hear_vault(); }))
    return lose_vault();
  ask_places(0);
  if (ready_) tell_vault_soon();
  else if (keeper_.persists()) ask_recall();
}

void Sessions::hear_vault() {
  static constexpr Handler<Sessions, VaultPeer> table[] = {
      on<&Sessions::passcode_result>(), on<&Sessions::places>(),          on<&Sessions::admin_row>(),
      on<&Sessions::admin_chunk_out>(), on<&Sessions::admin_end>(),       on<&Sessions::noted>(),
      on<&Sessions::recalled>(),        on<&Sessions::recall_end>(),
  };
  Packet packet;
  for (int i = 0; i < burst; ++i) {
    const Heard heard = vault_.channel.receive(packet);
    if (heard == Heard::nothing) return tell_vault_soon();  // there is room again
    if (heard == Heard::packet && dispatch(table, *this, vault_, packet)) continue;
    note(fault_line(Role::vault, heard == Heard::closed ? "the vault is gone"
                                                        : "the vault broke the rules"));
    return lose_vault();
  }
}

// Whatever it owes us will not come.  What it has refused stays refused for its own reason.
void Sessions::lose_vault() {
  vault_.watcher.stop();
  vault_.channel.close();
  at_vault_ = 0;
  for (auto place = logins_.begin(); place != logins_.end();) {
    const auto here = place++;
    if (here->second.why.empty()) settle(here, reason::missing_peer);
  }
  while (!forwards_.empty()) settle(forwards_.begin(), "the vault is not there");
  keeper_.lost();
}

// ---- logins ---------------------------------------------------------------------

// Whose turn it is, unless the vault is at work.
void Sessions::ask_vault() {
  while (vault_.channel && at_vault_ == 0) {
    const auto tag = queue_.next();
    if (!tag) return;
    const auto place = logins_.find(*tag);
    if (workers_.find(place->second.worker) == nullptr) {
      settle(place, reason::gone);
      continue;
    }
    const Told told = ask_about(place);
    if (told == Told::sent)
      at_vault_ = *tag;
    else
      settle(place, told == Told::full ? reason::busy : reason::missing_peer);
  }
}

Told Sessions::ask_about(LoginPlace place) {
  PendingLogin& pending = place->second;
  CheckPasscode question;
  question.tag = place->first;
  question.user = pending.user;
  question.pin = std::move(pending.pin);
  question.passcode = std::move(pending.passcode);
  question.source = pending.ticket.client.address;
  question.without_pin = pending.linking.has_value();
  const Told told = vault_.channel.send(question);
  if (told == Told::sent) pending.asked = now();
  return told;
}

bool Sessions::passcode_result(VaultPeer&, PasscodeResult& message, Packet&) {
  const auto place = logins_.find(message.tag);
  const bool awaited = message.tag == at_vault_;
  if (awaited) at_vault_ = 0;
  if (place == logins_.end())
    outside_.log.debug("an answer of the vault for which nobody waits any more");
  else if (awaited)
    end_login(place, message);
  ask_vault();
  return true;
}

void Sessions::end_login(LoginPlace place, const PasscodeResult& result) {
  const PendingLogin& pending = place->second;
  if (result.outcome == LoginOutcome::throttled)
    return settle_later(place, word_of(result.outcome),
                        refusal_time(pending.begun, now() + pace_.draw()));
  pace_.note(now() - pending.asked);
  if (result.outcome != LoginOutcome::granted)
    return settle_later(place, word_of(result.outcome), refusal_time(pending.begun, now()));
  WorkerPeer* worker = workers_.find(pending.worker);
  if (worker == nullptr || result.user.empty()) return settle(place, reason::gone);
  places_.add(result.user.view(), place_of(pending.ticket.client.address));
  PendingLogin done = std::move(place->second);
  logins_.erase(place);
  --worker->logins;
  if (done.linking) grant_link(*worker, std::move(done), result);
  else grant_login(*worker, done, result);
}

// ---- places ---------------------------------------------------------------------

// The newest first, part by part, until our memory is full or they are all there.
bool Sessions::places(VaultPeer&, Places& message, Packet&) {
  if (message.count > message.rows.size()) return false;
  for (const PlaceRow& row : std::span(message.rows).first(message.count))
    places_.add_older(row.user.view(), row.place);
  const std::uint32_t next = message.from + message.count;
  if (message.count != 0 && next < KnownPlaces::most) ask_places(next);
  return true;
}

// When the vault has no room for the question, those users wait with the strangers.
void Sessions::ask_places(std::uint32_t from) {
  AskPlaces question;
  question.from = from;
  if (vault_.channel && vault_.channel.send(question) != Told::sent)
    outside_.log.debug("the vault has no room for a question about places");
}

}  // namespace postern::authd
