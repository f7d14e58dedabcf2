// Log lines: `event=NAME key=value ...`, one line each, escaped, handed to the role
// logger over a channel.  Time, daemon, role and pid are added there, from what the
// kernel says of the sender.  Nothing secret is ever given to a Line (R6).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace postern {

enum class Level : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

// A line being made.  Fields appear in the order in which they are added.
class Line {
 public:
  static constexpr std::size_t longest = 3000;       // bytes of a whole line
  static constexpr std::size_t longest_value = 1024; // longer values are cut, with "..."
  static constexpr std::size_t longest_written = 2000; // and so are escaped ones above this

  explicit Line(std::string_view event, Level level = Level::info);
  // `key=value`; an empty value is written `-`.  Quoted and escaped where needed.  No value may lie in text().
  Line& add(std::string_view key, std::string_view value);
  Line& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  Line& add(std::string_view key, std::uint64_t value);
  Line& add(std::string_view key, std::int64_t value);
  Line& add(std::string_view key, int value) { return add(key, static_cast<std::int64_t>(value)); }
  Line& add(std::string_view key, unsigned value) { return add(key, static_cast<std::uint64_t>(value)); }
  // 16 hex digits.
  Line& add_id(std::string_view key, std::uint64_t value);

  Level level() const { return level_; }
  const std::string& text() const { return text_; }

 private:
  Line& put(std::string_view key, std::string_view value);
  Level level_;
  std::string text_;
};

// Between lines that go to the logger in one packet; no line of ours has it in it.
inline constexpr char line_separator = '\x1e';
// Such a packet is no longer than that.
inline constexpr std::size_t line_packet_bytes = 8192;

// `value` as it stands in a log line, in at most `room` bytes (8 or more).
std::string log_value(std::string_view value, std::size_t room = 4 * Line::longest_value + 8);

// What the logger tells all others, in shared memory that only it can write.
struct LogPage {
  std::atomic<std::int64_t> heartbeat;  // Mono microseconds; older than 1 s: no logger
  std::atomic<std::uint32_t> recording; // 1 while lines reach syslog, or soon will
};

enum class OnLogFailure : std::uint8_t { deny, proceed };

// A role's way to the logger.
class Log {
 public:
  Log() = default;
  // `page` is a read-only descriptor of a LogPage; without one lines are not checked.
  static Result<Log> open(UniqueFd channel, UniqueFd page, OnLogFailure on_failure, bool verbose);
  Log(Log&& other) noexcept;
  Log& operator=(Log&& other) noexcept;
  ~Log();

  // Hands a line over; waits up to a second when the logger is behind, but not again before
  // it has caught up.  False: not recorded.
  bool write(const Line& line);
  // The same in two steps, for lines that go together, in one packet: only what flush() (or
  // write()) handed over is recorded.  False: lines before this one, or it, were not.
  bool add(const Line& line);
  bool flush();
  // A line of level debug; nothing unless the daemon runs with -v.
  void debug(std::string_view what);
  // True while what happens now can be recorded, or need not be (on_failure=continue).
  bool may_proceed(Mono now) const;
  bool verbose() const { return verbose_; }

 private:
  bool send();

  UniqueFd channel_;
  std::string packet_;  // lines that go together
  const LogPage* page_ = nullptr;
  OnLogFailure on_failure_ = OnLogFailure::deny;
  bool verbose_ = false;
  bool in_vain_ = false;  // the last wait did not help
};

// Memory for a LogPage: first a descriptor to write it, then one that can only read.
Result<std::pair<UniqueFd, UniqueFd>> make_log_page();
// Maps the page of a descriptor; nullptr when the kernel refuses.
LogPage* map_log_page(int fd, bool writable);

}  // namespace postern
