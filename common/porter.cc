// Accepting and handing over.  The numbers below porter_fixed_channels are filled, all
// of them, before the jail, and are never closed: whatever the kernel makes later gets a
// higher number, where the filter forbids to read.

#include "common/porter.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/jail.h"
#include "common/net.h"
#include "common/porter_desk.h"
#include "common/sandbox_policy.h"
#include "common/ticket_lines.h"

namespace postern {
namespace {

constexpr int accepts_a_round = 64, accepts_together = 16;
constexpr Duration accept_pause = milliseconds(100), overtime = seconds(60);
constexpr Duration rest_pause = milliseconds(1);  // for a worker whose queue is full

// True when the client has gone and had nothing to say: a scan, or a check of ours.
bool left_without_a_word(int connection) {
  pollfd end{connection, POLLRDHUP, 0};
  int waiting = 0;  // all that will ever come, once it has gone
  return ::poll(&end, 1, 0) == 1 && ::ioctl(connection, FIONREAD, &waiting) == 0 && waiting == 0;
}

}  // namespace

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

// ---- connections ----------------------------------------------------------------

void Porter::open_doors(bool open) {
  open = open && !retiring_ && !door_timer_.active() && admitted_.empty();
  if (open == doors_open_) return;
  doors_open_ = open;
  for (auto& door : doors_)
    if (!door->want(open ? std::uint32_t{EPOLLIN} : 0)) self_.loop().stop(exit_system);
}

// A few at a time: their lines go to the logger together, and then they go to their workers.
void Porter::accept_from(int listener) {
  (void)recorder_.flush();  // what was lost before is no line of those who come now
  for (int i = 0; i < accepts_a_round && !retiring_ && admitted_.empty(); i += accepts_together) {
    const bool more = accept_some(listener, pool_.places(accepts_together));
    hand_over();
    if (!more) break;
  }
  keep_spares();
  open_doors(pool_.with_room() > 0);
}

// False when nobody waits any more, or nobody can be let in.
bool Porter::accept_some(int listener, std::size_t most) {
  for (std::size_t i = 0; i < most; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const auto name = reinterpret_cast<sockaddr*>(&from);
    UniqueFd connection = UniqueFd::adopt(::accept4(listener, name, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection) admit(std::move(connection), from_sockaddr(name, size));
    else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return pause_doors(), false;
    else if (errno != EINTR && errno != ECONNABORTED) return false;
  }
  return most > 0;
}

void Porter::pause_doors() {  // or the connection that waits wakes us again at once, for nothing
  door_timer_.set(self_.loop(), self_.loop().now() + accept_pause, [this] { open_doors(pool_.with_room() > 0); });
}

void Porter::admit(UniqueFd connection, const Endpoint& client) {
  Ticket ticket;
  ticket.connection = draw_id();
  ticket.client = client;
  if (ticket.connection == 0) return;
  const Result<Endpoint> destination = original_destination(connection.get(), plan_.mode, client.address.family());
  if (destination) ticket.destination = *destination;
  if (!client || !destination) return refuse(ticket, "no-destination");
  const Admission admission = throttle_.admit(client.address, self_.loop().now());
  if (admission != Admission::admitted) return refuse(ticket, word_of(admission));
  if (left_without_a_word(connection.get())) return note_visit(ticket);
  recorder_.record(ticket_line("connection", ticket));  // hand_over() asks
  admitted_.push_back({std::move(connection), ticket});
}

// Random, and drawn by the dozen; 0 when the kernel has none.
std::uint64_t Porter::draw_id() {
  if (ids_left_ == 0) {
    if (::getrandom(ids_.data(), sizeof ids_, 0) != sizeof ids_) return 0;
    ids_left_ = ids_.size();
  }
  return ids_[--ids_left_];
}

// Where all must be recorded, no connection goes on before its line is; when one is lost, all are
// turned away, for it is not known whose it was.
void Porter::hand_over() {
  if (!recorder_.flush() && self_.start().log_must_record) {
    for (const Admitted& a : admitted_) charge(a.ticket.client.address, Cause::none);
    admitted_.clear();
  }
  serve_admitted();
}

// A crowd may come faster than workers can look at it.  What no queue has room for waits here,
// and all others in the kernel, for the doors are closed meanwhile.
void Porter::serve_admitted() {
  while (!admitted_.empty() && serve_first()) {}
}

// The first of them go to their worker, or away when there is none.  False when they have to wait.
// One worker that does not listen does not keep others from them.
bool Porter::serve_first() {
  while (const std::optional<std::uint64_t> number = pool_.choose()) {
    // redird's take no time, so those that came together go together.
    const std::size_t count = plan_.plain ? pool_.in_a_row(std::min(admitted_.size(), serves_in_one)) : 1;
    const Told told = order_to_serve(*number, count);
    if (told == Told::sent) return note_served(count), true;
    if (told != Told::full || !let_rest(*number)) kill_worker(*number);  // whatever is wrong with it, it is of no use
  }
  if (pool_.someone_rests()) return false;
  charge(admitted_.front().ticket.client.address, Cause::none);
  admitted_.pop_front();
  return true;
}

// Hands the first `count` (1 to serves_in_one) of them over.
Told Porter::order_to_serve(std::uint64_t number, std::size_t count) {
  Serve order;
  std::array<int, serves_in_one> lent{};
  for (std::size_t i = 0; i < count; ++i) {
    Ticket& ticket = admitted_[i].ticket;
    ticket.worker = number;
    seal_ticket(ticket, self_.start().ticket_key);
    order.add(ticket);
    lent[i] = admitted_[i].connection.get();
  }
  return workers_[number].channel.send(order, std::span(lent).first(count));
}

// The worker has more to do than it can look at.  False when that was so for too long.
bool Porter::let_rest(std::uint64_t number) {
  const Mono now = self_.loop().now();
  if (now - workers_[number].full_since.value_or(now) >= plan_.serve_patience) return false;
  if (!workers_[number].full_since) workers_[number].full_since = now;
  pool_.rest(number);
  if (!rest_timer_.active()) rest_timer_.set(self_.loop(), now + rest_pause, [this] {
    pool_.wake();
    serve_admitted();
    keep_spares();
    open_doors(pool_.with_room() > 0);
  });
  return true;
}

// The first `count` of them are their worker's now.
void Porter::note_served(std::size_t count) {
  const std::uint64_t number = admitted_.front().ticket.worker;
  for (; count > 0; --count, admitted_.pop_front()) {
    const Ticket& ticket = admitted_.front().ticket;
    pool_.assign(number, ticket.connection, ticket.client.address);
  }
  Worker& worker = workers_[number];
  worker.used = true;
  worker.full_since.reset();
  if (plan_.connections_per_worker == 1 && plan_.connection_lifetime > Duration{})
    expect_gone(number, plan_.connection_lifetime + overtime);  // it ends them itself, if it is well
}

// No worker is troubled with such a connection, but it counts as if it had been: a TLS
// handshake that was none.  (To redird come browsers that connect ahead of need.)
void Porter::note_visit(const Ticket& ticket) {
  recorder_.record(ticket_line("connection", ticket));
  if (!plan_.plain) refuse(ticket, "closed");
  charge(ticket.client.address, plan_.plain ? Cause::none : Cause::handshake);
}

void Porter::refuse(const Ticket& ticket, std::string_view reason) {
  recorder_.record(refuse_line(ticket, Level::warning, "", reason));  // it is a "no" in any case
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

Result<int> run_porter(RoleProcess& self, const PorterPlan& plan) {
  Porter porter(self, plan);
  TRY_VOID(porter.open());
  TRY_VOID(self.enter_jail(false, [&] { return porter.fix_numbers(); }));
  TRY_VOID(porter.start());
  TRY_VOID(self.ready());
  const int code = self.loop().run().value_or(exit_system);
  (void)self.log().flush();  // the lines of its last round
  ::_exit(code);  // a destructor that closed a fixed number would be killed
}

}  // namespace postern
