// What the masters of redird and wfd open for their porters: the listeners, and the line
// on which workers report.  And the part of a plan that all daemons have in common.
#pragma once

#include <string>
#include <vector>

#include "common/house.h"
#include "common/settings.h"

namespace postern {

// The line on which the workers of one house report to their porter.  Each house has one
// of its own: over a reload two porters live, and neither may read the other's reports.
struct ReportLine {
  UniqueFd in, out;
  static Result<ReportLine> open();
};

class Doors {
 public:
  // Opens the listeners, once.
  Result<void> open(const ListenSettings& settings);
  // Hands the porter and the nursery of a house theirs.
  void provide(Role role, Giver& giver, const ReportLine& line) const;

 private:
  std::vector<UniqueFd> listeners_;
};

// A plan with all but roles, links and what they are handed.
HousePlan start_plan(Daemon daemon, const ProcessSettings& process, const LogSettings& log,
                     std::string text, std::string name);

}  // namespace postern
