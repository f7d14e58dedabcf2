// A reload by which the running roles of a house swap their settings: all of them take
// the new ones, or all keep the old.  Used by the masters of daemons whose roles hold
// what must not be lost (authd).
#pragma once

#include <functional>
#include <set>
#include <string>

#include "common/house.h"
#include "common/loop.h"
#include "common/messages.h"

namespace postern {

class InPlaceReload {
 public:
  using Done = std::function<void(Result<void>)>;

  explicit InPlaceReload(Loop& loop) : loop_(loop) {}

  // Gives the settings of `fresh`, and what it provides again, to every role of `house`.
  // `done` is told once: all have them, or why all have what they had.
  void begin(House& house, HousePlan fresh, Done done);
  bool under_way() const { return house_ != nullptr; }
  // What a role says to it.
  void heard(Role role, const Reloaded& answer);
  // A role was started anew meanwhile, with the settings of the house.
  void restarted(Role role);
  // The house goes away; nobody is told.
  void cancel();

 private:
  void order();
  bool give_to(Role role, int settings);
  void refuse(std::string reason);
  void answered(Role role);
  void settle();

  Loop& loop_;
  House* house_ = nullptr;  // while under way
  HousePlan fresh_;
  std::string refusal_;
  bool back_ = false;       // the old settings are being given out again
  std::set<Role> due_;
  Timer patience_;
  Done done_;
};

}  // namespace postern
