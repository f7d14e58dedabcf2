// WebSockets: from the server's 101 on, bytes go both ways as they are, at once, through
// one bounded buffer each: in_ up, the server's `in` down.  A full one stops the reading at
// its other end.  Only reached with a verdict for the handshake, which must stand for as
// long as the tunnel does (Connection::review); see relay_state.h.
// Never parse what is said here, but for counting whether anybody is there (frame_meter.h).

#include <sys/epoll.h>

#include <algorithm>

#include "wfd/connection.h"
#include "wfd/worker.h"

namespace postern::wfd {

// The server says 101: is it the answer to what was asked?
bool Connection::begin_tunnel() {
  Upstream& up = *upstream_;
  if (!now_->websocket) return upstream_failed("upgrade-not-asked");
  if (!up.out.empty()) return upstream_failed("upgrade-early");  // before it had the whole request
  const HandshakeFault fault = judge_agreement(up.head, *now_->websocket);
  if (fault != HandshakeFault::none) return upstream_failed(word_of(fault));
  const std::string accept = accept_for(now_->websocket->key);
  AnswerPlan plan = answer_plan();
  plan.websocket_accept = accept;
  const Result<std::string> text = answer_head(up.head, plan, now_->side, {});
  if (!text || !out_.append(*text)) return upstream_failed("answer-bad");
  trace("gate-client", *text);
  now_->status = static_cast<unsigned>(up.head.status);
  log_withheld();
  now_->answer_begun = now_->head_taken = true;
  up.in.drop(up.head.size);
  up.head_done = true;
  in_.drop(now_->request.size);
  kept_.reset();
  learn_way();
  touch_session(now_->doing);
  tunnel_ = std::make_unique<Tunnel>();
  take(Event::upgraded);
  return true;
}

// One round of everything that can move.  What the server has said goes first: it may be
// the last thing it will say.
bool Connection::step_tunnel() {
  bool moved = move_down();
  if (state_ == State::tunnel) moved |= move_up();
  if (state_ == State::tunnel && tunnel_->up_ended && tunnel_->down_ended) end(cause_);
  if (state_ != State::tunnel) return true;
  if (moved) set_deadline();
  return moved;
}

// A tunnel of which one end is closed only waits for the rest.
Duration Connection::tunnel_time() const {
  const auto& limits = worker_.shop().settings.limits;
  const bool half = tunnel_->up_ended || tunnel_->down_ended;
  return half ? std::min(limits.body_timeout, limits.tunnel_timeout) : limits.tunnel_timeout;
}

// From the client to the server.  What comes for a server that is gone is dropped.
bool Connection::move_up() {
  Upstream& up = *upstream_;
  const std::size_t seen = in_.size();
  bool moved = !client_eof_ && read_client(in_);
  if (!tunnel_->meter.take(in_.view().substr(seen))) {
    log_refusal(now_->status, "websocket-frame");
    end(Cause::unparsable);
    return true;
  }
  if (tunnel_->meter.took_data()) touch_session(Doing::use);
  if (tunnel_->up_ended) {
    in_.release();
    return moved;
  }
  const Io io = pour(in_, up.stream, now_->in, moved);
  const bool gone = io == Io::closed || io == Io::failed;
  if (gone) in_.release();
  if (gone || (client_eof_ && in_.empty())) tunnel_->up_ended = gone || up.stream.finish() != Io::want_write;
  return moved || tunnel_->up_ended;
}

// From the server to the client, behind the head that says 101.  A server whose TLS broke
// off may have had more to say, so the client gets no proper end either.
bool Connection::move_down() {
  Upstream& up = *upstream_;
  if (!flush_client()) return false;
  bool moved = read_upstream();
  const Io io = pour(up.in, client_, now_->out, moved);
  if (io == Io::closed || io == Io::failed) {
    end(cause_);
    return true;
  }
  if (tunnel_->down_ended || !up.gone || !up.in.empty()) return moved;
  if (up.truncated) end(cause_);
  else if (client_.finish() == Io::want_write) return moved;  // room will wake us
  else tunnel_->down_ended = true;
  return true;
}

// Writes from the front of `from`, as far as it goes; `count` grows by the bytes written.
Io Connection::pour(Buffer& from, Stream& to, std::uint64_t& count, bool& moved) {
  while (!from.empty()) {
    const IoResult r = to.write(from.view());
    moved |= r.some;
    if (r.io != Io::done) return r.io;
    from.drop(r.n);
    count += r.n;
    moved = true;
  }
  return Io::done;
}

// ---- waiting --------------------------------------------------------------------
// An end that closes is seen by reading, once there is room to read into: until then
// nothing is lost, and waiting for it would only spin.

void Connection::watch_tunnel_client() {
  const bool unsent = !out_.empty() || !own_.empty() || !upstream_->in.empty();
  const bool end_unsaid = upstream_->gone && !tunnel_->down_ended;
  std::uint32_t events = 0;
  if (wants_to_read()) events |= EPOLLIN;
  if (unsent || end_unsaid || (client_wants_write_ && wants_to_read())) events |= EPOLLOUT;
  if (!client_watcher_.want(events)) end(Cause::none);
}

std::uint32_t Connection::tunnel_server_events() const {
  const Upstream& up = *upstream_;
  std::uint32_t events = 0;
  if (!up.gone && up.in.left() > 0) events |= EPOLLIN;
  if (up.wants_write || (!tunnel_->up_ended && (!in_.empty() || client_eof_))) events |= EPOLLOUT;
  return events;
}

// Most tunnels are silent most of the time; then they need no memory to speak of.
void Connection::rest_tunnel() {
  for (Buffer* buffer : {&in_, &out_, &upstream_->in, &upstream_->out})
    if (buffer->empty()) buffer->release();
}

}  // namespace postern::wfd
