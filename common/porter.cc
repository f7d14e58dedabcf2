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
#include "common/porter_lines.h"
#include "common/sandbox_policy.h"

namespace postern {
namespace {

constexpr int accepts_a_round = 64;
constexpr Duration accept_pause = milliseconds(100), overtime = seconds(60);

// True when the client has gone and had nothing to say: a scan, or a check of ours.
bool left_without_a_word(int connection) {
  const auto is_silent = [connection] {
    int waiting = 0;
    return ::ioctl(connection, FIONREAD, &waiting) == 0 && waiting == 0;
  };
  if (!is_silent()) return false;
  pollfd end{connection, POLLRDHUP, 0};
  return ::poll(&end, 1, 0) == 1 && is_silent();  // its last words may have come just now
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
  if (left_without_a_word(connection.get())) return note_visit(ticket);
  const std::optional<std::uint64_t> worker = pool_.choose();
  const bool logged = worker && self_.log().write(connection_line(ticket));
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
  if (plan_.connections_per_worker == 1 && plan_.connection_lifetime > Duration{})
    expect_gone(number, plan_.connection_lifetime + overtime);  // it ends them itself, if it is well
  if (workers_[number].channel.send(order, lent) == Told::sent) return;
  release(number, ticket.connection, Cause::none);
  kill_worker(number);  // it does not listen: whatever is wrong with it, it is of no use
}

// No worker is troubled with such a connection, but it counts as if it had been: a TLS
// handshake that was none.  (To redird come browsers that connect ahead of need.)
void Porter::note_visit(const Ticket& ticket) {
  (void)self_.log().add(connection_line(ticket));
  if (plan_.plain) (void)self_.log().flush();  // nothing was let through
  else refuse(ticket, "closed");
  charge(ticket.client.address, plan_.plain ? Cause::none : Cause::handshake);
}

void Porter::refuse(const Ticket& ticket, std::string_view reason) {
  (void)self_.log().write(refuse_line(ticket, reason));  // it is a "no" in any case
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
  ::_exit(self.loop().run().value_or(exit_system));  // a destructor that closed a fixed number would be killed
}

}  // namespace postern
