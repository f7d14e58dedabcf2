// The master of every daemon.  It starts as root, opens what needs root, and from
// then on supervises: it reads nothing that came from the network.  Called by the main.cc
// of each daemon, which says what is different there; never put a daemon's name here.

#include "common/master.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/in_place_reload.h"
#include "common/log_hub.h"
#include "common/options.h"

namespace postern {
namespace {

constexpr std::size_t config_limit = 256 * 1024;
constexpr Duration stop_patience = seconds(2);

Result<std::string> read_file(const std::string& path) {
  const UniqueFd fd = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(path + ": cannot open");
  Result<std::string> text = read_all(fd.get(), config_limit);
  if (!text) return within(path, text.error());
  return text;
}

// The running master.
class Master {
 public:
  Master(DaemonPlan& plan, const Options& options, Loop& loop, UniqueFd parent)
      : plan_(plan), options_(options), loop_(loop), parent_(std::move(parent)), in_place_(loop) {}
  ~Master() { plan_.ending(); }  // the plan outlives the loop, its timers must not
  Master(const Master&) = delete;
  Master& operator=(const Master&) = delete;

  Result<void> begin(HousePlan house);
  void end();
  std::string failure;

 private:
  Result<void> watch_signals();
  Result<void> write_pidfile(const std::string& path);
  HouseServices services();
  void start_house(HousePlan plan);
  void is_serving();
  void start_failed(const Error& error);
  void on_signal();
  void reap();
  void reload();
  void reload_beside(HousePlan fresh);
  void reload_result(const Result<void>& result);
  void heard(Role role, Packet& packet);
  void stop();
  void toggle_trace();
  void tell_traced(const std::string& before);
  void tell_parent(char word);

  DaemonPlan& plan_;
  const Options& options_;
  Loop& loop_;
  UniqueFd parent_, pidfile_, signals_;
  std::string pidfile_path_;
  Watcher signal_watcher_;
  Timer stop_timer_;
  std::unique_ptr<LogHub> hub_;
  HousePlan first_plan_;
  std::unique_ptr<House> house_, next_;
  std::vector<std::unique_ptr<House>> leaving_;
  std::uint64_t next_instance_ = 1;
  InPlaceReload in_place_;
  bool trace_ = false;
};

Result<void> Master::begin(HousePlan house) {
  TRY_VOID(write_pidfile(house.pidfile));  // first: the second of two says that it runs already
  TRY_VOID(plan_.open(house));
  TRY_VOID(watch_signals());
  const auto on_failure = house.log_must_record ? OnLogFailure::deny : OnLogFailure::proceed;
  hub_ = TRY(LogHub::open(house.daemon, house.log_socket, on_failure, options_.verbose));
  first_plan_ = std::move(house);
  hub_->start(first_plan_, services(), [this](Result<void> started) {
    if (!started) return start_failed(started.error());
    start_house(std::move(first_plan_));
  });
  return {};
}

Result<void> Master::watch_signals() {
  if (::signal(SIGCHLD, SIG_DFL) == SIG_ERR) return fail_errno("cannot watch children");  // a caller may ignore it
  sigset_t set;
  ::sigemptyset(&set);
  for (const int s : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1}) ::sigaddset(&set, s);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return fail_errno("cannot block signals");
  signals_ = UniqueFd::adopt(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_) return fail_errno("cannot watch signals");
  return signal_watcher_.start(loop_, signals_.get(), EPOLLIN, [this](std::uint32_t) { on_signal(); });
}

// The lock on it says that this master lives.
Result<void> Master::write_pidfile(const std::string& path) {
  if (path.empty()) return {};
  pidfile_ = UniqueFd::adopt(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!pidfile_) return fail_errno("cannot open " + path);
  if (::flock(pidfile_.get(), LOCK_EX | LOCK_NB) != 0) return fail(path + " is locked: it runs already");
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(pidfile_.get(), 0) != 0 ||
      ::write(pidfile_.get(), pid.data(), pid.size()) != static_cast<ssize_t>(pid.size()))
    return fail_errno("cannot write " + path);
  pidfile_path_ = path;
  return {};
}

HouseServices Master::services() {
  return {loop_,
          hub_->log(),
          [this](Role role, Giver& giver) { hub_->provide(role, giver); },
          {},
          {},
          options_.verbose,
          options_.foreground,
          &next_instance_};
}

void Master::start_house(HousePlan plan) {
  HouseServices s = services();
  s.on_ready = [this](Role role, Channel&) {
    plan_.role_ready(*house_, role);
    in_place_.restarted(role);
  };
  s.on_word = [this](Role role, Packet& packet) { heard(role, packet); };
  house_ = std::make_unique<House>(std::move(plan), std::move(s));
  house_->start([this](Result<void> started) {
    if (!started) return start_failed(started.error());
    is_serving();
  });
}

void Master::is_serving() {
  Houses houses;
  houses.current = [this] { return house_.get(); };
  houses.each = [this](const std::function<void(House&)>& visit) {
    if (house_) visit(*house_);
    for (auto& old : leaving_) visit(*old);
  };
  if (Result<void> r = plan_.serving(loop_, hub_->log(), std::move(houses)); !r) return start_failed(r.error());
  tell_traced({});
  const bool logged = hub_->log().write(Line("start", Level::notice).add("version", POSTERN_VERSION).add("result", "ok"));
  if (!logged && house_->plan().log_must_record) return start_failed(Error{"cannot write the log", 0});
  tell_parent('+');
}

void Master::start_failed(const Error& error) {
  failure = error.what;
  loop_.stop(exit_system);
}

void Master::tell_parent(char word) {
  if (!parent_) return;
  (void)!::write(parent_.get(), &word, 1);  // a parent that is gone needs no answer
  parent_.reset();
  const UniqueFd null = UniqueFd::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null) for (const int fd : {0, 1, 2}) (void)::dup2(null.get(), fd);
}

void Master::on_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD) reap();
    else if (info.ssi_signo == SIGHUP) reload();
    else if (info.ssi_signo == SIGUSR1) toggle_trace();
    else stop();
  }
}

void Master::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    if (hub_ && hub_->reaped(pid, status)) continue;
    if (house_ && house_->reaped(pid, status)) continue;
    if (next_ && next_->reaped(pid, status)) continue;
    for (auto& old : leaving_)
      if (old->reaped(pid, status)) break;
    std::erase_if(leaving_, [](const auto& old) { return old->is_empty(); });
  }
}

void Master::reload() {
  if (next_ || in_place_.under_way() || !house_) return reload_result(fail("a reload is under way"));
  Result<std::string> text = read_file(options_.config);
  if (!text) return reload_result(Failure(text.error()));
  Result<HousePlan> fresh = plan_.read(*text, options_.config);
  if (!fresh) return reload_result(Failure(fresh.error()));
  if (Result<void> r = plan_.may_replace(); !r) return reload_result(r);
  if (Result<void> r = plan_.check(); !r) return reload_result(r);
  if (!plan_.reloads_in_place()) return reload_beside(std::move(*fresh));
  if (Result<void> r = plan_.open_again(*fresh); !r) return reload_result(r);
  in_place_.begin(*house_, std::move(*fresh), [this](const Result<void>& result) { reload_result(result); });
}

void Master::reload_beside(HousePlan fresh) {
  if (Result<void> r = plan_.open(fresh); !r) return reload_result(r);
  HouseServices s = services();
  s.on_ready = [this](Role role, Channel&) { if (!next_) plan_.role_ready(*house_, role); };
  s.on_word = [this](Role role, Packet& packet) { heard(role, packet); };
  next_ = std::make_unique<House>(std::move(fresh), std::move(s));
  next_->trace = trace_;
  next_->start([this](Result<void> started) {
    if (!started) {
      leaving_.push_back(std::move(next_));
      leaving_.back()->retire({});
      return reload_result(started);
    }
    leaving_.push_back(std::move(house_));
    house_ = std::move(next_);
    tell_traced(leaving_.back()->plan().traced);
    for (const Role role : house_->plan().roles) plan_.role_ready(*house_, role);
    leaving_.back()->retire({});
    reload_result({});
  });
}

void Master::reload_result(const Result<void>& result) {
  Line line("reload", result ? Level::notice : Level::error);
  line.add("version", POSTERN_VERSION);
  line.add("result", result ? std::string_view("ok") : std::string_view(result.error().what));
  (void)hub_->log().write(line);  // the service goes on either way
}

void Master::heard(Role role, Packet& packet) {
  Reloaded answer;
  if (packet.read(answer)) in_place_.heard(role, answer);
}

// That the configuration has something else traced than before, which was `before`.
void Master::tell_traced(const std::string& before) {
  const std::string& now = house_->plan().traced;
  if (now == before) return;
  (void)hub_->log().write(Line("trace", Level::notice).add("state", now.empty() ? "off" : "on").add("by", "configuration").add("what", now));
}

void Master::toggle_trace() {
  if (!plan_.traces()) {
    (void)hub_->log().write(Line("trace", Level::notice).add("state", "none"));
    return;
  }
  trace_ = !trace_;
  (void)hub_->log().write(Line("trace", Level::notice).add("state", trace_ ? "on" : "off").add("by", "signal"));
  if (!house_) return;
  house_->trace = trace_;
  Trace order;
  order.on = trace_;
  for (const Role role : house_->plan().roles)
    if (Channel* control = house_->control(role)) (void)control->send(order);
}

// The roles go at once; the logger may finish what is queued.
void Master::stop() {
  if (stop_timer_.active()) return;
  (void)hub_->log().write(Line("stop", Level::notice).add("version", POSTERN_VERSION).add("result", "ok"));
  in_place_.cancel();
  house_.reset();
  next_.reset();
  leaving_.clear();
  stop_timer_.set(loop_, loop_.now() + stop_patience, [this] { loop_.stop(0); });
  hub_->retire([this] { loop_.stop(0); });
}

void Master::end() {
  if (!pidfile_path_.empty()) (void)::unlink(pidfile_path_.c_str());
}

// In the background: the caller's process waits until the daemon serves, and says so
// with its exit code.  Returns the pipe to it, or ends the process.
UniqueFd go_to_background() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) ::_exit(exit_system);
  UniqueFd in = UniqueFd::adopt(ends[0]), out = UniqueFd::adopt(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) ::_exit(exit_system);
  if (pid == 0) {
    (void)::setsid();
    return out;
  }
  out.reset();
  char word = 0;
  ssize_t n = 0;
  do n = ::read(in.get(), &word, 1);
  while (n < 0 && errno == EINTR);
  if (n == 1 && word == '+') ::_exit(0);
  int status = 0;
  (void)::waitpid(pid, &status, 0);
  ::_exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : exit_system);
}

int complain(const std::string& what, int code) {
  (void)std::fprintf(stderr, "%s\n", what.c_str());
  return code;
}

// As many descriptors as the roles may need: a role can only lower its limit.
void raise_limits() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max = 1048576;  // root may; where not, the role's own limit says so
  (void)::setrlimit(RLIMIT_NOFILE, &files);
}

int run_master(DaemonPlan& plan, const Options& options, HousePlan house) {
  UniqueFd parent = options.foreground ? UniqueFd() : go_to_background();
  const std::string name(name_of(plan.daemon()));
  raise_limits();
  ::umask(022);
  (void)::prctl(PR_SET_NAME, name.c_str(), 0, 0, 0);
  (void)::signal(SIGPIPE, SIG_IGN);
  Result<Loop> loop = Loop::open();
  if (!loop) return complain(name + ": " + loop.error().what, exit_system);
  Master master(plan, options, *loop, std::move(parent));
  const Result<void> begun = master.begin(std::move(house));
  const Result<int> code = begun ? loop->run() : Result<int>(Failure(begun.error()));
  master.end();
  if (!code) return complain(name + ": " + code.error().what, exit_system);
  if (!master.failure.empty()) return complain(name + ": " + master.failure, *code);
  return *code;
}

// Not within live_as, nor live_as_master within run_daemon: a role, and each of its workers, would have
// the room for their variables on its stack for good.
[[gnu::noinline]] int end_with(RoleProcess& self, const Error& error) {
  Failed failed;
  failed.code = exit_system;
  failed.text = Text<1000>(error.what);
  (void)self.master().send(failed);
  return exit_system;
}

// The whole life of a role's process.  A failure is told to the master first; when it
// has taken the channel with it, the exit code says it alone.
int live_as(DaemonPlan& plan, Role role) {
  Result<RoleProcess> self = RoleProcess::take_over(plan.daemon(), role);
  if (!self) return exit_system;
  const Result<int> code = plan.live(*self);
  return code ? *code : end_with(*self, code.error());
}

// The title says all; what else stands behind it (--role=...) only confuses `ps`.
void keep_only_title(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) std::fill_n(argv[i], std::strlen(argv[i]), '\0');
}

[[gnu::noinline]] int live_as_master(DaemonPlan& plan, const Options& options) {
  const Result<std::string> text = read_file(options.config);
  if (!text) return complain(text.error().what, exit_config);
  Result<HousePlan> house = plan.read(*text, options.config);
  if (!house) return complain(house.error().what, exit_config);
  if (::geteuid() != 0 && !options.check_only) return complain(std::string(name_of(plan.daemon())) + ": must be started as root", exit_system);
  if (const Result<void> checked = plan.check(); !checked) return complain(checked.error().what, exit_config);
  if (options.check_only) return 0;
  return run_master(plan, options, std::move(*house));
}

}  // namespace

int run_daemon(int argc, char** argv, DaemonPlan& plan) {
  const Result<Options> options = read_options(argc, argv, plan.daemon());
  if (!options) return complain(options.error().what, exit_config);
  if (options->version) {
    (void)std::printf("postern %s %s\n%s\n", std::string(name_of(plan.daemon())).c_str(), POSTERN_VERSION,
                      OpenSSL_version(OPENSSL_VERSION));
    return 0;
  }
  if (options->role != Role::none) {
    keep_only_title(argc, argv);
    return live_as(plan, options->role);
  }
  return live_as_master(plan, *options);
}

}  // namespace postern
