// Starting, linking, watching and restarting the roles of one generation.  The master
// that runs this reads nothing that came from the network; keep it so.  What a role
// does belongs to its room, and when to reload to master.cc.

#include "common/house.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "common/role_process.h"

namespace postern {
namespace {

constexpr int before_others = -10;  // steps of nice(2), from where the operator has put the master
constexpr Duration start_patience = seconds(30);
constexpr Duration first_pause = milliseconds(50), longest_pause = seconds(60);
constexpr Duration good_life = seconds(20);  // after so long a death is no habit

// Nobody but the logger, and that one only with -f, has any part in the terminal of the
// start: a worker could read what the operator types there, or write to it.
bool leave_terminal(bool keep_stderr) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  return null >= 0 && ::dup2(null, 0) == 0 && ::dup2(null, 1) == 1 && (keep_stderr || ::dup2(null, 2) == 2);
}

// In the new process: nothing of the master stays but the control channel.
[[noreturn]] void become(Daemon daemon, Role role, int control, pid_t master, bool foreground) {
  std::string title = "postern-" + std::string(name_of(daemon)) + ": " + std::string(name_of(role));
  title.resize(std::max<std::size_t>(title.size(), 40), ' ');  // room for a worker's title
  std::string argument = "--role=" + std::string(name_of(role));
  char* argv[] = {title.data(), argument.data(), nullptr};
  char* environment[] = {nullptr};
  // A crowd of busy workers must not make its heartbeat late, or all of them say no.  The same without, but later.
  if (role == Role::logger) (void)!::nice(before_others);
  sigset_t none;
  ::sigemptyset(&none);
  const bool ready = leave_terminal(foreground && role == Role::logger) && ::dup2(control, 3) == 3 &&
                     ::fcntl(3, F_SETFD, 0) == 0 && ::close_range(4, ~0U, 0) == 0 &&
                     ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0 &&
                     ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && ::getppid() == master;
  if (ready) ::execve("/proc/self/exe", argv, environment);
  ::_exit(exit_system);
}

}  // namespace

struct House::Process {
  Role role = Role::none;
  pid_t pid = 0;  // 0: not running
  Channel control;
  std::unique_ptr<Watcher> watcher;
  bool ready = false, done = false;  // done: left in order, not to be restarted
  Mono since{};
  Duration pause = first_pause;
  std::string last_words;
  Timer restart;
};

void Giver::give(Item item, int fd, Role role, std::uint32_t index, std::string_view text) {
  Hand hand;
  hand.item = item;
  hand.role = role;
  hand.index = index;
  hand.text = Text<255>(text);
  const int lent[] = {fd};
  good_ = good_ && to_.send(hand, lent) == Told::sent;
}

Result<UniqueFd> sealed_copy(const std::string& text) {
  UniqueFd fd = UniqueFd::adopt(::memfd_create("settings", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return fail_errno("cannot make room for the settings");
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return fail_errno("cannot copy the settings");
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
    return fail_errno("cannot seal the settings");
  return fd;
}

Result<Identity> identity_of(const HousePlan& plan, Role role) {
  const RoleRow* row = find_role(plan.daemon, role);
  if (row == nullptr) return fail("no such role");
  if (plan.has_uid_base) return Identity{plan.uid_base + row->uid_offset, plan.uid_base + row->uid_offset};
  const std::string user = plan.user_prefix + std::string(name_of(row->user));
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) return fail("there is no user " + user + " (`make install` makes it)");
  return Identity{entry->pw_uid, entry->pw_gid};
}

std::string jail_of(const HousePlan& plan, Role role) {
  const RoleRow* row = find_role(plan.daemon, role);
  return plan.chroot + "/" + std::string(name_of(row == nullptr ? role : row->user));
}

House::House(HousePlan plan, HouseServices services)
    : plan_(std::move(plan)), services_(std::move(services)) {
  for (const Role role : plan_.roles) {
    processes_.push_back(std::make_unique<Process>());
    processes_.back()->role = role;
  }
}

House::~House() {
  for (auto& p : processes_)
    if (p->pid > 0) (void)::kill(p->pid, SIGKILL);  // the master reaps it, or is leaving itself
}

House::Process* House::find(Role role) {
  for (auto& p : processes_)
    if (p->role == role) return p.get();
  return nullptr;
}

Channel* House::control(Role role) {
  Process* p = find(role);
  return p != nullptr && p->ready && p->pid > 0 ? &p->control : nullptr;
}

Result<void> House::renew(HousePlan& fresh) {
  settings_ = TRY(sealed_copy(fresh.settings_text));
  plan_.settings_text = std::move(fresh.settings_text);
  plan_.provide_again = std::move(fresh.provide_again);
  return {};
}

void House::provide_again(Role role, Giver& giver) {
  if (plan_.provide_again) plan_.provide_again(role, giver);
}

bool House::is_empty() const {
  return std::ranges::all_of(processes_, [](const auto& p) { return p->pid == 0; });
}

void House::start(std::function<void(Result<void>)> done) {
  started_ = std::move(done);
  const auto key = ticket_key_.fill(TicketKey::capacity);
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    return finish_start(fail_errno("cannot draw a key"));
  Result<UniqueFd> copy = sealed_copy(plan_.settings_text);
  if (!copy) return finish_start(Failure(copy.error()));
  settings_ = std::move(*copy);
  start_deadline_.set(services_.loop, services_.loop.now() + start_patience,
                      [this] { finish_start(fail("the roles did not get ready in time")); });
  for (auto& p : processes_)
    if (Result<void> launched = launch(*p); !launched) return finish_start(std::move(launched));
  std::vector<Process*> all;
  for (auto& p : processes_) all.push_back(p.get());
  link(all);
  for (auto& p : processes_) {
    if (Result<void> given = hand_over(*p); !given) return finish_start(std::move(given));
  }
}

void House::finish_start(Result<void> result) {
  start_deadline_.cancel();
  if (auto done = std::exchange(started_, nullptr)) done(std::move(result));
}

Result<void> House::launch(Process& p) {
  auto [ours, theirs] = TRY(make_channel());
  const pid_t master = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("cannot fork");
  if (pid == 0) become(plan_.daemon, p.role, theirs.get(), master, services_.foreground);
  p.pid = pid;
  p.ready = false;
  p.since = services_.loop.now();
  p.last_words.clear();
  p.control = Channel(std::move(ours), Role::master, p.role);
  p.watcher = std::make_unique<Watcher>();
  return p.watcher->start(services_.loop, p.control.fd(), EPOLLIN, [this, &p](std::uint32_t) { hear(p); });
}

// Everything but the channels to its peers, which link() has given, and then Start.
Result<void> House::hand_over(Process& p) {
  const Identity who = TRY(identity_of(plan_, p.role));
  Giver giver(p.control);
  giver.give(Item::settings, settings_.get(), Role::none, 0, plan_.settings_name);
  services_.provide_log(p.role, giver);
  plan_.provide(p.role, giver);
  provide_again(p.role, giver);
  Start start;
  start.uid = who.uid;
  start.gid = who.gid;
  start.instance = (*services_.next_instance)++;
  start.verbose = services_.verbose;
  start.foreground = services_.foreground;
  start.trace = trace;
  start.log_must_record = plan_.log_must_record;
  if (!start.jail.assign(jail_of(plan_, p.role))) return fail("the path of the jail is too long");
  if (std::ranges::count(plan_.ticket_roles, p.role) != 0) start.ticket_key.assign(ticket_key_.bytes());
  if (!giver.complete() || p.control.send(start) != Told::sent)
    return fail("cannot start " + std::string(name_of(p.role)) + ": it is gone");
  return {};
}

// Makes every channel of the plan that has an end at one of `fresh`, which have just
// been launched; an end that runs already gets its new channel beside its other work.
void House::link(const std::vector<Process*>& fresh) {
  for (const auto& [from, to] : plan_.links) {
    Process* a = find(from);
    Process* b = find(to);
    const bool wanted = std::ranges::count(fresh, a) + std::ranges::count(fresh, b) > 0;
    if (!wanted || a->pid == 0 || b->pid == 0) continue;
    Result<std::pair<UniqueFd, UniqueFd>> pair = make_channel();
    if (!pair) continue;  // nothing can be said between the two, so nothing is allowed
    Giver(a->control).give(Item::channel, pair->first.get(), b->role);
    Giver(b->control).give(Item::channel, pair->second.get(), a->role);
  }
}

void House::hear(Process& p) {
  for (;;) {
    Packet packet;
    const Heard heard_what = p.control.receive(packet);
    if (heard_what == Heard::nothing) return;
    if (heard_what == Heard::packet) {
      heard(p, packet);
      continue;
    }
    p.watcher->stop();
    if (heard_what == Heard::broken) (void)::kill(p.pid, SIGKILL);  // its end is seen by reaped()
    return;
  }
}

void House::heard(Process& p, Packet& packet) {
  Ready ready;
  Failed failed;
  if (packet.read(ready)) return is_ready(p);
  if (packet.read(failed)) {
    p.last_words = std::string(failed.text.view());
    return;
  }
  services_.on_word(p.role, packet);
}

void House::is_ready(Process& p) {
  p.ready = true;
  services_.on_ready(p.role, p.control);
  const bool all = std::ranges::all_of(processes_, [](const auto& q) { return q->ready; });
  if (started_ && all) finish_start({});
}

bool House::reaped(pid_t pid, int status) {
  for (auto& p : processes_) {
    if (p->pid != pid) continue;
    hear(*p);  // its last words may still be there
    ended(*p, status);
    return true;
  }
  return false;
}

void House::ended(Process& p, int status) {
  const bool was_ready = p.ready;
  const pid_t pid = std::exchange(p.pid, 0);
  p.ready = false;
  p.watcher.reset();
  p.control.close();
  std::string what = describe_end(status);
  if (!p.last_words.empty()) what += ": " + p.last_words;
  if (started_) return finish_start(fail(std::string(name_of(p.role)) + ": " + what));
  if (retiring_) {
    p.done = true;
    tell_rest_to_go();
    if (is_empty() && emptied_) std::exchange(emptied_, nullptr)();
    return;
  }
  log_fault(p.role, pid, what);
  if (was_ready && services_.loop.now() - p.since > good_life) p.pause = first_pause;
  for (Process* fellow : with_fellows(p))
    if (fellow->pid > 0) (void)::kill(fellow->pid, SIGKILL);
  restart_later(p);
}

void House::restart_later(Process& p) {
  p.restart.set(services_.loop, services_.loop.now() + p.pause, [this, &p] { relaunch(p); });
  p.pause = std::min(p.pause + p.pause, longest_pause);
}

// Launches `p` and its fellows anew, once all of them are down.
void House::relaunch(Process& p) {
  const std::vector<Process*> group = with_fellows(p);
  for (const Process* member : group)
    if (member->pid > 0) return restart_later(p);  // killed, but not reaped yet
  for (Process* member : group) {
    member->restart.cancel();
    if (Result<void> launched = launch(*member); !launched) return relaunch_failed(p, launched.error());
  }
  link(group);
  for (Process* member : group)
    if (Result<void> given = hand_over(*member); !given) return relaunch_failed(p, given.error());
}

// All of the group go down again, and have another try later.
void House::relaunch_failed(Process& p, const Error& error) {
  log_fault(p.role, 0, error.what);
  for (Process* member : with_fellows(p))
    if (member->pid > 0) (void)::kill(member->pid, SIGKILL);
  restart_later(p);
}

void House::log_fault(Role role, pid_t pid, std::string_view what) {
  (void)services_.log.write(Line("fault", Level::error)
                                .add("role", name_of(role))
                                .add("pid", pid == 0 ? "" : std::to_string(pid))
                                .add("what", what));
}

// `p` and those who live and die with it.
std::vector<House::Process*> House::with_fellows(Process& p) {
  std::vector<Process*> group = {&p};
  for (const auto& [a, b] : plan_.fellows) {
    Process* fellow = a == p.role ? find(b) : b == p.role ? find(a) : nullptr;
    if (fellow != nullptr) group.push_back(fellow);
  }
  return group;
}

void House::retire(std::function<void()> empty) {
  retiring_ = true;
  emptied_ = std::move(empty);
  for (auto& p : processes_) p->restart.cancel();
  tell_rest_to_go();
  if (is_empty() && emptied_) std::exchange(emptied_, nullptr)();
}

// The first role of the plan that still runs is told; the others serve it to its end.
void House::tell_rest_to_go() {
  for (auto it = processes_.rbegin(); it != processes_.rend(); ++it) {
    Process& p = **it;
    if (p.pid == 0) continue;
    if (p.control.send(Retire{}) != Told::sent) (void)::kill(p.pid, SIGKILL);
    return;
  }
}

}  // namespace postern
