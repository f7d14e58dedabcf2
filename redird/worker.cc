// Reading a head, answering, closing, with a deadline for each.  The answers themselves
// are made in answer.cc.  Never keep a connection alive here, read a body, or look at a
// field that the parser has not judged.

#include "redird/worker.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "common/ticket_lines.h"
#include "redird/answer.h"

namespace postern::redird {
namespace {

constexpr Duration linger_wait = seconds(2);
constexpr std::size_t linger_bytes = 64 * 1024;  // thrown away for one client at most
constexpr std::size_t read_bytes = 4096;         // taken at a time

// "HTTP/1.1 301 ...": the answer knows its status best.
int status_in(std::string_view answer) {
  int status = 0;
  for (const char c : answer.substr(9, 3)) status = status * 10 + (c - '0');
  return status;
}

std::size_t body_bytes(std::string_view answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? 0 : answer.size() - end - 4;
}

// Bytes taken from `fd`; 0 when the client is gone; nothing now gives -1.
ssize_t read_some(int fd, std::array<char, read_bytes>& room) {
  const ssize_t n = ::read(fd, room.data(), room.size());
  if (n >= 0) return n;
  return errno == EAGAIN || errno == EINTR ? -1 : 0;
}

}  // namespace

Worker::Worker(Loop& loop, Log& log, const RedirdSettings& settings, Closed closed)
    : loop_(loop), log_(log), settings_(settings), closed_(std::move(closed)), recorder_(loop, log) {
  limits_.head_bytes = settings.limits.head_bytes;
  // A little less than the head, so that a target which is too long is told from a head
  // which is.
  limits_.line_bytes = std::min(limits_.line_bytes, limits_.head_bytes / 8 * 7);
}

// The kernel hands on a connection whose first bytes are here (doors.cc), so most are served
// at once, and the loop never hears of them.
void Worker::serve(UniqueFd socket, const Ticket& ticket) {
  if (connections_.size() >= settings_.isolation.connections_per_worker) {
    socket.reset();
    closed_(ticket, Cause::none);
    return;
  }
  const std::uint64_t number = ++last_number_;
  Connection& c = connections_[number];
  c.socket = std::move(socket);
  c.ticket = ticket;
  c.begun = loop_.now();
  go_on(c);
  if (c.state == State::over || !watch(number, c)) close(number);
}

std::uint32_t Worker::events_of(State state) { return state == State::answering ? EPOLLOUT : EPOLLIN; }

bool Worker::watch(std::uint64_t number, Connection& c) {
  const Duration wait = c.state == State::lingering ? linger_wait : settings_.limits.head_timeout;
  c.deadline.set(loop_, c.begun + wait, [this, number] { due(number); });
  return c.watcher.start(loop_, c.socket.get(), events_of(c.state),
                         [this, number](std::uint32_t) { ready(number); })
      .has_value();
}

void Worker::ready(std::uint64_t number) {
  const auto place = connections_.find(number);
  if (place == connections_.end()) return;
  Connection& c = place->second;
  go_on(c);
  if (c.state == State::over || !c.watcher.want(events_of(c.state))) close(number);
}

// Time is over.  A head that was begun is answered; who sent nothing at all (browsers
// connect ahead of need) or does not take its answer is just closed.
void Worker::due(std::uint64_t number) {
  const auto place = connections_.find(number);
  if (place == connections_.end()) return;
  Connection& c = place->second;
  if (c.state == State::reading && !c.head.empty()) {
    c.deadline.set(loop_, loop_.now() + settings_.limits.head_timeout, [this, number] { due(number); });
    refuse(c, 408, "head-timeout", Cause::slow);
    send_answer(c);
    if (c.state != State::over && c.watcher.want(events_of(c.state))) return;
  }
  if (c.state == State::answering) c.cause = Cause::slow;
  close(number);
}

// Does what can be done now.
void Worker::go_on(Connection& c) {
  switch (c.state) {
    case State::reading: return read_head(c);
    case State::answering: return send_answer(c);
    case State::lingering: return throw_away(c);
    case State::over: return;
  }
}

void Worker::read_head(Connection& c) {
  std::array<char, read_bytes> room;
  const ssize_t n = read_some(c.socket.get(), room);
  if (n < 0) return;
  if (n == 0) {
    if (!c.head.empty()) c.cause = Cause::slow;
    c.state = State::over;
    return;
  }
  const std::size_t free = limits_.head_bytes - c.head.size();
  c.head.append(room.data(), std::min(static_cast<std::size_t>(n), free));
  judge_head(c);
  if (c.state == State::reading) return;
  if (static_cast<std::size_t>(n) == room.size()) c.more = true;  // unread
  c.deadline.move(loop_.now() + settings_.limits.head_timeout);
  send_answer(c);
}

void Worker::judge_head(Connection& c) {
  const HeadResult result = parse_request(c.head, limits_, head_, Transport::plain);
  if (result.state == Parse::done)
    answer_head(c);
  else if (result.state == Parse::bad)
    refuse(c, status_of(result.fault), word_of(result.fault), Cause::unparsable);
  else if (c.head.size() >= limits_.head_bytes)
    refuse(c, status_of(HttpFault::head_too_long), word_of(HttpFault::head_too_long), Cause::unparsable);
}

void Worker::answer_head(Connection& c) {
  if (!log_.may_proceed(loop_.now())) {
    refuse(c, 503, "log", Cause::none);
    return;
  }
  c.answer = answer_request(head_, settings_.domains);
  c.state = State::answering;
  const int status = status_in(c.answer);
  c.cause = status == 400 ? Cause::refused : Cause::served;
  const bool has_body = head_.framing == Framing::chunked || head_.length > 0;
  c.more = has_body || head_.size < c.head.size();
  log_request(c, status);
}

void Worker::refuse(Connection& c, int status, std::string_view reason, Cause cause) {
  c.answer = answer_refusal(status);
  c.state = State::answering;
  c.cause = cause;
  // It is a "no" in any case.
  recorder_.record(refuse_line(c.ticket, Level::info, std::to_string(status_in(c.answer)), reason));
}

// Held back by the kernel (MSG_MORE) until end_answer(), so that answer and end are one packet.
void Worker::send_answer(Connection& c) {
  while (c.sent < c.answer.size()) {
    const ssize_t n = ::send(c.socket.get(), c.answer.data() + c.sent, c.answer.size() - c.sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE);
    if (n >= 0) {
      c.sent += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      c.state = State::over;
      return;
    }
  }
  end_answer(c);
}

// Who has said all that was to be said is not waited for.  (To close is not enough: the porter
// may have its copy of the descriptor for a moment more.)
void Worker::end_answer(Connection& c) {
  const bool ended = ::shutdown(c.socket.get(), SHUT_WR) == 0;
  c.state = ended && c.more ? State::lingering : State::over;
  c.deadline.move(loop_.now() + linger_wait);
}

void Worker::throw_away(Connection& c) {
  std::array<char, read_bytes> room;
  const ssize_t n = read_some(c.socket.get(), room);
  if (n > 0) c.thrown += static_cast<std::size_t>(n);
  if (n == 0 || c.thrown >= linger_bytes) c.state = State::over;
}

void Worker::close(std::uint64_t number) {
  const auto place = connections_.find(number);
  if (place == connections_.end()) return;
  const Ticket ticket = place->second.ticket;
  const Cause cause = place->second.cause;
  connections_.erase(place);
  closed_(ticket, cause);
}

void Worker::log_request(const Connection& c, int status) {
  Line line = ticket_line("request", c.ticket);
  line.add("host", head_.host)
      .add("user", "")
      .add("sid", "")
      .add("method", head_.method)
      .add("target", head_.target)
      .add("status", status)
      .add("in", 0)
      .add("out", static_cast<std::uint64_t>(body_bytes(c.answer)))
      .add("ms", (loop_.now() - c.begun).ms());
  recorder_.record(line);  // may_proceed() was asked; a redirect lets nothing through
}

}  // namespace postern::redird
