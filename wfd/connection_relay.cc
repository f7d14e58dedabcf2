// The request up to an intranet server and the answer down, each through bounded buffers.
// Only reached with a verdict for the request at hand; see relay_state.h.  Which server
// that is, and whether its answer will do, is decided in connection_dial.cc.

#include "wfd/connection.h"
#include "wfd/cookie.h"
#include "wfd/forward.h"
#include "wfd/pump.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

constexpr unsigned most_interims = 16;  // 1xx before one answer

}  // namespace

// ---- the request goes up --------------------------------------------------------

// Writes the head for the server.  A request without body stays in in_ until its answer
// is settled, so that it can be made again for another port.
bool Connection::begin_request() {
  if (head_.framing == Framing::chunked && !now_->head_taken) (void)read_client(in_);
  if (refuse_body()) return true;
  const WfdSettings& settings = worker_.shop().settings;
  if (needs_assertion() && !has_assertion()) {
    refuse(503, "no-assertion");
    return true;
  }
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
  Result<std::string> text = forward_head(head_, plan);
  upstream_->head_done = false;
  upstream_->interims = 0;
  upstream_->body = BodyReader();
  const bool fits = text && upstream_->out.append(*text);
  if (fits) trace("gate-server", *text);
  if ((plan.forward_cookie || !plan.assertion.empty()) && text) wipe(text->data(), text->size());
  if (!fits) {
    refuse(400, "head-cannot-be-made");
    return true;
  }
  if (request_body_.ended()) return true;
  in_.drop(head_.size);
  now_->head_taken = true;
  const bool waits = head_.expect_continue && in_.empty() && !now_->continued;
  now_->continued = true;
  if (waits && !out_.append("HTTP/1.1 100 Continue\r\n\r\n")) end(Cause::none);
  return true;
}

// One round of everything that can move.  True if something did, or the state changed.
bool Connection::step_exchange() {
  bool moved = false;
  if (!request_body_.ended() && !client_eof_) moved |= read_client(in_);
  moved |= move_request_body();
  if (state_ != State::exchange) return true;
  moved |= write_upstream();
  moved |= read_upstream();
  moved |= move_answer();
  if (state_ != State::exchange) return true;
  const std::size_t before = out_.size();
  (void)flush_client();
  if (state_ != State::exchange) return true;
  moved |= out_.size() != before;
  if (moved) {
    deadline_.move(worker_.loop().now() + time_for(state_));
    touch_session();
  }
  return moved;
}

bool Connection::move_request_body() {
  if (request_body_.ended()) return false;
  bool fault = false;
  const bool chunked = head_.framing == Framing::chunked;
  const bool moved = move_body(request_body_, in_, upstream_->out, chunked, now_->in, fault);
  if (request_body_.ended() && chunked && !upstream_->out.append(last_chunk)) fault = true;
  if (fault) {
    cause_ = Cause::unparsable;
    drop_upstream();
    const HttpFault why = request_body_.fault();
    if (!now_->answer_begun) return refuse(400, word_of(why)), true;
    log_refusal(now_->status, word_of(why));
    end(cause_);
    return true;
  }
  if (!request_body_.ended() && client_eof_ && in_.empty()) end(cause_);  // it went in the middle
  return moved;
}

bool Connection::write_upstream() {
  Upstream& up = *upstream_;
  bool some = false;
  while (!up.out.empty() && !up.gone) {
    const IoResult r = up.stream.write(up.out.view());
    if (r.io != Io::done) {
      if (r.io == Io::closed || r.io == Io::failed) up.out.release();  // its answer may still be there
      break;
    }
    up.out.drop(r.n);
    some = true;
  }
  return some;
}

// ---- the answer comes down ------------------------------------------------------

bool Connection::read_upstream() {
  Upstream& up = *upstream_;
  bool some = false;
  while (!up.gone && up.in.left() > 0) {
    const IoResult r = up.stream.read(up.in.room());
    up.wants_write = r.io == Io::want_write;
    if (r.io == Io::closed || r.io == Io::failed) {
      up.gone = true;
      up.truncated = r.io == Io::failed || up.stream.truncated();
      some = true;
    }
    if (r.io != Io::done) break;
    up.in.filled(r.n);
    some = true;
    if (!up.head_done) break;  // a head is looked at before more is read
  }
  return some;
}

bool Connection::move_answer() {
  if (!upstream_->head_done) return move_answer_head();
  return move_answer_body();
}

bool Connection::move_answer_head() {
  Upstream& up = *upstream_;
  if (up.in.empty()) return up.gone && upstream_failed("closed");
  HeadLimits limits;
  limits.head_bytes = worker_.shop().settings.limits.head_bytes;
  limits.line_bytes = worker_.shop().settings.limits.line_bytes;
  limits.fields = worker_.shop().settings.limits.head_fields;
  const HeadResult result = parse_response(up.in.view(), limits, now_->side.request_was_head, up.head);
  if (result.state == Parse::more) return up.gone && upstream_failed("closed-in-head");
  if (result.state == Parse::bad) return upstream_failed(word_of(result.fault));
  if (up.head.status < 200) return pass_interim();
  up.head_done = true;
  trace("server-gate", up.in.view().substr(0, up.head.size));
  return judge_answer();
}

// 1xx: 100 was ours to say, 101 ends all this, others go on (RFC 9110, 15.2).
bool Connection::pass_interim() {
  Upstream& up = *upstream_;
  if (up.head.status == 101) return begin_tunnel();
  if (++up.interims > most_interims) return upstream_failed("too-many-interims");
  if (up.head.status != 100 && now_->side.version == Version::http_1_1) {
    const Result<std::string> text = answer_head(up.head, answer_plan(), now_->side, {});
    if (!text || !out_.append(*text)) return upstream_failed("interim-bad");
  }
  up.in.drop(up.head.size);
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
  if (!request_body_.ended() || last_request_) now_->side.close = true;
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
  if (fault) {  // the client must see that the answer is cut: no proper end is written
    log_refusal(now_->status, "answer-cut");
    (void)flush_client();
    end(cause_);
    return true;
  }
  if (up.body.ended()) return answer_complete();
  return moved;
}

// The answer is in out_ to its last byte, and the server is done with.  False while there
// is no room for the end of the framing.
bool Connection::answer_complete() {
  Upstream& up = *upstream_;
  if (now_->framing.framing == Framing::chunked && !out_.append(last_chunk)) return false;
  const bool reusable = up.head.keep_alive && !up.gone && up.in.empty() && up.out.empty() && request_body_.ended();
  ++up.answers;
  up.head_done = false;
  if (!reusable) drop_upstream();
  kept_.reset();
  touch_session();
  take(Event::relayed);
  return true;
}

// A body that moves is activity, too: a long one must not outlast its session's idle time.
void Connection::touch_session() {
  if (now_->sid.empty()) return;  // nobody's: the last verdict was for somebody else
  const Mono now = worker_.loop().now();
  if (now - touched_ < milliseconds(verdict_.touch_after)) return;
  Touch news;
  news.ticket = ticket_;
  news.slot = verdict_.slot;
  news.generation = verdict_.generation;
  worker_.tell(Role::sessions, news);
  touched_ = now;
}

}  // namespace postern::wfd
