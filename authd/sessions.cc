// Role sessions as a whole: its listeners, its heart, and what everybody hears when a
// session ends or a worker breaks the rules.  What single peers say is heard in
// sessions_gate.cc, sessions_worker.cc, sessions_login.cc and sessions_admin.cc.  Never
// put here: what a session is worth (session_table.cc), or a look at a secret.

#include "authd/sessions.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <string>

#include "authd/sessions_lines.h"

namespace postern::authd {
namespace {

SessionRules rules_of(const AuthdSettings& settings) {
  return {.lifetime = settings.session.lifetime,
          .idle = settings.session.idle,
          .idle_counts = settings.session.idle_counts,
          .bind = settings.session.bind,
          .max_sessions = settings.session.max_sessions,
          .sessions_per_user = settings.session.sessions_per_user};
}

// Who connected, by the kernel's word.
bool is_root(int connection) {
  ucred who{};
  socklen_t size = sizeof who;
  return ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
         size == sizeof who && who.pid != 0 && who.uid == 0;
}

}  // namespace

Sessions::Sessions(const Outside& outside, const AuthdSettings& settings)
    : outside_(outside),
      table_(outside.page, rules_of(settings)),
      verify_rate_(settings.identity.verify_rate),
      keeper_(table_, settings.session.persist),
      domain_(settings.session.domain),
      deny_unrecorded_(settings.log.on_failure == OnFailure::deny),
      started_(outside.loop.now()),
      gates_(outside.loop),
      workers_(outside.loop),
      admins_(outside.loop) {}

Result<void> Sessions::listen(UniqueFd gate, UniqueFd admin) {
  gate_listener_ = std::move(gate);
  admin_listener_ = std::move(admin);
  TRY_VOID(at_gate_.start(outside_.loop, gate_listener_.get(), EPOLLIN, [this](std::uint32_t) {
    accept(gate_listener_.get(), &Sessions::add_gate);
  }));
  return at_admin_.start(outside_.loop, admin_listener_.get(), EPOLLIN, [this](std::uint32_t) {
    accept(admin_listener_.get(), &Sessions::add_admin);
  });
}

void Sessions::accept(int listener, void (Sessions::*add)(UniqueFd)) {
  UniqueFd connection =
      UniqueFd::adopt(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!connection) return;
  if (!is_root(connection.get())) {
    note(fault_line(Role::admin, "somebody who is not root connected"));
    return;
  }
  (this->*add)(std::move(connection));
}

void Sessions::start() {
  if (!ready_ && !keeper_.persists()) be_ready();
  beat();
  heart_.set(outside_.loop, now() + heartbeat_period, [this] { start(); });
}

// The page's deadlines hold to the microsecond; sweeping ends what goes on after them.
void Sessions::beat() {
  outside_.page.beat(now());
  if (broom_.active()) return;
  broom_.set(outside_.loop, now() + sweep_period, [this] { sweep(); });
}

void Sessions::sweep() {
  for (const EndedSession& ended : table_.sweep(now(), outside_.wall()))
    announce(ended, "expire", ended.by_idle ? "idle" : "lifetime");
}

Result<void> Sessions::reload(const AuthdSettings& settings) {
  if (settings.session.max_sessions > outside_.page.slots())
    return fail(settings.origin.where("session", "max_sessions") +
                " cannot grow beyond " + std::to_string(outside_.page.slots()) +
                " without a new start");
  // Workers have the domain from their start on, and the cookies out there are of it.
  if (settings.session.domain != domain_)
    return fail(settings.origin.where("session", "domain") + " cannot change without a new start");
  if (settings.session.persist != keeper_.persists())
    return fail(settings.origin.where("session", "persist") + " cannot change without a new start");
  table_.set_rules(rules_of(settings));
  verify_rate_.set(settings.identity.verify_rate);
  deny_unrecorded_ = settings.log.on_failure == OnFailure::deny;
  return {};
}

// A session is over, and nowhere stands a verdict on it any more (the table saw to that).
// Now it is logged, the vault is to forget it, and every worker that has such a verdict is
// told to close what it opened under it.
void Sessions::announce(const EndedSession& ended, std::string_view event, std::string_view by,
                        const Address& source) {
  note(ended_line(event, ended, by));
  Forget order;
  order.slot = ended.slot;
  order.sid = ended.sid;
  order.logout = event == "logout";
  order.user = ended.user;
  order.source = source;
  order.time = outside_.wall().s;
  keeper_.ended(std::move(order));
  tell_vault_soon();
  tell_holders(ended.slot, ended.generation);
}

void Sessions::tell_holders(std::uint32_t slot, std::uint64_t generation) {
  workers_.each([&](WorkerPeer& worker) {
    const Mono due = now() + ended_patience;
    if (!worker.held.tell(slot, generation, due)) return;
    const Ended message{slot, generation};
    if (worker.channel.send(message) != Told::sent) {
      expel(worker, "a worker cannot be told that a session ended");
      return;
    }
    if (worker.patience.active()) return;
    worker.patience.set(outside_.loop, due, [this, &worker] {
      expel(worker, "a worker does not confirm that a session ended");
    });
  });
}

void Sessions::expel(WorkerPeer& worker, std::string_view what) {
  note(fault_line(Role::worker, std::string(what) + ", number " + std::to_string(worker.number)));
  have_killed(worker, {});
  workers_.bury(worker);
}

// The master of the worker's own wfd is the one who can have it killed.
void Sessions::have_killed(const WorkerPeer& worker, Duration within) {
  bool somebody = false;
  gates_.each([&](GatePeer& gate) {
    if (gate.channel.peer() != Role::master || gate.key.empty() || !(gate.key == worker.key)) return;
    somebody = true;
    gate.doomed.push_back(worker.number);
    if (within == Duration()) return name_doomed(gate);
    if (!gate.doom.active()) gate.doom.set(outside_.loop, now() + within, [this, &gate] { name_doomed(gate); });
  });
  if (!somebody) note(fault_line(Role::master, "nobody there to kill a worker"));
}

// A queue that is full is tried again: a worker that must not live on is never forgotten.
void Sessions::name_doomed(GatePeer& gate) {
  while (!gate.doomed.empty()) {
    KillWorkers order;
    const auto many = std::min(gate.doomed.size(), order.workers.size());
    std::copy_n(gate.doomed.begin(), many, order.workers.begin());
    const Told told = gate.channel.send(order);
    if (told == Told::full)
      return gate.doom.set(outside_.loop, now() + leaving_patience, [this, &gate] { name_doomed(gate); });
    if (told == Told::lost) {
      note(fault_line(Role::master, "nobody there to kill a worker"));
      return gate.doomed.clear();
    }
    gate.doomed.erase(gate.doomed.begin(), gate.doomed.begin() + static_cast<std::ptrdiff_t>(many));
  }
}

}  // namespace postern::authd
