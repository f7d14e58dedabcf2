// What comes through the gate: connections of a wfd, each of which says first for whom it
// is (its master has made it), then hands in workers (the porter), asks for verdicts (the
// broker), or only listens (the master).  Several wfd live here at once, each with its
// own ticket key.  What a worker says is heard elsewhere.

#include <sys/epoll.h>

#include "authd/sessions.h"
#include "authd/sessions_lines.h"

namespace postern::authd {
namespace {

constexpr int burst = 16;  // messages of one peer before the others have their turn

constexpr bool may_be(Role as) {
  return as == Role::master || as == Role::porter || as == Role::broker;
}

}  // namespace

void Sessions::add_gate(UniqueFd connection) {
  if (gates_.size() >= max_gate_peers) {
    note(fault_line(Role::master, "too many connections to the gate"));
    return;
  }
  GatePeer& gate = gates_.add(Channel(std::move(connection), Role::sessions, Role::master));
  gate.patience.set(outside_.loop, now() + hello_patience, [this, &gate] {
    note(fault_line(Role::master, "a connection to the gate said nothing"));
    gates_.bury(gate);
  });
  const auto watched = gate.watcher.start(outside_.loop, gate.channel.fd(), EPOLLIN,
                                          [this, &gate](std::uint32_t) { hear_gate(gate); });
  if (!watched) gates_.bury(gate);
}

void Sessions::hear_gate(GatePeer& gate) {
  static constexpr Handler<Sessions, GatePeer> table[] = {
      on<&Sessions::hello>(),
      on<&Sessions::enroll>(),
      on<&Sessions::judge_for_broker>(),
  };
  Packet packet;
  for (int i = 0; i < burst && gate.channel; ++i) {
    const Heard heard = gate.channel.receive(packet);
    if (heard == Heard::nothing) return;
    if (heard == Heard::packet && dispatch(table, *this, gate, packet)) continue;
    if (heard != Heard::closed)
      note(fault_line(gate.channel.peer(), "a peer at the gate broke the rules"));
    gates_.bury(gate);
  }
}

bool Sessions::hello(GatePeer& gate, GateHello& message, Packet&) {
  if (!gate.key.empty() || !may_be(message.as)) return false;
  if (message.ticket_key.size() != TicketKey::capacity) return false;
  gate.key = std::move(message.ticket_key);
  learn_gate(gate, message);
  gate.channel.set_peer(message.as);
  gate.patience.cancel();
  return true;
}

bool Sessions::enroll(GatePeer& gate, Enroll& message, Packet& packet) {
  if (workers_.size() >= max_workers) {
    note(fault_line(Role::worker, "too many workers"));
    return true;  // its channel closes with the packet: it will answer 503
  }
  WorkerPeer& worker = workers_.add(
      Channel(std::move(packet.descriptors[0]), Role::sessions, Role::worker));
  worker.number = message.worker;
  (void)worker.key.assign(gate.key.bytes());  // of the same size
  worker.login_host = gate.login_host;
  worker.verify_networks = gate.verify_networks;
  const Page page{.domain = HostName(domain_)};
  const int lent[] = {outside_.page.reading_fd()};
  const auto watched = worker.watcher.start(outside_.loop, worker.channel.fd(), EPOLLIN,
                                            [this, &worker](std::uint32_t) { hear_worker(worker); });
  if (!watched || worker.channel.send(page, lent) != Told::sent) workers_.bury(worker);
  return true;
}

// The broker has checked whose ticket it is; here only the seal counts.  It is not told
// of ends: it asks for every dial.
bool Sessions::judge_for_broker(GatePeer& gate, Judge& message, Packet&) {
  if (!is_sealed_for(message.ticket, gate.key, message.ticket.worker)) return false;
  const Judgement judgement = judgement_of(message.cookie, message.ticket);
  return gate.channel.send(verdict_on(judgement, message.tag, message.ticket)) == Told::sent;
}

}  // namespace postern::authd
