// Forking workers.  A worker starts from a process that never saw a byte of any
// connection, and shares no memory with another worker that either could write.  Called
// by the main.cc of redird and wfd.  Never read from a connection here.

#include "common/nursery.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <optional>

#include "common/forkable.h"
#include "common/sandbox.h"
#include "common/sandbox_policy.h"

namespace postern {
namespace {

constexpr std::uint32_t not_forked = 0xffffffff;
constexpr int porter_patience_ms = 5000;

// `fd` at exactly `number`, where the workers' filter knows it.
Result<UniqueFd> at_number(const UniqueFd& fd, int number) {
  UniqueFd there = UniqueFd::adopt(fd ? ::fcntl(fd.get(), F_DUPFD_CLOEXEC, number) : -1);
  if (there.get() != number) return fail("cannot have descriptor " + std::to_string(number));
  return there;
}

// Writes over argv[0], which the master made long enough (ps shows it).
void set_title(Daemon daemon, Role role) {
  const std::string title = "postern-" + std::string(name_of(daemon)) + ": " + std::string(name_of(role));
  char* room = program_invocation_name;
  const std::size_t size = std::strlen(room);
  for (std::size_t i = 0; i < size; ++i) room[i] = i < title.size() ? title[i] : ' ';
  (void)::prctl(PR_SET_NAME, std::string(name_of(role)).c_str(), 0, 0, 0);
}

class Nursery {
 public:
  Nursery(RoleProcess& self, const NurseryPlan& plan) : self_(self), plan_(plan) {}
  Result<void> open();
  Result<void> prepare();  // after the chroot, before the filter
  Result<void> start();
  WorkerSeat* seat() { return seat_ ? &*seat_ : nullptr; }  // null: this is the nursery still

 private:
  static constexpr unsigned ends = 4;  // porter, signer, broker, sessions

  void hear_porter();
  bool spawn(Nursery&, Spawn& order, Packet& packet);
  bool spawn_plain(Nursery&, SpawnPlain& order, Packet& packet);
  bool kill_worker(Nursery&, Kill& order, Packet& packet);
  bool retire(Nursery&, Retire& order, Packet& packet);
  void raise_worker(std::uint64_t number, Packet& packet);
  void become_worker(std::uint64_t number, Packet& packet, int parent);
  Result<void> narrow(int parent);
  template <class M>
  void tell_porter(const M& news);
  void tell_gone(std::uint64_t number, std::uint32_t status);
  void on_child();

  RoleProcess& self_;
  const NurseryPlan& plan_;
  Channel porter_, reports_;
  Log worker_log_;
  Watcher porter_watcher_, child_watcher_;
  UniqueFd children_;
  std::map<pid_t, std::uint64_t> workers_;
  Sandbox worker_filter_;
  bool trace_ = false;
  std::optional<WorkerSeat> seat_;
};

Result<void> Nursery::open() {
  porter_ = Channel(self_.take(Item::channel, Role::porter), Role::nursery, Role::porter);
  reports_ = Channel(TRY(at_number(self_.take(Item::reports), worker_reports_number)), Role::worker, Role::porter);
  UniqueFd lines = TRY(at_number(self_.take(Item::log, Role::worker), worker_log_number));
  const auto on_failure = self_.start().log_must_record ? OnLogFailure::deny : OnLogFailure::proceed;
  worker_log_ = TRY(Log::open(std::move(lines), self_.take(Item::log_page, Role::worker), on_failure,
                              self_.start().verbose));
  worker_filter_ = TRY(Sandbox::compile(Role::worker, false));
  trace_ = self_.start().trace;
  self_.on_trace = [this](bool on) { trace_ = on; };
  if (!porter_) return fail("no channel to the porter");
  return {};
}

Result<void> Nursery::prepare() {
  if (plan_.warm_up) TRY_VOID(plan_.warm_up());
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return fail_errno("cannot block SIGCHLD");
  children_ = UniqueFd::adopt(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!children_) return fail_errno("cannot watch SIGCHLD");
  return {};
}

Result<void> Nursery::start() {
  TRY_VOID(child_watcher_.start(self_.loop(), children_.get(), EPOLLIN, [this](std::uint32_t) { on_child(); }));
  return porter_watcher_.start(self_.loop(), porter_.fd(), EPOLLIN, [this](std::uint32_t) { hear_porter(); });
}

void Nursery::hear_porter() {
  static constexpr Handler<Nursery, Nursery> table[] = {
      on<&Nursery::spawn>(),
      on<&Nursery::spawn_plain>(),
      on<&Nursery::kill_worker>(),
      on<&Nursery::retire>(),
  };
  for (;;) {
    Packet packet;
    const Heard heard = porter_.receive(packet);
    if (heard == Heard::nothing) return;
    if (heard != Heard::packet || !dispatch(table, *this, *this, packet))
      return self_.loop().stop(heard == Heard::closed ? 0 : exit_contradiction);
    if (seat_) return;  // the rest is the nursery's
  }
}

bool Nursery::spawn(Nursery&, Spawn& order, Packet& packet) {
  if (!plan_.plain) raise_worker(order.worker, packet);
  return !plan_.plain;
}

bool Nursery::spawn_plain(Nursery&, SpawnPlain& order, Packet& packet) {
  if (plan_.plain) raise_worker(order.worker, packet);
  return plan_.plain;
}

bool Nursery::kill_worker(Nursery&, Kill& order, Packet&) {
  for (const auto& [pid, number] : workers_)
    if (number == order.worker) (void)::kill(pid, SIGKILL);  // not reaped yet, so it is still ours
  return true;
}

bool Nursery::retire(Nursery&, Retire&, Packet&) {
  self_.loop().stop(0);
  return true;
}

void Nursery::raise_worker(std::uint64_t number, Packet& packet) {
  const int parent = ::getpid();
  const pid_t pid = ::_Fork();
  if (pid == 0) return become_worker(number, packet, parent);
  if (pid < 0) return tell_gone(number, not_forked);
  workers_[pid] = number;
  Spawned news;
  news.worker = number;
  news.pid = static_cast<std::uint32_t>(pid);
  tell_porter(news);
}

// In the new worker.  It leaves the loop of the nursery first: a worker has the pages for itself on
// which the callers of its callers have their variables.
void Nursery::become_worker(std::uint64_t number, Packet& packet, int parent) {
  WorkerSeat& seat = seat_.emplace();
  seat.number = number;
  seat.porter = Channel(std::move(packet.descriptors[0]), Role::worker, Role::porter);
  seat.signer = Channel(std::move(packet.descriptors[1]), Role::worker, Role::signer);
  seat.broker = Channel(std::move(packet.descriptors[2]), Role::worker, Role::broker);
  seat.sessions = Channel(std::move(packet.descriptors[3]), Role::worker, Role::sessions);
  seat.reports = std::move(reports_);
  seat.log = &worker_log_;
  seat.trace = trace_;
  self_.log() = Log();  // or a worker could write lines as its nursery
  for (const int fd : {porter_.fd(), self_.master().fd(), self_.loop().fd(), children_.get()})
    UniqueFd::adopt(fd).reset();  // the nursery's own; its objects are never used in this process
  if (const Result<void> r = narrow(parent); !r) {
    (void)worker_log_.write(Line("fault", Level::error).add("role", "worker").add("pid", ::getpid()).add("what", r.error().what));
    ::_exit(exit_system);
  }
  self_.loop().stop(0);
}

Result<void> Nursery::narrow(int parent) {
  TRY_VOID(die_with_parent(parent));
  set_title(self_.daemon(), Role::worker);
  Limits limits = find_role(self_.daemon(), Role::worker)->limits;
  limits.memory = std::max(limits.memory, plan_.worker_memory);
  TRY_VOID(limit_resources(limits));
  return worker_filter_.install();
}

// Waits for room: when hundreds of workers end at once the porter's queue is full for a
// moment.  The porter never waits for us, so this ends.
template <class M>
void Nursery::tell_porter(const M& news) {
  Told told = porter_.send(news);
  if (told == Told::full) {
    pollfd room{porter_.fd(), POLLOUT, 0};
    (void)::poll(&room, 1, porter_patience_ms);  // send says whether it helped
    told = porter_.send(news);
  }
  if (told != Told::sent) self_.loop().stop(0);
}

void Nursery::tell_gone(std::uint64_t number, std::uint32_t status) {
  Gone news;
  news.worker = number;
  news.status = status;
  tell_porter(news);
}

void Nursery::on_child() {
  signalfd_siginfo info{};
  while (::read(children_.get(), &info, sizeof info) == sizeof info) {}
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    const auto worker = workers_.find(pid);
    if (worker == workers_.end()) continue;
    tell_gone(worker->second, static_cast<std::uint32_t>(status));
    workers_.erase(worker);
  }
}

}  // namespace

Result<int> run_nursery(RoleProcess& self, const NurseryPlan& plan) {
  Nursery nursery(self, plan);
  TRY_VOID(nursery.open());
  const bool huge = move_to_huge_pages(plan.code);
  if (self.log().verbose()) self.log().debug(huge ? "code lies in huge pages" : "code lies in small pages");
  TRY_VOID(self.enter_jail(false, [&] { return nursery.prepare(); }));
  TRY_VOID(nursery.start());
  TRY_VOID(self.ready());
  close_heap_holes();
  const Result<int> code = self.loop().run();
  if (WorkerSeat* seat = nursery.seat(); seat != nullptr) ::_exit(plan.work(*seat));
  return code;
}

}  // namespace postern
