// Which server a request goes to, and whether its answer is the one: dialling through the
// broker, TLS, the two ports (DESIGN 3.6), and what happens when a server fails.  Only
// reached with a verdict for the request at hand; see relay_state.h.

#include <sys/epoll.h>

#include "wfd/connection.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

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

// ---- whose answer it is ----------------------------------------------------------

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
