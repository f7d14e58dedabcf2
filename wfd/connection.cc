// States, deadlines, and the client's end of a connection.  Called by the worker and by
// the loop.  What a request may do is judged in connection_judge.cc: never look into one
// here, and never destroy a connection here, for its functions are on the stack.

#include "wfd/connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "wfd/worker.h"

namespace postern::wfd {
namespace {

constexpr Duration linger_time = seconds(2);
constexpr std::size_t linger_bytes = 1024 * 1024;
constexpr std::size_t answer_room = 8 * 1024;  // for what a head of an answer grows by here
constexpr int steps_a_turn = 64;  // then others have a turn

}  // namespace

const Connection::Step Connection::steps[] = {
    &Connection::step_nothing,    // closed
    &Connection::step_handshake,
    &Connection::step_read_head,
    &Connection::step_read_form,
    &Connection::step_nothing,    // ask: an on_...() goes on
    &Connection::step_dial,
    &Connection::step_reach,
    &Connection::step_nothing,    // vouch: on_assertion() goes on
    &Connection::step_exchange,
    &Connection::step_tunnel,
    &Connection::step_answer,
    &Connection::step_linger,
};

Connection::Connection(Worker& worker, TlsStream client, const Ticket& ticket)
    : worker_(worker), ticket_(ticket), client_(std::move(client)),
      in_(worker.shop().settings.limits.head_bytes + relay_buffer_bytes / 2),
      out_(straight_bytes + worker.shop().settings.limits.head_bytes + answer_room) {}

Connection::~Connection() {
  forget_question();
  wipe(own_.data(), own_.size());  // what the client did not wait for
}

Result<void> Connection::start() {
  TRY_VOID(client_watcher_.start(worker_.loop(), client_.fd(), EPOLLIN | EPOLLRDHUP,
                                 [this](std::uint32_t events) { on_client(events); }));
  life_ends_ = worker_.loop().now() + worker_.shop().settings.limits.connection_lifetime;
  set_deadline();
  drive();
  return {};
}

// ---- the machine ----------------------------------------------------------------

void Connection::drive() {
  if (driving_) return;
  driving_ = true;
  int taken = 0;
  while ((this->*steps[static_cast<std::size_t>(state_)])()) {
    if (++taken < steps_a_turn) continue;
    // Later than now: a timer that is due now would come before everybody else's turn.
    // And not later than it was said before: it might never come.
    if (!std::exchange(resume_, true)) look_at(worker_.loop().now() + Duration{1});
    break;
  }
  if (state_ != State::closed) watch_client();
  if (state_ != State::closed) watch_upstream();
  driving_ = false;
  if (state_ == State::closed) worker_.finished(*this, cause_);
}

void Connection::take(Event event) {
  const State next = next_state(state_, event);
  if (worker_.log().verbose())
    worker_.log().debug(id_text() + " " + std::string(name_of(state_)) + " -> " + std::string(name_of(next)));
  if (state_ == State::ask || state_ == State::dial || state_ == State::vouch) forget_question();
  state_ = next;
  set_deadline();
  if (is_inside(state_)) worker_.watch_standing();
}

// An answer that comes late belongs to nobody: not to the next request, and not to
// whoever is where this connection was.
void Connection::forget_question() {
  if (asked_ != 0) worker_.forget(asked_);
  asked_ = 0;
}

Duration Connection::time_for(State state) const {
  const auto& limits = worker_.shop().settings.limits;
  switch (state) {
    case State::handshake: return limits.handshake_timeout;
    case State::read_head: return in_.empty() && requests_ > 0 ? limits.idle_timeout : limits.head_timeout;
    case State::read_form: return limits.head_timeout;
    case State::ask:
    case State::vouch: return worker_.shop().patience.sessions;
    case State::dial: return worker_.shop().patience.broker + limits.connect_timeout + worker_.shop().settings.intranet.https_timeout;
    case State::reach: return limits.connect_timeout;
    case State::exchange:
      return now_->answer_begun || is_client_due() ? limits.body_timeout : limits.response_timeout;
    case State::tunnel: return tunnel_time();
    case State::answer: return limits.body_timeout;
    case State::linger: return linger_time;
    case State::closed: return {};
  }
  return {};
}

// Most deadlines are followed by a later one: then the timer stays where it is, and goes on
// from there when it finds that it is early.
void Connection::set_deadline() {
  deadline_at_ = std::min(worker_.loop().now() + time_for(state_), life_ends_);
  if (!deadline_.active() || deadline_at_ < timer_at_) look_at(deadline_at_);
}

void Connection::look_at(Mono when) {
  timer_at_ = when;
  deadline_.set(worker_.loop(), when, [this] { on_deadline(); });
}

void Connection::on_deadline() {
  const Mono now = worker_.loop().now();
  const bool goes_on = std::exchange(resume_, false);
  if (life_ends_ <= now) return state_ == State::exchange ? cut_answer("lifetime") : end(cause_);
  if (goes_on || now < deadline_at_) {
    look_at(deadline_at_);
    if (goes_on) drive();
    return;
  }
  switch (state_) {
    case State::handshake:
      log_refusal(0, "slow");
      return end(Cause::slow);
    case State::read_head:
      if (in_.empty()) return end(requests_ == 0 ? Cause::slow : cause_);
      [[fallthrough]];
    case State::read_form:
      cause_ = Cause::slow;
      refuse(408, "slow");
      break;
    case State::ask:
    case State::vouch:
      refuse(503, "missing-peer");
      break;
    case State::dial:
    case State::reach:
    case State::exchange:
      if (now_->answer_begun) return cut_answer(out_.empty() ? "timeout" : "slow");
      if (is_client_due()) refuse(408, "slow");
      else attempt_failed(Outcome::broken, 504, "timeout");
      break;
    default:
      return end(cause_);
  }
  drive();
}

bool Connection::step_nothing() { return false; }

// ---- the client's end -----------------------------------------------------------

void Connection::on_client(std::uint32_t events) {
  const bool dead = (events & (EPOLLHUP | EPOLLERR)) != 0;
  const bool half = (events & EPOLLRDHUP) != 0;
  const bool gone = dead || (half && !wants_to_read());
  if (gone && state_ != State::handshake) return end(cause_);  // nobody is left to answer to
  if (events != EPOLLOUT || client_wants_write_) client_dry_ = false;
  drive();
}

bool Connection::wants_to_read() const {
  switch (state_) {
    case State::handshake:
    case State::read_head:
    case State::read_form:
    case State::linger: return true;
    case State::exchange: return wants_body() && has_body_room() && !client_eof_;
    case State::tunnel: return in_.left() > 0 && !client_eof_;
    default: return false;
  }
}

void Connection::watch_client() {
  if (state_ == State::tunnel) return watch_tunnel_client();
  std::uint32_t events = EPOLLRDHUP;
  const bool unsent = own_sent_ < own_.size() || !out_.empty();
  if (wants_to_read()) events |= EPOLLIN;
  if (unsent || (client_wants_write_ && wants_to_read())) events |= EPOLLOUT;
  if (!client_watcher_.want(events)) end(Cause::none);
}

// Reads what there is into `into`.  True if something came.
bool Connection::read_client(Buffer& into) {
  bool some = false;
  while (into.left() > 0 && !client_dry_) {
    const IoResult r = client_.read(into.room());
    if (!note_client_read(r)) break;
    into.filled(r.n);
    some = true;
  }
  return some;
}

// True if something was read.
bool Connection::note_client_read(const IoResult& r) {
  client_wants_write_ = r.io == Io::want_write;
  client_dry_ = r.dry;
  if (r.io == Io::closed || r.io == Io::failed) client_eof_ = true;
  return r.io == Io::done;
}

// Writes what is ready.  True when nothing is left; closes when the client is gone.
bool Connection::flush_client() {
  while (own_sent_ < own_.size() || !out_.empty()) {
    const bool own = own_sent_ < own_.size();
    const std::string_view bytes = own ? std::string_view(own_).substr(own_sent_) : out_.view();
    const IoResult r = client_.write(bytes);
    client_wants_write_ = r.io == Io::want_write;
    if (r.io == Io::closed || r.io == Io::failed) {
      end(cause_);
      return false;
    }
    if (r.some) set_deadline();
    if (r.io != Io::done) return false;
    if (own) own_sent_ += r.n;
    else out_.drop(r.n);
  }
  if (!own_.empty()) wipe(own_.data(), own_.size());  // it may have held a cookie
  own_.clear();
  own_sent_ = 0;
  return true;
}

bool Connection::step_handshake() {
  const Io io = client_.handshake();
  client_wants_write_ = io == Io::want_write;
  if (io == Io::done) {
    take(Event::secured);
    return true;
  }
  if (io == Io::failed || io == Io::closed) {
    log_refusal(0, client_.failure().empty() ? "handshake" : client_.failure());
    end(client_.failure() == "signer" ? Cause::none : Cause::handshake);  // ours is not the client's
  }
  return false;
}

HeadLimits Connection::head_limits() const {
  HeadLimits limits;
  limits.head_bytes = worker_.shop().settings.limits.head_bytes;
  limits.line_bytes = worker_.shop().settings.limits.line_bytes;
  limits.fields = worker_.shop().settings.limits.head_fields;
  return limits;
}

bool Connection::step_read_head() {
  const bool was_empty = in_.empty();
  const bool some = read_client(in_);
  if (was_empty && some && requests_ > 0) set_deadline();  // idle no more
  if (in_.empty()) {
    if (client_eof_) end(cause_);
    return false;
  }
  if (!now_) begin_exchange();
  const HeadResult result = parse_request(in_.view(), head_limits(), now_->request);
  if (result.state == Parse::more) {
    if (client_eof_) end(cause_);  // it changed its mind
    return false;
  }
  now_->began = worker_.loop().now();
  if (result.state == Parse::bad) {
    cause_ = Cause::unparsable;
    last_request_ = true;
    refuse(static_cast<unsigned>(status_of(result.fault)), word_of(result.fault));
    return true;
  }
  ++requests_;
  return judge_head();
}

bool Connection::step_answer() {
  const std::size_t before = own_sent_ + out_.size();
  if (!flush_client()) {
    const bool moved = own_sent_ + out_.size() != before;
    if (state_ == State::answer && moved) set_deadline();
    return false;
  }
  const bool last = now_->side.close;
  finish_exchange();
  take(last || last_request_ ? Event::finished_last : Event::finished);
  return true;
}

// Everything is said.  The client may still be sending; if we closed now, the kernel
// would reset the connection and our answer could be lost on its way.
bool Connection::step_linger() {
  discard_input();
  if (client_eof_ || lingered_ >= linger_bytes) {
    end(cause_);
    return false;
  }
  if (!end_said_) {
    client_wants_write_ = client_.finish() == Io::want_write;
    end_said_ = !client_wants_write_;
  }
  return false;
}

void Connection::discard_input() {
  in_.release();
  while (lingered_ < linger_bytes && !client_eof_ && read_client(in_)) {
    lingered_ += in_.size();
    in_.release();
  }
}

// ---- one request after the other ------------------------------------------------

void Connection::begin_exchange() {
  now_ = std::make_unique<Exchange>();
  now_->began = worker_.loop().now();
}

void Connection::finish_exchange() {
  log_request();
  if (!now_->head_taken) in_.drop(now_->request.size);
  if (in_.empty()) in_.release();
  if (out_.empty()) out_.release();
  client_.rest();
  if (upstream_) upstream_->rest();
  kept_.reset();
  now_.reset();
  worker_.rest_standing();
  worker_.rests();
}

// The end.  A request that was under way is still logged, as far as it came.
void Connection::end(Cause cause) {
  if (state_ == State::closed) return;
  log_request();
  forget_question();
  cause_ = cause;
  state_ = State::closed;
  deadline_.cancel();
  if (!driving_) worker_.finished(*this, cause_);
}

void Connection::retire() {
  last_request_ = true;
  if (state_ == State::read_head && in_.empty() && requests_ > 0) end(cause_);
}

}  // namespace postern::wfd
