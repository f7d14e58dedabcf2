// The logger, jailed and filtered as it will be, between a master and a syslogd that
// the tests play: no line is lost, and what it says of itself is true.
#include "common/logger.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <ctime>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "unit/catch.h"
#include "unit/common/role_child.h"

using namespace postern;
using test::RoleChild;
using test::Scratch;

namespace {

// A syslogd's socket.
class Syslogd {
 public:
  explicit Syslogd(const std::string& path) {
    name_.sun_family = AF_UNIX;
    std::strcpy(name_.sun_path, path.c_str());
    open();
  }
  void open() {
    (void)::unlink(name_.sun_path);
    fd_ = UniqueFd::adopt(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(fd_.get(), address(), sizeof name_) == 0);
  }
  void close() { fd_.reset(); }
  UniqueFd way() const {
    UniqueFd fd = UniqueFd::adopt(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    REQUIRE(::connect(fd.get(), address(), sizeof name_) == 0);
    return fd;
  }
  // The next line; empty when none comes within `ms`.
  std::string line(int ms = 3000) {
    pollfd wait{fd_.get(), POLLIN, 0};
    char text[8192];
    if (::poll(&wait, 1, ms) != 1) return "";
    const ssize_t n = ::recv(fd_.get(), text, sizeof text, MSG_DONTWAIT);
    return n < 0 ? "" : std::string(text, static_cast<std::size_t>(n));
  }

 private:
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&name_); }
  sockaddr_un name_{};
  UniqueFd fd_;
};

// A logger with the lines of one porter, and perhaps those of another role.
struct Desk {
  Scratch jail, run;
  Syslogd syslogd{run.path() + "/log"};
  UniqueFd in, page_fd;
  LogPage* page = nullptr;
  Log porter;
  UniqueFd raw;  // the porter's end, for lines that no Log would write
  std::pair<Role, UniqueFd> more;
  std::unique_ptr<RoleChild> logger;

  Desk() {
    auto [writable, readable] = make_log_page().value();
    page_fd = std::move(writable);
    page = map_log_page(page_fd.get(), true);
    auto [queue_in, out] = make_channel().value();
    const int on = 1, bytes = 1024 * 1024;
    REQUIRE(::setsockopt(queue_in.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
    REQUIRE(::setsockopt(out.get(), SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) == 0);
    in = std::move(queue_in);
    raw = UniqueFd::adopt(::dup(out.get()));
    porter = Log::open(std::move(out), std::move(readable), OnLogFailure::deny, false).value();
  }
  ~Desk() { (void)::munmap(page, sizeof *page); }

  void start(bool with_way = true, Daemon daemon = Daemon::redird) {
    logger = std::make_unique<RoleChild>(daemon, Role::logger, run_logger);
    REQUIRE(logger->give(Item::log_in, in.get(), Role::porter));
    if (more.second) REQUIRE(logger->give(Item::log_in, more.second.get(), more.first));
    REQUIRE(logger->give(Item::log_page, page_fd.get()));
    if (with_way) REQUIRE(logger->give(Item::syslog, syslogd.way().get()));
    CHECK(logger->start(jail.path()) == "");
  }
  // True once the logger has asked for a new way to syslog.
  bool asked() {
    Packet packet;
    NeedSyslog need;
    return logger->control().await(packet, 3000) == Heard::packet && packet.read(need);
  }
  bool becomes(bool recording, int seconds_at_most) {
    for (int i = 0; i < seconds_at_most * 100; ++i) {
      if (porter.may_proceed(read_mono()) == recording) return true;
      (void)::poll(nullptr, 0, 10);
    }
    return false;
  }
};

std::string after_head(const std::string& line) {
  const std::size_t end = line.find("]: ");
  return end == std::string::npos ? line : line.substr(end + 3);
}

}  // namespace

#define POSTERN_NEEDS_ROOT                           \
  if (!test::have_root()) {                          \
    WARN("SKIP: a jail can only be entered by root"); \
    return;                                          \
  }

TEST_CASE("a line gets its level, time, daemon, role and pid from the logger", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  const bool authd = GENERATE(false, true);
  desk.start(true, authd ? Daemon::authd : Daemon::redird);
  REQUIRE(desk.porter.write(Line("start", Level::notice).add("version", "0.1").add("result", "ok")));
  const std::string line = desk.syslogd.line();
  const int facility = authd ? 10 : 3;
  CHECK(line.starts_with("<" + std::to_string(facility * 8 + 5) + ">"));
  const std::size_t stamp = line.find('>') + 1;
  CHECK(line.substr(stamp + 3, 1) == " ");  // "Nov 21 03:04:05 "
  CHECK(line.substr(stamp + 15) == std::string(authd ? " authd" : " redird") + "/porter[" + std::to_string(::getpid()) +
                                       "]: event=start version=0.1 result=ok");
}

TEST_CASE("a line's time is that of its writing down, also when the second before had lines", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  const auto shown = [](time_t when) {
    tm utc{};
    char text[32] = "";
    (void)::strftime(text, sizeof text, "%b %e %H:%M:%S", ::gmtime_r(&when, &utc));
    return std::string(text);
  };
  std::set<std::string> seen;
  for (const Mono end = read_mono() + seconds(5); seen.size() < 2 && read_mono() < end;) {
    const time_t before = read_wall().s;
    REQUIRE(desk.porter.write(Line("debug")));
    const std::string line = desk.syslogd.line();
    const std::string stamp = line.substr(line.find('>') + 1, 15);
    std::set<std::string> right;
    for (time_t when = before; when <= read_wall().s; ++when) right.insert(shown(when));
    REQUIRE(right.contains(stamp));
    seen.insert(stamp);
  }
  CHECK(seen.size() == 2);
}

TEST_CASE("a broken role cannot forge a second line, a level, or the sender's name", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  const std::string forged = "6event=x\n<84>Nov 21 00:00:00 authd/vault[1]: event=login result=ok\r\x1b[2J\xff";
  REQUIRE(::send(desk.raw.get(), forged.data(), forged.size(), 0) == static_cast<ssize_t>(forged.size()));
  const std::string line = desk.syslogd.line();
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.find("porter[" + std::to_string(::getpid()) + "]: event=x?<84>Nov") != std::string::npos);
  CHECK(line.ends_with("result=ok??[2J?"));
  for (const std::string text : {"Zevent=y", "8event=y", "\nevent=y"}) {  // no such level: a warning
    REQUIRE(::send(desk.raw.get(), text.data(), text.size(), 0) > 0);
    CHECK(desk.syslogd.line().starts_with("<28>"));
  }
  const std::string endless(60'000, 'a');
  REQUIRE(::send(desk.raw.get(), endless.data(), endless.size(), 0) > 0);
  CHECK(desk.syslogd.line().size() < Line::longest + 200);
  REQUIRE(::send(desk.raw.get(), "", 0, 0) == 0);
  REQUIRE(desk.porter.write(Line("after")));
  CHECK(after_head(desk.syslogd.line()) == "event=after");
}

TEST_CASE("lines that come in one packet are as many lines for syslog, each once", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  constexpr int lines = 500;  // in packets that hold more than a datagram socket queues
  for (int i = 0; i < lines; ++i) REQUIRE(desk.porter.add(Line("n", i % 2 ? Level::info : Level::error).add("i", i)));
  REQUIRE(desk.porter.flush());
  (void)::poll(nullptr, 0, 50);  // it gets stuck in the middle of one
  for (int i = 0; i < lines; ++i) {
    const std::string line = desk.syslogd.line();
    REQUIRE(after_head(line) == "event=n i=" + std::to_string(i));
    CHECK(line.starts_with(i % 2 ? "<30>" : "<27>"));
  }
  CHECK(desk.syslogd.line(100).empty());
}

// What lies in the queue is looked at several packets at a time.
TEST_CASE("packets that wait are passed on in order, each once, whatever their size", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  std::vector<std::string> wanted;
  const auto send = [&](const std::string& text) {
    REQUIRE(::send(desk.raw.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  };
  for (int i = 0; i < 60; ++i) {
    const std::string line = "event=n i=" + std::to_string(i);
    if (i % 7 == 3) send("");
    if (i % 10 == 5) {  // longer than any of ours: cut, and its rest is nobody's line
      send("6" + line + std::string(30'000, 'x'));
      wanted.push_back((line + std::string(30'000, 'x')).substr(0, Line::longest));
    } else if (i % 10 == 8) {
      send("6" + line + "\x1e" "6event=second");
      wanted.insert(wanted.end(), {line, "event=second"});
    } else {
      send("6" + line);
      wanted.push_back(line);
    }
  }
  send("");
  const bool again = GENERATE(false, true);
  if (again) {  // a logger that had no way to syslog has seen them before
    desk.start(false);
    CHECK(desk.asked());
    (void)desk.logger->kill();
  }
  desk.start();
  for (const std::string& line : wanted) REQUIRE(after_head(desk.syslogd.line()) == line);
  REQUIRE(desk.porter.write(Line("after")));
  CHECK(after_head(desk.syslogd.line()) == "event=after");
  CHECK(desk.syslogd.line(100).empty());
}

TEST_CASE("a syslogd that restarts in the middle of a packet gets the rest of it", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  constexpr int lines = 100;
  for (int i = 0; i < lines; ++i) REQUIRE(desk.porter.add(Line("n").add("i", i)));
  REQUIRE(desk.porter.flush());
  CHECK(after_head(desk.syslogd.line()) == "event=n i=0");
  desk.syslogd.close();
  CHECK(desk.asked());
  desk.syslogd.open();
  REQUIRE(desk.logger->give(Item::syslog, desk.syslogd.way().get()));
  std::set<std::string> seen;
  const std::string last = "event=n i=" + std::to_string(lines - 1);
  while (!seen.contains(last)) {
    const std::string line = desk.syslogd.line();
    REQUIRE_FALSE(line.empty());
    seen.insert(after_head(line));
  }
  for (int i = 1; i < lines; ++i) CHECK(seen.contains("event=n i=" + std::to_string(i)));
}

TEST_CASE("a burst passes a syslogd that is slow without waiting for the beat", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  constexpr int lines = 1000;  // many times what a datagram socket queues
  for (int i = 0; i < lines; ++i) REQUIRE(desk.porter.write(Line("n").add("i", i)));
  const Mono before = read_mono();
  for (int i = 0; i < lines; ++i) REQUIRE(after_head(desk.syslogd.line()) == "event=n i=" + std::to_string(i));
  CHECK(read_mono() - before < seconds(3));
}

TEST_CASE("a role that floods the logger does not hold up the others", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  const std::string flood(8000, line_separator);  // a line each
  while (::send(desk.raw.get(), flood.data(), flood.size(), MSG_DONTWAIT) > 0) {}
  auto [in, out] = make_channel().value();
  const int on = 1;
  REQUIRE(::setsockopt(in.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
  REQUIRE(::send(out.get(), "6event=other", 12, 0) == 12);
  desk.more = {Role::broker, std::move(in)};
  desk.start();
  std::size_t before = 0;
  while (before < 5000 && after_head(desk.syslogd.line()) != "event=other") ++before;
  CHECK(before < 5000);
}

TEST_CASE("no line is lost when syslogd restarts", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  REQUIRE(desk.porter.write(Line("before")));
  CHECK(after_head(desk.syslogd.line()) == "event=before");
  desk.syslogd.close();
  for (int i = 0; i < 50; ++i) REQUIRE(desk.porter.write(Line("n").add("i", i)));
  CHECK(desk.asked());
  desk.syslogd.open();
  REQUIRE(desk.logger->give(Item::syslog, desk.syslogd.way().get()));
  CHECK(after_head(desk.syslogd.line()) == "event=before");  // it may not have been read; twice does no harm
  for (int i = 0; i < 50; ++i) REQUIRE(after_head(desk.syslogd.line()) == "event=n i=" + std::to_string(i));
  CHECK(desk.becomes(true, 2));
}

TEST_CASE("what syslogd had not read when it went is written again", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  for (int i = 0; i < 5; ++i) REQUIRE(desk.porter.write(Line("unread").add("i", i)));
  CHECK(after_head(desk.syslogd.line()) == "event=unread i=0");  // the others go with its socket
  desk.syslogd.close();
  REQUIRE(desk.porter.write(Line("after")));
  CHECK(desk.asked());
  desk.syslogd.open();
  REQUIRE(desk.logger->give(Item::syslog, desk.syslogd.way().get()));
  std::set<std::string> seen;
  while (!seen.contains("event=after")) seen.insert(std::string(after_head(desk.syslogd.line())));
  for (int i = 1; i < 5; ++i) CHECK(seen.contains("event=unread i=" + std::to_string(i)));
}

TEST_CASE("a logger that dies loses no line, and others know within a second or so", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  CHECK(desk.becomes(true, 2));
  (void)desk.logger->kill();
  for (int i = 0; i < 20; ++i) REQUIRE(desk.porter.write(Line("n").add("i", i)));
  CHECK(desk.becomes(false, 2));
  desk.start();
  for (int i = 0; i < 20; ++i) REQUIRE(after_head(desk.syslogd.line()) == "event=n i=" + std::to_string(i));
  CHECK(desk.becomes(true, 2));
}

TEST_CASE("without a syslogd for five seconds nothing counts as recorded, until it is back", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  CHECK(desk.becomes(true, 2));
  desk.syslogd.close();
  const Mono gone = read_mono();
  REQUIRE(desk.porter.write(Line("n")));
  CHECK(desk.becomes(false, 8));
  const Duration took = read_mono() - gone;
  CHECK((took >= milliseconds(4500) && took < seconds(7)));
  CHECK(desk.asked());
  desk.syslogd.open();
  REQUIRE(desk.logger->give(Item::syslog, desk.syslogd.way().get()));
  CHECK(after_head(desk.syslogd.line()) == "event=n");
  CHECK(desk.becomes(true, 2));
}

TEST_CASE("a logger that never had a syslogd asks for one, and does not say that it records for long", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start(false);
  CHECK(desk.asked());
  REQUIRE(desk.porter.write(Line("n")));
  REQUIRE(desk.logger->give(Item::syslog, desk.syslogd.way().get()));
  CHECK(after_head(desk.syslogd.line()) == "event=n");
}

TEST_CASE("a logger that is told to go writes all that is queued first", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  constexpr int lines = 700;
  for (int i = 0; i < lines; ++i) REQUIRE(desk.porter.write(Line("n").add("i", i)));
  REQUIRE(desk.logger->control().send(Retire{}) == Told::sent);
  for (int i = 0; i < lines; ++i) REQUIRE(after_head(desk.syslogd.line()) == "event=n i=" + std::to_string(i));
  CHECK(test::left_with(desk.logger->end(), 0));
}

TEST_CASE("in the foreground each line also goes to stderr once, a file perhaps", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  const std::string copy = desk.run.path() + "/stderr";
  const UniqueFd file = UniqueFd::adopt(::open(copy.c_str(), O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600));
  REQUIRE(file);
  const int saved = ::dup(2);
  REQUIRE(::dup2(file.get(), 2) == 2);
  desk.logger = std::make_unique<RoleChild>(Daemon::redird, Role::logger, run_logger);
  const bool back = ::dup2(saved, 2) == 2;
  (void)::close(saved);
  REQUIRE(back);
  REQUIRE(desk.logger->give(Item::log_in, desk.in.get(), Role::porter));
  REQUIRE(desk.logger->give(Item::log_page, desk.page_fd.get()));
  REQUIRE(desk.logger->give(Item::syslog, desk.syslogd.way().get()));
  CHECK(desk.logger->start(desk.jail.path(), true) == "");
  for (int i = 0; i < 3; ++i) {
    REQUIRE(desk.porter.write(Line("n").add("i", i)));
    REQUIRE(after_head(desk.syslogd.line()) == "event=n i=" + std::to_string(i));
  }
  REQUIRE(desk.logger->control().send(Retire{}) == Told::sent);
  CHECK(test::left_with(desk.logger->end(), 0));
  const std::string text = read_all(file.get(), 10'000).value();
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
  CHECK(text.find("redird/porter[") != std::string::npos);
}

TEST_CASE("a queue whose writers are gone does not keep the logger busy", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  REQUIRE(desk.porter.write(Line("last")));
  CHECK(after_head(desk.syslogd.line()) == "event=last");
  REQUIRE(::shutdown(desk.raw.get(), SHUT_RDWR) == 0);
  (void)::poll(nullptr, 0, 600);
  std::string text(4096, '\0');
  const UniqueFd stat = UniqueFd::adopt(::open(("/proc/" + std::to_string(desk.logger->pid()) + "/stat").c_str(), O_RDONLY));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(stat.get(), text.data(), text.size()))));
  std::size_t at = text.rfind(')');
  for (int field = 3; field <= 14 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  REQUIRE(at != std::string::npos);
  CHECK(std::stoul(text.substr(at)) + std::stoul(text.substr(text.find(' ', at + 1))) < 20);  // ticks of 10 ms
}

TEST_CASE("a logger goes with its master", "[logger]") {
  POSTERN_NEEDS_ROOT
  Desk desk;
  desk.start();
  desk.logger->control().close();
  CHECK(test::left_with(desk.logger->end(), 0));
}
