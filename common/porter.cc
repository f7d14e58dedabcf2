// Accepting and handing over.  The numbers below porter_fixed_channels are filled, all
// of them, before the jail, and are never closed: whatever the kernel makes later gets a
// higher number, where the filter forbids to read.

#include "common/porter.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>
#include <memory>

#include "common/jail.h"
#include "common/net.h"
#include "common/sandbox_policy.h"
#include "common/throttle.h"
#include "common/worker_pool.h"

namespace postern {
namespace {

constexpr int accepts_a_round = 64, reports_a_round = 256;
constexpr std::uint32_t not_forked = 0xffffffff;
constexpr Duration fork_pause = milliseconds(200), accept_pause = milliseconds(100);
constexpr std::array<Role, 3> helper_roles = {Role::signer, Role::broker, Role::sessions};

class Porter {
 public:
  Porter(RoleProcess& self, const PorterPlan& plan)
      : self_(self), plan_(plan), throttle_(plan.source),
        pool_(plan.connections_per_worker, plan.connections_in_life) {}
  Result<void> open();
  Result<void> start();
  Result<void> fix_numbers();

 private:
  struct Helper {  // a role that every worker has a channel to
    Channel channel;
    Watcher watcher;
  };
  struct Worker {
    Channel channel;
    std::uint32_t pid = 0;
    bool retired = false;
    bool used = false;  // it was given a connection
  };

  void handed(Handed item);
  void adopt_helper(Role role, UniqueFd fd, bool introduce);
  void introduce(Role role, std::uint64_t number, Worker& worker);
  UniqueFd enroll(Role role, std::uint64_t number);

  void keep_spares();
  void pause_spares();
  bool spawn();
  bool spawned(Porter&, Spawned& news, Packet&);
  bool gone(Porter&, Gone& news, Packet&);
  void hear_nursery();
  void hear_reports();
  void release(std::uint64_t worker, std::uint64_t connection, Cause cause);
  void charge(const Address& source, Cause cause);
  void retire_worker(std::uint64_t number);
  void kill_worker(std::uint64_t number);

  void accept_from(int listener);
  void pause_doors();
  void admit(UniqueFd connection);
  void serve(std::uint64_t number, UniqueFd connection, Ticket ticket);
  void refuse(const Ticket& ticket, std::string_view reason);
  void open_doors(bool open);
  void retire();
  void tell_trace(bool on);

  RoleProcess& self_;
  const PorterPlan& plan_;
  Throttle throttle_;
  WorkerPool pool_;
  std::vector<Handed> listeners_;
  std::vector<std::unique_ptr<Watcher>> doors_;
  Channel nursery_, reports_;
  Watcher nursery_watcher_, reports_watcher_;
  std::map<Role, Helper> helpers_;
  std::map<std::uint64_t, Worker> workers_;  // spawned or asked for
  std::uint64_t next_worker_ = 0;
  std::size_t coming_ = 0;  // asked for, not forked yet
  Timer fork_timer_, door_timer_;
  bool doors_open_ = false, retiring_ = false;
};

Result<void> Porter::open() {
  next_worker_ = self_.start().instance << 32;  // no number comes twice in a master's life
  listeners_ = self_.take_all(Item::listener);
  nursery_ = Channel(self_.take(Item::channel, Role::nursery), Role::porter, Role::nursery);
  reports_ = Channel(self_.take(Item::reports), Role::porter, Role::worker);
  if (!nursery_ || !reports_ || listeners_.empty()) return fail("not handed all that a porter needs");
  for (const Role role : helper_roles) adopt_helper(role, self_.take(Item::channel, role), false);
  self_.on_hand = [this](Handed item) { handed(std::move(item)); };
  self_.on_kill_worker = [this](std::uint64_t number) { kill_worker(number); };
  self_.on_retire = [this] { retire(); };
  self_.on_trace = [this](bool on) { tell_trace(on); };
  return {};
}

// Fills every fixed number that is still free, for the life of this process.
Result<void> Porter::fix_numbers() {
  TRY_VOID(fill_numbers_below(porter_fixed_channels));
  for (const int fd : {self_.master().fd(), nursery_.fd(), reports_.fd(), self_.loop().fd()})
    if (fd >= porter_fixed_channels) return fail("a channel has too high a number");
  return {};
}

Result<void> Porter::start() {
  Loop& loop = self_.loop();
  TRY_VOID(nursery_watcher_.start(loop, nursery_.fd(), EPOLLIN, [this](std::uint32_t) { hear_nursery(); }));
  TRY_VOID(reports_watcher_.start(loop, reports_.fd(), EPOLLIN, [this](std::uint32_t) { hear_reports(); }));
  for (const Handed& listener : listeners_) {
    doors_.push_back(std::make_unique<Watcher>());
    const int fd = listener.fd.get();
    TRY_VOID(doors_.back()->start(loop, fd, 0, [this, fd](std::uint32_t) { accept_from(fd); }));
  }
  keep_spares();
  return {};
}

// ---- helpers: signer, broker, sessions ------------------------------------------

void Porter::handed(Handed item) {
  if (item.item == Item::channel) adopt_helper(item.role, std::move(item.fd), true);
  if (item.item == Item::gate) adopt_helper(Role::sessions, std::move(item.fd), true);
}

void Porter::adopt_helper(Role role, UniqueFd fd, bool introduce_all) {
  if (!fd || plan_.plain) return;
  UniqueFd high = fd.get() >= porter_fixed_channels
                      ? std::move(fd)
                      : UniqueFd::adopt(::fcntl(fd.get(), F_DUPFD_CLOEXEC, porter_fixed_channels));
  Helper& helper = helpers_[role];
  helper.watcher.stop();
  helper.channel = Channel(std::move(high), Role::porter, role);
  // Nothing is ever read here; the event says that the peer is gone.
  const Result<void> watched = helper.watcher.start(
      self_.loop(), helper.channel.fd(), 0, [this, role](std::uint32_t) {
        helpers_[role].watcher.stop();
        helpers_[role].channel.close();
      });
  if (!watched) helper.channel.close();
  if (!introduce_all) return;
  for (auto& [number, worker] : workers_) introduce(role, number, worker);
}

// Makes a channel between a worker and a helper; the worker's end comes back.
UniqueFd Porter::enroll(Role role, std::uint64_t number) {
  Result<std::pair<UniqueFd, UniqueFd>> pair = make_channel();
  if (!pair) return {};
  Enroll order;
  order.worker = number;
  const int lent[] = {pair->first.get()};
  Helper& helper = helpers_[role];
  const Told told = helper.channel.send(order, lent);
  if (told == Told::lost) helper.watcher.stop();  // before its descriptor is closed
  if (told == Told::lost) helper.channel.close();
  if (told == Told::full) return {};  // later; a worker without it would be of no use
  return std::move(pair->second);  // of a helper that is not there: the worker sees it closed
}

void Porter::introduce(Role role, std::uint64_t number, Worker& worker) {
  const UniqueFd end = enroll(role, number);
  Peer news;
  news.role = role;
  const int lent[] = {end.get()};
  if (end) (void)worker.channel.send(news, lent);  // a worker that is gone is told of by the nursery
}

// ---- workers --------------------------------------------------------------------

void Porter::keep_spares() {
  while (!retiring_ && !fork_timer_.active() && pool_.with_room() + coming_ < plan_.spare_workers &&
         workers_.size() < plan_.max_workers)
    if (!spawn()) pause_spares();
}

// Something is wrong with making workers: it is tried again, but not at full speed.
void Porter::pause_spares() {
  fork_timer_.set(self_.loop(), self_.loop().now() + fork_pause, [this] { keep_spares(); });
}

bool Porter::spawn() {
  Result<std::pair<UniqueFd, UniqueFd>> own = make_channel();
  if (!own) return false;
  const std::uint64_t number = next_worker_++;
  Told told = Told::lost;
  if (plan_.plain) {
    SpawnPlain order;
    order.worker = number;
    const int lent[] = {own->second.get()};
    told = nursery_.send(order, lent);
  } else {
    const UniqueFd signer = enroll(Role::signer, number), broker = enroll(Role::broker, number),
                   sessions = enroll(Role::sessions, number);
    Spawn order;
    order.worker = number;
    const int lent[] = {own->second.get(), signer.get(), broker.get(), sessions.get()};
    told = signer && broker && sessions ? nursery_.send(order, lent) : Told::full;
  }
  if (told != Told::sent) return false;
  workers_[number].channel = Channel(std::move(own->first), Role::porter, Role::worker);
  ++coming_;
  return true;
}

void Porter::hear_nursery() {
  static constexpr Handler<Porter, Porter> table[] = {on<&Porter::spawned>(), on<&Porter::gone>()};
  for (;;) {
    Packet packet;
    const Heard heard = nursery_.receive(packet);
    if (heard == Heard::nothing) break;
    if (heard != Heard::packet || !dispatch(table, *this, *this, packet))
      return self_.loop().stop(0);  // the master starts both of us anew
  }
  keep_spares();
  open_doors(pool_.with_room() > 0);
}

bool Porter::spawned(Porter&, Spawned& news, Packet&) {
  const auto worker = workers_.find(news.worker);
  if (worker == workers_.end()) return true;
  worker->second.pid = news.pid;
  if (coming_ > 0) --coming_;
  pool_.add(news.worker);
  if (retiring_) retire_worker(news.worker);  // it was asked for just before
  return true;
}

bool Porter::gone(Porter&, Gone& news, Packet&) {
  if (news.status == not_forked && coming_ > 0) --coming_;
  const int status = static_cast<int>(news.status);
  const bool crashed = news.status != not_forked && (WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
  const auto worker = workers_.find(news.worker);
  if (worker != workers_.end() && crashed)
    (void)self_.log().write(Line("fault", Level::error)
                                .add("role", "worker")
                                .add("pid", worker->second.pid)
                                .add("what", describe_end(status)));
  const bool unused = worker != workers_.end() && !worker->second.used;
  if (news.status == not_forked || (crashed && unused)) pause_spares();
  for (const Address& source : pool_.remove(news.worker)) charge(source, crashed ? Cause::crashed : Cause::served);
  if (worker != workers_.end()) workers_.erase(worker);
  if (retiring_ && workers_.empty()) self_.loop().stop(0);
  return true;
}

// What workers say of connections that ended.  The ticket proves that the connection
// was theirs: nobody else ever had it.
void Porter::hear_reports() {
  for (int i = 0; i < reports_a_round; ++i) {  // a hostile worker's flood must not keep us here
    Packet packet;
    const Heard heard = reports_.receive(packet);
    if (heard == Heard::broken) continue;  // one line for all workers: nobody to drop
    if (heard != Heard::packet) break;
    Closed closed;
    if (!packet.read(closed)) continue;
    const auto worker = workers_.find(closed.ticket.worker);
    const bool from_it = worker != workers_.end() && worker->second.pid == packet.sender_pid;
    if (from_it && is_sealed_for(closed.ticket, self_.start().ticket_key, closed.ticket.worker))
      release(closed.ticket.worker, closed.ticket.connection, closed.cause);
  }
  open_doors(pool_.with_room() > 0);
}

void Porter::release(std::uint64_t worker, std::uint64_t connection, Cause cause) {
  if (const std::optional<Address> source = pool_.release(worker, connection)) charge(*source, cause);
  if (pool_.is_worn_out(worker) || (retiring_ && pool_.is_idle(worker))) retire_worker(worker);
}

void Porter::charge(const Address& source, Cause cause) {
  const Penalty penalty = throttle_.leave(source, cause, self_.loop().now());
  if (penalty.added)
    (void)self_.log().write(Line("penalty", penalty.refused ? Level::warning : Level::info)
                                .add("src", source.text())
                                .add("cause", word_of(cause))
                                .add("score", penalty.score));
}

void Porter::retire_worker(std::uint64_t number) {
  const auto worker = workers_.find(number);
  if (worker == workers_.end() || worker->second.retired) return;
  worker->second.retired = true;
  if (worker->second.channel.send(Retire{}) != Told::sent) kill_worker(number);
}

void Porter::kill_worker(std::uint64_t number) {
  Kill order;
  order.worker = number;
  const bool told = !workers_.contains(number) || nursery_.send(order) == Told::sent;
  if (!told) self_.loop().stop(exit_system);  // it must not live on: the nursery's end is every worker's
}

// ---- connections ----------------------------------------------------------------

void Porter::open_doors(bool open) {
  open = open && !retiring_ && !door_timer_.active();
  if (open == doors_open_) return;
  doors_open_ = open;
  for (auto& door : doors_)
    if (!door->want(open ? std::uint32_t{EPOLLIN} : 0)) self_.loop().stop(exit_system);
}

void Porter::accept_from(int listener) {
  for (int i = 0; i < accepts_a_round && pool_.with_room() > 0 && !retiring_; ++i) {
    UniqueFd connection = UniqueFd::adopt(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!connection && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) pause_doors();
    if (!connection && errno != EINTR && errno != ECONNABORTED) break;
    if (connection) admit(std::move(connection));
  }
  keep_spares();
  open_doors(pool_.with_room() > 0);
}

void Porter::pause_doors() {  // or the connection that waits wakes us again at once, for nothing
  door_timer_.set(self_.loop(), self_.loop().now() + accept_pause, [this] { open_doors(pool_.with_room() > 0); });
}

void Porter::admit(UniqueFd connection) {
  Ticket ticket;
  if (::getrandom(&ticket.connection, sizeof ticket.connection, 0) != sizeof ticket.connection) return;
  const Result<Endpoint> client = client_of(connection.get());
  const Result<Endpoint> destination = original_destination(connection.get(), plan_.mode);
  if (client) ticket.client = *client;
  if (destination) ticket.destination = *destination;
  if (!client || !destination) return refuse(ticket, "no-destination");
  const Admission admission = throttle_.admit(ticket.client.address, self_.loop().now());
  if (admission != Admission::admitted) return refuse(ticket, word_of(admission));
  const std::optional<std::uint64_t> worker = pool_.choose();
  const bool logged = worker && self_.log().write(Line("connection")
                                                      .add_id("id", ticket.connection)
                                                      .add("src", ticket.client.address.text())
                                                      .add("sport", ticket.client.port)
                                                      .add("dst", ticket.destination.address.text())
                                                      .add("dport", ticket.destination.port));
  if (!logged) return charge(ticket.client.address, Cause::none);
  serve(*worker, std::move(connection), ticket);
}

void Porter::serve(std::uint64_t number, UniqueFd connection, Ticket ticket) {
  ticket.worker = number;
  seal_ticket(ticket, self_.start().ticket_key);
  Serve order;
  order.ticket = ticket;
  const int lent[] = {connection.get()};
  pool_.assign(number, ticket.connection, ticket.client.address);
  workers_[number].used = true;
  if (workers_[number].channel.send(order, lent) == Told::sent) return;
  release(number, ticket.connection, Cause::none);
  kill_worker(number);  // it does not listen: whatever is wrong with it, it is of no use
}

void Porter::refuse(const Ticket& ticket, std::string_view reason) {
  (void)self_.log().write(Line("refuse", Level::warning)
                              .add_id("id", ticket.connection)
                              .add("src", ticket.client.address.text())
                              .add("dst", ticket.destination.address.text())
                              .add("status", "")
                              .add("reason", reason));
}

void Porter::retire() {
  retiring_ = true;
  open_doors(false);
  for (const std::uint64_t number : pool_.all())
    if (pool_.is_idle(number)) retire_worker(number);
  if (workers_.empty()) self_.loop().stop(0);
}

// Workers that are forked from now on learn it from their nursery.
void Porter::tell_trace(bool on) {
  if (plan_.plain) return;  // redird's workers have nothing to tell
  Trace order;
  order.on = on;
  for (auto& [number, worker] : workers_) (void)worker.channel.send(order);  // one that is gone needs none
}

}  // namespace

Result<int> run_porter(RoleProcess& self, const PorterPlan& plan) {
  Porter porter(self, plan);
  TRY_VOID(porter.open());
  TRY_VOID(self.enter_jail(false, [&] { return porter.fix_numbers(); }));
  TRY_VOID(porter.start());
  TRY_VOID(self.ready());
  ::_exit(self.loop().run().value_or(exit_system));  // a destructor that closed a fixed number would be killed
}

}  // namespace postern
