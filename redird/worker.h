// The worker of redird: for each connection it reads one request head, sends one answer
// and closes.  It gets the Internet's noise first, so it must stay boring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "common/http_head.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/messages.h"
#include "common/recorder.h"
#include "common/settings.h"
#include "common/ticket.h"
#include "common/unique_fd.h"

namespace postern::redird {

class Worker {
 public:
  // The connection of this ticket is closed.  Called from the loop, or from serve().
  using Closed = std::move_only_function<void(const Ticket&, Cause)>;

  // `loop`, `log` and `settings` must outlive it.
  Worker(Loop& loop, Log& log, const RedirdSettings& settings, Closed closed);

  // Serves one accepted, non-blocking connection.  Beyond [isolation]
  // connections_per_worker it is closed at once.
  void serve(UniqueFd socket, const Ticket& ticket);
  std::size_t connections() const { return connections_.size(); }

 private:
  enum class State : std::uint8_t {
    reading,    // the head is not complete
    answering,  // the answer is not sent
    lingering,  // sent: what the client still sends is thrown away, so that a reset does
                // not take the answer from it (RFC 9112, 9.6)
    over,
  };
  struct Connection {
    UniqueFd socket;
    Watcher watcher;  // behind the socket, so that it goes first
    Timer deadline;
    Ticket ticket;
    State state = State::reading;
    Cause cause = Cause::none;
    bool more = true;       // the client may have something to say behind its request
    Mono begun;
    std::string head;       // what was read, at most head_bytes
    std::string answer;
    std::size_t sent = 0;   // of the answer
    std::size_t thrown = 0; // bytes, while lingering
  };

  static std::uint32_t events_of(State state);
  bool watch(std::uint64_t number, Connection& c);
  void ready(std::uint64_t number);
  void due(std::uint64_t number);
  void go_on(Connection& c);
  void read_head(Connection& c);
  void judge_head(Connection& c);
  void answer_head(Connection& c);
  void refuse(Connection& c, int status, std::string_view reason, Cause cause);
  void send_answer(Connection& c);
  void end_answer(Connection& c);
  void throw_away(Connection& c);
  void close(std::uint64_t number);
  void log_request(const Connection& c, int status);

  Loop& loop_;
  Log& log_;
  const RedirdSettings& settings_;
  HeadLimits limits_;
  Closed closed_;
  RequestHead head_;  // filled anew for each request
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Connection> connections_;
  Recorder recorder_;
};

}  // namespace postern::redird
