// The broker: the only role that dials the intranet.  It believes a worker nothing but
// the host of the request: the ticket says who the client is and what it dialled,
// sessions says whether the cookie stands for that client, the settings say where one
// may go, and where without a session.  The worker gets a connected descriptor or a reason.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/channel.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/messages.h"
#include "common/question_window.h"
#include "common/settings.h"
#include "common/ticket.h"
#include "wfd/broker_dial.h"
#include "wfd/clientele.h"
#include "wfd/destination.h"
#include "wfd/port_memory.h"

namespace postern::wfd {

class Broker {
 public:
  static constexpr std::size_t max_errands = 4096;      // dials at the same time, of all workers
  static constexpr Duration verdict_wait = seconds(3);  // for sessions' answer

  // `loop`, `log` and `settings` must outlive it.
  Broker(Loop& loop, Log& log, const WfdSettings& settings, TicketKey key, DestinationPolicy policy);

  // Listens to the porter, for workers to be enrolled.
  void hear_porter(UniqueFd channel) { clientele_.hear_porter(std::move(channel)); }
  // Asks sessions on this channel from now on.  Without one, or when it breaks, every
  // dial that has no verdict yet is refused.
  void ask_sessions(UniqueFd gate);
  // Calls `done` once the porter and all workers are gone.
  void retire(std::function<void()> done) { clientele_.retire(std::move(done)); }

  // Handlers of messages (see channel.h).
  bool dial(Client& client, Dial& message, Packet& packet);
  bool learn(Client& client, Learned& message, Packet& packet);
  bool hear_verdict(Channel& gate, Verdict& message, Packet& packet);

 private:
  // One dial on its way.  First it waits for the verdict, if one is due, then for the
  // connection.
  struct Errand {
    std::uint64_t worker = 0;
    std::uint32_t tag = 0;  // the worker's
    Ticket ticket;
    HostName host;
    Ports ports = Ports::both;
    Timer deadline;         // of the verdict
    std::unique_ptr<Connector> connector;
    DialPlan plan;          // as judged
  };
  // What a connection of a worker's reached last; only that can be learned about.
  struct Reached {
    Endpoint key;
    std::string host;  // no HostName: there is one of these for each connection
    bool tls = false;
  };
  struct Account {
    std::size_t errands = 0;
    std::map<std::uint64_t, Reached> reached;  // by connection
  };
  using Errands = std::map<std::uint32_t, Errand>;  // by the tag that sessions sees

  std::optional<DialFault> objection(const Account& account, const Dial& message) const;
  void ask_verdict(std::uint32_t number, Dial& message);
  void go(std::uint32_t number);
  void connect(std::uint32_t number, const DialPlan& plan);
  void arrived(std::uint32_t number, UniqueFd socket, const DialTarget& target);
  void refuse(std::uint32_t number, DialFault fault);
  void end(Errands::iterator place);
  void tell_refused(Client& client, std::uint32_t tag, const Ticket& ticket, DialFault fault);
  void after(std::uint64_t worker, Told told);
  void forget(std::uint64_t worker);
  void gate_ready();
  void lose_gate(bool broken);
  std::uint32_t free_number();

  Loop& loop_;
  Log& log_;
  const WfdSettings& settings_;
  TicketKey key_;
  DestinationPolicy policy_;
  std::size_t per_worker_;  // dials at the same time, and connections remembered
  PortMemory ports_;
  Channel gate_;
  QuestionWindow questions_;  // to sessions
  Watcher from_gate_;
  std::map<std::uint64_t, Account> accounts_;  // by worker
  Errands errands_;
  std::uint32_t last_number_ = 0;
  Clientele clientele_;
};

}  // namespace postern::wfd
