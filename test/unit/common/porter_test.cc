// How the porter lets connections in, and hands them on.
#include "common/porter.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "unit/common/porter_rig.h"

using namespace postern;
using namespace postern::porter_rig;

namespace {

#ifdef SYS_epoll_wait
constexpr long waiting_call = SYS_epoll_wait;
#else
constexpr long waiting_call = SYS_epoll_pwait;  // arm64 has no other
#endif

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
  CHECK(is_sealed_for(serve.each[0], desk.key(), std::uint64_t{1} << 32));
  CHECK(serve.each[0].client.address == Address::parse("127.0.0.1").value());
  CHECK(serve.each[0].destination == Endpoint{Address::parse("127.0.0.1").value(), desk.port});
  char text[8] = "";
  CHECK(::recv(connection.get(), text, sizeof text, 0) == 5);
  CHECK(desk.hear_lines().find("event=connection id=") == 1);
}

TEST_CASE("those who came together go to their worker together, each with its own ticket", "[porter]") {
  POSTERN_NEEDS_ROOT
  const auto [room, life] = GENERATE(std::pair{16u, 0u}, std::pair{5u, 0u}, std::pair{16u, 5u});
  PorterPlan plan = plan_for(1);
  plan.connections_per_worker = room;
  plan.connections_in_life = life;
  Desk desk(plan);
  const std::uint64_t number = desk.order();
  std::vector<UniqueFd> clients;
  for (char c = 'a'; c <= 'e'; ++c) {  // they wait, for the doors are closed as long as no worker is there
    clients.push_back(desk.dial());
    REQUIRE(::send(clients.back().get(), &c, 1, 0) == 1);
  }
  desk.say_spawned(number, ::getpid());
  Packet packet;
  Serve some;
  REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);
  REQUIRE(packet.read(some));
  CHECK((some.count == serves_in_one && packet.brought() == serves_in_one));
  std::set<std::uint64_t> ids;
  for (std::size_t i = 0; i < serves_in_one; ++i) {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    REQUIRE(::getpeername(packet.descriptors[i].get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
    CHECK(some.each[i].client.port == ntohs(name.sin_port));
    CHECK(is_sealed_for(some.each[i], desk.key(), number));
    ids.insert(some.each[i].connection);
    char text = 0;
    CHECK((::recv(packet.descriptors[i].get(), &text, 1, 0) == 1 && text == static_cast<char>('a' + i)));
  }
  CHECK(ids.size() == serves_in_one);
  Serve last;  // alone in the second message, and its worker has room for it
  REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);
  CHECK((packet.read(last) && last.count == 1 && packet.brought() == 1));
}

TEST_CASE("who leaves without a word is logged and counted, and troubles no worker", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for(1);
  plan.source.live = 1;  // one that is over must not count on
  Desk desk(plan);
  const int silence = 3;  // as doors.cc has it: only an end, or a word, brings a connection here
  REQUIRE(::setsockopt(desk.listener.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &silence, sizeof silence) == 0);
  (void)desk.raise();
  for (int i = 0; i < 3; ++i) {
    desk.dial().reset();
    CHECK(desk.hear_lines().find("event=connection id=") == 1);
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

TEST_CASE("a porter whose nursery or master is gone leaves in order, not by its own filter", "[porter]") {
  POSTERN_NEEDS_ROOT
  const PorterPlan plan = plan_for(1);
  Desk desk(plan);
  if (GENERATE(true, false)) desk.nursery.close();
  else desk.porter->control().close();
  CHECK(test::left_with(desk.porter->end(), 0));
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
  for (std::size_t served = 0; served < clients.size(); served += packet.brought()) {
    REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);
    if (served > 0) continue;  // all lines were there before the first went on
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

TEST_CASE("a line that was lost before keeps nobody out who comes after it", "[porter]") {
  POSTERN_NEEDS_ROOT
  Desk desk(plan_for(1));
  const std::uint64_t number = desk.raise();
  const UniqueFd first = desk.dial();
  (void)desk.served();
  CHECK(desk.hear_lines().find("event=connection id=") == 1);
  const std::string filler(900, '6');
  while (::send(desk.log.get(), filler.data(), filler.size(), MSG_DONTWAIT) > 0) {}
  desk.say_gone(number, SIGSEGV);  // its penalty has no room in the queue
  const std::uint64_t next = desk.order();
  const std::string call = "/proc/" + std::to_string(desk.porter->pid()) + "/syscall";
  const Mono end = read_mono() + seconds(5);
  const auto waits_for_events = [&] {
    std::string number_of_call;
    std::ifstream(call) >> number_of_call;
    return number_of_call == std::to_string(waiting_call);
  };
  while (!waits_for_events()) {  // and no longer for the logger
    REQUIRE(read_mono() < end);
    (void)::poll(nullptr, 0, 1);  // between two looks
  }
  for (std::string packet; !(packet = desk.hear_lines(0)).empty();) REQUIRE(packet == filler);  // it was lost
  const UniqueFd second = desk.dial();
  desk.say_spawned(next, ::getpid());
  Packet packet;
  CHECK(desk.workers.back().await(packet, 3000) == Heard::packet);
  CHECK(desk.hear_lines(0).find("event=connection id=") == 1);
}

TEST_CASE("where service goes before the record, a connection goes on without its line", "[porter]") {
  POSTERN_NEEDS_ROOT
  Desk desk(plan_for(1), false);
  const UniqueFd client = desk.dial();
  desk.lines.reset();
  (void)desk.raise();
  Packet packet;
  CHECK(desk.workers[0].await(packet, 3000) == Heard::packet);
}

TEST_CASE("a crowd waits for a worker that is busy", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for_crowd();
  plan.plain = GENERATE(false, true);
  Desk desk(plan);
  (void)desk.raise();
  const std::vector<UniqueFd> clients = dial_crowd(desk);
  Packet packet;
  CHECK(desk.nursery.await(packet, 300) == Heard::nothing);  // nobody is to be killed
  std::vector<char> lines(65536);
  std::size_t served = 0;
  for (; served < clients.size(); served += packet.brought()) {
    REQUIRE(desk.workers[0].await(packet, 3000) == Heard::packet);
    while (::recv(desk.lines.get(), lines.data(), lines.size(), MSG_DONTWAIT) > 0) {}
  }
  CHECK(served == clients.size());
  CHECK(desk.nursery.receive(packet) == Heard::nothing);
}

TEST_CASE("a worker that never listens is killed, and the crowd goes to another", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for_crowd();
  plan.serve_patience = milliseconds(100);
  Desk desk(plan);
  const std::uint64_t number = desk.raise();
  const std::vector<UniqueFd> clients = dial_crowd(desk);
  Packet packet;
  Kill kill;
  REQUIRE(desk.nursery.await(packet, 3000) == Heard::packet);
  REQUIRE(packet.read(kill));
  CHECK(kill.worker == number);
  desk.say_gone(number, SIGKILL);
  (void)desk.raise();
  CHECK(desk.workers[1].await(packet, 3000) == Heard::packet);
}

TEST_CASE("a worker that takes one now and then does not keep a crowd from another", "[porter]") {
  POSTERN_NEEDS_ROOT
  PorterPlan plan = plan_for_crowd();
  plan.max_workers = 2;
  Desk desk(plan);
  (void)desk.raise();
  const std::vector<UniqueFd> clients = dial_crowd(desk);
  (void)desk.raise();  // it is asked for as soon as the first has no room for more
  Packet packet;
  std::size_t first = 0, second = 0;
  std::vector<char> lines(65536);
  while (desk.workers[1].await(packet, 300) == Heard::packet) {
    ++second;
    while (::recv(desk.lines.get(), lines.data(), lines.size(), MSG_DONTWAIT) > 0) {}
    if (second % 20 == 0) first += desk.workers[0].receive(packet) == Heard::packet ? 1 : 0;
  }
  CHECK(second > 0);
  while (desk.workers[0].receive(packet) == Heard::packet) ++first;
  CHECK(first + second == clients.size());
  CHECK(desk.nursery.receive(packet) == Heard::nothing);
}
