// authd: who you are.  This file says what the daemon consists of, and what each of its
// roles is handed; what they do is in sessions*.cc and vault*.cc.
// Never decide here who may pass: the master must not hold a secret or read a message.

#include <fcntl.h>

#include "authd/identity_keys.h"
#include "authd/roles.h"
#include "authd/time_sync.h"
#include "common/doors.h"
#include "common/logger.h"
#include "common/master.h"
#include "common/net.h"
#include "common/settings.h"
#include "common/settings_check.h"

namespace postern::authd {
namespace {

constexpr unsigned root_only = 0600;

class Authd final : public DaemonPlan {
 public:
  Daemon daemon() const override { return Daemon::authd; }

  Result<int> live(RoleProcess& self) const override {
    switch (self.role()) {
      case Role::logger: return run_logger(self);
      case Role::sessions: return run_sessions(self);
      case Role::vault: return run_vault(self);
      default: return fail("authd has no such role");
    }
  }

  Result<HousePlan> read(const std::string& text, const std::string& name) override {
    fresh_ = TRY(parse_authd(text, name));
    HousePlan plan = start_plan(Daemon::authd, fresh_.process, fresh_.log, text, name);
    plan.roles = {Role::vault, Role::sessions};
    plan.links = {{Role::sessions, Role::vault}};
    return plan;
  }

  Result<void> check() override {
    TRY_VOID(check_system(fresh_));
    return check_identity_keys(fresh_);
  }

  Result<void> open(HousePlan& plan) override {
    gate_ = TRY(listen_on_path(fresh_.listen.gate, root_only));
    admin_ = TRY(listen_on_path(fresh_.listen.admin, root_only));
    sealing_key_ = UniqueFd::adopt(::open(fresh_.store.sealing_key.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!sealing_key_) return fail_errno("cannot open " + fresh_.store.sealing_key);
    current_ = fresh_;
    plan.provide = [this](Role role, Giver& giver) {
      if (role == Role::vault) giver.give(Item::sealing_key, sealing_key_.get());
      if (role != Role::sessions) return;
      giver.give(Item::gate_listener, gate_.get());
      giver.give(Item::admin_listener, admin_.get());
    };
    return open_again(plan);
  }

  Result<void> open_again(HousePlan& plan) override {
    plan.provide_again = [keys = TRY(KeyFiles::open(fresh_))](Role role, Giver& giver) {
      if (role == Role::sessions) keys.give(giver);
    };
    return {};
  }

  // Everything that goes by time is judged by this clock; somebody should know.
  Result<void> serving(Loop&, Log& log, Houses) override {
    if (!kernel_clock_is_synchronised())
      (void)log.write(Line("clock", Level::warning).add("state", "unsynchronised"));  // best effort
    return {};
  }

  Result<void> may_replace() override {
    const bool same = fresh_.listen == current_.listen && fresh_.process == current_.process &&
                      fresh_.log == current_.log && fresh_.store.path == current_.store.path &&
                      fresh_.store.sealing_key == current_.store.sealing_key;
    if (!same) return fail(fresh_.origin.file + ": [listen], [process], [log] and [store] cannot change without a restart");
    const bool room = fresh_.session.max_sessions <= current_.session.max_sessions;
    if (room && fresh_.session.domain == current_.session.domain) return {};
    return fail(fresh_.origin.file + ": [session] domain, and a larger max_sessions, need a restart");
  }

  // Sessions live in memory: a new house would not know them.
  bool reloads_in_place() const override { return true; }

 private:
  AuthdSettings fresh_, current_;
  UniqueFd gate_, admin_, sealing_key_;
};

}  // namespace
}  // namespace postern::authd

int main(int argc, char** argv) {
  postern::authd::Authd plan;
  return postern::run_daemon(argc, argv, plan);
}
