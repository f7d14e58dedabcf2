// What every role's process does before and around its own work: it takes over what
// its master hands it on descriptor 3, enters its jail, says Ready, and listens to the
// master.  An entry function of a role looks like this:
//
//   Result<int> run_broker(RoleProcess& self) {
//     const WfdSettings settings = TRY(parse_wfd(self.settings_text(), self.settings_name()));
//     Broker broker(self, settings);       // opens what it was handed
//     TRY_VOID(self.enter_jail());         // from here on: no privilege, no file, filter on
//     TRY_VOID(self.ready());
//     return self.loop().run();
//   }
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/channel.h"
#include "common/jail.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/messages.h"
#include "common/result.h"

namespace postern {

// A descriptor that the master handed over.
struct Handed {
  Item item = Item::none;
  Role role = Role::none;
  std::uint32_t index = 0;
  std::string text;
  UniqueFd fd;
};

// How a process ended, for the log: "killed by SIGSYS", "exit 101".  `status` is waitpid's.
std::string describe_end(int status);

class RoleProcess {
 public:
  // Takes over everything up to Start.  Only for a process started by a master with its
  // channel on descriptor 3.
  static Result<RoleProcess> take_over(Daemon daemon, Role role);
  RoleProcess(RoleProcess&&) = default;  // only before ready()

  Daemon daemon() const { return daemon_; }
  Role role() const { return role_; }
  const std::string& settings_text() const { return settings_text_; }
  const std::string& settings_name() const { return settings_name_; }
  const Start& start() const { return start_; }
  Loop& loop() { return loop_; }
  Log& log() { return log_; }
  Channel& master() { return master_; }

  // The descriptor handed over as `item` (and, for channels, for the peer `role`); none
  // when there was none.  Each can be taken once.
  UniqueFd take(Item item, Role role = Role::none, std::uint32_t index = 0);
  // All of one kind, in order of index.
  std::vector<Handed> take_all(Item item);

  // What to do with later words of the master.  Without a function: `channel` closes what
  // came, `retire` ends the loop, `reload` refuses.
  std::function<void(Handed)> on_hand;
  std::function<void()> on_retire;
  std::function<Result<void>(const std::string& text, const std::string& name)> on_reload;
  std::function<void(std::uint64_t worker)> on_kill_worker;
  std::function<void(bool on)> on_trace;

  // Enters the jail of the role, filter included.  `client_address`: see JailPlan.
  // `before_filter` runs between the two (what a role may do as its user in its chroot
  // but not under its filter).
  Result<void> enter_jail(bool client_address = false,
                          const std::function<Result<void>()>& before_filter = {});
  // Tells the master that the role serves, and starts to listen to it.
  Result<void> ready();

 private:
  RoleProcess(Daemon daemon, Role role, Loop loop);
  Result<void> take_inheritance();
  Result<void> open_log();
  void hear_master();
  void obey(Packet& packet);
  void reload(Packet& packet);

  Daemon daemon_;
  Role role_;
  Loop loop_;
  Channel master_;
  std::unique_ptr<Watcher> from_master_;  // so that this object can move
  std::vector<Handed> handed_;
  std::string settings_text_, settings_name_;
  Start start_;
  Log log_;
};

// Everything in a memfd or file, from its start; at most `limit` bytes.
Result<std::string> read_all(int fd, std::size_t limit);

// Exit codes (DESIGN 6).
inline constexpr int exit_config = 100, exit_contradiction = 101, exit_system = 111;

}  // namespace postern
