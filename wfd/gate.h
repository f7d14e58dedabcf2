// The master's way to authd: while authd is there, the porter and the broker each have a
// connection to sessions, and the master has one of its own, on which sessions says which
// worker must be killed.  While it is not, the roles say 503, and this tries again.
#pragma once

#include <string>

#include "common/channel.h"
#include "common/house.h"
#include "common/log.h"
#include "common/loop.h"

namespace postern::wfd {

class Gate {
 public:
  Gate(Loop& loop, Log& log, std::string path, Houses houses)
      : loop_(loop), log_(log), path_(std::move(path)), houses_(std::move(houses)) {}
  void start() { tend(); }
  // A role serves (again): it gets a connection of its own.
  void introduce(House& house, Role role);

 private:
  void tend();
  bool connect();
  Result<Channel> hello(Role as, const TicketKey& key);
  void hear();
  void say(std::string_view what);

  Loop& loop_;
  Log& log_;
  std::string path_;
  Houses houses_;
  Channel own_;
  Watcher watcher_;
  Timer timer_;
  bool complained_ = false;
};

}  // namespace postern::wfd
