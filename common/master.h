// The life of a daemon: options, settings, going to the background, the logger, the
// house of roles, signals.  A daemon's main.cc describes itself with a DaemonPlan and
// calls run_daemon().
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/house.h"
#include "common/role_process.h"

namespace postern {

// What is different from daemon to daemon.  Errors of read() and check() are the
// operator's (exit 100), those of open() the system's (exit 111).
class DaemonPlan {
 public:
  virtual ~DaemonPlan() = default;
  virtual Daemon daemon() const = 0;
  // The roles of this daemon, in their own processes: runs `self.role()`.
  virtual Result<int> live(RoleProcess& self) const = 0;
  // Settings to plan: pure.
  virtual Result<HousePlan> read(const std::string& text, const std::string& name) = 0;
  // What the system must have for these settings: files, users, jails.
  virtual Result<void> check() = 0;
  // Opens, as root, what the roles of the plan just read will be handed, and fills in
  // `plan.provide`.  Called again for a reload; listeners stay open over reloads.
  virtual Result<void> open(HousePlan& plan) = 0;
  // The same before a reload in place, for what belongs to the settings (provide_again).
  virtual Result<void> open_again(HousePlan&) { return {}; }
  // Whether the settings just read may replace those that run without a new start.
  virtual Result<void> may_replace() = 0;
  // Whether this daemon has a protocol to trace (SIGUSR1).
  virtual bool traces() const { return false; }
  // True: the roles swap their settings themselves; false: a new house is built.
  virtual bool reloads_in_place() const { return false; }
  // Called when the first house serves, with a way to its roles; the loop runs on.
  virtual Result<void> serving(Loop&, Log&, Houses) { return {}; }
  // A role serves, at the first start, after a restart or in a new house.
  virtual void role_ready(House&, Role) {}
  // The loop and the log of `serving` end now: whatever holds on to them goes first.
  virtual void ending() {}
};

// The whole of main().  The exit code comes back.
int run_daemon(int argc, char** argv, DaemonPlan& plan);

}  // namespace postern
