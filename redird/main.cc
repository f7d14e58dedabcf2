// redird: port 80 to port 443.  This file says what the daemon consists of; the rest is
// common/ and redird/worker.cc.  Never put here: anything that looks at a connection,
// for the master runs as root.

#include "common/doors.h"
#include "common/logger.h"
#include "common/master.h"
#include "common/nursery.h"
#include "common/porter.h"
#include "common/settings.h"
#include "common/settings_check.h"
#include "redird/roles.h"

namespace postern::redird {
namespace {

constexpr std::uint32_t worker_life = 10'000;  // connections, then it is replaced
constexpr std::uint32_t worker_slack = 32;     // some twenty microseconds each

PorterPlan porter_plan(const RedirdSettings& settings) {
  PorterPlan plan;
  plan.mode = settings.listen.mode;
  plan.connections_per_worker = settings.isolation.connections_per_worker;
  plan.spare_workers = settings.isolation.workers;
  plan.max_workers = settings.isolation.workers * 4;
  plan.connections_in_life = worker_life;
  plan.worker_slack = worker_slack;
  plan.source = settings.source;
  plan.plain = true;
  return plan;
}

Result<int> live_as_porter(RoleProcess& self) {
  const RedirdSettings settings = TRY(parse_redird(self.settings_text(), self.settings_name()));
  return run_porter(self, porter_plan(settings));
}

Result<int> live_as_nursery(RoleProcess& self) {
  const RedirdSettings settings = TRY(parse_redird(self.settings_text(), self.settings_name()));
  NurseryPlan plan;
  plan.plain = true;
  plan.work = [&settings](WorkerSeat& seat) { return live_as_worker(seat, settings); };
  return run_nursery(self, plan);
}

class Redird final : public DaemonPlan {
 public:
  Daemon daemon() const override { return Daemon::redird; }

  Result<int> live(RoleProcess& self) const override {
    switch (self.role()) {
      case Role::logger: return run_logger(self);
      case Role::porter: return live_as_porter(self);
      case Role::nursery: return live_as_nursery(self);
      default: return fail("redird has no such role");
    }
  }

  Result<HousePlan> read(const std::string& text, const std::string& name) override {
    fresh_ = TRY(parse_redird(text, name));
    HousePlan plan = start_plan(Daemon::redird, fresh_.process, fresh_.log, text, name);
    plan.roles = {Role::nursery, Role::porter};
    plan.links = {{Role::porter, Role::nursery}};
    plan.fellows = {{Role::porter, Role::nursery}};
    plan.ticket_roles = {Role::porter};
    return plan;
  }

  Result<void> check() override { return check_system(fresh_); }

  Result<void> open(HousePlan& plan) override {
    TRY_VOID(doors_.open(fresh_.listen));
    current_ = fresh_;
    plan.provide = [this, line = TRY(ReportLine::open())](Role role, Giver& giver) { doors_.provide(role, giver, line); };
    return {};
  }

  Result<void> may_replace() override {
    const bool same = fresh_.listen == current_.listen && fresh_.process == current_.process &&
                      fresh_.log == current_.log;
    if (same) return {};
    return fail(fresh_.origin.file + ": [listen], [process] and [log] cannot change without a restart");
  }

 private:
  RedirdSettings fresh_, current_;
  Doors doors_;
};

}  // namespace
}  // namespace postern::redird

int main(int argc, char** argv) {
  postern::redird::Redird plan;
  return postern::run_daemon(argc, argv, plan);
}
