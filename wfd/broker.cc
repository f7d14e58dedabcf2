// The way of a dial: ticket, verdict, destination, connection, answer.  Called by the
// entry function in broker_role.cc and by the loop.  Never let a step be skipped, a
// verdict be kept for the next dial, or an address come from a worker's message.

#include "wfd/broker.h"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/http_grammar.h"
#include "wfd/open_ground.h"

namespace postern::wfd {
namespace {

constexpr Handler<Broker, Client> heard_from_worker[] = {
    on<&Broker::dial>(),
    on<&Broker::learn>(),
};
constexpr Handler<Broker, Channel> heard_from_gate[] = {on<&Broker::hear_verdict>()};

constexpr int verdicts_per_turn = 64;

// What a standing means for a dial; only one of them means "go".
struct StandingRow {
  Standing standing;
  bool good;
  DialFault fault;
};
constexpr StandingRow standings[] = {
    {Standing::unknown,       false, DialFault::no_session},
    {Standing::expired,       false, DialFault::no_session},
    {Standing::wrong_address, false, DialFault::no_session},
    {Standing::not_ready,     false, DialFault::missing_peer},
    {Standing::good,          true,  DialFault::internal},
};
static_assert(std::size(standings) == static_cast<std::size_t>(Standing::last) + 1);

// A host as the parser of requests would have made it; a worker that sends another
// spelling wants to slip past the policy of a host.
bool is_canonical(std::string_view host) {
  HostPort parsed;
  return parse_host(host, parsed) && parsed.port == 0 && parsed.host == host;
}

void log_dial(Log& log, const Ticket& ticket, const DialTarget& target, std::string_view result,
              Duration took) {
  Line line("dial");
  line.add_id("id", ticket.connection)
      .add("dst", target.endpoint.address.text())
      .add("dport", target.endpoint.port)
      .add("tls", target.tls ? "yes" : "no")
      .add("result", result)
      .add("ms", took.ms());
  (void)log.write(line);  // whether lines can be recorded was asked before the dial
}

// What `dial` lines tell already: the server, not we, said no.
bool is_told_by_dial(DialFault fault) {
  return fault == DialFault::refused || fault == DialFault::unreachable ||
         fault == DialFault::timeout;
}

}  // namespace

Broker::Broker(Loop& loop, Log& log, const WfdSettings& settings, TicketKey key,
               DestinationPolicy policy)
    : loop_(loop),
      log_(log),
      settings_(settings),
      key_(std::move(key)),
      policy_(std::move(policy)),
      per_worker_(std::clamp<std::size_t>(2 * settings.isolation.connections_per_worker, 2, max_errands)),
      clientele_(
          loop, log, Role::broker,
          [this](Client& client, Packet& packet) {
            return dispatch(heard_from_worker, *this, client, packet);
          },
          [this](std::uint64_t worker) { forget(worker); }) {}

// ---- sessions -------------------------------------------------------------------

void Broker::ask_sessions(UniqueFd gate) {
  lose_gate(false);
  gate_ = Channel(std::move(gate), Role::broker, Role::sessions);
  const auto watched =
      from_gate_.start(loop_, gate_.fd(), EPOLLIN, [this](std::uint32_t) { gate_ready(); });
  if (!watched) gate_.close();
}

void Broker::gate_ready() {
  for (int i = 0; i < verdicts_per_turn; ++i) {
    Packet packet;
    const Heard heard = gate_.receive(packet);
    if (heard == Heard::nothing) return;
    if (heard == Heard::packet && dispatch(heard_from_gate, *this, gate_, packet)) continue;
    lose_gate(heard != Heard::closed);
    return;
  }
}

void Broker::lose_gate(bool broken) {
  if (!gate_) return;
  if (broken)
    (void)log_.write(Line("fault", Level::error)  // the gate is lost either way
                         .add("role", name_of(Role::sessions)).add("pid", "").add("what", "broken message"));
  from_gate_.stop();
  gate_.close();
  questions_.reset();
  std::vector<std::uint32_t> waiting;
  for (const auto& [number, errand] : errands_)
    if (!errand.connector) waiting.push_back(number);
  for (const std::uint32_t number : waiting) refuse(number, DialFault::missing_peer);
}

bool Broker::hear_verdict(Channel&, Verdict& message, Packet&) {
  questions_.answered();
  const auto place = errands_.find(message.tag);
  // Its worker may be gone, or its time over: then nobody waits for this verdict.
  if (place == errands_.end() || place->second.connector) return true;
  const StandingRow& row = standings[static_cast<std::size_t>(message.standing)];
  if (row.standing == message.standing && row.good)
    go(message.tag);
  else
    refuse(message.tag, row.fault);
  return true;
}

// ---- workers --------------------------------------------------------------------

std::optional<DialFault> Broker::objection(const Account& account, const Dial& message) const {
  if (account.errands >= per_worker_ || errands_.size() >= max_errands) return DialFault::busy;
  if (!log_.may_proceed(loop_.now())) return DialFault::missing_peer;
  if (message.ground == Ground::session) return gate_ ? std::nullopt : std::optional(DialFault::missing_peer);
  // The worker may lie about what the request is; it gains the servers of these hosts only.
  // Which server is a host's only [hosts] says: else a client that dials another address
  // under the name of an open host would reach whatever is there.
  const std::string_view host = message.host.view();
  const bool open = settings_.fixed_server(host) != nullptr &&
                    is_open(settings_.policy_for(host), message.ground, message.subject.view());
  return open ? std::nullopt : std::optional(DialFault::forbidden);
}

bool Broker::dial(Client& client, Dial& message, Packet&) {
  if (!is_sealed_for(message.ticket, key_, client.worker)) return false;
  if (!is_canonical(message.host.view())) return false;
  Account& account = accounts_[client.worker];
  if (const auto fault = objection(account, message)) {
    tell_refused(client, message.tag, message.ticket, *fault);
    return true;
  }
  const std::uint32_t number = free_number();
  Errand& errand = errands_[number];
  ++account.errands;
  errand.worker = client.worker;
  errand.tag = message.tag;
  errand.ticket = message.ticket;
  errand.host = message.host;
  errand.ports = message.ports;
  if (message.ground == Ground::session)
    ask_verdict(number, message);
  else
    go(number);
  return true;
}

void Broker::ask_verdict(std::uint32_t number, Dial& message) {
  Judge judge;
  judge.tag = number;
  judge.ticket = message.ticket;
  judge.cookie = std::move(message.cookie);
  const bool sent = questions_.ask(gate_, std::move(judge));
  // Not from here: the loop delivers a refusal as it delivers every other end.
  errands_[number].deadline.set(loop_, sent ? loop_.now() + verdict_wait : loop_.now(),
                                [this, number] { refuse(number, DialFault::missing_peer); });
}

std::uint32_t Broker::free_number() {
  do ++last_number_;
  while (errands_.contains(last_number_));  // max_errands of 2^32 are taken at most
  return last_number_;
}

bool Broker::learn(Client& client, Learned& message, Packet&) {
  if (!is_sealed_for(message.ticket, key_, client.worker)) return false;
  const auto account = accounts_.find(client.worker);
  if (account == accounts_.end()) return true;
  const auto place = account->second.reached.find(message.ticket.connection);
  if (place == account->second.reached.end()) return true;
  const Reached& reached = place->second;
  const bool over_tls = message.port == Port::https || message.port == Port::https_verified;
  const bool seen = message.port == Port::none || over_tls == reached.tls;
  if (seen && reached.host == message.host.view()) ports_.learn(reached.key, message.port, loop_.now());
  return true;
}

// ---- one dial -------------------------------------------------------------------

// Sessions said yes, or the settings ask for no session here.
void Broker::go(std::uint32_t number) {
  Errand& errand = errands_[number];
  errand.deadline.cancel();
  const auto judged = policy_.judge(errand.ticket.destination, errand.host.view(), errand.ports);
  if (!judged)
    refuse(number, judged.error());
  else if (errand.ports != Ports::both && ports_.is_silent(judged->key, errand.ports == Ports::https, loop_.now()))
    refuse(number, DialFault::timeout);
  else
    connect(number, ports_.arrange(*judged, loop_.now()));
}

void Broker::connect(std::uint32_t number, const DialPlan& plan) {
  Errand& errand = errands_[number];
  errand.plan = plan;
  DialOrder order;
  order.plan = plan;
  order.first_wait = std::min(settings_.intranet.https_timeout, settings_.limits.connect_timeout);
  // Whoever asks for one port has a 404 from the other, and does not wait long for a better answer.
  order.last_wait = errand.ports == Ports::both ? settings_.limits.connect_timeout : order.first_wait;
  if (settings_.intranet.source == SourceAddress::client)
    order.source = errand.ticket.client.address;
  errand.connector = std::make_unique<Connector>(
      loop_, order,
      [this, ticket = errand.ticket, key = plan.key](const DialTarget& target, std::string_view result,
                                                     Duration took) {
        log_dial(log_, ticket, target, result, took);
        ports_.note(key, target.tls, result == word_of(DialFault::timeout), loop_.now());
      },
      [this, number](UniqueFd socket, const DialTarget& target, DialFault fault) {
        if (socket)
          arrived(number, std::move(socket), target);
        else
          refuse(number, fault);
      });
  errand.connector->start();
}

void Broker::arrived(std::uint32_t number, UniqueFd socket, const DialTarget& target) {
  const auto place = errands_.find(number);
  if (place == errands_.end()) return;
  const Errand& errand = place->second;
  Client* client = clientele_.find(errand.worker);
  auto& reached = accounts_[errand.worker].reached;
  // With more connections than a worker has at once, any old one can be forgotten.
  if (reached.size() >= per_worker_ && !reached.contains(errand.ticket.connection))
    reached.erase(reached.begin());
  reached[errand.ticket.connection] = {errand.plan.key, std::string(errand.host.view()), target.tls};
  Dialled answer;
  answer.tag = errand.tag;
  answer.tls = target.tls;
  answer.fixed = errand.plan.fixed;
  answer.other_away = !(target == errand.plan.targets[0]);
  // A worker of one user is not told what others did in the last minute.
  if (settings_.isolation.connections_per_worker > 1)
    answer.known = ports_.known(errand.plan.key, target.tls, loop_.now());
  answer.reached = target.endpoint;
  const int lent[] = {socket.get()};
  if (client != nullptr) after(errand.worker, client->channel.send(answer, lent));
  end(place);
}

void Broker::refuse(std::uint32_t number, DialFault fault) {
  const auto place = errands_.find(number);
  if (place == errands_.end()) return;
  const Errand& errand = place->second;
  Client* client = clientele_.find(errand.worker);
  if (client != nullptr) tell_refused(*client, errand.tag, errand.ticket, fault);
  end(place);
}

void Broker::end(Errands::iterator place) {
  const auto account = accounts_.find(place->second.worker);
  if (account != accounts_.end()) --account->second.errands;
  errands_.erase(place);
}

void Broker::tell_refused(Client& client, std::uint32_t tag, const Ticket& ticket,
                          DialFault fault) {
  if (!is_told_by_dial(fault)) {
    Line line("refuse", Level::notice);
    line.add_id("id", ticket.connection)
        .add("src", ticket.client.address.text())
        .add("dst", ticket.destination.address.text())
        .add("status", status_of(fault))
        .add("reason", word_of(fault));
    (void)log_.write(line);  // it is a "no" in any case
  }
  DialRefused answer;
  answer.tag = tag;
  answer.fault = fault;
  after(client.worker, client.channel.send(answer));
}

// A worker that is gone will show as a closed channel; one that does not listen any
// more loses its channel, for its queue is the only bound on what it leaves unread.
void Broker::after(std::uint64_t worker, Told told) {
  if (told == Told::full) clientele_.drop_later(worker, "does not read its answers");
}

void Broker::forget(std::uint64_t worker) {
  std::erase_if(errands_, [worker](const auto& row) { return row.second.worker == worker; });
  accounts_.erase(worker);
}

}  // namespace postern::wfd
