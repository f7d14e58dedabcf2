// A line leaves its queue, which is the kernel's socket buffer, only after syslog has
// taken it: it is looked at (MSG_PEEK; SO_PEEK_OFF shows one packet after the other), sent,
// and only then received.  So nothing is
// lost when syslogd restarts, nor when this process dies; at worst a line is written
// twice.  The queue is bounded by the socket's buffer; when it is full, writers wait,
// and then say no (R9, R10).  Never add a decision about what is logged here.

#include "common/logger.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <deque>
#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include "common/eight.h"
#include "common/packets.h"

namespace postern {
namespace {

constexpr Duration beat = milliseconds(250);
constexpr Duration patience = seconds(5);  // that long lines may wait and still count as recorded
constexpr std::size_t said_kept = 1024;  // above any net.unix.max_dgram_qlen in use
constexpr int batches_a_round = 64;  // of one source before the others have their turn
constexpr std::size_t lines_at_once = 32, longest_packet = line_packet_bytes + 64;
constexpr int queue_packets = 4096;  // more than a queue holds
constexpr int rest_ms = 2;
constexpr int facility_daemon = 3, facility_authpriv = 10;

struct Seen {  // a packet that was looked at
  std::uint32_t pid = 0;  // of its sender
  std::string text;
};

struct Source {  // one role's lines
  Role role;
  UniqueFd fd;
  std::deque<Seen> seen;   // its oldest packets; they are in the queue still
  std::size_t passed = 0;  // bytes of the first of them that syslog has
  std::size_t overlong = 0;  // bytes of the last of them that had no room, and come next
  std::unique_ptr<Watcher> watcher = std::make_unique<Watcher>();
};

enum class Passed : std::uint8_t { nothing, stuck, some };

struct Cursor {  // behind a line of the packets that were seen
  std::size_t packet = 0, at = 0;
};

class Logger {
 public:
  explicit Logger(RoleProcess& self) : self_(self), loop_(self.loop()) {}

  Result<void> open();
  Result<void> start();

 private:
  Result<void> watch(Source& source);
  Passed drain(Source& source);
  void look(Source& source);
  Passed pass_some(Source& source);
  bool next_line(const Source& source, Cursor& cursor, std::string& datagram);
  void take_up_to(Source& source, Cursor reached);
  void take(Source& source, std::size_t count);
  std::string write_out(std::string_view line, Role role, std::uint32_t pid);
  void stamp();
  void copy_to_stderr(std::string_view datagram) const;
  void rest();
  void take_way(UniqueFd way);
  void await_room();
  std::size_t say(std::span<std::string> datagrams);
  bool say_again();
  void lose_way();
  void set_stuck(bool stuck);
  void leave();
  void tick();

  RoleProcess& self_;
  Loop& loop_;
  std::vector<Source> sources_;
  std::size_t first_ = 0;  // of them, whose turn it is
  UniqueFd syslog_;
  std::deque<std::string> said_;   // lines that syslogd has, and may not have read yet
  std::deque<std::string> again_;  // those that it took with it when it went
  Watcher room_;  // a syslogd that was behind takes lines again
  LogPage* page_ = nullptr;
  bool stuck_ = false, leaving_ = false;
  Mono waiting_since_{};  // since when lines could not be passed on; zero: they can
  Timer timer_, rest_;
  std::int64_t stamped_ = -1;  // the second of stamp_
  std::string stamp_;
};

Result<void> Logger::open() {
  UniqueFd page = self_.take(Item::log_page);
  page_ = page ? map_log_page(page.get(), true) : nullptr;
  if (page_ == nullptr) return fail("cannot map the log page");
  syslog_ = self_.take(Item::syslog);
  for (Handed& h : self_.take_all(Item::log_in)) {
    const int from_the_start = 0;
    if (::setsockopt(h.fd.get(), SOL_SOCKET, SO_PEEK_OFF, &from_the_start, sizeof from_the_start) != 0)
      return fail_errno("cannot look through a queue of lines");
    sources_.push_back({h.role, std::move(h.fd), {}});
  }
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
                                 if (stuck_) return source.watcher->stop();  // its writers are gone
                                 (void)drain(source);  // the rest comes in the next round
                                 if (leaving_) leave();
                               });
}

Passed Logger::drain(Source& source) {
  Passed passed = Passed::some;
  for (int i = 0; i < batches_a_round && passed == Passed::some; ++i) passed = pass_some(source);
  if (passed == Passed::stuck) {
    first_ = static_cast<std::size_t>(&source - sources_.data()) + 1;
    set_stuck(true);
  }
  if (passed == Passed::nothing && !leaving_ && !rest_.active()) rest_.set(loop_, loop_.now(), [this] { rest(); });
  return passed;
}

// Lines come by ones and twos, and waking up for each costs more than writing it; they lie
// well in their queues for a moment, and then some go together.
void Logger::rest() {
  if (!leaving_ && !stuck_) (void)::poll(nullptr, 0, rest_ms);
}

// Looks at the next packets of `source`, without taking them.  With MSG_TRUNC it is told how long each
// is: what has no room of an overlong one would be shown as if it were the next.
void Logger::look(Source& source) {
  static Packets packets(longest_packet);
  if (source.seen.size() >= Packets::at_once) return;
  const std::size_t count = packets.receive(source.fd.get(), Packets::at_once - source.seen.size(), MSG_PEEK | MSG_TRUNC);
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<ucred> sender = packets.sender(i);
    if (packets.length(i) == 0 && !sender) {  // not an empty packet, which has one: nothing comes any more
      source.watcher->stop();
      return;
    }
    const std::string_view text = packets.text(i);
    const bool is_rest = source.overlong > 0;
    source.overlong = packets.length(i) - text.size();
    if (!is_rest) source.seen.push_back({sender ? static_cast<std::uint32_t>(sender->pid) : 0, std::string(text)});
  }
}

// Passes on as many lines of `source` as go at once, and takes the packets from the queue of
// which syslog has all; what it has of another one is not sent again.
Passed Logger::pass_some(Source& source) {
  look(source);
  if (source.seen.empty()) return Passed::nothing;
  stamp();
  std::array<std::string, lines_at_once> datagrams;
  std::array<Cursor, lines_at_once + 1> ends{};
  ends[0].at = source.passed;
  std::size_t count = 0;
  for (Cursor at = ends[0]; count < lines_at_once && next_line(source, at, datagrams[count]);) ends[++count] = at;
  const std::size_t said = say_again() ? say(std::span(datagrams).first(count)) : 0;
  take_up_to(source, ends[said]);
  if (said < count) return Passed::stuck;
  waiting_since_ = {};
  return Passed::some;
}

// The line at `cursor`, which moves behind it; false when no more was seen.
bool Logger::next_line(const Source& source, Cursor& cursor, std::string& datagram) {
  for (; cursor.packet < source.seen.size(); cursor = {cursor.packet + 1, 0}) {
    const Seen& packet = source.seen[cursor.packet];
    const std::string_view all(packet.text);
    if (cursor.at >= all.size()) continue;
    const std::size_t end = std::min(all.find(line_separator, cursor.at), all.size());
    datagram = write_out(all.substr(cursor.at, end - cursor.at), source.role, packet.pid);
    cursor.at = end + 1;
    return true;
  }
  return false;
}

void Logger::take_up_to(Source& source, Cursor reached) {
  std::size_t whole = reached.packet;
  for (; whole < source.seen.size() && reached.at >= source.seen[whole].text.size(); ++whole) reached.at = 0;
  take(source, whole);
  source.passed = reached.at;
}

// Takes the first `count` packets that were seen.  An empty one before them that a logger before us
// looked at was not shown again.
void Logger::take(Source& source, std::size_t count) {
  static Packets packets(0);
  for (int i = 0; i < queue_packets && count > 0; ++i) {
    const std::size_t taken = packets.receive(source.fd.get(), count, MSG_TRUNC);
    if (taken == 0) break;
    for (std::size_t j = 0; j < taken; ++j) {
      if (packets.length(j) == 0 && !source.seen.front().text.empty()) continue;
      source.seen.pop_front();
      --count;
    }
  }
  for (; count > 0; --count) source.seen.pop_front();
  if (source.seen.empty()) source.overlong = 0;  // it went as a whole
}

// The time of lines from now on, "Nov 21 03:04:05 " (RFC 3164), in UTC.
void Logger::stamp() {
  const time_t now = read_wall().s;
  if (now == stamped_) return;
  tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32] = "";
  (void)::strftime(text, sizeof text, "%b %e %H:%M:%S ", &utc);
  stamp_ = text;
  stamped_ = now;
}

// The datagram of one line: a level, and what is behind it.
std::string Logger::write_out(std::string_view line, Role role, std::uint32_t pid) {
  const int facility = self_.daemon() == Daemon::authd ? facility_authpriv : facility_daemon;
  const bool known_level = !line.empty() && line[0] >= '0' && line[0] <= '7';
  const int level = known_level ? line[0] - '0' : 4;
  line = line.substr(std::min<std::size_t>(1, line.size()), Line::longest);
  std::string out;
  out.reserve(line.size() + 96);
  out.append("<").append(std::to_string(facility * 8 + level)).append(">").append(stamp_);
  out.append(name_of(self_.daemon())).append("/").append(name_of(role));
  out.append("[").append(std::to_string(pid)).append("]: ");
  const std::size_t unfit = out.size() + span_of_visible(line);  // what a terminal obeys; mostly nothing
  out += line;
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(unfit), out.end(), [](char c) { return !is_visible(c); }, '?');
  return out;
}

// A copy for whoever watches.
void Logger::copy_to_stderr(std::string_view datagram) const {
  if (!self_.start().verbose && !self_.start().foreground) return;
  std::string text(datagram.substr(datagram.find('>') + 1));
  text += '\n';
  (void)!::write(2, text.data(), text.size());
}

// Sends datagrams, in order, until one is not taken; how many were.  What syslogd had not
// read when it went is gone with its socket, so lines are kept until it has been seen with
// nothing left to read, alive.
std::size_t Logger::say(std::span<std::string> datagrams) {
  std::array<iovec, lines_at_once> parts{};
  std::array<mmsghdr, lines_at_once> packets{};
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    parts[i] = {datagrams[i].data(), datagrams[i].size()};
    packets[i].msg_hdr.msg_iov = &parts[i];
    packets[i].msg_hdr.msg_iovlen = 1;
  }
  std::size_t said = 0;
  while (syslog_ && said < datagrams.size()) {
    int unread = -1;
    const bool all_read = ::ioctl(syslog_.get(), SIOCOUTQ, &unread) == 0 && unread == 0;
    const auto left = static_cast<unsigned>(datagrams.size() - said);
    const int n = ::sendmmsg(syslog_.get(), &packets[said], left, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0) {
      if (errno == EAGAIN) await_room();
      else if (errno != ENOBUFS) lose_way();
      break;
    }
    if (all_read) said_.clear();  // it took the first, so it lived when it had read all others
    for (const std::size_t end = said + static_cast<std::size_t>(n); said < end; ++said) {
      copy_to_stderr(datagrams[said]);
      if (said_.size() == said_kept) said_.pop_front();  // no syslogd has so many before it
      said_.push_back(std::move(datagrams[said]));
    }
  }
  return said;
}

// What the syslogd before may not have read; at worst it is written twice.
bool Logger::say_again() {
  while (!again_.empty()) {
    std::string datagram = again_.front();
    if (say(std::span(&datagram, 1)) == 0) return false;
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
  // Who made syslogd fall behind comes last then: the kernel reports in this order.
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[(first_ + i) % sources_.size()];
    const bool watched = source.watcher->active();
    const bool good = watched ? source.watcher->want(stuck ? 0U : std::uint32_t{EPOLLIN}) : stuck || watch(source).has_value();
    if (!good) loop_.stop(exit_system);
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
