// What workers ask about requests: verdicts, and the idle clock; and their word that they
// have closed what stood on an ended session.  A worker parses hostile
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

}  // namespace

void Sessions::hear_worker(WorkerPeer& worker) {
  static constexpr Handler<Sessions, WorkerPeer> table[] = {
      on<&Sessions::judge>(),  on<&Sessions::touch>(),  on<&Sessions::look>(),
      on<&Sessions::login>(),  on<&Sessions::logout>(), on<&Sessions::ended_seen>(),
      on<&Sessions::vouch>(),  on<&Sessions::verify>(), on<&Sessions::list_keys>(),
      on<&Sessions::list_own>(),
  };
  Packet packet;
  for (int i = 0; i < burst && worker.channel; ++i) {
    const Heard heard = worker.channel.receive(packet);
    if (heard == Heard::nothing) return;
    if (heard == Heard::packet && dispatch(table, *this, worker, packet)) continue;
    if (heard != Heard::closed) return expel(worker, "a worker broke the rules");
    // It cannot be told of an end any more.  If it is not dead, it hides.  But nearly all have
    // only come to their end, many at a time: they get a moment to be gone.
    if (!worker.held.empty()) have_killed(worker, leaving_patience);
    workers_.bury(worker);
  }
}

// What the bearer of `cookie` at the other end of `ticket` may do.
Judgement Sessions::judgement_of(const CookieValue& cookie, const Ticket& ticket) const {
  if (!ready_) return {.standing = Standing::not_ready};
  return table_.judge(cookie, ticket.client.address, now());
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
  const Judgement judgement = judgement_of(message.cookie, message.ticket);
  if (judgement.standing == Standing::good) {
    use(judgement.slot, judgement.generation, message.ticket, message.doing);
    worker.held.give(judgement.slot, judgement.generation);
  }
  Verdict verdict = verdict_on(judgement, message.tag, message.ticket);
  if (message.doing == Doing::navigation) verdict.link = offer_link(judgement, message.ticket);
  return worker.channel.send(verdict) == Told::sent;
}

// The idle clock starts anew, unless the session ended meanwhile, or this is none of the
// things that count.  The worker says what it was: one that lies could as well make up
// whatever counts, and keeps awake only what was shown to it.
void Sessions::use(std::uint32_t slot, std::uint64_t generation, const Ticket& ticket, Doing doing) {
  if (doing == Doing::background && table_.rules().idle_counts == IdleCounts::navigation) return;
  if (table_.touch(slot, generation, ticket.client.address, now())) keeper_.used(slot);
}

// A touch may cross an end on its way; then it moves nothing.
bool Sessions::touch(WorkerPeer& worker, Touch& message, Packet&) {
  if (!is_own(worker, message.ticket)) return false;
  if (!worker.held.holds(message.slot, message.generation)) return true;
  use(message.slot, message.generation, message.ticket, message.doing);
  return true;
}

bool Sessions::ended_seen(WorkerPeer& worker, EndedSeen& message, Packet&) {
  if (!worker.held.confirm(message.slot, message.generation)) return false;
  if (const auto due = worker.held.due()) worker.patience.move(*due);
  else worker.patience.cancel();
  return true;
}

}  // namespace postern::authd
