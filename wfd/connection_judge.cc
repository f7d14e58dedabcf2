// One request head is judged: host, method, policy, session.  Nothing of a request goes
// anywhere before judge_session() has a verdict for it (R2).

#include <algorithm>

#include "wfd/connection.h"
#include "wfd/cookie.h"
#include "wfd/navigation.h"
#include "wfd/target.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

constexpr std::uint16_t https_port = 443;
constexpr std::string_view retry_after_seconds = "2";

bool lists(const std::vector<std::string>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

}  // namespace

const HostPolicy& Connection::policy() const {
  return worker_.shop().settings.policy_for(now_->host);
}

bool Connection::judge_head() {
  const WfdSettings& settings = worker_.shop().settings;
  now_->method = std::string(head_.method);
  now_->target = std::string(head_.target);
  now_->host = head_.host;
  now_->side = {head_.version, head_.method == "HEAD", !head_.keep_alive || last_request_};
  now_->navigation = is_navigation(head_);
  now_->wants_html = accepts_html(head_.fields);
  now_->on_login_host = head_.host == settings.login_host;
  request_body_ = BodyReader(head_.framing, head_.length);
  if (refuse_head()) return true;
  OurCookie cookie = find_cookie(head_.fields, settings.cookie.name);
  now_->cookie = std::move(cookie.value);
  now_->duplicate_cookie = cookie.duplicate;
  if (now_->on_login_host) return serve_login_host();
  if (now_->cookie.empty()) {
    demand_login_page();
    return true;
  }
  return judge_session();
}

// What can be refused without asking anybody.  True if it was.
bool Connection::refuse_head() {
  const WfdSettings& settings = worker_.shop().settings;
  const std::string_view sni = client_.tls()->sni();
  if (head_.port != 0 && head_.port != https_port)
    refuse(400, "host-port");
  else if (!postern::is_at_or_below(head_.host, settings.domains) || (!sni.empty() && sni != head_.host))
    refuse(421, "misdirected");
  else if (!worker_.log().may_proceed(worker_.loop().now()))
    refuse(503, "cannot-log");
  else if (!now_->on_login_host && postern::is_at_or_below(head_.host, policy().blocked_hosts))
    refuse(403, "blocked-host");
  else if (!now_->on_login_host && !policy().methods.empty() && !lists(policy().methods, head_.method))
    refuse(405, "method");
  else
    return false;
  return true;
}

// The session behind the cookie: the last verdict if it still stands, else sessions is asked.
bool Connection::judge_session() {
  const bool same = verdict_.standing == Standing::good && verdict_cookie_ == now_->cookie;
  if (same && worker_.stands(verdict_)) {
    now_->user = std::string(verdict_.user.view());
    now_->sid = std::string(verdict_.sid.view());
    take(Event::verdict_stands);
    return true;
  }
  return ask_verdict();
}

bool Connection::ask_verdict() {
  Judge question;
  question.ticket = ticket_;
  question.cookie.assign(now_->cookie.bytes());
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
  if (answer.standing == Standing::good) {
    now_->user = std::string(answer.user.view());
    now_->sid = std::string(answer.sid.view());
    take(Event::verdict_good);
  } else if (answer.standing == Standing::not_ready) {
    refuse(503, "missing-peer");
  } else {
    demand_login_page();
  }
  drive();
}

void Connection::on_ended(std::uint32_t slot, std::uint64_t generation) {
  const bool mine = verdict_.standing == Standing::good && verdict_.slot == slot &&
                    verdict_.generation == generation;
  if (!mine) return;
  verdict_ = Verdict();
  if (upstream_ || kept_ || state_ == State::dial) close(Cause::served);
}

void Connection::on_peer_lost(Role role) {
  asked_ = 0;
  if (state_ == State::ask && role == Role::sessions) refuse(503, "missing-peer");
  else if (state_ == State::dial && role == Role::broker) refuse(503, "missing-peer");
  else return;
  drive();
}

// 302 to the login for a person, 401 for a program.
void Connection::demand_login_page() {
  Reply reply = demand_login(head_, worker_.shop().settings.login_host);
  log_refusal(reply.status, now_->duplicate_cookie ? "cookie-twice" : "no-session");
  say(std::move(reply), state_ == State::ask ? Event::answered : Event::page_wanted);
}

void Connection::add_cookie_deletions(Reply& reply) {
  if (!now_->duplicate_cookie) return;
  for (const std::string& line : delete_cookies(worker_.shop().settings.cookie.name, worker_.cookie_domain(),
                                                now_->host, now_->target))
    reply.add("Set-Cookie", line);
}

// Makes `reply` the answer to this request.  A request body that was not read ends the
// connection: what follows could not be told from it.
void Connection::say(Reply reply, Event event) {
  add_cookie_deletions(reply);
  drop_upstream();
  if (!request_body_.ended()) now_->side.close = true;
  now_->status = reply.status;
  now_->out = reply.body.size();
  Result<std::string> text = write_reply(reply, now_->side, read_wall());
  if (!text) {
    state_ = State::closed;
    return;
  }
  for (auto& [name, value] : reply.fields) wipe(value.data(), value.size());  // a cookie, perhaps
  own_ += *text;
  wipe(text->data(), text->size());
  now_->answer_begun = true;
  take(event);
}

// An answer of ours that says no, and its line in the log.
void Connection::refuse(unsigned status, std::string_view reason, std::string_view detail) {
  log_refusal(status, reason);
  if (state_ == State::read_head && now_->method == "-") now_->side = {Version::http_1_1, false, true};
  Reply reply = worker_.shop().pages->error(status, now_->wants_html, now_->on_login_host, id_text(), detail);
  if (status == 503) reply.add("Retry-After", retry_after_seconds);
  if (status == 405) {
    std::string allow;
    for (const std::string& method : policy().methods) allow += (allow.empty() ? "" : ", ") + method;
    reply.add("Allow", allow);
  }
  if (status < 500) now_->side.close = true;  // whoever sends such a thing starts anew
  say(std::move(reply), Event::refused);
}

}  // namespace postern::wfd
