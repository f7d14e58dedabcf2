// Making log lines and handing them to the logger.  Deciding what is logged belongs
// to the roles; writing to syslog belongs to logger.cc.  Never put here: a value that
// was not escaped, or one that may be secret (R6).

#include "common/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "common/eight.h"

namespace postern {
namespace {

constexpr Duration stale_after = seconds(1);
constexpr int patience_ms = 1000, longest_nap_ms = 16;
constexpr std::size_t tail = 4 + 4;  // room for one more escaped byte, and `..."`

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> table{};
  constexpr std::string_view others = "._:/@%+,=?&;~!*()[]-";
  for (unsigned c = 0; c < 0x80; ++c) {
    const unsigned letter = c | 0x20;
    table[c] = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || others.find(static_cast<char>(c)) != others.npos;
  }
  return table;
}
constexpr std::array<bool, 256> plain_bytes = make_plain();

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return plain_bytes[static_cast<unsigned char>(c)]; });
}

void append_escaped(std::string& out, char c) {
  if (is_visible(c) && c != '"' && c != '\\') {
    out += c;
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  constexpr char digits[] = "0123456789abcdef";
  out += "\\x";
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

void append_quoted(std::string& out, std::string_view value, bool cut, std::size_t room) {
  const std::size_t start = out.size();
  out += '"';
  for (const char c : value) {
    if (room < out.size() - start + tail) {
      cut = true;
      break;
    }
    append_escaped(out, c);
  }
  out += cut ? "...\"" : "\"";
}

void append_value(std::string& out, std::string_view value, std::size_t room) {
  const bool cut = value.size() > Line::longest_value;
  value = value.substr(0, Line::longest_value);
  if (value.empty()) {
    out += '-';
  } else if (value == "-" || !is_plain(value)) {  // a literal "-" is quoted, for it is not a missing value
    append_quoted(out, value, cut, room);
  } else {
    const std::string_view part = value.substr(0, room - (tail - 1));
    out += part;
    if (cut || part.size() < value.size()) out += "...";
  }
}

// Nothing of it need be quoted, escaped or cut.
bool stands_as_it_is(std::string_view value) {
  return !value.empty() && value.size() <= Line::longest_value && value != "-" && is_plain(value);
}

}  // namespace

std::string log_value(std::string_view value, std::size_t room) {
  std::string out;
  append_value(out, value, room);
  return out;
}

Line::Line(std::string_view event, Level level) : level_(level) {
  text_.reserve(384);
  text_ += "event=";
  text_ += event;
}

// What does not fit as a whole is left out.
Line& Line::add(std::string_view key, std::string_view value) {
  if (stands_as_it_is(value)) return put(key, value);
  const std::size_t before = text_.size();
  text_ += ' ';
  text_ += key;
  text_ += '=';
  append_value(text_, value, longest_written);
  if (text_.size() > longest) text_.resize(before);
  return *this;
}

Line& Line::add(std::string_view key, std::uint64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return put(key, std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

Line& Line::add(std::string_view key, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return put(key, std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

// A value that stands as it is.
Line& Line::put(std::string_view key, std::string_view value) {
  const std::size_t before = text_.size();
  const std::size_t after = before + key.size() + value.size() + 2;
  if (after > longest) return *this;
  text_.resize_and_overwrite(after, [&](char* text, std::size_t) {
    char* at = text + before;
    *at++ = ' ';
    at = std::copy_n(key.data(), key.size(), at);
    *at++ = '=';
    std::copy_n(value.data(), value.size(), at);
    return after;
  });
  return *this;
}

Line& Line::add_id(std::string_view key, std::uint64_t value) {
  const auto digits = hex_text(value);
  return put(key, std::string_view(digits.data(), digits.size()));
}

Result<std::pair<UniqueFd, UniqueFd>> make_log_page() {
  UniqueFd writable = UniqueFd::adopt(::memfd_create("log-page", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  constexpr int size_seals = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;  // a shorter page would kill its readers
  if (!writable || ::ftruncate(writable.get(), sizeof(LogPage)) != 0 ||
      ::fcntl(writable.get(), F_ADD_SEALS, size_seals) != 0)
    return fail_errno("cannot make the log page");
  const std::string path = "/proc/self/fd/" + std::to_string(writable.get());
  UniqueFd readable = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable) return fail_errno("cannot reopen the log page");
  return std::pair{std::move(writable), std::move(readable)};
}

LogPage* map_log_page(int fd, bool writable) {
  const int access = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void* where = ::mmap(nullptr, sizeof(LogPage), access, MAP_SHARED, fd, 0);
  return where == MAP_FAILED ? nullptr : static_cast<LogPage*>(where);
}

Result<Log> Log::open(UniqueFd channel, UniqueFd page, OnLogFailure on_failure, bool verbose) {
  Log log;
  log.channel_ = std::move(channel);
  log.on_failure_ = on_failure;
  log.verbose_ = verbose;
  if (page) {
    log.page_ = map_log_page(page.get(), false);
    if (log.page_ == nullptr) return fail_errno("cannot map the log page");
  }
  return log;
}

Log::Log(Log&& other) noexcept { *this = std::move(other); }

Log& Log::operator=(Log&& other) noexcept {
  std::swap(channel_, other.channel_);
  std::swap(packet_, other.packet_);
  std::swap(page_, other.page_);
  std::swap(on_failure_, other.on_failure_);
  std::swap(verbose_, other.verbose_);
  std::swap(in_vain_, other.in_vain_);
  return *this;
}

Log::~Log() {
  if (page_ != nullptr) (void)::munmap(const_cast<LogPage*>(page_), sizeof(LogPage));
}

bool Log::add(const Line& line) {
  if (!channel_) return false;
  const bool fits = packet_.empty() || packet_.size() + line.text().size() + 2 <= line_packet_bytes;
  const bool sent = fits || flush();
  if (!packet_.empty()) packet_ += line_separator;
  packet_ += static_cast<char>('0' + static_cast<int>(line.level()));
  packet_ += line.text();
  return sent;
}

bool Log::write(const Line& line) {
  const bool good = add(line);
  return flush() && good;
}

bool Log::flush() {
  const bool sent = packet_.empty() || send();
  packet_.clear();
  return sent;
}

// A thousand workers may wait for the same queue.  The kernel would wake them all for each line
// that leaves it, for the first of them alone; so they come back by themselves.
bool Log::send() {
  for (int waited = 0, nap = 1; ; waited += nap, nap = std::min(2 * nap, longest_nap_ms)) {
    const ssize_t n = ::send(channel_.get(), packet_.data(), packet_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n == static_cast<ssize_t>(packet_.size())) {
      in_vain_ = false;
      return true;
    }
    if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (in_vain_ || (in_vain_ = waited >= patience_ms)) return false;
    (void)::poll(nullptr, 0, nap);
  }
}

void Log::debug(std::string_view what) {
  if (verbose_) (void)write(Line("debug", Level::debug).add("what", what));  // best effort
}

bool Log::may_proceed(Mono now) const {
  if (on_failure_ == OnLogFailure::proceed || page_ == nullptr) return true;
  const Mono beat{page_->heartbeat.load(std::memory_order_acquire)};
  return page_->recording.load(std::memory_order_acquire) == 1 && now - beat < stale_after;
}

}  // namespace postern
