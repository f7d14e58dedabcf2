// A request's body on its way up: asked for with 100 Continue (RFC 9110, 10.1.1), passed
// on as it comes, and kept while it may have to go to port 443, too.  Only reached with a
// verdict for the request at hand; see relay_state.h.
//
// Who waits for a 100 gets the server's own, or the server's answer instead of it; a
// server that says nothing may know nothing of all this, and after a moment the 100 is
// ours.  Never say 100 twice, and never send on what came after an answer that said no.

#include "wfd/connection.h"
#include "wfd/pump.h"
#include "wfd/straight.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

constexpr Duration continue_patience = seconds(1);
constexpr Duration gathering_time = milliseconds(1);
constexpr std::size_t fast_bytes = 16 * 1024;  // that come at once, of a body that comes fast

}  // namespace

// A body comes behind the head, through the same buffer: the head moves out of its way,
// for it may be needed again.  False when the request was refused instead.
bool Connection::take_head() {
  if (now_->head_taken) return true;
  now_->head = std::make_unique<Buffer>(now_->request.size);
  const bool copied = now_->head->append(in_.view().substr(0, now_->request.size));
  in_.drop(now_->request.size);
  now_->head_taken = true;
  if (!copied || parse_request(now_->head->view(), head_limits(), now_->request).state != Parse::done) {
    refuse(500, "internal");
    return false;
  }
  if (now_->request.framing == Framing::chunked) {  // what came meanwhile is judged before a byte goes anywhere
    client_dry_ = false;
    (void)read_client(in_);
  }
  return !refuse_body();
}

// This server gets the body from its beginning.
void Connection::begin_body() {
  const std::size_t most = worker_.shop().settings.limits.replay_bytes;
  const bool fits = now_->request.framing == Framing::chunked || now_->request.length <= most;
  const bool may_go_on = upstream_->way == Way::http && !now_->other_tried && has_two_ports();
  if (now_->body.whole())
    now_->body.begin_again();
  else if (may_go_on && fits)
    now_->body.keep(now_->request.framing == Framing::chunked ? most : static_cast<std::size_t>(now_->request.length));
  if (!awaits_continue() || !in_.empty()) return;  // what is on its way needs no leave
  if (upstream_->knows_no_interims()) return say_continue();
  now_->patience.set(worker_.loop(), worker_.loop().now() + continue_patience, [this] { on_silence(); });
}

// More of it is to come, and has a use.
bool Connection::wants_body() const { return !now_->request_body.ended() && !now_->body_unwanted; }

// Nothing is missing but what the client has to send.
bool Connection::is_client_due() const {
  return state_ == State::exchange && !kept_ && wants_body() && !awaits_continue() && upstream_->out.empty() &&
         !now_->body.is_pending();
}

bool Connection::body_was_sent() const { return now_->head_taken && (now_->in > 0 || now_->request_body.ended()); }

// The client has asked for a 100, and none was said.
bool Connection::wants_continue() const { return now_->request.expect_continue && now_->head_taken && !now_->continued; }

// And waits for it, as far as we can know.
bool Connection::awaits_continue() const {
  return wants_continue() && !now_->answer_begun && !now_->request_body.ended() && now_->in == 0;
}

void Connection::say_continue() {
  now_->continued = true;
  set_deadline();
  if (!out_.append("HTTP/1.1 100 Continue\r\n\r\n")) end(Cause::none);
}

void Connection::on_silence() {
  if (state_ != State::exchange || !awaits_continue()) return;
  say_continue();
  drive();
}

// What comes next is of a body whose bytes both sides count, and that nobody has to keep.
bool Connection::request_goes_straight() const {
  return now_->head_taken && now_->request.framing == Framing::length && in_.empty() && !now_->request_body.ended() &&
         !now_->body.keeps() && upstream_ && !upstream_->deaf;
}

// What comes fast goes up in large pieces: a part of one waits a moment for the rest.  True
// while it does.
bool Connection::gathers_body() {
  const Buffer& out = upstream_->out;
  const bool waits = !now_->gathered && !upstream_->full && request_goes_straight() && now_->request_body.due() >= relay_buffer_bytes &&
                     out.size() >= fast_bytes && has_straight_room(out);
  if (!waits) now_->gathering.cancel();
  else if (!now_->gathering.active())
    now_->gathering.set(worker_.loop(), worker_.loop().now() + gathering_time, [this] {
      now_->gathered = true;
      drive();
    });
  now_->gathered = false;
  return waits;
}

bool Connection::has_body_room() const {
  return request_goes_straight() ? has_straight_room(upstream_->out) : in_.left() > 0;
}

bool Connection::read_request_body() {
  if (!request_goes_straight()) return read_client(in_);
  Buffer& out = upstream_->out;
  bool some = false;
  while (!client_dry_ && !now_->request_body.ended() && has_straight_room(out)) {
    if (!note_client_read(read_straight(client_, now_->request_body, out, in_, now_->in))) break;
    some = true;
  }
  return some;
}

bool Connection::move_request_body() {
  Upstream& up = *upstream_;
  if (up.request_whole || now_->body_unwanted) return false;
  const bool chunked = now_->request.framing == Framing::chunked;
  bool moved = now_->body.move_again(up.out, chunked);
  if (now_->body.is_pending()) return moved;
  bool fault = false;
  moved |= move_body(now_->request_body, in_, up.out, chunked, now_->in, fault, &now_->body);
  if (fault) {
    cause_ = Cause::unparsable;
    drop_upstream();
    const HttpFault why = now_->request_body.fault();
    if (!now_->answer_begun) return refuse(400, word_of(why)), true;
    log_refusal(now_->status, word_of(why));
    end(cause_);
    return true;
  }
  if (now_->request_body.ended()) up.request_whole = !chunked || up.out.append(last_chunk);
  else if (client_eof_ && in_.empty()) end(cause_);  // it went in the middle
  return moved;
}

}  // namespace postern::wfd
