// Those who talk to role sessions, each with its channel.  A peer that is done with may
// still be on the stack (it is often its own message that ended it), so it is buried:
// deaf at once, and destroyed at the end of the loop's round.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "authd/sessions_holdings.h"
#include "common/channel.h"
#include "common/loop.h"
#include "common/messages.h"

namespace postern::authd {

// In every peer the channel stands before its watcher, so that it is closed after it.
struct GatePeer {       // a wfd's master, porter or broker; master until it said hello
  std::uint64_t id = 0;
  Channel channel;
  TicketKey key;        // of its wfd; empty until it said hello
  std::string login_host;      // of its wfd; empty: nothing is asserted in its name
  NetworkSet verify_networks;  // who may ask it /verify
  Watcher watcher;
  Timer patience;       // for the hello
  std::vector<std::uint64_t> doomed;  // a master's: its workers that it is still to have killed
  Timer doom;                         // when it is told of them
};
struct WorkerPeer {
  std::uint64_t id = 0;
  std::uint64_t number = 0;  // as its porter says
  Channel channel;
  TicketKey key;             // of its wfd, as these two
  std::string login_host;
  NetworkSet verify_networks;
  Holdings held;
  unsigned logins = 0;       // that the vault has not answered yet
  Watcher watcher;
  Timer patience;            // for the confirmation of an end
};
struct AdminPeer {
  std::uint64_t id = 0;
  Channel channel;
  AdminVerb verb = AdminVerb::none;  // what it waits for
  std::uint32_t tag = 0;
  UserName user;                     // of which a list is asked; empty: all
  std::uint32_t next_slot = 0;       // where the list goes on
  Watcher watcher;
  Timer patience;                    // for its next question, or for reading our answer
};
struct VaultPeer {
  Channel channel;
  Watcher watcher;
};

template <class P>
class Peers {
 public:
  explicit Peers(Loop& loop) : loop_(loop) {}

  // A new peer with a number of its own; it stays where it is until it is buried.
  P& add(Channel channel) {
    auto peer = std::make_unique<P>();
    peer->id = ++last_;
    peer->channel = std::move(channel);
    return *(living_[last_] = std::move(peer));
  }
  // nullptr when it is gone.
  P* find(std::uint64_t id) {
    const auto place = living_.find(id);
    return place == living_.end() ? nullptr : place->second.get();
  }
  std::size_t size() const { return living_.size(); }

  void bury(P& peer) {
    peer.watcher.stop();
    peer.patience.cancel();
    peer.channel.close();
    const auto place = living_.find(peer.id);
    if (place == living_.end()) return;
    buried_.push_back(std::move(place->second));
    living_.erase(place);
    if (!digger_.active()) digger_.set(loop_, loop_.now(), [this] { buried_.clear(); });
  }

  // Calls `f` with every peer; it may bury the one that it is given.
  template <class F>
  void each(F f) {
    for (auto place = living_.begin(); place != living_.end();) f(*(place++)->second);
  }

 private:
  Loop& loop_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<P>> living_;
  std::vector<std::unique_ptr<P>> buried_;
  Timer digger_;
};

}  // namespace postern::authd
