// The state of a porter, for porter.cc (connections) and porter_workers.cc (workers, and
// the roles that every worker has a channel to).  Nobody else includes this.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/leavers.h"
#include "common/porter.h"
#include "common/recorder.h"
#include "common/throttle.h"
#include "common/worker_pool.h"

namespace postern {

inline constexpr std::array<Role, 3> helper_roles = {Role::signer, Role::broker, Role::sessions};

class Porter {
 public:
  Porter(RoleProcess& self, const PorterPlan& plan)
      : self_(self), plan_(plan), throttle_(plan.source),
        pool_(plan.connections_per_worker, plan.connections_in_life, plan.worker_slack),
        recorder_(self.loop(), self.log()) {}
  Result<void> open();
  Result<void> start();
  Result<void> fix_numbers();

 private:
  struct Stranger {  // a worker that has no channel to a new helper yet
    std::uint64_t worker = 0;
    UniqueFd end;  // the worker's, once the helper knows of it
  };
  struct Helper {  // a role that every worker has a channel to
    Channel channel;
    Watcher watcher;
    std::list<Stranger> strangers;
  };
  struct Admitted {  // a connection that is not handed over yet
    UniqueFd connection;
    Ticket ticket;
  };
  struct Worker {
    Channel channel;
    std::uint32_t pid = 0;
    bool retired = false;
    bool accused = false;  // it broke a rule, and is being killed
    bool used = false;  // it was given a connection
    std::optional<Mono> full_since;  // since when it takes none
  };

  // porter_workers.cc
  void handed(Handed item);
  void adopt_helper(Role role, UniqueFd fd, bool introduce);
  void introduce_strangers();
  bool introduce(Role role, Stranger& stranger, bool& listens);
  UniqueFd enroll(Role role, std::uint64_t number);
  void keep_spares();
  void pause_spares();
  bool spawn();
  bool spawned(Porter&, Spawned& news, Packet&);
  bool gone(Porter&, Gone& news, Packet&);
  void hear_nursery();
  void hear_reports();
  void dismiss_soon();
  void dismiss_surplus();
  bool release(std::uint64_t worker, std::uint64_t connection, Cause cause);
  void charge(const Address& source, Cause cause);
  void retire_worker(std::uint64_t number);
  void kill_worker(std::uint64_t number);
  void send_kills();
  std::size_t hear_report(const Packet& packet);
  bool believes(const Closed& closed, std::uint32_t sender);
  void accuse(std::uint32_t pid, std::string_view what);
  void expect_gone(std::uint64_t number, Duration within);
  void see_who_is_left();

  // porter.cc
  void accept_from(int listener);
  bool accept_some(int listener, std::size_t most);
  void pause_doors();
  void admit(UniqueFd connection, const Endpoint& client);
  std::uint64_t draw_id();
  void hand_over();
  void serve_admitted();
  bool serve_first();
  Told order_to_serve(std::uint64_t number, std::size_t count);
  bool let_rest(std::uint64_t number);
  void note_served(std::size_t count);
  void note_visit(const Ticket& ticket);
  void refuse(const Ticket& ticket, std::string_view reason);
  void open_doors(bool open);
  void retire();
  void tell_trace(bool on);

  RoleProcess& self_;
  const PorterPlan& plan_;
  Throttle throttle_;
  WorkerPool pool_;
  std::vector<Handed> listeners_;
  std::vector<std::unique_ptr<Watcher>> doors_;
  std::deque<Admitted> admitted_;
  std::array<std::uint64_t, 32> ids_{};  // random: so many come whole, or not at all
  std::size_t ids_left_ = 0;
  Channel nursery_, reports_;
  Watcher nursery_watcher_, reports_watcher_;
  std::map<Role, Helper> helpers_;
  std::map<std::uint64_t, Worker> workers_;  // spawned or asked for
  std::uint64_t next_worker_ = 0;
  std::size_t coming_ = 0;  // asked for, not forked yet
  bool refilling_ = false;    // spares are being made until there are as many as wanted
  Leavers leavers_;
  std::set<std::uint64_t> kills_;  // workers to be killed, of which the nursery was not told yet
  Mono kills_wait_;                // since when it does not listen
  Timer fork_timer_, door_timer_, rest_timer_, leavers_timer_, kills_timer_;
  Timer surplus_timer_, strangers_timer_;
  Recorder recorder_;
  bool doors_open_ = false, retiring_ = false;
};

}  // namespace postern
