// The login host: the pages that wfd serves itself, and the login.

#include "wfd/connection.h"
#include "wfd/cookie.h"
#include "wfd/navigation.h"
#include "wfd/target.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

LoginForm read_query(std::string_view query) {
  Result<LoginForm> form = parse_login_query(query);
  return form ? std::move(*form) : LoginForm();  // a query that is not ours leads to the portal
}

}  // namespace

bool Connection::serve_login_host() {
  const LoginRoute route = route_login_host(head_, worker_.shop().settings.login_host);
  const Pages& pages = *worker_.shop().pages;
  now_->action = route.action;
  now_->target = now_->target.substr(0, now_->target.find('?'));  // the query stays out of the log
  const bool wants_body = route.action == LoginAction::login_post || route.action == LoginAction::logout_post;
  if (!wants_body && !request_body_.ended()) now_->side.close = true;
  switch (route.action) {
    case LoginAction::login_form: {
      const LoginForm form = read_query(route.query);
      LoginView view;
      view.host = form.host;
      view.path = form.path;
      say(pages.login_form(view), Event::page_wanted);
      return true;
    }
    case LoginAction::static_file:
      if (std::optional<Reply> file = pages.static_file(route.name)) say(std::move(*file), Event::page_wanted);
      else refuse(404, "not-found");
      return true;
    case LoginAction::login_post:
      if (head_.expect_continue) own_ = "HTTP/1.1 100 Continue\r\n\r\n";
      take(Event::form_wanted);
      (void)flush_client();
      return state_ == State::read_form;
    case LoginAction::portal:
    case LoginAction::session_json:
    case LoginAction::logout_post: return look();
    case LoginAction::bad_method: {
      Reply reply = pages.error(405, now_->wants_html, true, id_text());
      reply.add("Allow", route.allow);
      log_refusal(405, "method");
      say(std::move(reply), Event::refused);
      return true;
    }
    case LoginAction::forbidden: refuse(403, "cross-site"); return true;
    case LoginAction::not_found: refuse(404, "not-found"); return true;
  }
  return false;
}

// Asks sessions about the cookie for the portal, /session and the logout.
bool Connection::look() {
  const bool leaving = now_->action == LoginAction::logout_post;
  if (now_->cookie.empty()) {
    if (leaving) {
      now_->duplicate_cookie = true;  // whatever is there goes
      say(worker_.shop().pages->logged_out(), Event::page_wanted);
    } else if (now_->action == LoginAction::session_json) {
      say(unauthorized_reply(worker_.shop().settings.login_host), Event::page_wanted);
    } else {
      demand_login_page();
    }
    return true;
  }
  if (leaving) {
    Logout question;
    question.ticket = ticket_;
    question.cookie.assign(now_->cookie.bytes());
    asked_ = worker_.ask(*this, Role::sessions, question);
  } else {
    Look question;
    question.ticket = ticket_;
    question.cookie.assign(now_->cookie.bytes());
    asked_ = worker_.ask(*this, Role::sessions, question);
  }
  if (asked_ == 0) refuse(503, "missing-peer");
  else take(Event::asked);
  return true;
}

void Connection::on_session(const SessionInfo& answer) {
  asked_ = 0;
  if (state_ != State::ask) return;
  const Pages& pages = *worker_.shop().pages;
  const bool good = answer.standing == Standing::good;
  if (good) {
    now_->user = std::string(answer.user.view());
    now_->sid = std::string(answer.sid.view());
  }
  if (now_->action == LoginAction::session_json)
    say(good ? pages.session(answer) : unauthorized_reply(worker_.shop().settings.login_host), Event::answered);
  else if (good)
    say(pages.portal(answer), Event::answered);
  else
    demand_login_page();
  drive();
}

void Connection::on_logged_out() {
  asked_ = 0;
  if (state_ != State::ask) return;
  verdict_ = Verdict();
  now_->duplicate_cookie = true;  // the cookie is worthless now; the browser may forget it
  say(worker_.shop().pages->logged_out(), Event::answered);
  drive();
}

// The form is here; the vault judges it, by way of sessions.
void Connection::take_form() {
  LoginForm& form = now_->form;
  Login question;
  question.ticket = ticket_;
  if (!question.user.assign(form.user)) question.user = Text<64>(std::string_view("?"));
  question.pin = std::move(form.pin);
  question.passcode = std::move(form.passcode);
  asked_ = worker_.ask(*this, Role::sessions, question);
  if (asked_ == 0) refuse(503, "missing-peer");
  else take(Event::asked);
}

void Connection::on_login(const LoginResult& answer) {
  asked_ = 0;
  if (state_ != State::ask) return;
  if (!answer.granted) {
    login_failed_page();
    return drive();
  }
  const WfdSettings& settings = worker_.shop().settings;
  now_->user = std::string(answer.user.view());
  now_->sid = std::string(answer.sid.view());
  const std::string go_on =
      address_after_login(now_->form.host, now_->form.path, settings.domains, settings.login_host);
  Reply reply = answer.failures == 0 ? redirect_reply(303, go_on) : worker_.shop().pages->failures(answer, go_on);
  std::string cookie = set_cookie(settings.cookie.name, answer.cookie, worker_.cookie_domain());
  reply.add("Set-Cookie", cookie);
  wipe(cookie.data(), cookie.size());
  now_->duplicate_cookie = false;  // deleting would take the new one along
  say(std::move(reply), Event::answered);
  drive();
}

// The same page, whatever was wrong.
void Connection::login_failed_page() {
  cause_ = Cause::login_failed;
  LoginView view;
  view.status = 403;
  view.user = now_->form.user;
  view.host = now_->form.host;
  view.path = now_->form.path;
  view.link = now_->form.link;
  view.failed = true;
  say(worker_.shop().pages->login_form(view), Event::answered);
}

}  // namespace postern::wfd
