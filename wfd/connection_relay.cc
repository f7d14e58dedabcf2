// The request up to an intranet server and the answer down, each through bounded buffers.
// Only reached with a verdict for the request at hand; see relay_state.h.  Which server
// that is, and whether its answer will do, is decided in connection_dial.cc.

#include "wfd/connection.h"
#include "wfd/cookie.h"
#include "wfd/forward.h"
#include "wfd/pump.h"
#include "wfd/straight.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

constexpr unsigned most_interims = 16;  // 1xx before one answer

}  // namespace

// ---- the request goes up --------------------------------------------------------

// Writes the head for the server.  The request stays at hand until its answer is settled,
// so that it can be made again for another port.
bool Connection::begin_request() {
  if (needs_assertion() && !has_assertion()) {
    refuse(503, "no-assertion");
    return true;
  }
  const bool has_body = now_->head_taken || !now_->request_body.ended();
  if (has_body && !take_head()) return true;
  const ForwardPlan plan = forward_plan();
  Result<std::string> text = forward_head(now_->request, plan);
  Upstream& up = *upstream_;
  up.head_done = false;
  up.interims = 0;
  up.body = BodyReader();
  up.request_whole = !has_body;
  const bool fits = text && up.out.append(*text);
  if (fits) trace("gate-server", *text);
  if ((plan.forward_cookie || !plan.assertion.empty()) && text) wipe(text->data(), text->size());
  if (!fits) refuse(400, "head-cannot-be-made");
  else if (has_body) begin_body();
  return true;
}

ForwardPlan Connection::forward_plan() const {
  const WfdSettings& settings = worker_.shop().settings;
  ForwardPlan plan;
  plan.cookie_name = settings.cookie.name;
  plan.forward_cookie = settings.cookie.forward && is_trusted(*upstream_) && !now_->sid.empty();
  plan.strip = policy().strip_request_headers;
  plan.plain = upstream_->way == Way::http;
  plan.identity = settings.identity.headers;
  plan.user = now_->user;
  plan.sid = now_->sid;
  plan.client = ticket_.client.address;
  plan.preflight = now_->opening.ground == Ground::preflight;
  if (needs_assertion()) plan.assertion = voucher_->token.text();
  if (now_->websocket) plan.websocket_key = now_->websocket->key;
  plan.expect = awaits_continue() && !upstream_->knows_no_interims();
  return plan;
}

// One round of everything that can move: what came is passed on as one piece, the head of an
// answer together with what is there of its body.  True if something did, or the state changed.
bool Connection::step_exchange() {
  bool up = wants_body() && !client_eof_ && read_request_body();
  up |= move_request_body();
  if (state_ != State::exchange) return true;
  if (!gathers_body()) up |= write_upstream();
  bool down = read_upstream();
  down |= move_answer();
  if (state_ != State::exchange) return true;
  const std::size_t before = out_.size();
  (void)flush_client();
  if (state_ != State::exchange) return true;
  down |= out_.size() != before;
  // A head that drips in has the time of one that is late: its bytes win none.
  if (up || (down && now_->answer_begun)) set_deadline();
  if (up || down) touch_session(now_->doing);
  return up || down;
}

bool Connection::write_upstream() {
  Upstream& up = *upstream_;
  bool some = false;
  while (!up.out.empty() && !up.gone) {
    const IoResult r = up.stream.write(up.out.view());
    if (r.io == Io::closed || r.io == Io::failed) up.deaf = true;
    some |= r.some;
    if (r.io != Io::done) break;
    up.out.drop(r.n);
    some = true;
  }
  up.full = !up.out.empty();
  if (up.deaf) up.out.release();  // nobody takes it, but an answer may still be there
  return some;
}

// ---- the answer comes down ------------------------------------------------------

// What comes next is of a body whose bytes both sides count.
bool Connection::answer_goes_straight() const {
  const Upstream& up = *upstream_;
  return up.head_done && up.in.empty() && !up.body.ended() && up.head.framing == Framing::length &&
         now_->framing.framing == Framing::length;
}

bool Connection::has_answer_room() const {
  return answer_goes_straight() ? has_straight_room(out_) : upstream_->in.left() > 0;
}

bool Connection::read_upstream() {
  Upstream& up = *upstream_;
  bool some = false;
  while (!up.gone && has_answer_room() && (!up.dry || up.hung_up)) {
    const bool straight = answer_goes_straight();
    const IoResult r = straight ? read_straight(up.stream, up.body, out_, up.in, now_->out) : up.stream.read(up.in.room());
    up.wants_write = r.io == Io::want_write;
    up.dry = r.dry;
    if (r.io == Io::closed || r.io == Io::failed) {
      up.gone = true;
      up.truncated = r.io == Io::failed || up.stream.truncated();
      some = true;
    }
    if (r.io != Io::done) break;
    if (!straight) up.in.filled(r.n);
    some = true;
    if (!up.head_done) break;  // a head is looked at before more is read
  }
  return some;
}

bool Connection::move_answer() {
  const bool begins = !upstream_->head_done;
  if (begins && !move_answer_head()) return false;
  if (state_ != State::exchange || !upstream_ || !upstream_->head_done) return true;
  return move_answer_body() || begins;
}

bool Connection::move_answer_head() {
  Upstream& up = *upstream_;
  if (up.in.empty()) return up.gone && upstream_failed("closed");
  const HeadResult result = parse_response(up.in.view(), head_limits(), now_->side.request_was_head, up.head);
  if (result.state == Parse::more) return up.gone && upstream_failed("closed-in-head");
  if (result.state == Parse::bad) return upstream_failed(word_of(result.fault));
  trace("server-gate", up.in.view().substr(0, up.head.size));
  if (up.head.status < 200) return pass_interim();
  up.head_done = true;
  return judge_answer();
}

// 1xx: 100 goes to who waits for it, 101 ends all this, others go on (RFC 9110, 15.2).
bool Connection::pass_interim() {
  Upstream& up = *upstream_;
  if (up.head.status == 101) return begin_tunnel();
  if (++up.interims > most_interims) return upstream_failed("too-many-interims");
  const bool wanted = up.head.status != 100 || wants_continue();
  if (wanted && now_->side.version == Version::http_1_1) {
    const Result<std::string> text = answer_head(up.head, answer_plan(), now_->side, {});
    if (!text || !out_.append(*text)) return upstream_failed("interim-bad");
    trace("gate-client", *text);
  }
  if (up.head.status == 100) now_->continued = true;
  up.in.drop(up.head.size);
  set_deadline();
  return true;
}

AnswerPlan Connection::answer_plan() const {
  const WfdSettings& settings = worker_.shop().settings;
  AnswerPlan plan;
  plan.cookie_name = settings.cookie.name;
  plan.domains = settings.domains;
  plan.strip = policy().strip_response_headers;
  plan.hsts = policy().hsts;
  plan.no_store = policy().no_store;
  return plan;
}

bool Connection::deliver() {
  Upstream& up = *upstream_;
  if (awaits_continue() && up.head.status >= 300) now_->body_unwanted = true;
  now_->body.forget();
  if (!now_->request_body.ended() || last_request_) now_->side.close = true;
  now_->framing = frame_for(up.head, now_->side);
  now_->side.close = now_->framing.close;
  const Result<std::string> text = answer_head(up.head, answer_plan(), now_->side, now_->framing);
  if (!text || !out_.append(*text)) return upstream_failed("answer-bad");
  trace("gate-client", *text);
  now_->status = static_cast<unsigned>(up.head.status);
  now_->answer_begun = true;
  log_withheld();
  up.body = BodyReader(up.head.framing, up.head.length);
  up.in.drop(up.head.size);
  learn_way();
  if (up.body.ended()) (void)answer_complete();
  return true;
}

bool Connection::move_answer_body() {
  Upstream& up = *upstream_;
  bool fault = false;
  const bool chunked = now_->framing.framing == Framing::chunked;
  bool moved = move_body(up.body, up.in, out_, chunked, now_->out, fault);
  if (!up.body.ended() && up.gone && up.in.empty()) {
    const bool whole = up.body.hang_up().fault == HttpFault::none && !up.truncated;
    fault = fault || !whole;
    moved = true;
  }
  if (fault) {
    cut_answer("answer-cut");
    return true;
  }
  if (up.body.ended()) return answer_complete();
  return moved;
}

// The client must see that what it got is not all: no proper end is written.
void Connection::cut_answer(std::string_view reason) {
  log_refusal(now_->status, reason);
  (void)flush_client();
  end(cause_);
}

// The answer is in out_ to its last byte, and the server is done with.  False while there
// is no room for the end of the framing.
bool Connection::answer_complete() {
  Upstream& up = *upstream_;
  if (now_->framing.framing == Framing::chunked && !out_.append(last_chunk)) return false;
  const bool idle = !up.gone && !up.deaf && up.in.empty() && up.out.empty() && up.request_whole;
  const bool reusable = up.head.keep_alive && idle && !up.sid.empty();  // nobody's serves once
  if (!up.in.empty()) log_refusal(now_->status, "answer-excess");
  ++up.answers;
  up.head_done = false;
  if (!reusable) drop_upstream();
  kept_.reset();
  touch_session(now_->doing);
  take(Event::relayed);
  return true;
}

// A body that moves is activity, too: a long one must not outlast its session's idle time.
// What counts there, sessions decides; so it hears of each kind in its own time.
void Connection::touch_session(Doing doing) {
  if (now_->sid.empty()) return;  // nobody's: the last verdict was for somebody else
  const Mono now = worker_.loop().now();
  const std::optional<Mono> last = doing == Doing::background ? touched_ : used_;
  if (last && now - *last < milliseconds(verdict_.touch_after)) return;
  Touch news;
  news.ticket = ticket_;
  news.slot = verdict_.slot;
  news.generation = verdict_.generation;
  news.doing = doing;
  worker_.tell(Role::sessions, news);
  touched_ = now;
  if (doing != Doing::background) used_ = now;
}

}  // namespace postern::wfd
