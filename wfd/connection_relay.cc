// The way to an intranet server and back: dialling through the broker, TLS, the request
// up and the answer down, each through bounded buffers.  Only reached with a verdict for
// the request at hand; see relay_state.h.

#include <sys/epoll.h>

#include "wfd/connection.h"
#include "wfd/cookie.h"
#include "wfd/forward.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

constexpr int rounds_a_turn = 64;           // then others have a turn
constexpr std::size_t chunk_overhead = 20;  // "\r\n" + 16 hex digits, rounded up
constexpr std::size_t least_chunk = 4096;   // do not make smaller ones while more may come

struct FaultAnswer {
  unsigned status;
  std::string_view reason;
};
constexpr FaultAnswer answer_to(DialFault fault) {
  switch (fault) {
    case DialFault::no_session: return {403, "no-session"};
    case DialFault::forbidden: return {403, "forbidden-destination"};
    case DialFault::unknown_host: return {421, "unknown-host"};
    case DialFault::refused: return {502, "refused"};
    case DialFault::unreachable: return {502, "unreachable"};
    case DialFault::timeout: return {504, "timeout"};
    case DialFault::missing_peer: return {503, "missing-peer"};
    case DialFault::busy: return {503, "busy"};
    case DialFault::internal: return {503, "internal"};
  }
  return {503, "internal"};
}

PeerCheck peer_check(const UpstreamVerify& verify) {
  PeerCheck check;
  if (verify.pinned) {
    check.mode = PeerCheck::Mode::pin;
    const auto bytes = std::as_bytes(std::span(*verify.pinned));
    std::copy(bytes.begin(), bytes.end(), check.sha256.begin());
  } else {
    check.mode = verify.required ? PeerCheck::Mode::authority : PeerCheck::Mode::none;
  }
  return check;
}

std::string chunk_head(std::size_t size) {
  char digits[20];
  const int n = std::snprintf(digits, sizeof digits, "%zx\r\n", size);
  return {digits, static_cast<std::size_t>(n)};
}

// Copies payload of `reader` from `from` to `to`, framed anew.  True if something moved.
// `moved` counts payload bytes; `fault` is set when the framing is broken.
bool move_body(BodyReader& reader, Buffer& from, Buffer& to, bool chunked, std::uint64_t& moved, bool& fault) {
  bool some = false;
  while (!reader.ended() && !from.empty() && to.left() > chunk_overhead + (chunked ? least_chunk : 0)) {
    const std::string_view input = from.view().substr(0, to.left() - chunk_overhead);
    const BodyStep step = reader.next(input);
    if (step.fault != HttpFault::none) {
      fault = true;
      return some;
    }
    const std::string_view payload = input.substr(step.skip, step.payload);
    bool fits = true;
    if (!payload.empty() && chunked) fits = to.append(chunk_head(payload.size()));
    fits = fits && to.append(payload);
    if (!payload.empty() && chunked) fits = fits && to.append("\r\n");
    fault = !fits;  // cannot be: the room was looked at
    from.drop(step.skip + step.payload);
    moved += payload.size();
    some = true;
  }
  return some;
}

}  // namespace

// ---- dialling -------------------------------------------------------------------

bool Connection::step_dial() {
  if (asked_ != 0) return false;
  const bool same = upstream_ && !upstream_->gone && upstream_->host == now_->host && upstream_->sid == now_->sid;
  if (same) {
    take(Event::still_connected);
    return begin_request();
  }
  drop_upstream();
  return dial(now_->other_tried);
}

bool Connection::dial(bool plain) {
  Dial order;
  order.ticket = ticket_;
  order.cookie.assign(now_->cookie.bytes());
  order.host = HostName(now_->host);
  order.plain = plain;
  asked_ = worker_.ask(*this, Role::broker, order);
  if (asked_ != 0) return false;
  refuse(503, "missing-peer");
  return true;
}

void Connection::on_dialled(const Dialled& answer, UniqueFd socket) {
  asked_ = 0;
  if (state_ != State::dial) return;
  upstream_ = std::make_unique<Upstream>();
  upstream_->way = answer.tls ? Way::https : Way::http;
  upstream_->fixed = answer.fixed;
  upstream_->host = now_->host;
  upstream_->sid = now_->sid;
  if (answer.tls) {
    Result<TlsStream> tls = TlsStream::client(*worker_.shop().client, std::move(socket), now_->host,
                                              peer_check(policy().verify));
    if (!tls) {
      refuse(502, "tls");
      return drive();
    }
    upstream_->stream = Stream(std::move(*tls));
  } else {
    upstream_->stream = Stream(std::move(socket));
  }
  take(Event::dialled);
  drive();
}

void Connection::on_dial_refused(DialFault fault) {
  asked_ = 0;
  if (state_ != State::dial) return;
  if (kept_) {
    use_kept();
  } else {
    const FaultAnswer no = answer_to(fault);
    refuse(no.status, no.reason);
  }
  drive();
}

bool Connection::step_reach() {
  const Io io = upstream_->stream.handshake();
  if (io == Io::want_read || io == Io::want_write) {
    upstream_->hung_up = false;
    return false;
  }
  if (io == Io::done) {
    take(Event::reached);
    return begin_request();
  }
  const std::string reason = "tls-" + std::string(upstream_->stream.failure());
  if (kept_) use_kept();
  else refuse(502, reason, "The intranet server could not prove who it is, or speaks no TLS: " + reason + ".");
  return true;
}

// ---- the request goes up --------------------------------------------------------

// Writes the head for the server.  A request without body stays in in_ until its answer
// is settled, so that it can be made again for another port.
bool Connection::begin_request() {
  const WfdSettings& settings = worker_.shop().settings;
  const bool proved = upstream_->proved() || (upstream_->way == Way::http && settings.identity.plain);
  ForwardPlan plan;
  plan.cookie_name = settings.cookie.name;
  plan.forward_cookie = settings.cookie.forward && proved;
  plan.strip = policy().strip_request_headers;
  plan.identity = settings.identity.headers;
  plan.user = now_->user;
  plan.sid = now_->sid;
  plan.client = ticket_.client.address;
  const Result<std::string> text = forward_head(head_, plan);
  upstream_->head_done = false;
  upstream_->body = BodyReader();
  if (!text || !upstream_->out.append(*text)) {
    refuse(400, "head-cannot-be-made");
    return true;
  }
  if (request_body_.ended()) return true;
  in_.drop(head_.size);
  now_->head_taken = true;
  const bool waits = head_.expect_continue && in_.empty() && !now_->continued;
  now_->continued = true;
  if (waits && !out_.append("HTTP/1.1 100 Continue\r\n\r\n")) close(Cause::none);
  return true;
}

bool Connection::step_exchange() {
  for (int round = 0; round < rounds_a_turn; ++round) {
    if (!relay_once()) return false;
    if (state_ != State::exchange) return state_ != State::closed;
  }
  resume_.set(worker_.loop(), worker_.loop().now(), [this] { drive(); });
  return false;
}

// One round of everything that can move.  True if something did, or the state changed.
bool Connection::relay_once() {
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
  if (moved) deadline_.move(worker_.loop().now() + time_for(state_));
  return moved;
}

bool Connection::move_request_body() {
  if (request_body_.ended()) return false;
  bool fault = false;
  const bool chunked = head_.framing == Framing::chunked;
  const bool moved = move_body(request_body_, in_, upstream_->out, chunked, now_->in, fault);
  if (request_body_.ended() && chunked && !upstream_->out.append("0\r\n\r\n")) fault = true;
  if (fault) {
    cause_ = Cause::unparsable;
    drop_upstream();
    if (now_->answer_begun) close(cause_);
    else refuse(400, "body-bad");
    return true;
  }
  if (!request_body_.ended() && client_eof_ && in_.empty()) close(Cause::served);  // it went in the middle
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
    if (r.io == Io::closed || r.io == Io::failed) {
      up.gone = true;
      up.truncated = r.io == Io::failed || up.stream.truncated();
      some = true;
    }
    if (r.io != Io::done) break;
    up.in.filled(r.n);
    some = true;
    if (up.head_done == false) break;  // a head is looked at before more is read
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
  const HeadResult result = parse_response(up.in.view(), limits, now_->side.request_was_head, up.head);
  if (result.state == Parse::more) return up.gone && upstream_failed("closed-in-head");
  if (result.state == Parse::bad) return upstream_failed(word_of(result.fault));
  if (up.head.status < 200) return pass_interim();
  up.head_done = true;
  return judge_answer();
}

// 1xx: 100 was ours to say, 101 was never asked for, others go on (RFC 9110, 15.2).
bool Connection::pass_interim() {
  Upstream& up = *upstream_;
  if (up.head.status == 101) return upstream_failed("upgrade-not-asked");
  if (up.head.status != 100 && now_->side.version == Version::http_1_1) {
    AnswerPlan plan;
    plan.cookie_name = worker_.shop().settings.cookie.name;
    plan.domains = worker_.shop().settings.domains;
    const Result<std::string> text = answer_head(up.head, plan, now_->side, {});
    if (!text || !out_.append(*text)) return upstream_failed("interim-bad");
  }
  up.in.drop(up.head.size);
  return true;
}

// Is this the answer, or does the other port know better (DESIGN 3.6)?
bool Connection::judge_answer() {
  Upstream& up = *upstream_;
  const Field* location = up.head.fields.find("Location");
  Attempt attempt{up.way, Outcome::answered, static_cast<unsigned>(up.head.status), false};
  attempt.loops = up.way == Way::http && location != nullptr &&
                  redirects_to_itself(attempt.status, location->value, now_->method, now_->host, now_->target);
  OriginFacts facts;
  const FixedServer* fixed = worker_.shop().settings.fixed_server(now_->host);
  facts.plain_allowed = policy().plain == Plain::fallback && (fixed == nullptr || fixed->scheme == Scheme::any);
  facts.other_tried = now_->other_tried || up.way == Way::http;  // the broker chose 443 first
  facts.kept_404 = kept_ != nullptr;
  facts.has_body = now_->head_taken;
  switch (decide(attempt, facts)) {
    case Next::deliver: return deliver();
    case Next::deliver_kept: use_kept(); return true;
    case Next::dial_other:
    case Next::keep_and_dial_other:
      kept_ = std::move(upstream_);
      kept_->watcher.stop();
      now_->other_tried = true;
      take(Event::other_port);
      return true;
    case Next::fail: break;
  }
  return upstream_failed("no-usable-answer");
}

// The other port had no better answer: the first 404 waits, unread, where it was.
void Connection::use_kept() {
  drop_upstream();
  upstream_ = std::move(kept_);
  upstream_->hung_up = false;
  take(Event::kept_answer);
  (void)deliver();
}

bool Connection::deliver() {
  Upstream& up = *upstream_;
  const WfdSettings& settings = worker_.shop().settings;
  AnswerPlan plan;
  plan.cookie_name = settings.cookie.name;
  plan.domains = settings.domains;
  plan.strip = policy().strip_response_headers;
  plan.hsts = policy().hsts;
  if (!request_body_.ended() || last_request_) now_->side.close = true;
  now_->framing = frame_for(up.head, now_->side);
  now_->side.close = now_->framing.close;
  const Result<std::string> text = answer_head(up.head, plan, now_->side, now_->framing);
  if (!text || !out_.append(*text)) return upstream_failed("answer-bad");
  now_->status = static_cast<unsigned>(up.head.status);
  now_->answer_begun = true;
  up.body = BodyReader(up.head.framing, up.head.length);
  if (!up.head.keep_alive) up.answers = 0;
  up.in.drop(up.head.size);
  learn();
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
    close(Cause::served);
    return true;
  }
  if (up.body.ended()) return answer_complete();
  return moved;
}

// The answer is in out_ to its last byte.  It goes out; then the next request is read.
// False while there is no room for the end of the framing.
bool Connection::answer_complete() {
  Upstream& up = *upstream_;
  if (now_->framing.framing == Framing::chunked && !out_.append("0\r\n\r\n")) return false;
  const bool reusable = up.head.keep_alive && !up.gone && up.in.empty() && up.out.empty() && request_body_.ended();
  ++up.answers;
  up.head_done = false;
  if (!reusable) drop_upstream();
  const Mono now = worker_.loop().now();
  if (now - touched_ >= milliseconds(verdict_.touch_after)) {
    Touch news;
    news.ticket = ticket_;
    news.slot = verdict_.slot;
    news.generation = verdict_.generation;
    worker_.tell(Role::sessions, news);
    touched_ = now;
  }
  const bool last = now_->side.close;
  finish_exchange();
  take(last ? Event::finished_last : Event::finished);
  return true;
}

// No usable answer came.  True, for the state has changed.
bool Connection::upstream_failed(std::string_view reason) {
  if (retry()) return true;
  drop_upstream();
  if (kept_) {
    use_kept();
    return true;
  }
  refuse(502, reason);
  return true;
}

// A server may close an idle connection just as we use it (RFC 9112, 9.3.1): a request
// without body that cannot have done anything is asked once more, on a new connection.
bool Connection::retry() {
  const bool stale = upstream_->answers > 0 && upstream_->in.empty() && !upstream_->head_done;
  const bool safe = now_->method == "GET" || now_->method == "HEAD" || now_->method == "OPTIONS";
  if (!stale || !safe || now_->retried || now_->head_taken) return false;
  now_->retried = true;
  drop_upstream();
  take(Event::other_port);
  return true;
}

void Connection::drop_upstream() {
  if (upstream_) upstream_->watcher.stop();
  upstream_.reset();
}

void Connection::learn() {
  Upstream& up = *upstream_;
  if (up.learned) return;
  up.learned = true;
  Learned news;
  news.ticket = ticket_;
  news.host = HostName(up.host);
  news.port = up.way == Way::http ? Port::http : up.proved() && !up.fixed ? Port::https_verified : Port::https;
  worker_.tell(Role::broker, news);
}

// Waits for what the server can do next.
void Connection::watch_upstream() {
  if (!upstream_ || upstream_->hung_up) return;
  Upstream& up = *upstream_;
  std::uint32_t events = EPOLLRDHUP;
  const bool active = state_ == State::exchange;
  if (state_ == State::reach) events |= EPOLLIN | EPOLLOUT;
  if (!active || up.in.left() > 0) events |= EPOLLIN;
  if (active && !up.out.empty()) events |= EPOLLOUT;
  if (up.watcher.active()) {
    if (!up.watcher.want(events)) close(Cause::served);
    return;
  }
  const Result<void> watched = up.watcher.start(worker_.loop(), up.stream.fd(), events, [this](std::uint32_t got) {
    if ((got & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
      upstream_->hung_up = true;  // reading says the rest; waiting would only spin
      upstream_->watcher.stop();
    }
    if (state_ != State::exchange && state_ != State::reach) drop_upstream();  // it spoke, or left, unasked
    else drive();
  });
  if (!watched) close(Cause::served);
}

}  // namespace postern::wfd
