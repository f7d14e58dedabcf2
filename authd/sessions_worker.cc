// What workers ask: verdicts, the idle clock, the portal's figures, logout; and their
// word that they have closed what stood on an ended session.  A worker parses hostile
// bytes and may be hostile itself: each of its messages counts only with a ticket that
// its own porter sealed for it, and the first one that breaks a rule is its last.

#include <algorithm>

#include "authd/sessions.h"
#include "authd/sessions_lines.h"

namespace postern::authd {
namespace {

constexpr int burst = 16;  // messages of one worker before the others have their turn

bool is_own(const WorkerPeer& worker, const Ticket& ticket) {
  return is_sealed_for(ticket, worker.key, worker.number);
}

// How many milliseconds a worker may serve on without a word: min(60 s, idle/20).
std::uint32_t touch_after(Duration idle) {
  return static_cast<std::uint32_t>(std::min(seconds(60).ms(), idle.ms() / 20));
}

std::uint32_t whole_seconds(Duration d) { return static_cast<std::uint32_t>(d.seconds()); }

}  // namespace

void Sessions::hear_worker(WorkerPeer& worker) {
  static constexpr Handler<Sessions, WorkerPeer> table[] = {
      on<&Sessions::judge>(),  on<&Sessions::touch>(),  on<&Sessions::look>(),
      on<&Sessions::login>(),  on<&Sessions::logout>(), on<&Sessions::ended_seen>(),
      on<&Sessions::vouch>(),  on<&Sessions::verify>(), on<&Sessions::list_keys>(),
  };
  Packet packet;
  for (int i = 0; i < burst && worker.channel; ++i) {
    const Heard heard = worker.channel.receive(packet);
    if (heard == Heard::nothing) return;
    if (heard == Heard::packet && dispatch(table, *this, worker, packet)) continue;
    if (heard != Heard::closed) return expel(worker, "a worker broke the rules");
    // It cannot be told of an end any more.  If it is not dead, it hides.
    if (!worker.held.empty()) have_killed(worker);
    workers_.bury(worker);
  }
}

// The answer to a question whose asker is at the other end of `ticket`; logs a "no".
Verdict Sessions::verdict_on(const Judgement& judgement, std::uint32_t tag, const Ticket& ticket) {
  Verdict verdict;
  verdict.tag = tag;
  verdict.standing = judgement.standing;
  if (judgement.standing != Standing::good) {
    note(refuse_line(ticket, judgement.standing));
    return verdict;
  }
  verdict.epoch = outside_.page.epoch();
  verdict.slot = judgement.slot;
  verdict.generation = judgement.generation;
  verdict.touch_after = touch_after(table_.rules().idle);
  verdict.user = judgement.session->made.user;
  verdict.sid = judgement.session->sid;
  return verdict;
}

bool Sessions::judge(WorkerPeer& worker, Judge& message, Packet&) {
  if (!is_own(worker, message.ticket)) return false;
  const Address& client = message.ticket.client.address;
  const Judgement judgement = table_.judge(message.cookie, client, now());
  if (judgement.standing == Standing::good) {
    (void)table_.touch(judgement.slot, judgement.generation, client, now());  // judged good
    worker.held.give(judgement.slot, judgement.generation);
  }
  return worker.channel.send(verdict_on(judgement, message.tag, message.ticket)) == Told::sent;
}

// A touch may cross an end on its way; then it moves nothing.
bool Sessions::touch(WorkerPeer& worker, Touch& message, Packet&) {
  if (!is_own(worker, message.ticket)) return false;
  if (!worker.held.holds(message.slot, message.generation)) return true;
  (void)table_.touch(message.slot, message.generation, message.ticket.client.address, now());
  return true;
}

bool Sessions::look(WorkerPeer& worker, Look& message, Packet&) {
  if (!is_own(worker, message.ticket)) return false;
  const Judgement judgement =
      table_.judge(message.cookie, message.ticket.client.address, now());
  SessionInfo info;
  info.tag = message.tag;
  info.standing = judgement.standing;
  if (judgement.standing == Standing::good) {
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
  }
  return worker.channel.send(info) == Told::sent;
}

// Only who could use a session may end it.  The session is over before the answer goes
// out, and the answer goes out before the word that closes connections.
bool Sessions::logout(WorkerPeer& worker, Logout& message, Packet&) {
  if (!is_own(worker, message.ticket)) return false;
  const Judgement judgement =
      table_.judge(message.cookie, message.ticket.client.address, now());
  std::optional<EndedSession> ended;
  if (judgement.standing == Standing::good)
    ended = table_.end(judgement.slot, judgement.generation);
  const Told told = worker.channel.send(LoggedOut{message.tag, ended.has_value()});
  if (ended) announce(*ended, "logout", "user");
  return told == Told::sent;
}

bool Sessions::ended_seen(WorkerPeer& worker, EndedSeen& message, Packet&) {
  if (!worker.held.confirm(message.slot, message.generation)) return false;
  if (const auto due = worker.held.due()) worker.patience.move(*due);
  else worker.patience.cancel();
  return true;
}

}  // namespace postern::authd
