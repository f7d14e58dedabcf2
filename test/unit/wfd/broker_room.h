// The broker between a worker, a porter and sessions that are played here, and servers
// on loopback.  Real ones are never on loopback: the policy gets another predicate.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/net.h"
#include "unit/workbench.h"
#include "wfd/broker.h"

namespace broker_room {

using namespace postern;
using namespace postern::wfd;
using namespace workbench;

// Only what the tests forbid is forbidden.
inline bool is_test_forbidden(const Address& a) { return a == *Address::parse("127.0.0.9"); }

// A server on loopback.  127.0.0.2 is another host for the broker: it speaks from .1.
struct Server {
  UniqueFd fd;
  std::uint16_t port = 0;
};
inline Server serve_on(const char* where, std::uint16_t port = 0) {
  auto fd = listen_on({address(where), port}, false);
  REQUIRE(fd);
  const std::uint16_t at = local_end_of(fd->get())->port;
  return {std::move(*fd), at};
}
// A port on which nobody listens: bound, so that nobody else will either.
inline Server refuse_on(const char* where) {
  UniqueFd fd = UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage name{};
  const socklen_t size = to_sockaddr({address(where), 0}, name);
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), size) == 0);
  const std::uint16_t at = local_end_of(fd.get())->port;
  return {std::move(fd), at};
}
// A port that does not answer: its queue of connections is full, so the kernel drops
// every SYN.
struct SilentServer {
  Server server;
  std::vector<UniqueFd> fillers;
};
inline SilentServer fall_silent_on(const char* where) {
  SilentServer silent;
  silent.server = refuse_on(where);
  REQUIRE(::listen(silent.server.fd.get(), 0) == 0);
  sockaddr_storage name{};
  const socklen_t size = to_sockaddr({address(where), silent.server.port}, name);
  for (int i = 0; i < 4; ++i) {
    silent.fillers.push_back(
        UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)));
    (void)::connect(silent.fillers.back().get(), reinterpret_cast<sockaddr*>(&name), size);
  }
  return silent;
}

struct Reply {  // what the worker heard
  std::optional<Dialled> dialled;
  std::optional<DialRefused> refused;
  UniqueFd socket;
  bool closed = false;

  DialFault fault() const {
    REQUIRE(refused);
    return refused->fault;
  }
  bool is_tls() const {
    REQUIRE(dialled);
    return dialled->tls;
  }
};

class Room {
 public:
  Room() : loop(open_loop()), key(key_of(1)) {
    settings.listen.port = 443;
    settings.domains = {"example.org"};
    settings.intranet.networks = {*Network::parse("127.0.0.0/8")};
    settings.intranet.https_timeout = milliseconds(60);
    settings.limits.connect_timeout = milliseconds(400);
    settings.isolation.connections_per_worker = 1;
    settings.everyone.plain = Plain::fallback;
  }

  // Makes the broker, with its porter and sessions.
  void open(bool with_sessions = true) {
    broker = std::make_unique<Broker>(loop, book.log(), settings, key_of(1),
                                      DestinationPolicy(settings, {}, is_test_forbidden));
    Ends to_porter = make_ends();
    porter = Channel(std::move(to_porter.ours), Role::porter, Role::broker);
    broker->hear_porter(std::move(to_porter.theirs));
    if (with_sessions) open_gate();
  }
  void open_gate() {
    Ends to_sessions = make_ends();
    sessions = Channel(std::move(to_sessions.ours), Role::sessions, Role::broker);
    broker->ask_sessions(std::move(to_sessions.theirs));
  }
  Channel enroll(std::uint64_t number) { return enroll_at(porter, Role::broker, number); }

  Dial make_dial(std::uint64_t worker, const char* to = "127.0.0.2:443", Ports ports = Ports::both) {
    Dial dial;
    dial.tag = ++last_tag;
    dial.ticket = make_ticket(100 + worker, worker, key, "192.0.2.7:40000", to);
    for (std::byte& b : dial.cookie.fill(32)) b = std::byte{0x77};
    dial.host = HostName("a.example.org");
    dial.ports = ports;
    return dial;
  }

  // Sessions says `standing` to the next question; the question comes back.
  Judge answer(Standing standing) {
    Judge judge;
    REQUIRE(run_until(loop, [&] {
      Packet packet;
      return sessions.receive(packet) == Heard::packet && packet.read(judge);
    }));
    Verdict verdict;
    verdict.tag = judge.tag;
    verdict.standing = standing;
    REQUIRE(sessions.send(verdict) == Told::sent);
    return judge;
  }
  bool sessions_was_asked() {
    settle(loop);
    Packet packet;
    return sessions.receive(packet) == Heard::packet;
  }

  Reply hear(Channel& worker) {
    Reply result;
    REQUIRE(run_until(loop, [&] {
      Packet packet;
      const Heard heard = worker.receive(packet);
      if (heard == Heard::closed || heard == Heard::broken) result.closed = true;
      if (heard != Heard::packet) return result.closed;
      Dialled dialled;
      DialRefused refused;
      if (packet.read(dialled)) result.dialled = dialled;
      if (packet.read(refused)) result.refused = refused;
      result.socket = std::move(packet.descriptors[0]);
      return true;
    }));
    return result;
  }
  // A whole dial that sessions permits.
  Reply dial(Channel& worker, const Dial& order) {
    REQUIRE(worker.send(order) == Told::sent);
    answer(Standing::good);
    return hear(worker);
  }
  void learn(Channel& worker, const Ticket& ticket, Port port, const char* host = "a.example.org") {
    Learned learned;
    learned.ticket = ticket;
    learned.host = HostName(host);
    learned.port = port;
    REQUIRE(worker.send(learned) == Told::sent);
    settle(loop);
  }
  bool logged(std::string_view part) {
    for (std::string& line : book.lines()) log.push_back(std::move(line));
    return std::any_of(log.begin(), log.end(),
                       [&](const std::string& line) { return line.find(part) != line.npos; });
  }

  Loop loop;
  LogBook book;
  WfdSettings settings;
  TicketKey key;
  std::unique_ptr<Broker> broker;
  Channel porter, sessions;
  std::vector<std::string> log;
  std::uint32_t last_tag = 0;
};

}  // namespace broker_room
