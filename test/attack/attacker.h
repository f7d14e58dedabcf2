// The attacker's hands: one connection that gives commands, the seat of a worker, and
// what a thief needs to remember.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/channel.h"
#include "common/nursery.h"

namespace postern::wfd {

using Words = std::vector<std::string>;

// Hex as it travels in commands and answers; bytes of an odd or wrong text are dropped.
std::string to_hex(std::span<const std::byte> bytes);
std::string from_hex(std::string_view hex);
std::string_view word(const Words& words, std::size_t at);
unsigned long number(const Words& words, std::size_t at, unsigned long otherwise);

class Attacker {
 public:
  explicit Attacker(WorkerSeat& seat) : seat_(seat) {}
  // Takes the next connection and its ticket from the porter.
  bool take_connection();
  // Does what the connection says until it ends.
  void obey();
  // Whether the process goes on when its connection has ended.
  bool stays() const { return stays_; }

 private:
  using Attack = std::string (Attacker::*)(const Words&);
  struct Row {
    std::string_view name;
    Attack attack;
  };
  static const Row* find(std::string_view name);
  std::string do_line(const std::string& line);

  // attacks_ask.cc: well-formed questions to which the answer must be no
  std::string tell_ticket(const Words&);
  std::string next_connection(const Words&);
  std::string sign(const Words&);
  std::string dial(const Words&);
  std::string speak_upstream(const Words&);
  std::string judge(const Words&);
  std::string guess(const Words&);
  std::string keep(const Words&);
  std::string take(const Words&);
  std::string report(const Words&);
  std::string hold(const Words&);

  // attacks_break.cc: what breaks the rules of channels, logs, pages and the kernel
  std::string send_raw(const Words&);
  std::string send_descriptors(const Words&);
  std::string hear_raw(const Words&);
  std::string is_closed(const Words&);
  std::string flood(const Words&);
  std::string write_log(const Words&);
  std::string write_pages(const Words&);
  std::string call_kernel(const Words&);
  std::string stay(const Words&);

  Channel& channel(std::string_view role);
  Ticket ticket_of(std::string_view hex) const;
  // The next message of a kind on a channel; false when the channel ends, or after
  // `milliseconds`.
  bool hear(Channel& from, Kind kind, Packet& packet, int milliseconds = 3000);

  WorkerSeat& seat_;
  UniqueFd client_, upstream_, page_;
  Ticket ticket_;
  std::uint32_t tag_ = 0;
  bool stays_ = false;
};

}  // namespace postern::wfd
