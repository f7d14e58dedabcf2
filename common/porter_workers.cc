// The porter's workers: asking for spares, introducing them to signer, broker and sessions,
// hearing what became of them and of their connections, and having those killed that break
// a rule.  The rest of the porter is in porter.cc; never read a connection in either.

#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <span>
#include <string>

#include "common/porter_desk.h"
#include "common/porter_lines.h"
#include "common/sandbox_policy.h"

namespace postern {
namespace {

constexpr std::size_t ends_a_round = 256;
constexpr std::uint32_t not_forked = 0xffffffff;
constexpr Duration fork_pause = milliseconds(200);
constexpr Duration introduction_pause = milliseconds(5);  // for helpers to read who is there
constexpr Duration kill_patience = seconds(1);     // for the nursery to take an order
constexpr Duration kill_pause = milliseconds(10);  // until it is given another chance
constexpr Duration leaving_patience = seconds(5);  // for a worker whose work is done
}  // namespace

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
  helper.strangers.clear();
  for (const auto& [number, worker] : workers_) helper.strangers.push_back({number, {}});
  introduce_strangers();
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
  if (told == Told::full) return {};  // later; a worker without it would be of no use
  if (told == Told::lost) {
    helper.watcher.stop();
    helper.channel.close();
  }
  return std::move(pair->second);  // of a helper that is not there: the worker sees it closed
}

// A thousand workers do not fit in the queue of a new helper: the others are introduced later.
void Porter::introduce_strangers() {
  bool left = false;
  for (auto& [role, helper] : helpers_) {
    bool listens = true;
    for (auto s = helper.strangers.begin(); s != helper.strangers.end();)
      s = introduce(role, *s, listens) ? helper.strangers.erase(s) : std::next(s);
    left |= !helper.strangers.empty();
  }
  if (!left) return;
  strangers_timer_.set(self_.loop(), self_.loop().now() + introduction_pause, [this] { introduce_strangers(); });
}

// False when one of both has no room for a message now.
bool Porter::introduce(Role role, Stranger& stranger, bool& listens) {
  const auto worker = workers_.find(stranger.worker);
  if (worker == workers_.end()) return true;
  if (!stranger.end && listens) stranger.end = enroll(role, stranger.worker);
  if (!stranger.end) return listens = false;
  Peer news;
  news.role = role;
  const int lent[] = {stranger.end.get()};
  return worker->second.channel.send(news, lent) != Told::full;  // one that is gone is told of by the nursery
}

// ---- workers --------------------------------------------------------------------

// Several at a time, once half of them are used: each of those that have to do with it is woken
// once for all of them.
void Porter::keep_spares() {
  const auto spares = [this] { return pool_.with_room() + coming_; };
  if (spares() <= plan_.spare_workers / 2) refilling_ = true;
  while (refilling_ && !retiring_ && !fork_timer_.active()) {
    refilling_ = spares() < plan_.spare_workers && workers_.size() < plan_.max_workers;
    if (refilling_ && !spawn()) pause_spares();
  }
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
  const std::string how = news.status == not_forked ? "" : how_it_ended(static_cast<int>(news.status));
  const bool crashed = !how.empty();
  const auto worker = workers_.find(news.worker);
  if (worker != workers_.end() && crashed) (void)self_.log().write(worker_fault_line(worker->second.pid, how));
  const bool unused = worker != workers_.end() && !worker->second.used;
  if (news.status == not_forked || (crashed && unused)) pause_spares();
  std::set<Address> charged;  // one death, whoever had how many connections there
  for (const Address& source : pool_.remove(news.worker))
    charge(source, crashed && charged.insert(source).second ? Cause::crashed : Cause::served);
  if (worker != workers_.end()) workers_.erase(worker);
  leavers_.gone(news.worker);
  if (retiring_ && workers_.empty()) self_.loop().stop(0);
  return true;
}

// What workers say of connections that ended.  One line for all of them, but the kernel
// names the sender: who reports what is not his is in somebody's hands.
void Porter::hear_reports() {
  for (std::size_t ends = 0; ends < ends_a_round;) {  // a hostile worker's flood must not keep us here
    Packet packet;
    const Heard heard = reports_.receive(packet);
    const std::size_t believed = heard == Heard::packet ? hear_report(packet) : 0;
    if (heard == Heard::nothing || (believed == 0 && packet.sender_pid == 0)) break;
    if (believed == 0) accuse(packet.sender_pid, "reports what is not its own");
    ends += std::max<std::size_t>(believed, 1);
  }
  open_doors(pool_.with_room() > 0);
}

// How many ends it tells of; 0 when one of them is not to be believed, or was told before: what
// costs us something is said once for each connection.
std::size_t Porter::hear_report(const Packet& packet) {
  ClosedMany news;
  if (packet.read(news.each[0])) news.count = 1;
  else if (!packet.read(news) || !news.is_right()) return 0;
  for (const Closed& closed : std::span(news.each).first(news.count)) {
    if (!believes(closed, packet.sender_pid)) return 0;
    if (!release(closed.ticket.worker, closed.ticket.connection, closed.cause)) return 0;
  }
  return news.count;
}

// The seal proves that the connection was that worker's: nobody else ever had it.
bool Porter::believes(const Closed& closed, std::uint32_t sender) {
  const auto worker = workers_.find(closed.ticket.worker);
  return worker != workers_.end() && worker->second.pid == sender &&
         is_sealed_for(closed.ticket, self_.start().ticket_key, closed.ticket.worker);
}

void Porter::accuse(std::uint32_t pid, std::string_view what) {
  for (auto& [number, worker] : workers_) {
    if (worker.pid != pid || worker.accused) continue;
    worker.accused = true;
    (void)self_.log().write(worker_fault_line(pid, what));  // it is killed either way
    kill_worker(number);
  }
}

// False when it has no such connection.
bool Porter::release(std::uint64_t worker, std::uint64_t connection, Cause cause) {
  const std::optional<Address> source = pool_.release(worker, connection);
  if (!source) return false;
  charge(*source, cause);
  // With one connection a process it leaves now; its place is free, so it must.
  if (plan_.connections_per_worker == 1) expect_gone(worker, leaving_patience);
  if (pool_.is_worn_out(worker) || (retiring_ && pool_.is_idle(worker))) retire_worker(worker);
  dismiss_soon();
  return true;
}

// After a crowd there are more workers than the connections that stay need, and these would be
// spread over all of them.
void Porter::dismiss_soon() {
  if (plan_.connections_per_worker == 1 || surplus_timer_.active() || pool_.with_room() <= plan_.spare_workers) return;
  surplus_timer_.set(self_.loop(), self_.loop().now() + plan_.surplus_pause, [this] { dismiss_surplus(); });
}

void Porter::dismiss_surplus() {
  for (const std::uint64_t number : pool_.all())
    if (pool_.with_room() > plan_.spare_workers && pool_.is_idle(number)) retire_worker(number);
}

void Porter::expect_gone(std::uint64_t number, Duration within) {
  leavers_.expect(number, self_.loop().now() + within);
  see_who_is_left();
}

void Porter::see_who_is_left() {
  for (const std::uint64_t number : leavers_.take_overdue(self_.loop().now()))
    if (const auto worker = workers_.find(number); worker != workers_.end())
      accuse(worker->second.pid, "does not leave");
  if (const auto next = leavers_.next())
    leavers_timer_.set(self_.loop(), *next, [this] { see_who_is_left(); });
}

void Porter::charge(const Address& source, Cause cause) {
  const Penalty penalty = throttle_.leave(source, cause, self_.loop().now());
  if (penalty.added) recorder_.record(penalty_line(source, cause, penalty));
}

void Porter::retire_worker(std::uint64_t number) {
  const auto worker = workers_.find(number);
  if (worker == workers_.end() || worker->second.retired) return;
  worker->second.retired = true;
  pool_.close(number);
  expect_gone(number, leaving_patience);
  if (worker->second.channel.send(Retire{}) != Told::sent) kill_worker(number);
}

void Porter::kill_worker(std::uint64_t number) {
  if (!workers_.contains(number)) return;
  pool_.close(number);
  if (kills_.empty()) kills_wait_ = self_.loop().now();
  kills_.insert(number);
  send_kills();
}

// A worker that is to be killed must not live on: when the nursery cannot be told, we end,
// and with us the nursery and all that it has forked.  A crowd may fill its queue for a while:
// it is told as long as it listens at all.
void Porter::send_kills() {
  while (!kills_.empty()) {
    const std::uint64_t number = *kills_.begin();
    const Told told = workers_.contains(number) ? nursery_.send(Kill{number}) : Told::sent;
    const Mono now = self_.loop().now();
    if (told == Told::full && now - kills_wait_ < kill_patience)
      return kills_timer_.set(self_.loop(), now + kill_pause, [this] { send_kills(); });
    if (told != Told::sent) return self_.loop().stop(exit_system);
    kills_.erase(number);
    kills_wait_ = now;
  }
}

}  // namespace postern
