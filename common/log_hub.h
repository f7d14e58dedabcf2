// The master's end of logging: a queue for every role (its two ends stay open here,
// so that a logger that dies loses no line and its successor goes on where it was),
// the page on which the logger says how it is, and the logger's own house.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/house.h"
#include "common/log.h"

namespace postern {

class LogHub {
 public:
  // Queues for the master and every role of `daemon`.
  static Result<std::unique_ptr<LogHub>> open(Daemon daemon, std::string socket, OnLogFailure on_failure,
                                              bool verbose);
  // Starts the logger; `plan` gives its user and jail.
  void start(const HousePlan& plan, HouseServices services, std::function<void(Result<void>)> done);
  // Gives a role its way to the logger.
  void provide(Role role, Giver& giver) const;
  // Asks the logger to write what is queued, and to leave.
  void retire(std::function<void()> done);
  bool reaped(int pid, int status) { return house_ && house_->reaped(pid, status); }
  Log& log() { return log_; }

 private:
  struct Queue {
    UniqueFd in, out;  // the logger's end and the role's
  };
  void hand_to_logger(Giver& giver);
  UniqueFd open_syslog() const;

  std::string socket_;
  std::map<Role, Queue> queues_;
  UniqueFd page_writable_, page_;
  Log log_;
  std::unique_ptr<House> house_;
};

}  // namespace postern
