// The nursery, jailed, with the test as its master and its porter, and workers that say
// what they have.
#include "common/nursery.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>

#include "common/sandbox_policy.h"
#include "unit/catch.h"
#include "unit/common/role_child.h"

using namespace postern;
using test::RoleChild;
using test::Scratch;

namespace {

using Work = int (*)(WorkerSeat&);

struct Ends {
  UniqueFd in, out;
  Ends() {
    auto ends = make_channel().value();
    in = std::move(ends.first);
    out = std::move(ends.second);
  }
};

// A nursery of plain workers (redird's), whose whole life is `work`.
struct Desk {
  Scratch jail;
  Ends worker_lines, own_lines, reports;
  Channel porter;
  std::unique_ptr<RoleChild> nursery;

  explicit Desk(Work work) {
    const int on = 1;
    REQUIRE(::setsockopt(reports.in.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
    auto [page_writable, page] = make_log_page().value();
    auto [ours, theirs] = make_channel().value();
    porter = Channel(std::move(ours), Role::porter, Role::nursery);
    nursery = std::make_unique<RoleChild>(Daemon::redird, Role::nursery, [work](RoleProcess& self) {
      NurseryPlan plan;
      plan.plain = true;
      plan.work = [work](WorkerSeat& seat) { return work(seat); };
      return run_nursery(self, plan);
    });
    REQUIRE(nursery->give(Item::log, own_lines.out.get()));
    REQUIRE(nursery->give(Item::log_page, page.get()));
    REQUIRE(nursery->give(Item::log, worker_lines.out.get(), Role::worker));
    REQUIRE(nursery->give(Item::log_page, page.get(), Role::worker));
    REQUIRE(nursery->give(Item::reports, reports.out.get()));
    REQUIRE(nursery->give(Item::channel, theirs.get(), Role::porter));
    worker_lines.out.reset();
    own_lines.out.reset();
    reports.out.reset();
    theirs.reset();
    REQUIRE(nursery->start(jail.path()) == "");
  }
  // Asks for a worker; the porter's end of its channel.
  Channel spawn(std::uint64_t number) {
    auto [ours, theirs] = make_channel().value();
    SpawnPlain order;
    order.worker = number;
    const int lent[] = {theirs.get()};
    REQUIRE(porter.send(order, lent) == Told::sent);
    return Channel(std::move(ours), Role::porter, Role::worker);
  }
  template <class M>
  M hear() {
    Packet packet;
    M message;
    REQUIRE(porter.await(packet, 5000) == Heard::packet);
    REQUIRE(packet.read(message));
    return message;
  }
};

std::string heard(const Ends& line, int ms = 3000) {
  pollfd wait{line.in.get(), POLLIN, 0};
  char text[4096];
  if (::poll(&wait, 1, ms) != 1) return "";
  const ssize_t n = ::recv(line.in.get(), text, sizeof text, MSG_DONTWAIT);
  return n < 0 ? "" : std::string(text, static_cast<std::size_t>(n));
}

int wait_for_porter(WorkerSeat& seat) {
  Packet packet;
  return seat.porter.await(packet, 10'000) == Heard::packet ? 0 : 1;
}

}  // namespace

TEST_CASE("a nursery forks a worker on the porter's word, and tells of its end", "[nursery]") {
  POSTERN_NEEDS_ROOT
  Desk desk(wait_for_porter);
  Channel worker = desk.spawn(7);
  const Spawned spawned = desk.hear<Spawned>();
  CHECK((spawned.worker == 7 && spawned.pid > 1));
  CHECK(::kill(static_cast<pid_t>(spawned.pid), 0) == 0);
  REQUIRE(worker.send(Retire{}) == Told::sent);
  const Gone gone = desk.hear<Gone>();
  CHECK((gone.worker == 7 && gone.status == 0));
}

TEST_CASE("a nursery kills a worker on the porter's word, and all go with it", "[nursery]") {
  POSTERN_NEEDS_ROOT
  Desk desk(wait_for_porter);
  Channel first = desk.spawn(1), second = desk.spawn(2);
  (void)desk.hear<Spawned>();
  const Spawned other = desk.hear<Spawned>();
  Kill order;
  order.worker = 9;  // none of its own
  REQUIRE(desk.porter.send(order) == Told::sent);
  order.worker = 1;
  REQUIRE(desk.porter.send(order) == Told::sent);
  const Gone gone = desk.hear<Gone>();
  CHECK((gone.worker == 1 && gone.status == SIGKILL));
  (void)desk.nursery->kill();
  pollfd end{second.fd(), POLLIN, 0};
  REQUIRE(::poll(&end, 1, 5000) == 1);
  Packet packet;
  CHECK(second.receive(packet) == Heard::closed);
  CHECK(other.worker == 2);
}

TEST_CASE("a worker has its own lines and no way to speak as its nursery", "[nursery]") {
  POSTERN_NEEDS_ROOT
  Desk desk([](WorkerSeat& seat) {
    (void)seat.log->write(Line("fault").add("what", "mine"));
    const std::string forged = "5event=forged";
    for (int fd = 3; fd < 1024; ++fd)  // wherever the nursery left something open
      (void)::send(fd, forged.data(), forged.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return 0;
  });
  Channel worker = desk.spawn(1);
  const Spawned spawned = desk.hear<Spawned>();
  const Gone gone = desk.hear<Gone>();  // and nothing forged before it
  CHECK((gone.worker == 1 && gone.status == 0 && spawned.worker == 1));
  CHECK(heard(desk.worker_lines) == "6event=fault what=mine");
  CHECK(heard(desk.own_lines, 0).empty());
  Packet packet;
  CHECK(desk.nursery->control().receive(packet) == Heard::nothing);
}

TEST_CASE("a worker that would end the shared lines for all others is killed", "[nursery]") {
  POSTERN_NEEDS_ROOT
  const bool log_line = GENERATE(true, false);
  Desk desk(log_line ? Work([](WorkerSeat&) { return ::shutdown(worker_log_number, SHUT_RDWR); })
                     : Work([](WorkerSeat& seat) { return ::shutdown(seat.reports.fd(), SHUT_RDWR); }));
  Channel worker = desk.spawn(1);
  (void)desk.hear<Spawned>();
  CHECK(WTERMSIG(static_cast<int>(desk.hear<Gone>().status)) == SIGSYS);
  const Ends& line = log_line ? desk.worker_lines : desk.reports;
  pollfd end{line.in.get(), POLLIN, 0};
  CHECK(::poll(&end, 1, 0) == 0);  // still open for the others
}

TEST_CASE("hundreds of workers that end at once do not end their nursery", "[nursery]") {
  POSTERN_NEEDS_ROOT
  Desk desk([](WorkerSeat&) { return 0; });
  std::vector<Channel> workers;
  constexpr std::uint64_t many = 400;  // more messages than a queue holds
  for (std::uint64_t n = 0; n < many; ++n) {
    Told told = Told::full;
    auto [ours, theirs] = make_channel().value();
    SpawnPlain order;
    order.worker = n;
    const int lent[] = {theirs.get()};
    for (int i = 0; i < 1000 && told == Told::full; ++i) {
      told = desk.porter.send(order, lent);
      if (told == Told::full) (void)::poll(nullptr, 0, 5);
    }
    if (told != Told::sent) break;  // the nursery waits for this porter: listen first
    workers.emplace_back(std::move(ours), Role::porter, Role::worker);
  }
  (void)::poll(nullptr, 0, 300);  // a porter that is busy elsewhere
  std::uint64_t spawned = 0, gone = 0;
  Packet packet;
  while (gone < workers.size() && desk.porter.await(packet, 5000) == Heard::packet) {
    Spawned s;
    Gone g;
    if (packet.read(s)) ++spawned;
    if (packet.read(g)) ++gone;
  }
  CHECK(workers.size() > 200);
  CHECK((spawned == workers.size() && gone == workers.size()));
}
