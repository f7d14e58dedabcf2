// What the porter believes its workers, and how it gets rid of them.
#include "common/porter.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>
#include <span>
#include <vector>

#include "unit/common/porter_rig.h"

using namespace postern;
using namespace postern::porter_rig;

namespace {

// The first worker, with a connection whose end it can report.
struct Busy {
  const std::uint64_t number;
  const UniqueFd client;
  const Ticket ticket;
  Channel reports;
  Closed closed;

  explicit Busy(Desk& desk)
      : number(desk.raise()),
        client(desk.dial()),
        ticket(desk.served().each[0]),
        reports(std::move(desk.reports), Role::worker, Role::porter) {
    closed.ticket = ticket;
  }
};

}  // namespace

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

TEST_CASE("only a worker's own report of its own connection is believed", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.connections_per_worker = 1;
  plan.connections_in_life = 1;
  Desk desk(plan);
  Busy worker(desk);
  auto& [number, client, ticket, reports, closed] = worker;
  Packet packet;
  const pid_t other = ::fork();  // the right ticket from the wrong process
  if (other == 0) ::_exit(reports.send(closed) == Told::sent ? 0 : 1);
  int status = -1;
  REQUIRE(::waitpid(other, &status, 0) == other);
  REQUIRE(status == 0);
  ++closed.ticket.connection;  // the right process with another ticket
  REQUIRE(reports.send(closed) == Told::sent);
  CHECK(desk.workers[0].await(packet, 300) == Heard::nothing);
  closed.ticket = ticket;
  REQUIRE(reports.send(closed) == Told::sent);
  Retire retire;
  REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);  // its life is over
  CHECK(packet.read(retire));
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
    closed.ticket = serve.each[0];
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

TEST_CASE("after a crowd the workers that are too many leave", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.connections_per_worker = 2;
  plan.max_workers = 3;
  plan.surplus_pause = milliseconds(100);
  Desk desk(plan);
  std::vector<UniqueFd> clients;
  std::vector<Closed> ends;
  for (std::size_t i = 0; i < 6; ++i) {
    if (i % 2 == 0) (void)desk.raise();  // the one before is full
    clients.push_back(desk.dial());
    Packet packet;
    Serve serve;
    REQUIRE(desk.workers.back().await(packet, 3000) == Heard::packet);
    REQUIRE(packet.read(serve));
    ends.push_back({serve.each[0], Cause::served});
  }
  Channel reports(std::move(desk.reports), Role::worker, Role::porter);
  const bool all_end = GENERATE(true, false);  // else the second and the third keep one each
  for (std::size_t i = 0; i < ends.size(); ++i)
    if (all_end || i < 2 || i % 2 == 0) REQUIRE(reports.send(ends[i]) == Told::sent);
  std::size_t left = 0;
  for (Channel& worker : desk.workers) {
    Packet packet;
    Retire retire;
    if (worker.await(packet, 500) == Heard::packet && packet.read(retire)) ++left;
  }
  CHECK(left == (all_end ? 2U : 1U));
  clients.push_back(desk.dial());  // goes to one that stays
  std::size_t served = 0;
  for (Channel& worker : desk.workers) {
    Packet packet;
    Serve serve;
    if (worker.await(packet, 500) == Heard::packet && packet.read(serve)) ++served;
  }
  CHECK(served == 1);
}

TEST_CASE("a worker that reports what is not its own is killed", "[porter]") {
  POSTERN_NEEDS_ROOT
  const PorterPlan plan = plan_for(1);
  Desk desk(plan);
  Busy worker(desk);
  auto& [number, client, ticket, reports, closed] = worker;
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
  Packet packet;
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
  Busy worker(desk);
  auto& [number, client, ticket, reports, closed] = worker;
  REQUIRE(reports.send(closed) == Told::sent);
  const bool leaves = GENERATE(true, false);
  if (leaves) desk.say_gone(number, 0);
  Packet packet;
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

TEST_CASE("a new helper gets to know all workers, though its queue does not hold them", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(20);
  plan.plain = false;
  Desk desk(plan);
  std::set<std::uint64_t> workers, known;
  for (unsigned i = 0; i < plan.spare_workers; ++i) workers.insert(desk.raise());
  desk.adopt(Role::broker, 1);  // the kernel gives it a little more
  Packet packet;
  Enroll enroll;
  for (unsigned i = 0; i < plan.spare_workers; ++i) {
    REQUIRE(desk.helpers[Role::broker].await(packet, 3000) == Heard::packet);
    REQUIRE(packet.read(enroll));
    known.insert(enroll.worker);
  }
  CHECK(known == workers);
  for (Channel& worker : desk.workers) {
    Peer news;
    REQUIRE(worker.await(packet, 3000) == Heard::packet);
    REQUIRE(packet.read(news));
    CHECK(news.role == Role::broker);
  }
}

TEST_CASE("a worker that is busy gets to know a new helper, too", "[porter]") {
  POSTERN_NEEDS_ROOT
  const PorterPlan plan = plan_for_crowd();
  Desk desk(plan);
  (void)desk.raise();
  const std::vector<UniqueFd> clients = dial_crowd(desk);
  Packet packet;
  REQUIRE(desk.nursery.await(packet, 300) == Heard::nothing);  // its queue is full now
  desk.adopt(Role::sessions);
  REQUIRE(desk.helpers[Role::sessions].await(packet, 3000) == Heard::packet);
  const auto heard_of_it = [&] {
    Peer news;
    REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);
    return packet.read(news) && news.role == Role::sessions;
  };
  std::size_t served = 0;
  while (!heard_of_it()) ++served;
  CHECK(served > 0);
  CHECK(desk.helpers[Role::sessions].await(packet, 100) == Heard::nothing);  // it was introduced once
}

TEST_CASE("who had several connections in a worker that died pays for one death", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.source.penalty_limit = 100;
  Desk desk(plan);
  std::vector<UniqueFd> clients;
  for (std::size_t deaths = 0; deaths < 2; ++deaths) {
    const std::uint64_t number = desk.raise();
    for (int i = 0; i < 3; ++i) clients.push_back(desk.dial());
    Packet packet;
    for (std::size_t served = 0; served < 3; served += packet.brought())
      REQUIRE(desk.workers[deaths].await(packet, 3000) == Heard::packet);
    desk.say_gone(number, SIGSEGV);
  }
  (void)desk.raise();
  clients.push_back(desk.dial());
  char byte = 0;
  pollfd end{clients.back().get(), POLLIN, 0};
  REQUIRE(::poll(&end, 1, 3000) == 1);
  CHECK(::recv(clients.back().get(), &byte, 1, 0) <= 0);  // of two it is refused
}

TEST_CASE("of those that came together each is counted, and its end believed", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.max_workers = 1;  // of four connections
  Desk desk(plan);
  const std::uint64_t number = desk.order();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(desk.dial());
  desk.say_spawned(number, ::getpid());
  Packet packet;
  Serve some;
  REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);
  REQUIRE((packet.read(some) && some.count == 4));
  CHECK(desk.workers[0].await(packet, 200) == Heard::nothing);  // it is full
  ClosedMany news;
  news.count = 4;
  for (std::size_t i = 0; i < 4; ++i) news.each[i].ticket = some.each[i];
  Channel reports(std::move(desk.reports), Role::worker, Role::porter);
  REQUIRE(reports.send(news) == Told::sent);
  Serve last;
  REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);
  CHECK((packet.read(last) && last.count == 1 && packet.brought() == 1));
  CHECK(desk.nursery.await(packet, 100) == Heard::nothing);  // nobody is killed
}

TEST_CASE("who finds no worker any more is sent away, and counts no longer", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.source.live = 1;
  Desk desk(plan);
  const std::uint64_t number = desk.raise();
  desk.workers[0].close();
  const UniqueFd first = desk.dial();
  char byte = 0;
  pollfd end{first.get(), POLLIN, 0};
  REQUIRE(::poll(&end, 1, 3000) == 1);
  CHECK(::recv(first.get(), &byte, 1, 0) <= 0);
  Packet packet;
  Kill kill;
  while (desk.nursery.await(packet, 3000) == Heard::packet && !packet.read(kill)) {}
  CHECK(kill.worker == number);
  desk.say_gone(number, SIGKILL);
  while (desk.workers.size() < 2) (void)desk.raise();
  const UniqueFd second = desk.dial();
  CHECK(desk.workers[1].await(packet, 3000) == Heard::packet);
}
