// The vault and a sessions that is behind, or gone: answers that find no room, and a channel
// that nobody brings back.
#include "authd/patient_send.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "authd/vault.h"
#include "common/role_process.h"
#include "unit/authd/house.h"
#include "unit/authd/town.h"

using namespace postern;
using namespace postern::authd;

namespace {

// A channel from the vault to sessions without any room left.
struct Full {
  Channel from, to;
  int sent = 0;
  Full() {
    auto ends = make_channel();
    REQUIRE(ends);
    from = Channel(std::move(ends->first), Role::vault, Role::sessions);
    to = Channel(std::move(ends->second), Role::sessions, Role::vault);
    while (from.send(AdminRow()) == Told::sent) ++sent;
    REQUIRE(sent > 10);
  }
};

}  // namespace

TEST_CASE("an answer waits for room, but not for long", "[vault]") {
  Full full;
  const Mono begun = read_mono();
  CHECK(send_in_time(full.from, AdminEnd(), 50) == Told::full);
  CHECK((read_mono() - begun).ms() >= 45);
  const pid_t reader = ::fork();
  if (reader == 0) {
    ::usleep(100'000);  // it is behind
    Packet packet;
    while (full.to.receive(packet) == Heard::packet) {
    }
    ::_exit(0);
  }
  CHECK(send_in_time(full.from, AdminEnd(), 20'000) == Told::sent);
  int status = 0;
  REQUIRE(::waitpid(reader, &status, 0) == reader);
  full.to.close();
  CHECK(send_in_time(full.from, AdminEnd(), 20'000) == Told::lost);
}

TEST_CASE("a vault that nobody speaks with begins anew", "[vault]") {
  House house;
  Town town;
  VaultService service({town.loop, town.log, [] { return noon; }, milliseconds(30)}, house.vault);
  const auto bring = [&] {
    auto ends = make_channel();
    REQUIRE(ends);
    service.take_sessions(std::move(ends->second));
    return Channel(std::move(ends->first), Role::sessions, Role::vault);
  };
  Channel first = bring();
  first.close();
  town.run(10);
  Channel second = bring();  // in time
  town.run(60);
  CHECK_FALSE(town.is_closed(second));
  second.close();
  Timer end;
  end.set(town.loop, read_mono() + seconds(5), [&] { town.loop.stop(0); });
  CHECK(town.loop.run().value() == exit_contradiction);
  CHECK(town.logged("nobody speaks with the vault any more"));
}
