// Connecting to one server: its targets one after the other, each with a deadline,
// until one answers.  The only code of the suite that dials the network.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "common/clock.h"
#include "common/loop.h"
#include "common/unique_fd.h"
#include "wfd/destination.h"

namespace postern::wfd {

struct DialOrder {
  DialPlan plan;
  Address source;       // the address to be seen by the server; none: our own
  Duration first_wait;  // for a target that has another behind it
  Duration last_wait;   // for the last one
};

class Connector {
 public:
  // How one attempt ended: "connected", the word of a fault, or "self".
  using Tried = std::move_only_function<void(const DialTarget&, std::string_view result, Duration)>;
  // The end: a connected socket (non-blocking, close-on-exec, without Nagle's delay) and
  // the target that it reached, or, with an empty socket, the fault of the last attempt.
  // May destroy the Connector.
  using Done = std::move_only_function<void(UniqueFd socket, const DialTarget&, DialFault)>;

  // Nothing happens before start().  `loop` must outlive it; destroying it gives up.
  Connector(Loop& loop, const DialOrder& order, Tried tried, Done done);
  void start();

 private:
  struct Ended {
    DialFault fault = DialFault::internal;
    std::string_view word;
    bool another = false;  // the next target may be tried
  };

  const DialTarget& target() const { return order_.plan.targets[next_]; }
  int open_socket();
  int begin();
  void attempt();
  void writable();
  void connected();
  void failed(const Ended& ended);
  void finish(UniqueFd socket, DialFault fault);
  static Ended judge_errno(int code);

  Loop& loop_;
  DialOrder order_;
  Tried tried_;
  Done done_;
  std::size_t next_ = 0;  // the target that is being tried
  Mono begun_;
  UniqueFd socket_;
  Watcher watcher_;       // behind the socket, so that it goes first
  Timer deadline_;
};

}  // namespace postern::wfd
