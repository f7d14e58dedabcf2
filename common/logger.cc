// A line leaves its queue, which is the kernel's socket buffer, only after syslog has
// taken it: it is looked at (MSG_PEEK), sent, and only then received.  So nothing is
// lost when syslogd restarts, nor when this process dies; at worst a line is written
// twice.  The queue is bounded by the socket's buffer; when it is full, writers wait,
// and then say no (R9, R10).  Never add a decision about what is logged here.

#include "common/logger.h"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <deque>
#include <cstdio>
#include <memory>
#include <vector>

namespace postern {
namespace {

constexpr Duration beat = milliseconds(250);
constexpr Duration patience = seconds(5);  // that long lines may wait and still count as recorded
constexpr std::size_t said_kept = 1024;  // above any net.unix.max_dgram_qlen in use
constexpr int lines_a_round = 64;
constexpr int facility_daemon = 3, facility_authpriv = 10;

struct Source {  // one role's lines
  Role role;
  UniqueFd fd;
  std::unique_ptr<Watcher> watcher = std::make_unique<Watcher>();
};

enum class Passed : std::uint8_t { nothing, stuck, line };

class Logger {
 public:
  explicit Logger(RoleProcess& self) : self_(self), loop_(self.loop()) {}

  Result<void> open();
  Result<void> start();

 private:
  Result<void> watch(Source& source);
  Passed drain(Source& source);
  Passed pass_one(Source& source);
  bool write_out(std::span<const char> line, Role role, std::uint32_t pid);
  std::string head(char level, Role role, std::uint32_t pid) const;
  void take_way(UniqueFd way);
  void await_room();
  bool say(const std::string& datagram);
  bool say_again();
  void lose_way();
  void set_stuck(bool stuck);
  void leave();
  void tick();

  RoleProcess& self_;
  Loop& loop_;
  std::vector<Source> sources_;
  UniqueFd syslog_;
  std::deque<std::string> said_;   // lines that syslogd has, and may not have read yet
  std::deque<std::string> again_;  // those that it took with it when it went
  Watcher room_;  // a syslogd that was behind takes lines again
  LogPage* page_ = nullptr;
  bool stuck_ = false, leaving_ = false;
  Mono waiting_since_{};  // since when lines could not be passed on; zero: they can
  Timer timer_;
};

Result<void> Logger::open() {
  UniqueFd page = self_.take(Item::log_page);
  page_ = page ? map_log_page(page.get(), true) : nullptr;
  if (page_ == nullptr) return fail("cannot map the log page");
  syslog_ = self_.take(Item::syslog);
  for (Handed& h : self_.take_all(Item::log_in)) sources_.push_back({h.role, std::move(h.fd)});
  self_.on_hand = [this](Handed handed) {
    if (handed.item == Item::syslog) take_way(std::move(handed.fd));
  };
  self_.on_retire = [this] { leave(); };
  return {};
}

Result<void> Logger::start() {
  for (Source& source : sources_) TRY_VOID(watch(source));
  tick();
  return {};
}

Result<void> Logger::watch(Source& source) {
  return source.watcher->start(loop_, source.fd.get(), EPOLLIN,
                               [this, &source](std::uint32_t) {
                                 (void)drain(source);  // the rest comes in the next round
                                 if (leaving_) leave();
                               });
}

Passed Logger::drain(Source& source) {
  Passed passed = Passed::line;
  for (int i = 0; i < lines_a_round && passed == Passed::line; ++i) passed = pass_one(source);
  if (passed == Passed::stuck) set_stuck(true);
  return passed;
}

// Passes the oldest line of `source` on, and takes it from the queue when syslog has it.
Passed Logger::pass_one(Source& source) {
  std::array<char, Line::longest + 64> text;
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t n = ::recvmsg(source.fd.get(), &header, MSG_DONTWAIT | MSG_PEEK);
  if (n < 0) return Passed::nothing;
  ucred who{};
  const cmsghdr* c = CMSG_FIRSTHDR(&header);
  if (n == 0 && c == nullptr) {  // not an empty line, which has a sender: nothing comes any more
    source.watcher->stop();
    return Passed::nothing;
  }
  if (c != nullptr && c->cmsg_type == SCM_CREDENTIALS) std::memcpy(&who, CMSG_DATA(c), sizeof who);
  const std::span<const char> line(text.data(), static_cast<std::size_t>(n));
  if (n > 0 && !write_out(line, source.role, static_cast<std::uint32_t>(who.pid))) return Passed::stuck;
  waiting_since_ = {};
  char gone = 0;
  (void)::recv(source.fd.get(), &gone, 1, MSG_DONTWAIT);  // the very line that was peeked at
  return Passed::line;
}

std::string Logger::head(char level, Role role, std::uint32_t pid) const {
  const int facility = self_.daemon() == Daemon::authd ? facility_authpriv : facility_daemon;
  const time_t now = read_wall().s;
  tm utc{};
  ::gmtime_r(&now, &utc);
  char stamp[32] = "";
  (void)::strftime(stamp, sizeof stamp, "%b %e %H:%M:%S", &utc);  // RFC 3164, in UTC
  return "<" + std::to_string(facility * 8 + (level - '0')) + ">" + stamp + " " +
         std::string(name_of(self_.daemon())) + "/" + std::string(name_of(role)) + "[" +
         std::to_string(pid) + "]: ";
}

bool Logger::write_out(std::span<const char> line, Role role, std::uint32_t pid) {
  const bool known_level = line[0] >= '0' && line[0] <= '7';
  std::string out = head(known_level ? line[0] : '4', role, pid);
  const std::size_t prefix = out.find('>') + 1;
  for (const char c : line.subspan(1))  // a broken role cannot forge a second line
    out += (c >= 0x20 && c <= 0x7e) ? c : '?';
  if (!say_again() || !say(out)) return false;
  if (self_.start().verbose || self_.start().foreground) {
    out += '\n';
    (void)!::write(2, out.data() + prefix, out.size() - prefix);  // a copy for whoever watches
  }
  return true;
}

// Sends one datagram.  What syslogd had not read when it went is gone with its socket, so
// lines are kept until it has been seen with nothing left to read, alive.
bool Logger::say(const std::string& datagram) {
  if (!syslog_) return false;
  int unread = -1;
  const bool all_read = ::ioctl(syslog_.get(), SIOCOUTQ, &unread) == 0 && unread == 0;
  if (::send(syslog_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno == EAGAIN) await_room();
    else if (errno != ENOBUFS) lose_way();
    return false;
  }
  if (all_read) said_.clear();  // it took this one, so it lived when it had read all others
  if (said_.size() == said_kept) said_.pop_front();  // no syslogd has so many before it
  said_.push_back(datagram);
  return true;
}

// What the syslogd before may not have read; at worst it is written twice.
bool Logger::say_again() {
  while (!again_.empty()) {
    const std::string datagram = again_.front();
    if (!say(datagram)) return false;
    again_.pop_front();
  }
  return true;
}

void Logger::lose_way() {
  again_.insert(again_.begin(), said_.begin(), said_.end());
  said_.clear();
  take_way({});
}

void Logger::take_way(UniqueFd way) {
  room_.stop();
  syslog_ = std::move(way);
}

// A syslogd queues ten lines or some hundreds, so being behind is nothing unusual, and
// the next beat would be too late.
void Logger::await_room() {
  (void)room_.start(loop_, syslog_.get(), EPOLLOUT, [this](std::uint32_t) { set_stuck(false); });  // else: the beat
}

void Logger::set_stuck(bool stuck) {
  if (stuck == stuck_) return;
  stuck_ = stuck;
  if (!stuck) room_.stop();
  if (stuck && waiting_since_ == Mono{}) waiting_since_ = loop_.now();
  for (Source& source : sources_) {
    if (stuck) source.watcher->stop();  // do not spin on lines that cannot be passed on
    else if (!watch(source)) loop_.stop(exit_system);
  }
}

// Leaves once all that is queued has been written.  For how long that is tried is the
// master's business.
void Logger::leave() {
  leaving_ = true;
  bool empty = true;
  for (Source& source : sources_) empty = drain(source) == Passed::nothing && empty;
  if (empty) loop_.stop(0);
}

// The heartbeat: tells the others how things are, and tries again when stuck.
void Logger::tick() {
  if (!syslog_ && self_.master().send(NeedSyslog{}) == Told::lost) loop_.stop(0);
  if (syslog_) (void)say_again();
  if (stuck_ && syslog_) {
    set_stuck(false);
    for (Source& source : sources_)
      if (!stuck_) (void)drain(source);
  }
  if (leaving_) leave();
  if (!stuck_ && syslog_) waiting_since_ = {};
  else if (waiting_since_ == Mono{}) waiting_since_ = loop_.now();
  const bool recording = waiting_since_ == Mono{} || loop_.now() - waiting_since_ < patience;
  page_->recording.store(recording ? 1 : 0, std::memory_order_release);
  page_->heartbeat.store(loop_.now().us, std::memory_order_release);
  timer_.set(loop_, loop_.now() + beat, [this] { tick(); });
}

}  // namespace

Result<int> run_logger(RoleProcess& self) {
  Logger logger(self);
  TRY_VOID(logger.open());
  TRY_VOID(self.enter_jail());
  TRY_VOID(logger.start());
  TRY_VOID(self.ready());
  return self.loop().run();
}

}  // namespace postern
