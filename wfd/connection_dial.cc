// Which server a request goes to, and whether its answer is the one: dialling through the
// broker, TLS, the two ports (DESIGN 3.6), and what happens when a server fails.  Only
// reached with a verdict for the request at hand; see relay_state.h.

#include <sys/epoll.h>

#include <algorithm>

#include "wfd/connection.h"
#include "wfd/destination.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

// Faults of the server or of the way to it; after those a kept 404 is the answer.
bool is_unreachable(DialFault fault) {
  return fault == DialFault::refused || fault == DialFault::unreachable || fault == DialFault::timeout ||
         fault == DialFault::forbidden;  // no such port for this one
}

// Faults for which the client is to blame.
bool is_misuse(DialFault fault) {
  return fault == DialFault::forbidden || fault == DialFault::unknown_host || fault == DialFault::misdirected;
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

// What a person is told of a TLS failure; the words are those of tls_failure.cc.
struct TroubleRow {
  std::string_view reason;
  Say say;
};
constexpr TroubleRow troubles[] = {
    {"tls-certificate-expired", Say::certificate_expired},
    {"tls-certificate-unknown-ca", Say::certificate_unknown},
    {"tls-host-mismatch", Say::certificate_of_another},
};

Say trouble_of(std::string_view reason) {
  const auto* row = std::ranges::find(troubles, reason, &TroubleRow::reason);
  return row == std::end(troubles) ? Say::server_unproved : row->say;
}

}  // namespace

// ---- dialling -------------------------------------------------------------------

bool Connection::step_dial() {
  if (asked_ != 0) return false;
  if (upstream_is_ready()) return go_up(Event::still_connected);
  drop_upstream();
  Dial order;
  order.ticket = ticket_;
  order.ground = now_->opening.ground;
  order.subject = Text<512>(now_->opening.subject);
  if (order.ground == Ground::session) order.cookie.assign(now_->cookie.bytes());
  order.host = HostName(now_->host);
  order.ports = now_->ports;
  asked_ = worker_.ask(*this, Role::broker, order);
  if (asked_ != 0) return false;
  refuse(503, "missing-peer");
  return true;
}

// True when the server of the request before can take this one: for the same host and the
// same session, still there, and silent since.  Whatever it said unasked is no answer.
// Nobody is never the same as nobody: behind a company's proxy he may be another one.
bool Connection::upstream_is_ready() {
  if (now_->sid.empty() || !upstream_ || upstream_->gone || upstream_->host != now_->host || upstream_->sid != now_->sid) return false;
  const IoResult r = upstream_->stream.read(upstream_->in.room());
  if (r.io == Io::done) upstream_->in.written(r.n);
  return r.io == Io::want_read;
}

void Connection::on_dialled(const Dialled& answer, UniqueFd socket) {
  asked_ = 0;
  if (state_ != State::dial) return;
  upstream_ = std::make_unique<Upstream>(worker_.shop().settings.limits.head_bytes);
  upstream_->way = answer.tls ? Way::https : Way::http;
  upstream_->fixed = answer.fixed;
  upstream_->known = answer.known;
  now_->other_tried |= answer.other_away;
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
    upstream_->dry = true;  // it does not speak first, or epoll says so
  }
  take(Event::dialled);
  drive();
}

void Connection::on_dial_refused(DialFault fault) {
  asked_ = 0;
  if (state_ != State::dial) return;
  const auto status = static_cast<unsigned>(status_of(fault));
  if (is_misuse(fault) && !kept_) cause_ = Cause::refused;
  if (fault == DialFault::no_session) demand_login_page();  // it ended a moment ago
  else if (is_unreachable(fault)) attempt_failed(Outcome::unreachable, status, word_of(fault));
  else refuse(status, word_of(fault));
  drive();
}

bool Connection::step_reach() {
  const Io io = upstream_->stream.handshake();
  upstream_->wants_write = io == Io::want_write;
  if (io == Io::want_read || io == Io::want_write) return false;
  if (io == Io::done) return go_up(Event::reached);
  const std::string reason = "tls-" + std::string(upstream_->stream.failure());
  attempt_failed(Outcome::tls_failed, 502, reason,
                 {trouble_of(reason), {reason}});
  return true;
}

// ---- whose answer it is ----------------------------------------------------------

// Is this the answer, or does the other port know better (DESIGN 3.6)?
bool Connection::judge_answer() {
  Upstream& up = *upstream_;
  const Field* location = up.head.fields.find("Location");
  Attempt attempt{up.way, Outcome::answered, static_cast<unsigned>(up.head.status), false};
  attempt.loops = up.way == Way::http && location != nullptr &&
                  redirects_to_itself(attempt.status, location->value, now_->method, now_->host, now_->target);
  if (attempt.loops) learn(Port::none);  // the broker remembers this port wrongly
  switch (decide(attempt, origin_facts())) {
    case Next::deliver: return deliver();
    case Next::deliver_kept: use_kept(); return true;
    case Next::dial_other: return ask_other_port(false);
    case Next::keep_and_dial_other: return ask_other_port(true);
    case Next::fail: break;
  }
  return upstream_failed("no-usable-answer");
}

bool Connection::has_two_ports() const {
  const FixedServer* fixed = worker_.shop().settings.fixed_server(now_->host);
  return policy().plain == Plain::fallback && (fixed == nullptr || fixed->has_two_ports());
}

OriginFacts Connection::origin_facts() const {
  OriginFacts facts;
  facts.two_ports = has_two_ports();
  facts.other_tried = now_->other_tried;
  facts.kept_404 = kept_ != nullptr;
  facts.body_sent = body_was_sent();
  facts.body_kept = now_->body.whole();
  return facts;
}

bool Connection::ask_other_port(bool keep) {
  const bool was_tls = upstream_->way == Way::https;
  if (keep) {
    kept_ = std::move(upstream_);
    kept_->watcher.stop();
  }
  drop_upstream();
  now_->other_tried = true;
  now_->ports = was_tls ? Ports::http : Ports::https;
  take(Event::other_port);
  return true;
}

// The other port had no better answer: the first 404 waits, unread, where it was.
void Connection::use_kept() {
  drop_upstream();
  upstream_ = std::move(kept_);
  upstream_->hung_up = false;
  if (!upstream_->request_whole) now_->body_unwanted = true;  // what it lacks went elsewhere
  take(Event::kept_answer);
  (void)deliver();
}

// This attempt brought no answer.  With a 404 at hand that is the answer; else it is an
// error of ours.
void Connection::attempt_failed(Outcome outcome, unsigned status, std::string_view reason, const Detail& detail) {
  const Attempt attempt{upstream_ ? upstream_->way : Way::https, outcome, 0, false};
  if (decide(attempt, origin_facts()) != Next::deliver_kept) return refuse(status, reason, detail);
  if (outcome != Outcome::unreachable) log_refusal(404, reason);  // that is told by the broker's lines
  use_kept();
}

// The server broke, or what it said is no answer.  True, for the state has changed.
bool Connection::upstream_failed(std::string_view reason) {
  if (!retry()) attempt_failed(Outcome::broken, 502, reason);
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

// Tells the broker which port of the server answered; none: forget it.
void Connection::learn(Port port) {
  Learned news;
  news.ticket = ticket_;
  news.host = HostName(upstream_->host);
  news.port = upstream_->known = port;
  worker_.tell(Role::broker, news);
}

// The port that this server was reached by is the one that answers.
void Connection::learn_way() {
  Upstream& up = *upstream_;
  const bool verified = up.way == Way::https && up.stream.tls()->verified();  // [hosts] alone proves no TLS
  const Port port = up.way == Way::http ? Port::http : verified ? Port::https_verified : Port::https;
  if (up.known != port) learn(port);
}

std::uint32_t Connection::upstream_events() const {
  const Upstream& up = *upstream_;
  const bool active = state_ == State::exchange;
  std::uint32_t events = EPOLLRDHUP;
  const bool may_speak = active ? !up.gone && has_answer_room() : state_ != State::vouch;
  if (may_speak) events |= EPOLLIN;
  if (up.wants_write || (active && !up.gone && !up.out.empty() && !now_->gathering.active())) events |= EPOLLOUT;
  return events;
}

// Waits for what the server can do next.
void Connection::watch_upstream() {
  if (!upstream_ || upstream_->hung_up) return;
  Upstream& up = *upstream_;
  const std::uint32_t events = state_ == State::tunnel ? tunnel_server_events() : upstream_events();
  const bool watched = up.watcher.active()
                           ? up.watcher.want(events)
                           : up.watcher.start(worker_.loop(), up.stream.fd(), events,
                                              [this](std::uint32_t got) { on_upstream(got); }).has_value();
  if (!watched) end(Cause::none);
}

void Connection::on_upstream(std::uint32_t events) {
  upstream_->dry = false;
  if ((events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
    upstream_->hung_up = true;  // reading says the rest; waiting would only spin
    upstream_->watcher.stop();
  }
  if (state_ == State::vouch) return;  // the exchange will find out
  if (state_ != State::exchange && state_ != State::reach && state_ != State::tunnel)
    return drop_upstream();  // it spoke, or left, unasked
  drive();
}

}  // namespace postern::wfd
