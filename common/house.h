// A house: one generation of a daemon's roles, started together and linked by
// channels.  It restarts what dies, with growing pauses, and gives every peer of it a
// new channel.  A reload builds a second house beside the first (redird, wfd); the
// old one finishes its connections and leaves.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/channel.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/result.h"
#include "common/roles.h"

namespace postern {

class House;

// What is handed to one process: called by a plan's `provide`.
class Giver {
 public:
  explicit Giver(Channel& to) : to_(to) {}
  // Lends `fd` as `item`; `text` is its name for people.
  void give(Item item, int fd, Role role = Role::none, std::uint32_t index = 0,
            std::string_view text = {});
  bool complete() const { return good_; }

 private:
  Channel& to_;
  bool good_ = true;
};

// What a house consists of; made from the settings of a daemon.
struct HousePlan {
  Daemon daemon = Daemon::none;
  std::string settings_text, settings_name;
  std::string chroot;       // DIR; DIR/ROLE is the jail of a role
  std::string user_prefix;  // users are PREFIX + role, unless uid_base is set
  bool has_uid_base = false;
  unsigned uid_base = 0;
  std::string pidfile;
  std::string log_socket;
  bool log_must_record = true;
  std::vector<Role> roles;                      // in order of start
  std::vector<std::pair<Role, Role>> links;     // channels between them
  std::vector<std::pair<Role, Role>> fellows;   // when one dies, the other goes too
  std::vector<Role> ticket_roles;               // who knows the ticket key
  std::string traced;                           // what the settings have traced, for the log; empty: nothing
  // Hands to a role what only this daemon knows (listeners, keys).
  std::move_only_function<void(Role, Giver&)> provide;
  // And what belongs to the settings: also before a running role gets new ones.
  std::move_only_function<void(Role, Giver&)> provide_again;
};

// The user and group of a role under a plan.
struct Identity {
  unsigned uid = 0, gid = 0;
};
Result<Identity> identity_of(const HousePlan& plan, Role role);
std::string jail_of(const HousePlan& plan, Role role);

// A sealed copy of settings, to be handed to roles: what is read cannot change later.
Result<UniqueFd> sealed_copy(const std::string& text);

// All houses of a master: the one that serves, and with it those that are leaving.
struct Houses {
  std::function<House*()> current;  // nullptr while there is none
  std::function<void(const std::function<void(House&)>&)> each;
};

// What the master keeps for all houses.
struct HouseServices {
  Loop& loop;
  Log& log;
  std::function<void(Role, Giver&)> provide_log;   // log channel and page
  std::function<void(Role, Channel&)> on_ready;    // a role serves (again)
  std::function<void(Role, Packet&)> on_word;      // a message that is not the house's business
  bool verbose = false, foreground = false;
  std::uint64_t* next_instance = nullptr;
};

class House {
 public:
  House(HousePlan plan, HouseServices services);
  House(const House&) = delete;
  House& operator=(const House&) = delete;
  ~House();  // kills what is left

  // Starts all roles.  `done` is told once: serving, or why not.
  void start(std::function<void(Result<void>)> done);
  // True if `pid` was a process of this house; its end is dealt with.
  bool reaped(pid_t pid, int status);
  // The roles take nothing new, finish, and leave; `empty` is called when all have.
  void retire(std::function<void()> empty);
  bool is_empty() const;
  // The control channel of a role that serves; nullptr otherwise.
  Channel* control(Role role);
  const HousePlan& plan() const { return plan_; }
  // The roles have taken these settings; whoever is started anew will get them, too.
  Result<void> renew(HousePlan& fresh);
  // What belongs to the settings of this house, to a role that runs.
  void provide_again(Role role, Giver& giver);
  const TicketKey& ticket_key() const { return ticket_key_; }
  bool trace = false;

 private:
  struct Process;
  Process* find(Role role);
  Result<void> launch(Process& p);
  Result<void> exec_role(Process& p);
  Result<void> hand_over(Process& p);
  void link(const std::vector<Process*>& fresh);
  std::vector<Process*> with_fellows(Process& p);
  void hear(Process& p);
  void heard(Process& p, Packet& packet);
  void is_ready(Process& p);
  void ended(Process& p, int status);
  void restart_later(Process& p);
  void relaunch(Process& p);
  void relaunch_failed(Process& p, const Error& error);
  void log_fault(Role role, pid_t pid, std::string_view what);
  void finish_start(Result<void> result);
  void tell_rest_to_go();

  HousePlan plan_;
  HouseServices services_;
  TicketKey ticket_key_;
  UniqueFd settings_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::function<void(Result<void>)> started_;
  std::function<void()> emptied_;
  Timer start_deadline_;
  bool retiring_ = false;
};

}  // namespace postern
