// The porter, jailed, with the test as its master, its nursery and its workers.
#include "common/porter.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/net.h"
#include "unit/catch.h"
#include "unit/common/role_child.h"

using namespace postern;
using test::RoleChild;
using test::Scratch;

namespace {

PorterPlan plan_for(std::uint32_t spares) {
  PorterPlan plan;
  plan.mode = ListenMode::direct;
  plan.connections_per_worker = 4;
  plan.spare_workers = spares;
  plan.max_workers = 50;
  plan.source = {100, 10'000, 1000, seconds(60)};
  plan.plain = true;
  return plan;
}

struct Desk {
  Scratch jail;
  UniqueFd listener, lines, reports;
  std::uint16_t port = 0;
  Channel nursery;
  std::vector<Channel> workers;
  std::unique_ptr<RoleChild> porter;

  explicit Desk(const PorterPlan& plan) {
    listener = listen_on({Address::parse("127.0.0.1").value(), 0}, false).value();
    sockaddr_in name{};
    socklen_t size = sizeof name;
    REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
    port = ntohs(name.sin_port);
    auto [page_writable, page] = make_log_page().value();
    auto log_ends = make_channel().value();
    auto report_ends = make_channel().value();
    auto nursery_ends = make_channel().value();
    const int on = 1;
    REQUIRE(::setsockopt(report_ends.first.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
    porter = std::make_unique<RoleChild>(Daemon::redird, Role::porter,
                                         [&plan](RoleProcess& self) { return run_porter(self, plan); });
    REQUIRE(porter->give(Item::log, log_ends.second.get()));
    REQUIRE(porter->give(Item::log_page, page.get()));
    REQUIRE(porter->give(Item::listener, listener.get()));
    REQUIRE(porter->give(Item::reports, report_ends.first.get()));
    REQUIRE(porter->give(Item::channel, nursery_ends.second.get(), Role::nursery));
    lines = std::move(log_ends.first);
    reports = std::move(report_ends.second);
    nursery = Channel(std::move(nursery_ends.first), Role::nursery, Role::porter);
    REQUIRE(porter->start(jail.path()) == "");
  }
  // Takes an order for a worker; its number, and its channel at the end of `workers`.
  std::uint64_t order() {
    Packet packet;
    SpawnPlain spawn;
    REQUIRE(nursery.await(packet, 3000) == Heard::packet);
    REQUIRE(packet.read(spawn));
    workers.emplace_back(std::move(packet.descriptors[0]), Role::worker, Role::porter);
    return spawn.worker;
  }
  void say_spawned(std::uint64_t number, pid_t pid) {
    Spawned news;
    news.worker = number;
    news.pid = static_cast<std::uint32_t>(pid);
    REQUIRE(nursery.send(news) == Told::sent);
  }
  void say_gone(std::uint64_t number, std::uint32_t status) {
    Gone news;
    news.worker = number;
    news.status = status;
    REQUIRE(nursery.send(news) == Told::sent);
  }
  // A worker that is there, with this process's pid.
  std::uint64_t raise() {
    const std::uint64_t number = order();
    say_spawned(number, ::getpid());
    return number;
  }
  // What the first worker is given next; the connection is dropped unless `connection` takes it.
  Serve served(UniqueFd* connection = nullptr) {
    Packet packet;
    Serve serve;
    REQUIRE(workers[0].await(packet, 3000) == Heard::packet);
    REQUIRE(packet.read(serve));
    if (connection != nullptr) *connection = std::move(packet.descriptors[0]);
    return serve;
  }
  UniqueFd dial() const {
    UniqueFd fd = UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    return fd;
  }
};

// How many workers a porter asks for within a second when each ends as `status` says.
unsigned orders_in_a_second(Desk& desk, std::uint32_t status) {
  unsigned orders = 0;
  const Mono end = read_mono() + seconds(1);
  while (read_mono() < end) {
    Packet packet;
    SpawnPlain spawn;
    if (desk.nursery.await(packet, 50) != Heard::packet || !packet.read(spawn)) continue;
    ++orders;
    if (status != 0xffffffff) desk.say_spawned(spawn.worker, 4242);
    desk.say_gone(spawn.worker, status);
  }
  return orders;
}

}  // namespace

TEST_CASE("a connection goes to a worker with a sealed ticket, unread and logged", "[porter]") {
  POSTERN_NEEDS_ROOT
  const PorterPlan plan = plan_for(1);
  Desk desk(plan);
  (void)desk.raise();
  const UniqueFd client = desk.dial();
  REQUIRE(::send(client.get(), "hello", 5, 0) == 5);
  UniqueFd connection;
  const Serve serve = desk.served(&connection);
  TicketKey key;
  for (std::byte& b : key.fill(TicketKey::capacity)) b = std::byte{0x5a};  // as RoleChild gives it
  CHECK(is_sealed_for(serve.ticket, key, std::uint64_t{1} << 32));
  CHECK(serve.ticket.client.address == Address::parse("127.0.0.1").value());
  CHECK(serve.ticket.destination == Endpoint{Address::parse("127.0.0.1").value(), desk.port});
  char text[8] = "";
  CHECK(::recv(connection.get(), text, sizeof text, 0) == 5);
  char line[4096] = "";
  REQUIRE(::recv(desk.lines.get(), line, sizeof line - 1, 0) > 0);
  CHECK(std::string(line).find("event=connection id=") == 1);
}

TEST_CASE("who leaves without a word is logged and counted, and troubles no worker", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.source.live = 1;  // one that is over must not count on
  Desk desk(plan);
  const int silence = 3;  // as doors.cc has it: only an end, or a word, brings a connection here
  REQUIRE(::setsockopt(desk.listener.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &silence, sizeof silence) == 0);
  (void)desk.raise();
  char line[4096];
  for (int i = 0; i < 3; ++i) {
    desk.dial().reset();
    pollfd wait{desk.lines.get(), POLLIN, 0};
    REQUIRE(::poll(&wait, 1, 3000) == 1);
    const ssize_t n = ::recv(desk.lines.get(), line, sizeof line, 0);
    REQUIRE(n > 0);
    CHECK(std::string_view(line, static_cast<std::size_t>(n)).substr(1).starts_with("event=connection id="));
  }
  const UniqueFd client = desk.dial();  // who says something and closes its side is served
  REQUIRE(::send(client.get(), "hello", 5, 0) == 5);
  REQUIRE(::shutdown(client.get(), SHUT_WR) == 0);
  Packet packet;
  REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);
  char text[8] = "";
  CHECK(::recv(packet.descriptors[0].get(), text, sizeof text, 0) == 5);
}

TEST_CASE("workers that cannot be made, or die at birth, are not asked for at full speed", "[porter]") {
  POSTERN_NEEDS_ROOT
  const std::uint32_t status = GENERATE(0xffffffffu, 111u << 8, static_cast<unsigned>(SIGSYS));
  const PorterPlan plan = plan_for(3);
  Desk desk(plan);
  const unsigned orders = orders_in_a_second(desk, status);
  CHECK((orders >= 3 && orders <= 60));
  (void)desk.raise();  // and it goes on when things are well again
  const UniqueFd client = desk.dial();
  Packet packet;
  CHECK(desk.workers.back().await(packet, 3000) == Heard::packet);
}

TEST_CASE("a worker's flood of broken reports does not keep the porter from its door", "[porter]") {
  POSTERN_NEEDS_ROOT
  const PorterPlan plan = plan_for(1);
  Desk desk(plan);
  (void)desk.raise();
  std::vector<pid_t> hostile;
  for (int i = 0; i < 3; ++i) {
    hostile.push_back(::fork());
    if (hostile.back() == 0) {
      ::alarm(20);
      for (;;) (void)::send(desk.reports.get(), "\xff", 1, 0);
    }
  }
  const UniqueFd client = desk.dial();
  Packet packet;
  const Heard heard = desk.workers[0].await(packet, 3000);
  for (const pid_t pid : hostile) (void)::kill(pid, SIGKILL), (void)::waitpid(pid, nullptr, 0);
  CHECK(heard == Heard::packet);
}

TEST_CASE("a porter whose nursery or master is gone leaves in order, not by its own filter", "[porter]") {
  POSTERN_NEEDS_ROOT
  const PorterPlan plan = plan_for(1);
  Desk desk(plan);
  if (GENERATE(true, false)) desk.nursery.close();
  else desk.porter->control().close();
  CHECK(test::left_with(desk.porter->end(), 0));
}

TEST_CASE("only a worker's own report of its own connection is believed", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.connections_per_worker = 1;
  plan.connections_in_life = 1;
  Desk desk(plan);
  (void)desk.raise();
  const UniqueFd client = desk.dial();
  const Serve serve = desk.served();
  Packet packet;
  Channel reports(std::move(desk.reports), Role::worker, Role::porter);
  Closed closed;
  closed.ticket = serve.ticket;
  const pid_t other = ::fork();  // the right ticket from the wrong process
  if (other == 0) ::_exit(reports.send(closed) == Told::sent ? 0 : 1);
  int status = -1;
  REQUIRE(::waitpid(other, &status, 0) == other);
  REQUIRE(status == 0);
  ++closed.ticket.connection;  // the right process with another ticket
  REQUIRE(reports.send(closed) == Told::sent);
  CHECK(desk.workers[0].await(packet, 300) == Heard::nothing);
  closed.ticket = serve.ticket;
  REQUIRE(reports.send(closed) == Told::sent);
  Retire retire;
  REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);  // its life is over
  CHECK(packet.read(retire));
}

TEST_CASE("a porter that leaves has written all its lines", "[porter]") {
  POSTERN_NEEDS_ROOT
  const PorterPlan plan = plan_for(1);
  Desk desk(plan);
  const std::uint64_t number = desk.raise();
  const UniqueFd client = desk.dial();
  Packet packet;
  REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);
  REQUIRE(desk.porter->control().send(Retire{}) == Told::sent);
  desk.say_gone(number, SIGSEGV);  // the last of its workers, and the end of its life
  CHECK(test::left_with(desk.porter->end(), 0));
  std::string lines;
  char room[8192];
  for (ssize_t n = 0; (n = ::recv(desk.lines.get(), room, sizeof room, MSG_DONTWAIT)) > 0;)
    lines.append(room, static_cast<std::size_t>(n));
  CHECK(lines.find("event=penalty src=127.0.0.1 cause=crashed ") != std::string::npos);
}

TEST_CASE("many ends in one report count each, and one that is not its own is enough", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.connections_in_life = 3;
  Desk desk(plan);
  const std::uint64_t number = desk.raise();
  ClosedMany news;
  std::vector<UniqueFd> clients;
  Packet packet;
  for (Closed& closed : std::span(news.each).first(3)) {
    clients.push_back(desk.dial());
    const Serve serve = desk.served();
    closed.ticket = serve.ticket;
  }
  news.count = 3;
  Channel reports(std::move(desk.reports), Role::worker, Role::porter);
  const auto is_killed = [&] {  // what comes besides is the order for the next worker
    Kill kill;
    while (desk.nursery.await(packet, 3000) == Heard::packet)
      if (packet.read(kill)) return kill.worker == number;
    return false;
  };
  SECTION("all its own") {
    REQUIRE(reports.send(news) == Told::sent);
    Retire retire;
    REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);  // its life is over
    CHECK(packet.read(retire));
  }
  SECTION("one of them changed") {
    ++news.each[2].ticket.connection;
    REQUIRE(reports.send(news) == Told::sent);
    CHECK(is_killed());
  }
  SECTION("one of them twice") {
    news.each[2] = news.each[0];
    REQUIRE(reports.send(news) == Told::sent);
    CHECK(is_killed());
  }
  SECTION("none at all") {
    news.count = 0;
    REQUIRE(reports.send(news) == Told::sent);
    CHECK(is_killed());
  }
  SECTION("more than there is room for") {
    for (Closed& closed : news.each) closed = news.each[0];
    news.count = closings_in_one + 1;
    REQUIRE(reports.send(news) == Told::sent);
    CHECK(is_killed());
  }
}

TEST_CASE("the lines of connections that come together are one packet", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.connections_per_worker = 50;
  Desk desk(plan);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(desk.dial());  // they wait until there is a worker
  (void)desk.raise();
  Packet packet;
  char lines[8192];
  for (int i = 0; i < 5; ++i) {
    REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);
    if (i > 0) continue;  // all lines were there before the first went on
    const ssize_t n = ::recv(desk.lines.get(), lines, sizeof lines, MSG_DONTWAIT);
    REQUIRE(n > 0);
    CHECK(std::count(lines, lines + n, '\x1e') == 4);
  }
  CHECK(::recv(desk.lines.get(), lines, sizeof lines, MSG_DONTWAIT) < 0);
}

TEST_CASE("of connections that come together each waits for a worker of its own", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.connections_per_worker = 1;
  Desk desk(plan);
  std::vector<UniqueFd> clients;
  constexpr int crowd = 5;  // before there is a worker: the door is shut, and all of them wait
  for (int i = 0; i < crowd; ++i) clients.push_back(desk.dial());
  for (int i = 0; i < crowd; ++i) {
    const std::uint64_t number = desk.order();
    desk.say_spawned(number, 100'000 + i);
    Packet packet;
    REQUIRE(desk.workers.back().await(packet, 3000) == Heard::packet);  // one each, and none is lost
    char line[4096];
    const ssize_t n = ::recv(desk.lines.get(), line, sizeof line, MSG_DONTWAIT);
    REQUIRE(n > 0);
    CHECK(std::string_view(line, static_cast<std::size_t>(n)).find('\x1e') == std::string_view::npos);
  }
}

TEST_CASE("no connection goes on whose line is not recorded, and none of its company", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.connections_per_worker = 50;
  plan.source.live = 3;
  Desk desk(plan);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(desk.dial());
  desk.lines.reset();
  (void)desk.raise();
  for (const UniqueFd& client : clients) {
    char byte = 0;
    pollfd end{client.get(), POLLIN, 0};
    REQUIRE(::poll(&end, 1, 3000) == 1);
    CHECK(::recv(client.get(), &byte, 1, 0) <= 0);  // closed, without a byte
  }
  Packet packet;
  CHECK(desk.workers[0].await(packet, 100) == Heard::nothing);
}

TEST_CASE("a worker that reports what is not its own is killed", "[porter]") {
  POSTERN_NEEDS_ROOT
  const PorterPlan plan = plan_for(1);
  Desk desk(plan);
  const std::uint64_t number = desk.raise();
  const UniqueFd client = desk.dial();
  const Serve serve = desk.served();
  Packet packet;
  Channel reports(std::move(desk.reports), Role::worker, Role::porter);
  Closed closed;
  closed.ticket = serve.ticket;
  SECTION("another connection") {
    ++closed.ticket.connection;
    REQUIRE(reports.send(closed) == Told::sent);
  }
  SECTION("another worker's connection") {
    closed.ticket.worker = number + 1;
    REQUIRE(reports.send(closed) == Told::sent);
  }
  SECTION("no message at all") { REQUIRE(::send(reports.fd(), "\xff", 1, 0) == 1); }
  SECTION("an empty packet") { REQUIRE(::send(reports.fd(), "", 0, 0) == 0); }
  SECTION("a descriptor with it") {
    const int lent = client.get();
    char byte = 0x12;
    iovec part{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof lent)] = {};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    *CMSG_FIRSTHDR(&header) = {CMSG_LEN(sizeof lent), SOL_SOCKET, SCM_RIGHTS};
    std::memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), &lent, sizeof lent);
    REQUIRE(::sendmsg(reports.fd(), &header, 0) == 1);
  }
  Kill kill;
  REQUIRE(desk.nursery.await(packet, 3000) == Heard::packet);
  REQUIRE(packet.read(kill));
  CHECK(kill.worker == number);
}

TEST_CASE("a worker whose only connection is over must leave", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.connections_per_worker = 1;
  Desk desk(plan);
  const std::uint64_t number = desk.raise();
  const UniqueFd client = desk.dial();
  const Serve serve = desk.served();
  Packet packet;
  Channel reports(std::move(desk.reports), Role::worker, Role::porter);
  Closed closed;
  closed.ticket = serve.ticket;
  REQUIRE(reports.send(closed) == Told::sent);
  const bool leaves = GENERATE(true, false);
  if (leaves) desk.say_gone(number, 0);
  std::vector<std::uint64_t> killed;
  const Mono end = read_mono() + seconds(7);
  while (read_mono() < end && killed.empty()) {
    Kill kill;
    if (desk.nursery.await(packet, 200) == Heard::packet && packet.read(kill)) killed.push_back(kill.worker);
  }
  CHECK(killed == (leaves ? std::vector<std::uint64_t>{} : std::vector<std::uint64_t>{number}));
}

TEST_CASE("a crowd of workers is killed, though the nursery does not listen for a moment", "[porter]") {
  POSTERN_NEEDS_ROOT
  constexpr std::uint64_t crowd = 400;  // more orders than a queue takes
  PorterPlan plan = plan_for(crowd);
  plan.max_workers = crowd;
  Desk desk(plan);
  std::vector<std::uint64_t> doomed;
  while (doomed.size() < crowd) {
    doomed.push_back(desk.order());
    desk.say_spawned(doomed.back(), static_cast<pid_t>(100'000 + doomed.size()));
    Packet packet;  // the porter has taken the word
    REQUIRE(desk.workers.back().await(packet, 0) == Heard::nothing);
  }
  for (std::size_t at = 0; at < crowd; at += kills_in_one) {
    KillWorkers order;
    std::copy_n(doomed.begin() + static_cast<std::ptrdiff_t>(at), std::min<std::size_t>(kills_in_one, crowd - at),
                order.workers.begin());
    REQUIRE(desk.porter->control().send(order) == Told::sent);
  }
  // The nursery begins to listen when the porter has had time to fill its queue; and should
  // the porter be slower than that, the test only sees less.
  pollfd queue{desk.nursery.fd(), POLLIN, 0};
  REQUIRE(::poll(&queue, 1, 3000) == 1);
  Mono from = read_mono();
  while (read_mono() - from < milliseconds(100)) (void)::poll(nullptr, 0, 10);
  // Behind it may be for longer than one that does not listen may live.
  const Duration slow = GENERATE(Duration{}, milliseconds(1500));
  from = read_mono();
  std::vector<std::uint64_t> killed;
  Packet packet;
  while (killed.size() < crowd) {
    if (killed.size() % 4 == 0 && read_mono() - from < slow) (void)::poll(nullptr, 0, 100);
    Kill kill;
    REQUIRE(desk.nursery.await(packet, 3000) == Heard::packet);
    if (packet.read(kill)) killed.push_back(kill.worker);
  }
  CHECK(killed == doomed);
}
