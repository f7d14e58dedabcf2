// A role in a process of its own, really jailed, with the test as its master.  It needs
// root: a test that finds it has none says so and leaves.
#pragma once

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string>

#include "common/role_process.h"
#include "unit/common/children.h"

#define POSTERN_NEEDS_ROOT                           \
  if (!test::have_root()) {                          \
    WARN("SKIP: a jail can only be entered by root"); \
    return;                                          \
  }

namespace postern::test {

// A directory of root for one test, gone when the test is over.
class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/postern-test-XXXXXX";
    path_ = ::mkdtemp(name) != nullptr ? name : "";
    (void)::chmod(name, 0755);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (path_.empty()) return;
    const std::string command = "rm -rf -- " + path_;  // a name of mkdtemp's
    (void)!std::system(command.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class RoleChild {
 public:
  static constexpr unsigned uid = 64321, gid = 64322;
  bool log_must_record = true;  // [log] on_failure=deny

  // `run` is the role's entry function: Result<int>(RoleProcess&).
  template <class Run>
  RoleChild(Daemon daemon, Role role, Run run) {
    auto [ours, theirs] = make_channel().value();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::alarm(120);
      if (::dup2(theirs.get(), 3) != 3 || ::close_range(4, ~0U, 0) != 0) ::_exit(99);
      ::_exit(live(daemon, role, run));
    }
    control_ = Channel(std::move(ours), Role::master, role);
  }
  RoleChild(const RoleChild&) = delete;
  RoleChild& operator=(const RoleChild&) = delete;
  ~RoleChild() { (void)kill(); }

  Channel& control() { return control_; }
  pid_t pid() const { return pid_; }
  bool give(Item item, int fd, Role role = Role::none) {
    Hand hand;
    hand.item = item;
    hand.role = role;
    const int lent[] = {fd};
    return control_.send(hand, lent) == Told::sent;
  }
  // Starts it in its jail; empty when it serves, or else why not.
  std::string start(const std::string& jail, bool foreground = false) {
    Start start;
    start.uid = uid;
    start.gid = gid;
    start.instance = 1;
    start.foreground = foreground;
    start.log_must_record = log_must_record;
    for (std::byte& b : start.ticket_key.fill(TicketKey::capacity)) b = std::byte{0x5a};
    if (!start.jail.assign(jail) || control_.send(start) != Told::sent) return "cannot be told";
    Packet packet;
    Failed failed;
    Ready ready;
    while (control_.await(packet, 20'000) == Heard::packet) {  // it may ask for things before
      if (packet.read(failed)) return std::string(failed.text.view());
      if (packet.read(ready)) return "";
    }
    return "no answer";
  }
  // Waits for its end; its wait status comes back.
  int end() {
    int status = -1;
    if (pid_ > 0) (void)::waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }
  int kill() {
    if (pid_ > 0) (void)::kill(pid_, SIGKILL);
    return end();
  }

 private:
  template <class Run>
  static int live(Daemon daemon, Role role, Run& run) {
    Result<RoleProcess> self = RoleProcess::take_over(daemon, role);
    const Result<int> code = self ? run(*self) : Result<int>(Failure(self.error()));
    if (code) return *code;
    Failed failed;
    failed.text = Text<1000>(code.error().what);
    if (self) (void)self->master().send(failed);
    return exit_system;
  }
  pid_t pid_ = 0;
  Channel control_;
};

inline bool have_root() { return ::geteuid() == 0; }

}  // namespace postern::test
