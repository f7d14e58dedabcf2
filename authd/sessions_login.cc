// Logins: from the worker into the queue before the vault, to the vault one after the
// other, and back, with a deadline and a bound on how many are under way.  Every no looks
// the same to the worker; why it was a no stands in the log alone.  A granted login is
// logged before it is told, and taken back when it cannot be logged.  Never put here: a
// judgement on PIN or passcode, those go through unread.

#include <sys/epoll.h>

#include <algorithm>

#include "authd/sessions.h"
#include "authd/sessions_lines.h"
#include "authd/vault_core.h"

namespace postern::authd {

// ---- from the worker ------------------------------------------------------------

// Why this login may not even wait for the vault; empty when it may.
std::string_view Sessions::reason_against(const WorkerPeer& worker, const Ticket& ticket,
                                          bool is_known) const {
  if (!vault_.channel) return reason::missing_peer;
  if (!ready_) return reason::not_ready;
  const std::size_t room = max_logins + (is_known ? max_known_logins : 0);
  if (logins_.size() >= room || worker.logins >= max_logins_per_worker ||
      crowds(ticket.client.address))
    return reason::busy;
  if (deny_unrecorded_ && !outside_.log.may_proceed(now())) return reason::no_log;
  return reason::none;
}

// Has the neighbourhood of `client` as many as it may have?
bool Sessions::crowds(const Address& client) const {
  const Address place = place_of(client), site = site_of(client);
  std::size_t of_place = 0, of_site = 0;
  for (const auto& [tag, login] : logins_) {
    if (site_of(login.ticket.client.address) != site) continue;
    ++of_site;
    if (place_of(login.ticket.client.address) == place) ++of_place;
  }
  return of_place >= max_logins_per_place || of_site >= max_logins_per_site;
}

bool Sessions::login(WorkerPeer& worker, Login& message, Packet&) {
  if (!is_sealed_for(message.ticket, worker.key, worker.number)) return false;
  PendingLogin pending{.worker = worker.id,
                       .tag = message.tag,
                       .ticket = message.ticket,
                       .user = message.user,
                       .pin = std::move(message.pin),
                       .passcode = std::move(message.passcode),
                       .cookie = std::move(message.cookie),
                       .linking = {},
                       .begun = now(),
                       .asked = {},
                       .due = now() + outside_.login_patience,
                       .why = {}};
  const std::string_view no_link = message.link.empty() ? reason::none : take_link(pending, message.link);
  if (!no_link.empty()) return refuse_login(&worker, pending, no_link);
  const Address place = place_of(message.ticket.client.address);
  const std::string user(pending.user.view());
  const bool is_known = places_.contains(user, place);
  const std::string_view against = reason_against(worker, message.ticket, is_known);
  if (!against.empty()) return refuse_login(&worker, pending, against);
  const auto admission = queue_.admit({++last_tag_, user, place}, is_known);
  if (!admission.admitted) return refuse_login(&worker, pending, reason::busy);
  logins_[last_tag_] = std::move(pending);
  ++worker.logins;
  if (admission.displaced) settle(logins_.find(*admission.displaced), reason::busy);
  ask_vault();
  watch_deadlines();
  return true;
}

// One and the same answer, whatever the reason, once the vault has it; before that it says
// that nobody has looked, which depends on nothing that was typed.  With a link that lives,
// its address, so that it can be tried again.  False: the worker is to be expelled.
bool Sessions::refuse_login(WorkerPeer* worker, const PendingLogin& pending,
                            std::string_view why) {
  note(login_line(pending.ticket, pending.user.view(), false, why));
  if (worker == nullptr) return true;
  LoginResult no;
  no.tag = pending.tag;
  no.unheard = pending.asked == Mono() && why != reason::no_link;
  const auto& to = pending.linking;
  if (to && outside_.page.generation(to->slot) == to->generation)
    no.refused = links_.find(to->slot, to->generation, to->handle.view(), now()).value_or(Address());
  return worker->channel.send(no) == Told::sent;
}

// A login that ends without a yes.
void Sessions::settle(LoginPlace place, std::string_view why) {
  const PendingLogin pending = std::move(place->second);
  queue_.remove(place->first);
  logins_.erase(place);
  WorkerPeer* worker = workers_.find(pending.worker);
  if (worker != nullptr) --worker->logins;
  if (!refuse_login(worker, pending, why)) expel(*worker, "a worker does not read its answers");
}

// As settle(), but not before `when`.
void Sessions::settle_later(LoginPlace place, std::string_view why, Mono when) {
  if (when <= now()) return settle(place, why);
  place->second.due = when;
  place->second.why = why;
  watch_deadlines();
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
  if (const auto due = keeper_.first_due(); due && (!first || *due < *first)) first = due;
  if (!first) return deadlines_.cancel();
  deadlines_.set(outside_.loop, *first, [this] {
    for (auto place = logins_.begin(); place != logins_.end();) {
      const auto here = place++;
      const std::string_view why = here->second.why;
      if (here->second.due <= now()) settle(here, why.empty() ? reason::timeout : why);
    }
    for (auto place = forwards_.begin(); place != forwards_.end();) {
      const auto here = place++;
      if (here->second.due <= now()) settle(here, "the vault does not answer");
    }
    keeper_.give_up(now());
    watch_deadlines();
  });
}

// ---- a yes ----------------------------------------------------------------------

// The browser forgets the session that it had, so nobody would ever log that one out.  It
// must be one that could be logged out from here, or the user's own: else a thief of the
// cookie could end it with a login of his own.
void Sessions::end_former(const PendingLogin& pending, const UserName& user) {
  const Judgement former = judgement_of(pending.cookie, pending.ticket);
  const bool own = former.session != nullptr && former.session->made.user == user;
  if (former.standing != Standing::good && !own) return;
  if (const auto ended = table_.end(former.slot, former.generation)) announce(*ended, "revoke", "login");
}

void Sessions::grant_login(WorkerPeer& worker, const PendingLogin& pending,
                           const PasscodeResult& result) {
  const NewSession made{.user = result.user,
                        .client = pending.ticket.client.address,
                        .connection = pending.ticket.connection,
                        .login = outside_.wall(),
                        .last_login = result.last_login,
                        .last_source = result.last_source,
                        .failures = result.failures,
                        .logouts = result.logouts,
                        .last_logout = result.last_logout};
  end_former(pending, result.user);
  const Result<Created> created = table_.create(made, now());
  if (!created) {
    if (!refuse_login(&worker, pending, reason::table_full))
      expel(worker, "a worker does not read its answers");
    return;
  }
  for (const EndedSession& ended : created->displaced) announce(ended, "revoke", "limit");
  keeper_.changed(created->slot);
  tell_vault_soon();
  send_grant(worker, pending, result, *created);
}

// Recorded first, then told; a login that cannot be recorded, or of which nobody hears,
// did not happen.
void Sessions::send_grant(WorkerPeer& worker, const PendingLogin& pending,
                          const PasscodeResult& result, const Created& created) {
  const bool recorded = outside_.log.write(
      login_line(pending.ticket, result.user.view(), true, pending.linking ? reason::link : reason::none));
  LoginResult answer;
  answer.tag = pending.tag;
  answer.granted = recorded || !deny_unrecorded_;
  if (!answer.granted) {
    if (const auto ended = table_.end(created.slot, created.generation))
      announce(*ended, "revoke", "no-log");
  } else {
    (void)answer.cookie.assign(created.cookie.bytes());  // of the same size
    answer.user = result.user;
    answer.sid = created.sid;
    answer.last_login = result.last_login;
    answer.last_source = result.last_source;
    answer.failures = result.failures;
    answer.logouts = result.logouts;
    answer.last_logout = result.last_logout;
    if (pending.linking) note(link_line(created.sid, result.user, pending.linking->refused));
  }
  if (worker.channel.send(answer) == Told::sent) return;
  if (const auto ended = table_.end(created.slot, created.generation))
    announce(*ended, "revoke", "worker");
  expel(worker, "a worker does not read its answers");
}

}  // namespace postern::authd
