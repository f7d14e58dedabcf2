// Connecting to authd and handing the connections on: to the porter and the broker of
// each house.  Called by the master's main.cc.  Nothing of a user passes here, and no
// answer of sessions is ever changed here.

#include "wfd/gate.h"

#include "common/net.h"
#include "common/settings.h"
#include "common/settings_wfd_rules.h"

namespace postern::wfd {
namespace {

constexpr Duration pause = milliseconds(100);
constexpr Duration farewell = seconds(1);  // sessions may speak of a worker some time after that has hung up

// What sessions must know of a wfd beside its key, and must not have from a worker.
Result<void> describe(const HousePlan& plan, GateHello& greeting) {
  const WfdSettings settings = TRY(parse_wfd(plan.settings_text, plan.settings_name));
  static_assert(decltype(greeting.verify_networks)::capacity == max_verify_networks);
  if (!greeting.login_host.assign(settings.login_host) || !greeting.verify_networks.assign(verify_networks_text(settings)))
    return fail("what authd must know has no room");  // the settings were checked
  return {};
}

}  // namespace

void Gate::tend() {
  note_who_is_alone();
  std::erase_if(lines_, [now = loop_.now()](const HouseLine& line) {
    return !line.line->is_open() || (line.alone_since && now - *line.alone_since >= farewell);
  });
  bool all = true;
  houses_.each([&](House& house) {
    if (line_of(house.ticket_key()) != nullptr) return;
    const bool open = open_line(house);
    all = all && open;
    if (!open) return;
    introduce(house, Role::broker);
    introduce(house, Role::porter);
  });
  if (!all) say("no way to authd: 503 to everybody until it is there");
  timer_.set(loop_, loop_.now() + pause, [this] { tend(); });
}

void Gate::note_who_is_alone() {
  for (auto& [line, alone_since] : lines_) {
    bool lives = false;
    houses_.each([&](House& house) { lives = lives || house.ticket_key() == line->key(); });
    if (!lives && !alone_since) alone_since = loop_.now();
  }
}

MasterLine* Gate::line_of(const TicketKey& key) {
  for (auto& [line, alone_since] : lines_)
    if (line->is_open() && line->key() == key) return line.get();
  return nullptr;
}

void Gate::say(std::string_view what) {
  if (complained_) return;
  complained_ = true;
  (void)log_.write(Line("fault", Level::error).add("role", "master").add("pid", "").add("what", what));
}

// A connection of sessions' that is introduced as `as`.
Result<Channel> Gate::hello(Role as, const House& house) {
  GateHello greeting;
  greeting.as = as;
  greeting.ticket_key.assign(house.ticket_key().bytes());
  TRY_VOID(describe(house.plan(), greeting));
  Channel channel(TRY(connect_path(path_)), Role::master, Role::sessions);
  if (channel.send(greeting) != Told::sent) return fail("authd does not listen");
  return channel;
}

bool Gate::open_line(House& house) {
  Result<Channel> own = hello(Role::master, house);
  if (!own) return false;
  auto line = std::make_unique<MasterLine>(loop_, house.ticket_key(), std::move(*own),
                                           [this](const TicketKey& key, const KillWorkers& order) { return tell_porter(key, order); });
  if (!line->listen()) return false;
  lines_.push_back({std::move(line), {}});
  if (complained_) (void)log_.write(Line("fault", Level::notice).add("role", "master").add("pid", "").add("what", "authd is back"));
  complained_ = false;
  return true;
}

void Gate::introduce(House& house, Role role) {
  Channel* control = house.control(role);
  if ((role != Role::porter && role != Role::broker) || control == nullptr) return;
  if (line_of(house.ticket_key()) == nullptr && !open_line(house)) return;  // tend() begins anew
  Result<Channel> gate = hello(role, house);
  if (!gate) return;  // authd went away: the next round begins anew
  Giver giver(*control);
  giver.give(Item::gate, gate->fd());
}

// Only the house of the line has such workers, and without a porter there are none.
Told Gate::tell_porter(const TicketKey& key, const KillWorkers& order) {
  bool full = false;
  houses_.each([&](House& house) {
    Channel* porter = house.ticket_key() == key ? house.control(Role::porter) : nullptr;
    if (porter != nullptr && porter->send(order) == Told::full) full = true;
  });
  return full ? Told::full : Told::sent;
}

}  // namespace postern::wfd
