// The first steps of every role, and its ear for the master.  Called by the entry
// functions of the roles.  What a role is for belongs to its room, and what a jail is to
// jail.cc.

#include "common/role_process.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "common/sandbox.h"
#include "common/secret.h"

namespace postern {
namespace {

constexpr int control_channel = 3;
constexpr int patience_ms = 30'000;       // a master that hands nothing over is broken
constexpr std::size_t settings_limit = 1024 * 1024;

// A role has no business with the signals of a terminal; its master says when to go.  And
// a file that may not grow is an error to be seen, not a death.
void ignore_terminal() {
  for (const int number : {SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGTERM, SIGXFSZ})
    (void)::signal(number, SIG_IGN);  // cannot fail for these numbers
}

// What libraries do at their first use, and only there, with files: the time zone, and
// OpenSSL's configuration (which is not wanted).
Result<void> wake_libraries() {
  const time_t zero = 0;
  tm utc{};
  (void)::gmtime_r(&zero, &utc);
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) != 1) return fail("cannot start OpenSSL");
  return {};
}

}  // namespace

Result<std::string> read_all(int fd, std::size_t limit) {
  std::string all;
  Secret<16384> piece;  // it may be a key, which is shorter than that: `all` leaves no copies by growing
  const std::span<std::byte> room = piece.fill(piece.capacity);
  for (;;) {
    const ssize_t n = ::pread(fd, room.data(), room.size(), static_cast<off_t>(all.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot read");
    if (n == 0) return all;
    if (limit - all.size() < static_cast<std::size_t>(n)) return fail("longer than allowed");
    all.append(piece.text().substr(0, static_cast<std::size_t>(n)));
  }
}

RoleProcess::RoleProcess(Daemon daemon, Role role, Loop loop)
    : daemon_(daemon), role_(role), loop_(std::move(loop)) {}

Result<RoleProcess> RoleProcess::take_over(Daemon daemon, Role role) {
  ignore_terminal();
  TRY_VOID(wake_libraries());
  RoleProcess self(daemon, role, TRY(Loop::open()));
  self.master_ = Channel(UniqueFd::adopt(control_channel), role, Role::master);
  TRY_VOID(self.take_inheritance());
  TRY_VOID(self.open_log());
  return self;
}

Result<void> RoleProcess::take_inheritance() {
  for (;;) {
    Packet packet;
    if (master_.await(packet, patience_ms) != Heard::packet) return fail("the master hands nothing over");
    if (packet.read(start_)) return {};
    Hand hand;
    if (!packet.read(hand)) return fail("the master says what it should not");
    Handed handed{hand.item, hand.role, hand.index, std::string(hand.text.view()),
                  std::move(packet.descriptors[0])};
    if (handed.item == Item::settings) {
      settings_text_ = TRY(read_all(handed.fd.get(), settings_limit));
      settings_name_ = handed.text;
    } else {
      handed_.push_back(std::move(handed));
    }
  }
}

Result<void> RoleProcess::open_log() {
  UniqueFd channel = take(Item::log);
  if (!channel) return {};  // the logger itself has none
  const auto on_failure = start_.log_must_record ? OnLogFailure::deny : OnLogFailure::proceed;
  log_ = TRY(Log::open(std::move(channel), take(Item::log_page), on_failure, start_.verbose));
  return {};
}

UniqueFd RoleProcess::take(Item item, Role role, std::uint32_t index) {
  for (Handed& h : handed_)
    if (h.item == item && h.role == role && h.index == index && h.fd) return std::move(h.fd);
  return {};
}

std::vector<Handed> RoleProcess::take_all(Item item) {
  std::vector<Handed> found;
  for (Handed& h : handed_)
    if (h.item == item && h.fd) found.push_back(std::move(h));
  return found;
}

Result<void> RoleProcess::enter_jail(bool client_address,
                                     const std::function<Result<void>()>& before_filter) {
  handed_.clear();
  JailPlan plan;
  plan.row = find_role(daemon_, role_);
  if (plan.row == nullptr) return fail("no such role");
  plan.directory = std::string(start_.jail.view());
  plan.uid = start_.uid;
  plan.gid = start_.gid;
  plan.client_address = client_address && plan.row->raw_addresses;
  Sandbox filter = TRY(Sandbox::compile(role_, plan.client_address));
  TRY_VOID(postern::enter_jail(plan));
  if (before_filter) TRY_VOID(before_filter());
  return filter.install();
}

Result<void> RoleProcess::ready() {
  from_master_ = std::make_unique<Watcher>();
  TRY_VOID(from_master_->start(loop_, master_.fd(), EPOLLIN, [this](std::uint32_t) { hear_master(); }));
  if (master_.send(Ready{}) != Told::sent) return fail("the master is gone");
  return {};
}

void RoleProcess::hear_master() {
  for (;;) {
    Packet packet;
    const Heard heard = master_.receive(packet);
    if (heard == Heard::nothing) return;
    if (heard != Heard::packet) return loop_.stop(0);  // without a master there is no role
    obey(packet);
  }
}

void RoleProcess::obey(Packet& packet) {
  Hand hand;
  Retire retire;
  Trace trace;
  KillWorkers kill;
  if (packet.read(hand)) {
    Handed handed{hand.item, hand.role, hand.index, std::string(hand.text.view()),
                  std::move(packet.descriptors[0])};
    if (on_hand) on_hand(std::move(handed));
  } else if (packet.read(retire)) {
    if (on_retire) on_retire();
    else loop_.stop(0);
  } else if (packet.read(trace)) {
    if (on_trace) on_trace(trace.on);
  } else if (packet.read(kill)) {
    for (const std::uint64_t number : kill.workers)
      if (number != 0 && on_kill_worker) on_kill_worker(number);
  } else {
    reload(packet);
  }
}

void RoleProcess::reload(Packet& packet) {
  Reload order;
  if (!packet.read(order)) return loop_.stop(exit_contradiction);
  Reloaded answer;
  Result<std::string> text = read_all(packet.descriptors[0].get(), settings_limit);
  if (!text) answer.reason = Text<1000>(text.error().what);
  else if (!on_reload) answer.reason = Text<1000>("this role cannot change its settings");
  else if (Result<void> taken = on_reload(*text, std::string(order.text.view())); !taken)
    answer.reason = Text<1000>(taken.error().what);
  else answer.taken = true;
  if (master_.send(answer) != Told::sent) loop_.stop(0);
}

std::string describe_end(int status) {
  if (!WIFSIGNALED(status)) return "exit " + std::to_string(WEXITSTATUS(status));
  const char* name = ::sigabbrev_np(WTERMSIG(status));
  return std::string("killed by SIG") + (name != nullptr ? name : "?");
}

}  // namespace postern
