// Connecting to authd and handing the connections on.  Nothing of a user passes here.

#include "wfd/gate.h"

#include <sys/epoll.h>

#include "common/net.h"

namespace postern::wfd {
namespace {

constexpr Duration pause = milliseconds(100);

}  // namespace

void Gate::tend() {
  if (!own_ && !connect()) say("no way to authd: 503 to everybody until it is there");
  timer_.set(loop_, loop_.now() + pause, [this] { tend(); });
}

void Gate::say(std::string_view what) {
  if (complained_) return;
  complained_ = true;
  (void)log_.write(Line("fault", Level::error).add("role", "master").add("pid", "").add("what", what));
}

// A connection of sessions' that is introduced as `as`.
Result<Channel> Gate::hello(Role as, const TicketKey& key) {
  Channel channel(TRY(connect_path(path_)), Role::master, Role::sessions);
  GateHello greeting;
  greeting.as = as;
  greeting.ticket_key.assign(key.bytes());
  if (channel.send(greeting) != Told::sent) return fail("authd does not listen");
  return channel;
}

bool Gate::connect() {
  House* house = houses_.current();
  if (house == nullptr) return false;
  Result<Channel> own = hello(Role::master, house->ticket_key());
  if (!own) return false;
  own_ = std::move(*own);
  if (!watcher_.start(loop_, own_.fd(), EPOLLIN, [this](std::uint32_t) { hear(); })) {
    own_.close();
    return false;
  }
  if (complained_) (void)log_.write(Line("fault", Level::notice).add("role", "master").add("pid", "").add("what", "authd is back"));
  complained_ = false;
  introduce(*house, Role::broker);
  introduce(*house, Role::porter);
  return true;
}

void Gate::introduce(House& house, Role role) {
  Channel* control = house.control(role);
  if ((role != Role::porter && role != Role::broker) || control == nullptr || !own_) return;
  Result<Channel> gate = hello(role, house.ticket_key());
  if (!gate) return;  // authd went away: the next round begins anew
  Giver giver(*control);
  giver.give(Item::gate, gate->fd());
}

void Gate::hear() {
  for (;;) {
    Packet packet;
    const Heard heard = own_.receive(packet);
    if (heard == Heard::nothing) return;
    KillWorker order;
    if (heard == Heard::packet && packet.read(order)) {
      houses_.each([&order](House& house) {  // a number is one worker's in all of them
        Channel* porter = house.control(Role::porter);
        if (porter != nullptr) (void)porter->send(order);  // without a porter there are no workers
      });
      continue;
    }
    watcher_.stop();
    own_.close();
    return;
  }
}

}  // namespace postern::wfd
