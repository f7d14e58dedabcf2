// The operator's questions.  Those about sessions are answered here, those about users go
// to the vault and its answers back; who is disabled or removed there loses his sessions
// here.  One question at a time on a connection, one row a message, and a reader that is
// slow is waited for only so long.

#include <sys/epoll.h>

#include <string>

#include "authd/json.h"
#include "authd/sessions.h"
#include "authd/sessions_lines.h"

namespace postern::authd {
namespace {

constexpr std::string_view not_yet = "sessions are still being read back, try again";
constexpr std::string_view not_on_disk =
    "ended, but the vault has not written that down: see the log before authd is started anew";

}  // namespace

void Sessions::add_admin(UniqueFd connection) {
  if (admins_.size() >= max_admin_peers) {
    note(fault_line(Role::admin, "too many operators"));
    return;
  }
  AdminPeer& admin = admins_.add(Channel(std::move(connection), Role::sessions, Role::admin));
  admin.patience.set(outside_.loop, now() + admin_patience,
                     [this, &admin] { admins_.bury(admin); });
  const auto watched =
      admin.watcher.start(outside_.loop, admin.channel.fd(), EPOLLIN,
                          [this, &admin](std::uint32_t events) { hear_admin(admin, events); });
  if (!watched) admins_.bury(admin);
}

void Sessions::hear_admin(AdminPeer& admin, std::uint32_t events) {
  static constexpr Handler<Sessions, AdminPeer> table[] = {on<&Sessions::admin_ask>(),
                                                           on<&Sessions::admin_chunk_in>()};
  admin.patience.move(now() + admin_patience);
  bool good = true;
  if ((events & EPOLLOUT) != 0) good = go_on_listing(admin);
  Packet packet;
  const Heard heard = good && admin.channel ? admin.channel.receive(packet) : Heard::closed;
  if (heard == Heard::nothing) return;
  if (heard == Heard::packet && dispatch(table, *this, admin, packet)) return;
  admins_.bury(admin);
}

bool Sessions::admin_ask(AdminPeer& admin, AdminAsk& message, Packet&) {
  struct Row {
    AdminVerb verb;
    bool (Sessions::*answer)(AdminPeer&, AdminAsk&);
  };
  static constexpr Row table[] = {
      {AdminVerb::user_add, &Sessions::forward},
      {AdminVerb::user_list, &Sessions::forward},
      {AdminVerb::user_show, &Sessions::forward},
      {AdminVerb::user_disable, &Sessions::forward},
      {AdminVerb::user_enable, &Sessions::forward},
      {AdminVerb::user_remove, &Sessions::forward},
      {AdminVerb::user_set_pin, &Sessions::forward},
      {AdminVerb::user_resync, &Sessions::forward},
      {AdminVerb::user_unlock, &Sessions::forward},
      {AdminVerb::user_export, &Sessions::forward},
      {AdminVerb::backup, &Sessions::forward},
      {AdminVerb::restore, &Sessions::forward},
      {AdminVerb::restore_report, &Sessions::forward},
      {AdminVerb::session_list, &Sessions::list_sessions},
      {AdminVerb::session_kill, &Sessions::kill_session},
      {AdminVerb::session_kill_user, &Sessions::kill_sessions_of_user},
      {AdminVerb::status, &Sessions::tell_status},
  };
  if (admin.verb != AdminVerb::none) return false;
  for (const Row& row : table) {
    if (row.verb != message.verb) continue;
    admin.verb = message.verb;
    admin.tag = message.tag;
    return (this->*row.answer)(admin, message);
  }
  return false;
}

bool Sessions::end_answer(AdminPeer& admin, bool done, std::string_view reason) {
  AdminEnd end;
  end.tag = admin.tag;
  end.done = done;
  end.reason = Text<400>(reason);
  admin.verb = AdminVerb::none;
  return admin.channel.send(end) == Told::sent;
}

// ---- sessions -------------------------------------------------------------------

bool Sessions::list_sessions(AdminPeer& admin, AdminAsk& message) {
  if (!ready_) return end_answer(admin, false, not_yet);
  admin.user = message.user;
  admin.next_slot = 0;
  return go_on_listing(admin);
}

// Sends rows until all are sent, or until the reader must catch up first.
bool Sessions::go_on_listing(AdminPeer& admin) {
  if (admin.verb != AdminVerb::session_list) return true;
  const Wall wall = outside_.wall();
  while (const Session* session = table_.next_live(admin.next_slot)) {
    const TimesLeft left = table_.left(*session, now());
    const Duration longest = std::min(left.idle, left.life);
    AdminRow row;
    row.tag = admin.tag;
    row.json = JsonRow()
                   .add("sid", session->sid.view())
                   .add("user", session->made.user.view())
                   .add("src", session->made.client.text())
                   .add("login", std::optional(session->made.login))
                   .add("used", std::optional(Wall{wall.s - (now() - session->used).seconds()}))
                   .add("expires", std::optional(Wall{wall.s + longest.seconds()}))
                   .take();
    const bool wanted = admin.user.empty() || session->made.user == admin.user;
    const Told told = wanted ? admin.channel.send(row) : Told::sent;
    if (told == Told::full) return admin.watcher.want(EPOLLIN | EPOLLOUT);
    if (told == Told::lost) return false;
    ++admin.next_slot;
  }
  return admin.watcher.want(EPOLLIN) && end_answer(admin, true, "");
}

// They are over at once; the operator hears "done" when no new start can bring them back.
bool Sessions::end_sessions(AdminPeer& admin, const std::vector<EndedSession>& ended,
                            std::string_view none) {
  if (ended.empty()) return end_answer(admin, false, ready_ ? none : not_yet);
  const std::uint64_t from = keeper_.next();
  for (const EndedSession& one : ended) announce(one, "revoke", "admin");
  when_on_disk(from, [this, id = admin.id](bool on_disk) {
    AdminPeer* asker = admins_.find(id);
    if (asker != nullptr && !end_answer(*asker, on_disk, on_disk ? "" : not_on_disk))
      admins_.bury(*asker);
  });
  return true;
}

bool Sessions::kill_session(AdminPeer& admin, AdminAsk& message) {
  return end_sessions(admin, table_.end_sid(message.sid.view()), "there is no such session");
}

// While the sessions of before are still being read back, some of his could come after this.
bool Sessions::kill_sessions_of_user(AdminPeer& admin, AdminAsk& message) {
  if (!ready_) return end_answer(admin, false, not_yet);
  return end_sessions(admin, table_.end_user(message.user.view()), "this user has no session");
}

bool Sessions::tell_status(AdminPeer& admin, AdminAsk&) {
  std::int64_t wfds = 0;
  gates_.each([&](GatePeer& gate) {
    if (gate.channel.peer() == Role::master && !gate.key.empty()) ++wfds;
  });
  AdminRow row;
  row.tag = admin.tag;
  row.json = JsonRow()
                 .add("version", POSTERN_VERSION)
                 .add("uptime", (now() - started_).seconds())
                 .add("sessions", static_cast<std::int64_t>(table_.size()))
                 .add("gates", wfds)
                 .add("workers", static_cast<std::int64_t>(workers_.size()))
                 .add_bool("vault", static_cast<bool>(vault_.channel))
                 .take();
  return admin.channel.send(row) == Told::sent && end_answer(admin, true, "");
}

// ---- users ----------------------------------------------------------------------

template <class M>
bool Sessions::put_to_vault(AdminPeer& admin, M& message, Forward waiting) {
  if (!vault_.channel) return end_answer(admin, false, "the vault is not there");
  if (forwards_.size() >= max_forwards) return end_answer(admin, false, "too many questions at once");
  waiting.admin = admin.id;
  waiting.due = now() + forward_patience;
  message.tag = ++last_tag_;
  if (vault_.channel.send(message) != Told::sent)
    return end_answer(admin, false, "the vault does not listen");
  forwards_[message.tag] = waiting;
  watch_deadlines();
  return true;
}

bool Sessions::forward(AdminPeer& admin, AdminAsk& message) {
  return put_to_vault(admin, message, {.verb = message.verb, .user = message.user, .dry_run = message.dry_run, .due = {}});
}

// A part of a backup that is to be restored: a question like any other.
bool Sessions::admin_chunk_in(AdminPeer& admin, AdminChunk& message, Packet&) {
  if (admin.verb != AdminVerb::none) return false;
  admin.verb = AdminVerb::restore_chunk;
  admin.tag = message.tag;
  return put_to_vault(admin, message, {.verb = admin.verb, .user = {}, .due = {}});
}

// A part of an answer, to whom it is for.
template <class M>
bool Sessions::pass_on(M& message) {
  const auto place = forwards_.find(message.tag);
  AdminPeer* admin = place == forwards_.end() ? nullptr : admins_.find(place->second.admin);
  if (admin == nullptr) return true;  // nobody waits for it any more
  message.tag = admin->tag;
  if (admin->channel.send(message) != Told::sent) admins_.bury(*admin);
  return true;
}

bool Sessions::admin_row(VaultPeer&, AdminRow& message, Packet&) { return pass_on(message); }
bool Sessions::admin_chunk_out(VaultPeer&, AdminChunk& message, Packet&) { return pass_on(message); }

// A user who was disabled or removed, or who may have been, has no session any more; and
// nobody has after a restore, nor is anybody known where he was.
void Sessions::throw_out(const Forward& waiting) {
  if (waiting.verb == AdminVerb::restore && !waiting.dry_run) {
    for (const EndedSession& one : table_.end_everybody()) announce(one, "revoke", "restore");
    places_ = KnownPlaces();
    ask_places(0);
  }
  const bool disabled = waiting.verb == AdminVerb::user_disable;
  if (!disabled && waiting.verb != AdminVerb::user_remove) return;
  for (const EndedSession& one : table_.end_user(waiting.user.view()))
    announce(one, "revoke", disabled ? "disabled" : "removed");
}

// His sessions end before the operator hears "done".  A "no" may come when it was done
// all the same, and only the answer got lost.
bool Sessions::admin_end(VaultPeer&, AdminEnd& message, Packet&) {
  const auto place = forwards_.find(message.tag);
  if (place == forwards_.end()) return true;  // nobody waits for it any more
  const Forward waiting = place->second;
  forwards_.erase(place);
  throw_out(waiting);
  AdminPeer* admin = admins_.find(waiting.admin);
  if (admin != nullptr && !end_answer(*admin, message.done, message.reason.view()))
    admins_.bury(*admin);
  return true;
}

// A question that ends without the vault's word: it may have been done.
void Sessions::settle(std::map<std::uint32_t, Forward>::iterator place, std::string_view reason) {
  const Forward waiting = place->second;
  forwards_.erase(place);
  throw_out(waiting);
  AdminPeer* admin = admins_.find(waiting.admin);
  if (admin != nullptr && !end_answer(*admin, false, reason)) admins_.bury(*admin);
}

}  // namespace postern::authd
