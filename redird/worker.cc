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
    : loop_(loop), log_(log), settings_(settings), closed_(std::move(closed)) {
  limits_.head_bytes = settings.limits.head_bytes;
  // A little less than the head, so that a target which is too long is told from a head
  // which is.
  limits_.line_bytes = std::min(limits_.line_bytes, limits_.head_bytes / 8 * 7);
}

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
  const auto watched = c.watcher.start(loop_, c.socket.get(), EPOLLIN,
                                       [this, number](std::uint32_t events) { ready(number, events); });
  if (!watched) {
    close(number);
    return;
  }
  c.deadline.set(loop_, c.begun + settings_.limits.head_timeout, [this, number] { due(number); });
}

void Worker::ready(std::uint64_t number, std::uint32_t) {
  const auto place = connections_.find(number);
  if (place == connections_.end()) return;
  Connection& c = place->second;
  bool goes_on = false;
  switch (c.state) {
    case State::reading: goes_on = read_head(c); break;
    case State::answering: goes_on = send_answer(c); break;
    case State::lingering: goes_on = throw_away(c); break;
  }
  if (!goes_on) close(number);
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
    if (send_answer(c)) return;
  }
  if (c.state == State::answering) c.cause = Cause::slow;
  close(number);
}

// Each of these says whether the connection goes on.

bool Worker::read_head(Connection& c) {
  std::array<char, read_bytes> room;
  const ssize_t n = read_some(c.socket.get(), room);
  if (n < 0) return true;
  if (n == 0) {
    if (!c.head.empty()) c.cause = Cause::slow;
    return false;
  }
  const std::size_t free = limits_.head_bytes - c.head.size();
  c.head.append(room.data(), std::min(static_cast<std::size_t>(n), free));
  judge_head(c);
  if (c.state == State::reading) return true;
  c.deadline.move(loop_.now() + settings_.limits.head_timeout);
  return send_answer(c);
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
  log_request(c, status);
}

void Worker::refuse(Connection& c, int status, std::string_view reason, Cause cause) {
  c.answer = answer_refusal(status);
  c.state = State::answering;
  c.cause = cause;
  Line line("refuse");
  line.add_id("id", c.ticket.connection)
      .add("src", c.ticket.client.address.text())
      .add("dst", c.ticket.destination.address.text())
      .add("status", status_in(c.answer))
      .add("reason", reason);
  (void)log_.write(line);  // it is a "no" in any case
}

bool Worker::send_answer(Connection& c) {
  while (c.sent < c.answer.size()) {
    const ssize_t n = ::send(c.socket.get(), c.answer.data() + c.sent, c.answer.size() - c.sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      c.sent += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      return c.watcher.want(EPOLLOUT);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return linger(c);
}

bool Worker::linger(Connection& c) {
  if (::shutdown(c.socket.get(), SHUT_WR) != 0) return false;
  c.state = State::lingering;
  c.deadline.move(loop_.now() + linger_wait);
  return c.watcher.want(EPOLLIN);
}

bool Worker::throw_away(Connection& c) {
  std::array<char, read_bytes> room;
  const ssize_t n = read_some(c.socket.get(), room);
  if (n > 0) c.thrown += static_cast<std::size_t>(n);
  return n != 0 && c.thrown < linger_bytes;
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
  const Ticket& t = c.ticket;
  Line line("request");
  line.add_id("id", t.connection)
      .add("src", t.client.address.text())
      .add("sport", t.client.port)
      .add("dst", t.destination.address.text())
      .add("dport", t.destination.port)
      .add("host", head_.host)
      .add("user", "")
      .add("sid", "")
      .add("method", head_.method)
      .add("target", head_.target)
      .add("status", status)
      .add("in", 0)
      .add("out", static_cast<std::uint64_t>(body_bytes(c.answer)))
      .add("ms", (loop_.now() - c.begun).ms());
  (void)log_.write(line);  // may_proceed() was asked; a redirect lets nothing through
}

}  // namespace postern::redird
