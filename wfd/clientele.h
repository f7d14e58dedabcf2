// The workers that signer and broker serve: one channel each, brought by the porter with
// the worker's number.  What a worker says counts on its own channel only (R7), and one
// that breaks the rules loses its channel.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "common/channel.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/messages.h"

namespace postern::wfd {

struct Client {
  std::uint64_t worker = 0;  // by the porter's word
  Channel channel;
  Watcher watcher;           // behind the channel, so that it goes first
};

class Clientele {
 public:
  // A message of a worker.  False: the worker is broken.  It may send on the channel but
  // not drop a client.
  using Hear = std::move_only_function<bool(Client&, Packet&)>;
  // The worker of that number has lost its channel.
  using Left = std::move_only_function<void(std::uint64_t worker)>;

  // `self` is Role::signer or Role::broker.  `loop` and `log` must outlive it.
  Clientele(Loop& loop, Log& log, Role self, Hear hear, Left left);

  // Listens to the porter on `channel`; replaces what was there.
  void hear_porter(UniqueFd channel);
  // The client of that number, or nullptr.
  Client* find(std::uint64_t worker);
  // Closes the channel of a worker at the end of this round, and logs why.
  void drop_later(std::uint64_t worker, std::string_view why);
  // Calls `done` once the porter and all workers are gone, which may be now.
  void retire(std::function<void()> done);

  std::size_t size() const { return clients_.size(); }
  // For handlers, see channel.h: a new worker of the porter's.
  bool enroll(Channel& porter, Enroll& message, Packet& packet);

 private:
  void porter_ready();
  void client_ready(std::uint64_t worker);
  void drop(std::uint64_t worker);
  void drop_doomed();
  void report(std::uint64_t worker, std::string_view why);
  void leave_if_done();

  Loop& loop_;
  Log& log_;
  Role self_;
  Hear hear_;
  Left left_;
  Channel porter_;
  Watcher from_porter_;
  std::map<std::uint64_t, Client> clients_;
  std::vector<std::uint64_t> doomed_;
  Timer sweeping_;
  std::function<void()> retired_;
};

}  // namespace postern::wfd
