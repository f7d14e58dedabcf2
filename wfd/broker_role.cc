// The life of the role broker: what it opens before its jail, and how it hears of new
// peers.  Called by main.cc alone; what a dial is stands in broker.cc.  Never judge a
// destination here.

#include <utility>

#include "common/net.h"
#include "common/settings.h"
#include "wfd/broker.h"
#include "wfd/roles.h"

namespace postern::wfd {

Result<int> run_broker(RoleProcess& self) {
  const WfdSettings settings = TRY(parse_wfd(self.settings_text(), self.settings_name()));
  TicketKey key;
  if (!key.assign(self.start().ticket_key.bytes()) || key.size() != TicketKey::capacity)
    return fail("cannot dial: the master gave no ticket key");
  // The jail has no way to ask; addresses that come later show when a connection's two
  // ends turn out to be the same host.
  DestinationPolicy policy(settings, TRY(own_addresses()));
  Broker broker(self.loop(), self.log(), settings, std::move(key), std::move(policy));
  if (UniqueFd porter = self.take(Item::channel, Role::porter)) broker.hear_porter(std::move(porter));
  for (Handed& gate : self.take_all(Item::gate)) broker.ask_sessions(std::move(gate.fd));
  self.on_hand = [&broker](Handed handed) {
    if (handed.item == Item::gate) broker.ask_sessions(std::move(handed.fd));
    if (handed.item == Item::channel && handed.role == Role::porter)
      broker.hear_porter(std::move(handed.fd));
  };
  self.on_retire = [&] { broker.retire([&self] { self.loop().stop(0); }); };
  TRY_VOID(self.enter_jail(settings.intranet.source == SourceAddress::client));
  TRY_VOID(self.ready());
  return self.loop().run();
}

}  // namespace postern::wfd
