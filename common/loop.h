// The event loop of every role: epoll and deadlines, no threads.  A Watcher is told
// when its descriptor is ready; a Timer when its time has come.  Both deregister
// themselves when they go, also in the middle of a round: an event for something
// that is gone is dropped, never delivered to its memory's next tenant.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace postern {

class Loop;

// One descriptor being watched.  It does not own the descriptor; stop() or destroy
// it before the descriptor is closed.
class Watcher {
 public:
  using Ready = std::move_only_function<void(std::uint32_t events)>;

  Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher() { stop(); }

  // Watches `fd` for `events` (EPOLLIN, EPOLLOUT...).  `ready` may destroy this object.
  Result<void> start(Loop& loop, int fd, std::uint32_t events, Ready ready);
  // Changes the events.  No system call when they are the same, nor when only reading is no
  // longer wanted: the kernel is told when it reports what nobody wants.  False: it refused.
  [[nodiscard]] bool want(std::uint32_t events);
  void stop();
  bool active() const { return loop_ != nullptr; }
  std::uint32_t events() const { return events_; }

 private:
  friend class Loop;
  Loop* loop_ = nullptr;
  bool tell(std::uint32_t events);

  int fd_ = -1;
  std::uint32_t events_ = 0;  // wanted
  std::uint32_t told_ = 0;    // what the kernel watches for: all that is wanted, perhaps more
  std::uint32_t slot_ = 0;
  Ready ready_;
};

// One deadline.
class Timer {
 public:
  using Due = std::move_only_function<void()>;

  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  // Calls `due` once, at `when` or soon after; replaces what was set before.
  void set(Loop& loop, Mono when, Due due);
  // Moves a timer that is set to another time, with the same function.
  void move(Mono when);
  void cancel();
  bool active() const { return loop_ != nullptr; }

 private:
  friend class Loop;
  Loop* loop_ = nullptr;
  std::multimap<Mono, Timer*>::iterator place_;
  Due due_;
};

class Loop {
 public:
  static Result<Loop> open();
  Loop(Loop&&) = default;  // only before anything is watched

  // The time of this round: read once after each wait.
  Mono now() const { return now_; }
  // Runs until stop(); the value given to stop() comes back.  An error is the kernel's
  // refusal to wait.
  Result<int> run();
  void stop(int code) {
    code_ = code;
    running_ = false;
  }
  int fd() const { return epoll_.get(); }

 private:
  friend class Watcher;
  friend class Timer;
  struct Slot {
    Watcher* watcher = nullptr;
    std::uint32_t generation = 0;
  };

  explicit Loop(UniqueFd epoll) : epoll_(std::move(epoll)), now_(read_mono()) {}
  int wait_time() const;
  void fire_timers();
  void deliver(std::uint64_t tag, std::uint32_t events);
  std::uint32_t take_slot(Watcher* watcher);

  UniqueFd epoll_;
  Mono now_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::multimap<Mono, Timer*> timers_;
  bool running_ = false;
  int code_ = 0;
};

}  // namespace postern
