// What tests of roles need: a loop that runs until something is so, channels to play the
// peers with, and a log whose lines can be read.
#pragma once

#include <sys/mman.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "common/channel.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/ticket.h"
#include "unit/catch.h"

namespace workbench {

using namespace postern;

inline Loop open_loop() {
  auto loop = Loop::open();
  REQUIRE(loop);
  return std::move(*loop);
}

// Runs `loop` until `done()` says so: true; or for `limit`: false.
template <class Done>
bool run_until(Loop& loop, Done done, Duration limit = seconds(5)) {
  const Mono end = read_mono() + limit;
  bool reached = false;
  Timer tick;
  std::function<void()> look = [&] {
    reached = done();
    if (reached || read_mono() > end)
      loop.stop(0);
    else
      tick.set(loop, loop.now() + milliseconds(1), [&] { look(); });
  };
  tick.set(loop, loop.now(), [&] { look(); });
  REQUIRE(loop.run());
  return reached;
}

// Lets everything that is ready now happen.
inline void settle(Loop& loop) {
  int rounds = 0;
  run_until(loop, [&] { return ++rounds > 20; });
}

struct Ends {
  UniqueFd ours, theirs;
};
inline Ends make_ends() {
  auto pair = make_channel();
  REQUIRE(pair);
  return {std::move(pair->first), std::move(pair->second)};
}

// The porter introduces a worker to `role`; the worker's end comes back.
inline Channel enroll_at(Channel& porter, Role role, std::uint64_t number) {
  Ends ends = make_ends();
  Enroll order;
  order.worker = number;
  const int lent[] = {ends.theirs.get()};
  REQUIRE(porter.send(order, lent) == Told::sent);
  return Channel(std::move(ends.ours), Role::worker, role);
}

// A log, and the lines written to it.
class LogBook {
 public:
  LogBook() {
    Ends ends = make_ends();
    reading_ = std::move(ends.ours);
    auto [writable, readable] = make_log_page().value();
    page_ = map_log_page(writable.get(), true);
    REQUIRE(page_ != nullptr);
    page_->heartbeat.store((read_mono() + seconds(3600)).us);
    say_recording(true);
    log_ = Log::open(std::move(ends.theirs), std::move(readable), OnLogFailure::deny, false).value();
  }
  ~LogBook() { (void)::munmap(page_, sizeof *page_); }
  LogBook(const LogBook&) = delete;
  LogBook& operator=(const LogBook&) = delete;
  // What the logger says of itself.
  void say_recording(bool recording) { page_->recording.store(recording ? 1 : 0); }
  // No line is taken any more.
  void close() { reading_.reset(); }
  Log& log() { return log_; }
  // All packets since the last call.
  std::vector<std::string> packets() {
    std::vector<std::string> all;
    char room[line_packet_bytes + Line::longest];
    for (;;) {
      const ssize_t n = ::recv(reading_.get(), room, sizeof room, MSG_DONTWAIT);
      if (n <= 0) return all;
      all.emplace_back(room, static_cast<std::size_t>(n));
    }
  }
  // All lines since the last call, without their level.
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    for (const std::string& packet : packets())
      for (std::size_t at = 0, end = 0; end != packet.npos; at = end + 1) {
        end = packet.find(line_separator, at);
        all.push_back(packet.substr(at + 1, end == packet.npos ? end : end - at - 1));
      }
    return all;
  }

 private:
  UniqueFd reading_;
  LogPage* page_ = nullptr;
  Log log_;
};

inline TicketKey key_of(unsigned char fill) {
  TicketKey key;
  for (std::byte& b : key.fill(32)) b = std::byte{fill};
  return key;
}

inline Endpoint endpoint(const char* text) {
  const auto parsed = Endpoint::parse(text);
  REQUIRE(parsed);
  return *parsed;
}
inline Address address(const char* text) {
  const auto parsed = Address::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

inline Ticket make_ticket(std::uint64_t connection, std::uint64_t worker, const TicketKey& key,
                          const char* client = "192.0.2.7:40000", const char* to = "10.1.2.3:443") {
  Ticket ticket;
  ticket.connection = connection;
  ticket.worker = worker;
  ticket.client = endpoint(client);
  ticket.destination = endpoint(to);
  seal_ticket(ticket, key);
  return ticket;
}

}  // namespace workbench
