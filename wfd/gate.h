// The master's way to authd: while authd is there, the porter and the broker of each house
// have a connection to sessions, and the master has one for each house (a house is known by
// its ticket key; the line outlives it by a second), on which sessions says which of its
// workers must be killed.  While authd is not there, the roles say 503, and this tries again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/channel.h"
#include "common/house.h"
#include "common/log.h"
#include "common/loop.h"
#include "wfd/master_line.h"

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
  struct HouseLine {
    std::unique_ptr<MasterLine> line;
    std::optional<Mono> alone_since;  // its house is gone, and the line goes in a moment
  };
  void note_who_is_alone();
  MasterLine* line_of(const TicketKey& key);
  bool open_line(House& house);
  Result<Channel> hello(Role as, const House& house);
  Told tell_porter(const TicketKey& key, const KillWorkers& order);
  void say(std::string_view what);

  Loop& loop_;
  Log& log_;
  std::string path_;
  Houses houses_;
  std::vector<HouseLine> lines_;
  Timer timer_;
  bool complained_ = false;
};

}  // namespace postern::wfd
