// What the masters of redird and wfd open for their porters: the listeners, and the line
// on which workers report.  And the part of a plan that all daemons have in common.
#pragma once

#include <string>
#include <vector>

#include "common/house.h"
#include "common/settings.h"

namespace postern {

class Doors {
 public:
  // Opens the listeners (once) and a line for reports (once).
  Result<void> open(const ListenSettings& settings);
  // Hands the porter and the nursery theirs.
  void provide(Role role, Giver& giver) const;

 private:
  std::vector<UniqueFd> listeners_;
  UniqueFd reports_in_, reports_out_;
};

// A plan with all but roles, links and what they are handed.
HousePlan start_plan(Daemon daemon, const ProcessSettings& process, const LogSettings& log,
                     std::string text, std::string name);

}  // namespace postern
