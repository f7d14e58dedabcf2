// One request head is judged: host, method, policy, session.  Nothing of a request goes
// anywhere before judge_session() has a verdict for it (R2).  Called by connection.cc.
// Never keep a verdict for another cookie, nor take an answer for another question.

#include "wfd/connection.h"
#include "wfd/cookie.h"
#include "wfd/cross_origin.h"
#include "wfd/language.h"
#include "wfd/methods.h"
#include "wfd/navigation.h"
#include "wfd/target.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

constexpr std::uint16_t https_port = 443;
constexpr unsigned most_doubts = 2;  // reviews in a row

}  // namespace

const HostPolicy& Connection::policy() const {
  return worker_.shop().settings.policy_for(now_->host);
}

bool Connection::judge_head() {
  const WfdSettings& settings = worker_.shop().settings;
  now_->known = true;
  now_->method = std::string(now_->request.method);
  now_->host = now_->request.host;
  now_->on_login_host = now_->request.host == settings.login_host;
  trace("client-gate", in_.view().substr(0, now_->request.size));
  // The query of the login host stays out of the log: people put passwords there.
  const std::string_view target = now_->request.target;
  now_->target = std::string(now_->on_login_host ? target.substr(0, target.find('?')) : target);
  now_->side = {now_->request.version, now_->request.method == "HEAD", !now_->request.keep_alive || last_request_};
  now_->taste = taste_of(now_->request.fields);
  if (now_->taste == Taste::html || now_->on_login_host) now_->languages = accept_language(now_->request.fields);
  now_->doing = doing_of(now_->request, now_->taste);
  now_->request_body = BodyReader(now_->request.framing, now_->request.length);
  now_->asking_origin = listed_origin(now_->request.fields, policy().cors_origins);
  if (refuse_body() || refuse_head() || refuse_websocket()) return true;
  OurCookie cookie = find_cookie(now_->request.fields, settings.cookie.name);
  now_->cookie = std::move(cookie.value);
  now_->duplicate_cookie = cookie.duplicate;
  if (now_->on_login_host) return serve_login_host();
  const bool open = settings.fixed_server(now_->host) != nullptr && !now_->websocket;
  if (open) now_->opening = find_opening(now_->request, policy());  // a tunnel is somebody's
  if (!now_->cookie.empty()) return judge_session();
  go_on_without_session();
  return true;
}

// What can be refused without asking anybody.  True if it was.
bool Connection::refuse_head() {
  const WfdSettings& settings = worker_.shop().settings;
  const std::string_view sni = client_.tls()->sni();
  const bool ours = postern::is_at_or_below(now_->request.host, settings.domains) && (sni.empty() || sni == now_->request.host);
  if (!ours) cause_ = Cause::refused;
  if (now_->request.port != 0 && now_->request.port != https_port)
    refuse(400, "host-port");
  else if (!ours)
    refuse(421, "misdirected");
  else if (!worker_.log().may_proceed(worker_.loop().now()))
    refuse(503, "cannot-log");
  else if (!now_->on_login_host && postern::is_at_or_below(now_->request.host, policy().blocked_hosts))
    refuse(403, "blocked-host");
  else if (!now_->on_login_host && !may_use(policy().methods, now_->request.method))
    refuse(405, "method");
  else
    return false;
  return true;
}

// A body whose framing is wrong in what is there of it is refused before a byte of its
// request goes anywhere.  True if it was.
bool Connection::refuse_body() {
  if (now_->request.framing != Framing::chunked) return false;
  const HttpFault fault = fault_ahead(now_->request_body, in_.view().substr(now_->head_taken ? 0 : now_->request.size));
  if (fault == HttpFault::none) return false;
  cause_ = Cause::unparsable;
  last_request_ = true;
  refuse(static_cast<unsigned>(status_of(fault)), word_of(fault));
  return true;
}

// A handshake that is not a good one, or that another site's page makes.  The login host
// takes none, and answers as if nothing had been said of it (RFC 9110, 7.8).
bool Connection::refuse_websocket() {
  if (now_->on_login_host || !asks_for_websocket(now_->request.fields)) return false;
  WebSocketOffer offer;
  const HandshakeFault fault = read_offer(now_->request, in_.size() > now_->request.size, offer);
  if (fault != HandshakeFault::none)
    refuse(400, word_of(fault));
  else if (!is_allowed_origin(now_->request.fields, now_->host, policy().websocket_origins))
    refuse(403, "websocket-origin");
  else
    now_->websocket = std::move(offer);
  return !now_->websocket.has_value();
}

// The session behind the cookie: the last verdict if it still stands, else sessions is asked.
bool Connection::judge_session() {
  const bool same = verdict_.standing == Standing::good && verdict_cookie_ == now_->cookie;
  if (!same || !worker_.stands(verdict_)) return ask_verdict();
  go_on_as(verdict_, Event::verdict_stands);
  return true;
}

// Who has a session is judged by it, on public paths too.
void Connection::go_on_as(const Verdict& verdict, Event event) {
  now_->user = std::string(verdict.user.view());
  now_->sid = std::string(verdict.sid.view());
  now_->opening = Opening();
  take(event);
}

// Nobody's request, unless it needs somebody.
void Connection::go_on_without_session() {
  if (now_->opening.ground == Ground::session) demand_login_page();
  else take(Event::public_request);
}

bool Connection::ask_verdict() {
  Judge question;
  question.ticket = ticket_;
  question.cookie.assign(now_->cookie.bytes());
  question.doing = now_->doing;
  asked_ = worker_.ask(*this, Role::sessions, question);
  if (asked_ == 0) {
    refuse(503, "missing-peer");
    return true;
  }
  take(Event::asked);
  return true;
}

void Connection::on_verdict(const Verdict& answer) {
  asked_ = 0;
  if (state_ != State::ask) return;
  verdict_ = answer;
  verdict_cookie_.assign(now_->cookie.bytes());
  touched_ = worker_.loop().now();
  used_.reset();
  if (now_->doing != Doing::background) used_ = touched_;
  now_->link = answer.link;
  if (answer.standing == Standing::good) go_on_as(answer, Event::verdict_good);
  else if (answer.standing == Standing::not_ready) refuse(503, "missing-peer");
  else go_on_without_session();
  drive();
}

void Connection::on_ended(std::uint32_t slot, std::uint64_t generation) {
  if (verdict_.slot == slot && verdict_.generation == generation) end_session();
}

// An Ended that was lost with its sender must not be missed.
void Connection::on_page() {
  if (!worker_.stands(verdict_)) end_session();
}

// For whatever takes longer than a moment: a session ends also because its time is up, or
// because sessions is gone, and nobody may be there to say so.  While only its heart is
// late there is still hope; a moment later there is none (R1).
bool Connection::review() {
  if (!is_inside(state_) && out_.empty()) return false;
  const bool under_verdict = verdict_.standing == Standing::good && now_->sid == verdict_.sid.view();
  if (!under_verdict || worker_.stands(verdict_)) doubts_ = 0;
  else if (!worker_.sessions_is_late() || ++doubts_ == most_doubts) end_session();
  if (state_ == State::tunnel) rest_tunnel();
  return state_ != State::closed;
}

// What was going on under the verdict stops, and what came of it goes no further.
void Connection::end_session() {
  if (verdict_.standing != Standing::good) return;
  verdict_ = Verdict();
  if (upstream_ || kept_ || state_ == State::dial || !out_.empty()) end(cause_);
}

void Connection::on_peer_lost(Role role) {
  asked_ = 0;
  const bool asking = state_ == State::ask || state_ == State::vouch;
  if (asking && role == Role::sessions) refuse(503, "missing-peer");
  else if (state_ == State::dial && role == Role::broker) refuse(503, "missing-peer");
  else return;
  drive();
}

// 302 to the login for a person, 401 for a program.  The head is still in in_.
void Connection::demand_login_page() {
  const bool navigates = now_->doing == Doing::navigation;
  if (navigates && !gets_our_cookie(now_->host)) return refuse_cookie_domain();
  const std::string& login_host = worker_.shop().settings.login_host;
  Reply reply = navigates
      ? redirect_reply(302, login_location(login_host, now_->request.host, now_->request.target, now_->link.view()))
      : unauthorized();
  if (!now_->asking_origin.empty()) let_read(reply, now_->asking_origin);
  log_refusal(reply.status, now_->duplicate_cookie ? "cookie-twice" : "no-session");
  say(std::move(reply), Event::refused);
}

bool Connection::gets_our_cookie(std::string_view host) const {
  const std::string_view domain = worker_.cookie_domain();
  return domain.empty() || postern::is_at_or_below(host, domain);
}

// The login would lead back to it for ever.
void Connection::refuse_cookie_domain() {
  refuse(500, "cookie-domain", {Say::cookie_domain, {now_->host, worker_.cookie_domain()}});
}

// Found out when it is needed: most requests get no page of ours.
std::size_t Connection::language() const { return worker_.shop().pages->language_of(now_->languages); }

Reply Connection::unauthorized() const {
  return worker_.shop().pages->unauthorized(audience(), id_text());
}

void Connection::add_cookie_deletions(Reply& reply) {
  if (!now_->duplicate_cookie) return;
  for (const std::string& line : delete_cookies(worker_.shop().settings.cookie.name, worker_.cookie_domain(),
                                                now_->host, now_->target))
    reply.add<"Set-Cookie">(line);
}

// Makes `reply` the answer to this request.  A request body that was not read ends the
// connection: what follows could not be told from it.
void Connection::say(Reply reply, Event event) {
  add_cookie_deletions(reply);
  drop_upstream();
  kept_.reset();
  if (!now_->request_body.ended()) now_->side.close = true;
  Result<std::string> text = write_reply(reply, now_->side, read_wall());
  for (auto& [name, value] : reply.fields) wipe(value.data(), value.size());  // a cookie, perhaps
  if (!text) return end(Cause::none);
  now_->status = reply.status;
  now_->out = now_->side.request_was_head ? 0 : reply.body.size();
  own_ += out_.view();  // an interim answer, perhaps half-way out: it stays before this one
  out_.release();
  own_ += *text;
  trace("gate-client", std::string_view(*text).substr(0, text->find("\r\n\r\n")));
  wipe(text->data(), text->size());
  now_->answer_begun = true;
  take(event);
}

// An answer of ours that says no, and its line in the log.
void Connection::refuse(unsigned status, std::string_view reason, const Detail& detail) {
  log_refusal(status, reason);
  if (!now_->known) now_->side = {Version::http_1_1, false, true};  // no head was understood
  now_->known = true;
  Reply reply = worker_.shop().pages->error(status, audience(), id_text(), detail);
  if (status == 405) reply.add<"Allow">(allow_value(policy().methods));
  if (!now_->asking_origin.empty()) let_read(reply, now_->asking_origin);
  if (reason == word_of(HandshakeFault::version_bad)) reply.add<"Sec-WebSocket-Version">(websocket_version);
  if (status < 500) now_->side.close = true;  // whoever sends such a thing starts anew
  say(std::move(reply), Event::refused);
}

}  // namespace postern::wfd
