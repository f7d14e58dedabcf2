// The master's line to sessions: there as long as its house, and for a while longer.
#include "wfd/gate.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/net.h"
#include "unit/common/role_child.h"
#include "unit/workbench.h"

using namespace postern;
using namespace workbench;

namespace {

// A house without roles, which is enough to have a key.
HousePlan plan_of_nobody() {
  HousePlan plan;
  plan.daemon = Daemon::wfd;
  plan.settings_name = "f";
  plan.settings_text =
      "[tls]\ncertificate=/c\nkey=/k\n[domain]\nname=example.org\n[login]\nhost=login.example.org\n"
      "[intranet]\nnetworks=10.1.0.0/16\n";
  return plan;
}

struct Rig {
  test::Scratch folder;
  Loop loop = open_loop();
  LogBook book;
  std::unique_ptr<House> house;
  UniqueFd door = listen_on_path(folder.path() + "/gate.sock", 0600).value();
  wfd::Gate gate{loop, book.log(), folder.path() + "/gate.sock",
                 {[this] { return house.get(); },
                  [this](const std::function<void(House&)>& see) {
                    if (house) see(*house);
                  }}};
  Channel sessions;  // sessions' end of the line

  Rig() {
    HouseServices services{loop, book.log(), {}, {}, {}};
    house = std::make_unique<House>(plan_of_nobody(), std::move(services));
    house->start([](Result<void>) {});
    gate.start();
    sessions = Channel(UniqueFd::adopt(::accept4(door.get(), nullptr, nullptr, SOCK_NONBLOCK)), Role::sessions, Role::master);
    Packet packet;
    GateHello hello;
    REQUIRE(sessions.await(packet, 3000) == Heard::packet);
    REQUIRE(packet.read(hello));
    CHECK(hello.ticket_key == house->ticket_key());
  }
  bool is_open() {
    Packet packet;
    return sessions.receive(packet) == Heard::nothing;
  }
};

}  // namespace

TEST_CASE("a line outlives its house for as long as sessions may have to say of its workers", "[gate]") {
  Rig rig;
  CHECK_FALSE(run_until(rig.loop, [&] { return !rig.is_open(); }, milliseconds(300)));
  rig.house.reset();
  const Mono alone = read_mono();
  int unread = 0;  // what is said now is heard, too
  REQUIRE(rig.sessions.send(KillWorkers{}) == Told::sent);
  CHECK(run_until(rig.loop, [&] { return ::ioctl(rig.sessions.fd(), SIOCOUTQ, &unread) == 0 && unread == 0; }, milliseconds(300)));
  CHECK_FALSE(run_until(rig.loop, [&] { return !rig.is_open(); }, alone + milliseconds(700) - read_mono()));
  CHECK(run_until(rig.loop, [&] { return !rig.is_open(); }));
}

TEST_CASE("a line that sessions has closed is made again, if its house is there", "[gate]") {
  Rig rig;
  const bool lives = GENERATE(true, false);
  if (!lives) rig.house.reset();
  rig.sessions.close();
  pollfd knock{rig.door.get(), POLLIN, 0};
  CHECK(run_until(rig.loop, [&] { return ::poll(&knock, 1, 0) == 1; }, lives ? seconds(5) : milliseconds(300)) == lives);
}
