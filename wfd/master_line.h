// The master's own connection to sessions, for one house: on it sessions says which of its
// workers must be killed.
#pragma once

#include <functional>

#include "common/channel.h"
#include "common/loop.h"
#include "common/result.h"
#include "common/ticket.h"

namespace postern::wfd {

class MasterLine {
 public:
  // Passes an order for the house of that key on.  Told::full: there was no room for it; it will be
  // passed on again.
  using Tell = std::move_only_function<Told(const TicketKey&, const KillWorkers&)>;

  MasterLine(Loop& loop, const TicketKey& key, Channel channel, Tell tell);
  // From now on orders are heard.
  Result<void> listen();
  // False when sessions has closed it, or broke the rules.
  bool is_open() const { return static_cast<bool>(channel_); }
  // The house that it is for.
  const TicketKey& key() const { return key_; }

 private:
  void hear();
  void wait(const KillWorkers& order);
  void close();

  Loop& loop_;
  TicketKey key_;
  Channel channel_;
  Tell tell_;
  Watcher watcher_;
  Timer again_;
};

}  // namespace postern::wfd
