// What a user sees of his sessions, and how he ends them.  Nothing here keeps a session
// awake, and nothing here is said or done but to the user of a session that is good: with
// its cookie, at its address.  The sessions of others are as if there were none.

#include <algorithm>
#include <span>

#include "authd/sessions.h"

namespace postern::authd {
namespace {

std::uint32_t whole_seconds(Duration d) { return static_cast<std::uint32_t>(d.seconds()); }

}  // namespace

SessionInfo Sessions::info_on(const Judgement& judgement) const {
  SessionInfo info;
  info.standing = judgement.standing;
  if (judgement.standing != Standing::good) return info;
  const Session& session = *judgement.session;
  const TimesLeft left = table_.left(session, now());
  info.user = session.made.user;
  info.sid = session.sid;
  info.login = session.made.login.s;
  info.idle_left = whole_seconds(left.idle);
  info.left = whole_seconds(left.life);
  info.last_login = session.made.last_login;
  info.last_source = session.made.last_source;
  info.failures = session.made.failures;
  info.logouts = session.made.logouts;
  info.last_logout = session.made.last_logout;
  return info;
}

bool Sessions::look(WorkerPeer& worker, Look& message, Packet&) {
  if (!is_sealed_for(message.ticket, worker.key, worker.number)) return false;
  const Judgement judgement = judgement_of(message.cookie, message.ticket);
  SessionInfo info = info_on(judgement);
  info.tag = message.tag;
  info.link = message.link_wanted ? offer_link(judgement, message.ticket) : message.link;
  info.refused = linked_address(judgement, info.link, message.ticket).value_or(Address());
  return worker.channel.send(info) == Told::sent;
}

// ---- all sessions of one user ---------------------------------------------------

OwnRow Sessions::row_on(std::uint32_t slot) const {
  const Session& session = *table_.at(slot);
  OwnRow row;
  row.sid = session.sid;
  row.login = session.made.login.s;
  row.used = outside_.wall().s - (now() - session.used).seconds();
  row.client_v4 = session.bound_v4;
  row.client_v6 = session.bound_v6;
  return row;
}

bool Sessions::list_own(WorkerPeer& worker, ListOwn& message, Packet&) {
  if (!is_sealed_for(message.ticket, worker.key, worker.number)) return false;
  const Judgement judgement = judgement_of(message.cookie, message.ticket);
  OwnSessions answer;
  answer.tag = message.tag;
  answer.session = info_on(judgement);
  if (message.link_wanted) answer.session.link = offer_link(judgement, message.ticket);
  if (judgement.standing != Standing::good) return worker.channel.send(answer) == Told::sent;
  std::vector<std::uint32_t> slots = table_.slots_of(answer.session.user.view());
  std::ranges::sort(slots, std::ranges::greater(), [this](std::uint32_t slot) { return table_.at(slot)->used; });
  answer.total = static_cast<std::uint32_t>(slots.size());
  for (const std::uint32_t slot : std::span(slots).first(std::min(slots.size(), own_rows))) {
    OwnRow& row = answer.rows[answer.count++] = row_on(slot);
    row.here = slot == judgement.slot;
  }
  return worker.channel.send(answer) == Told::sent;
}

// The slots of the sessions that are to end.
std::vector<std::uint32_t> Sessions::meant_by(const Logout& message, const Judgement& judgement) const {
  if (judgement.standing != Standing::good) return {};
  if (message.sid.empty() && !message.others) return {judgement.slot};
  std::vector<std::uint32_t> slots = table_.slots_of(judgement.session->made.user.view());
  std::erase_if(slots, [&](std::uint32_t slot) {
    return message.others ? slot == judgement.slot : !(table_.at(slot)->sid == message.sid);
  });
  return slots;
}

// Only who could use a session may end it, and those of the same user.  It is over at
// once, here and at every worker; the answer goes out when no new start can bring it back.
bool Sessions::logout(WorkerPeer& worker, Logout& message, Packet&) {
  if (!is_sealed_for(message.ticket, worker.key, worker.number)) return false;
  const Judgement judgement = judgement_of(message.cookie, message.ticket);
  LoggedOut answer;
  answer.tag = message.tag;
  answer.standing = judgement.standing;
  answer.for_good = ready_;
  const std::uint64_t from = keeper_.next();
  for (const std::uint32_t slot : meant_by(message, judgement)) {
    const bool here = slot == judgement.slot;
    const auto ended = table_.end(slot, outside_.page.generation(slot));
    if (!ended) continue;
    answer.done = true;
    answer.here = answer.here || here;
    announce(*ended, "logout", here ? "user" : "portal", message.ticket.client.address);
  }
  if (!answer.done) return worker.channel.send(answer) == Told::sent;
  when_on_disk(from, [this, id = worker.id, answer](bool on_disk) mutable {
    answer.for_good = on_disk;
    WorkerPeer* asker = workers_.find(id);
    if (asker != nullptr && asker->channel.send(answer) != Told::sent)
      expel(*asker, "a worker does not read its answers");
  });
  return true;
}

}  // namespace postern::authd
