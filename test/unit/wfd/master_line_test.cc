// What sessions says must be killed is passed on, whoever has no room for it at the moment.
#include "wfd/master_line.h"

#include <algorithm>
#include <vector>

#include "unit/workbench.h"

using namespace postern;
using namespace workbench;

namespace {

struct Rig {
  Loop loop = open_loop();
  Channel sessions;
  std::vector<std::uint64_t> passed;  // the first number of each order
  unsigned refusals = 0;              // so many times there is no room
  std::unique_ptr<wfd::MasterLine> line;

  Rig() {
    Ends ends = make_ends();
    sessions = Channel(std::move(ends.theirs), Role::sessions, Role::master);
    TicketKey key;
    std::ranges::fill(key.fill(TicketKey::capacity), std::byte{7});
    line = std::make_unique<wfd::MasterLine>(loop, key, Channel(std::move(ends.ours), Role::master, Role::sessions),
                                             [this](const TicketKey& house, const KillWorkers& order) {
                                               CHECK(house == line->key());
                                               return take(order);
                                             });
    REQUIRE(line->listen());
  }
  Told take(const KillWorkers& order) {
    if (refusals > 0) return --refusals, Told::full;
    passed.push_back(order.workers[0]);
    return Told::sent;
  }
  void order(std::uint64_t number) {
    KillWorkers order;
    order.workers[0] = number;
    REQUIRE(sessions.send(order) == Told::sent);
  }
};

}  // namespace

TEST_CASE("an order for which there is no room is passed on later, and none behind it is lost", "[master-line]") {
  const unsigned refusals = GENERATE(0U, 1U, 5U);
  Rig rig;
  rig.refusals = refusals;
  for (std::uint64_t number = 1; number <= 20; ++number) rig.order(number);
  const bool leaves = GENERATE(false, true);
  if (leaves) rig.sessions.close();
  CHECK(run_until(rig.loop, [&] { return rig.passed.size() >= 20 && rig.line->is_open() != leaves; }));
  std::vector<std::uint64_t> all(20);
  std::ranges::generate(all, [n = std::uint64_t{0}]() mutable { return ++n; });
  CHECK(rig.passed == all);
}

TEST_CASE("while an order waits, sessions keeps what it has still to say", "[master-line]") {
  Rig rig;
  rig.refusals = 1'000'000;
  KillWorkers order;
  order.workers[0] = 1;
  Told told = Told::sent;
  for (int i = 0; i < 10'000 && told == Told::sent; ++i) {
    told = rig.sessions.send(order);
    if (i % 100 == 0) settle(rig.loop);
  }
  CHECK(told == Told::full);
  CHECK(rig.passed.empty());
}

TEST_CASE("a line on which something else is said is closed", "[master-line]") {
  Rig rig;
  REQUIRE(::send(rig.sessions.fd(), "\xff", 1, 0) == 1);
  CHECK(run_until(rig.loop, [&] { return !rig.line->is_open(); }));
}
