// The porter, jailed, with the test as its master, its nursery and its workers.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "common/net.h"
#include "common/porter.h"
#include "unit/catch.h"
#include "unit/common/role_child.h"

namespace postern::porter_rig {

using test::RoleChild;
using test::Scratch;

inline PorterPlan plan_for(std::uint32_t spares) {
  PorterPlan plan;
  plan.mode = ListenMode::direct;
  plan.connections_per_worker = 4;
  plan.spare_workers = spares;
  plan.max_workers = 50;
  plan.source = {100, 10'000, 1000, seconds(60)};
  plan.plain = true;
  return plan;
}

inline PorterPlan plan_for_crowd() {
  PorterPlan plan = plan_for(1);
  plan.plain = false;
  plan.connections_per_worker = 2000;
  plan.max_workers = 1;
  plan.source = {2000, 1'000'000, 1'000'000, seconds(60)};
  return plan;
}

struct Desk {
  Scratch jail;
  UniqueFd listener, lines, log, reports;  // `log`: the porter's own end
  std::uint16_t port = 0;
  Channel nursery;
  std::map<Role, Channel> helpers;  // of workers that are not plain
  std::vector<Channel> workers;
  const bool plain;
  std::unique_ptr<RoleChild> porter;

  explicit Desk(const PorterPlan& plan, bool log_must_record = true) : plain(plan.plain) {
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
    porter = std::make_unique<RoleChild>(plain ? Daemon::redird : Daemon::wfd, Role::porter,
                                         [&plan](RoleProcess& self) { return run_porter(self, plan); });
    REQUIRE(porter->give(Item::log, log_ends.second.get()));
    REQUIRE(porter->give(Item::log_page, page.get()));
    REQUIRE(porter->give(Item::listener, listener.get()));
    REQUIRE(porter->give(Item::reports, report_ends.first.get()));
    REQUIRE(porter->give(Item::channel, nursery_ends.second.get(), Role::nursery));
    for (const Role role : {Role::signer, Role::broker, Role::sessions})
      if (!plain) adopt(role);
    lines = std::move(log_ends.first);
    log = std::move(log_ends.second);
    reports = std::move(report_ends.second);
    nursery = Channel(std::move(nursery_ends.first), Role::nursery, Role::porter);
    porter->log_must_record = log_must_record;
    REQUIRE(porter->start(jail.path()) == "");
  }
  // The next packet of lines; empty when none comes within `ms`.
  std::string hear_lines(int ms = 3000) const {
    pollfd wait{lines.get(), POLLIN, 0};
    char room[line_packet_bytes];
    if (::poll(&wait, 1, ms) != 1) return "";
    const ssize_t n = ::recv(lines.get(), room, sizeof room, MSG_DONTWAIT);
    return n < 0 ? "" : std::string(room, static_cast<std::size_t>(n));
  }
  // A new helper, in whose queue is room for some messages, or for `room` bytes of them.
  void adopt(Role role, int room = 0) {
    auto [ours, theirs] = make_channel().value();
    if (room > 0) REQUIRE(::setsockopt(theirs.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
    REQUIRE(porter->give(Item::channel, theirs.get(), role));
    helpers[role] = Channel(std::move(ours), role, Role::porter);
  }
  // Takes an order for a worker; its number, and its channel at the end of `workers`.
  std::uint64_t order() {
    Packet packet;
    Spawn spawn;
    SpawnPlain plain_spawn;
    REQUIRE(nursery.await(packet, 3000) == Heard::packet);
    REQUIRE((plain ? packet.read(plain_spawn) : packet.read(spawn)));
    workers.emplace_back(std::move(packet.descriptors[0]), Role::worker, Role::porter);
    return plain ? plain_spawn.worker : spawn.worker;
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
    REQUIRE((packet.read(serve) && serve.count == 1 && packet.brought() == 1));
    if (connection != nullptr) *connection = std::move(packet.descriptors[0]);
    return serve;
  }
  // As RoleChild gives it.
  static TicketKey key() {
    TicketKey key;
    for (std::byte& b : key.fill(TicketKey::capacity)) b = std::byte{0x5a};
    return key;
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

// More than the queue of a worker holds: some 280 messages, or 170 that bring four each.
inline std::vector<UniqueFd> dial_crowd(Desk& desk) {
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  files.rlim_cur = files.rlim_max = std::max<rlim_t>(files.rlim_max, 4096);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < (desk.plain ? 1300 : 400); ++i) clients.push_back(desk.dial());
  return clients;
}

}  // namespace postern::porter_rig
