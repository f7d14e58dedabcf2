// The login host: the pages that wfd serves itself, and the login.  Called by
// connection_judge.cc, when a head is for that host.  Never copy a PIN, a passcode or a
// cookie into anything that is not wiped.

#include <algorithm>
#include <span>

#include "wfd/connection.h"
#include "wfd/cookie.h"
#include "wfd/target.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

LoginForm read_query(std::string_view query) {
  Result<LoginForm> form = parse_login_query(query);
  return form ? std::move(*form) : LoginForm();  // a query that is not ours leads to the portal
}

}  // namespace

bool Connection::serve_login_host() {
  drop_upstream();  // needs none, and must get its answer though a session ends meanwhile
  const LoginRoute route = route_login_host(head_, worker_.shop().settings.login_host);
  const Pages& pages = *worker_.shop().pages;
  now_->action = route.action;
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
    case LoginAction::login_post: return await_form();
    case LoginAction::portal:
    case LoginAction::session_json:
    case LoginAction::logout_post: return look();
    case LoginAction::key_list: return ask_key_list();
    case LoginAction::verify: return ask_verification();
    case LoginAction::bad_method: {
      Reply reply = pages.error(405, now_->taste, true, id_text());
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
      say(unauthorized(), Event::page_wanted);
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
  if (answer.standing == Standing::not_ready) {
    refuse(503, "missing-peer");
    return drive();
  }
  if (good) {
    now_->user = std::string(answer.user.view());
    now_->sid = std::string(answer.sid.view());
  }
  if (now_->action == LoginAction::session_json)
    say(good ? pages.session(answer) : unauthorized(), Event::answered);
  else if (good)
    say(pages.portal(answer), Event::answered);
  else
    demand_login_page();
  drive();
}

void Connection::on_logged_out(const LoggedOut& answer) {
  asked_ = 0;
  if (state_ != State::ask) return;
  verdict_ = Verdict();
  now_->duplicate_cookie = true;  // the cookie is worthless now; the browser may forget it
  if (answer.for_good) say(worker_.shop().pages->logged_out(), Event::answered);
  else refuse(503, "logout-not-kept", "The logout could not be written down. Please log out again, or tell your administrator.");
  drive();
}

// From here on the body is taken out of in_ as it comes; the head, and all views of it, go.
bool Connection::await_form() {
  if (head_.framing == Framing::length && head_.length > max_form_bytes) {
    refuse(413, "form-too-long");
    return true;
  }
  if (head_.expect_continue) own_ = continue_line;
  in_.drop(head_.size);
  now_->head_taken = true;
  now_->form_body = std::make_unique<Secret<max_form_bytes>>();
  take(Event::form_wanted);
  return true;
}

// The body of POST /login, piece by piece.
bool Connection::step_read_form() {
  if (!flush_client() && state_ == State::closed) return false;
  (void)read_client(in_);
  Secret<max_form_bytes>& body = *now_->form_body;
  while (!request_body_.ended() && !in_.empty()) {
    const std::string_view input = in_.view();
    const BodyStep step = request_body_.next(input);
    const bool long_ = max_form_bytes - body.size() < step.payload;
    if (step.fault != HttpFault::none || long_) {
      cause_ = long_ ? cause_ : Cause::unparsable;
      refuse(long_ ? 413 : 400, long_ ? "form-too-long" : word_of(step.fault));
      return true;
    }
    const std::size_t before = body.size();
    const auto piece = std::as_bytes(std::span(input.substr(step.skip, step.payload)));
    std::ranges::copy(piece, body.fill(before + piece.size()).subspan(before).begin());
    in_.drop(step.skip + step.payload);
  }
  if (request_body_.ended()) return take_form();
  if (client_eof_) end(cause_);  // it changed its mind
  return false;
}

// The form is here; the vault judges it, by way of sessions.
bool Connection::take_form() {
  now_->in = now_->form_body->size();
  Result<LoginForm> read = parse_login_form(now_->form_body->text());
  now_->form_body.reset();
  if (!read) {
    refuse(400, "form-bad");
    return true;
  }
  LoginForm& form = now_->form = std::move(*read);
  Login question;
  question.ticket = ticket_;
  if (!question.user.assign(form.user)) question.user = Text<64>(std::string_view("?"));
  question.pin = std::move(form.pin);
  question.passcode = std::move(form.passcode);
  asked_ = worker_.ask(*this, Role::sessions, question);
  if (asked_ == 0) refuse(503, "missing-peer");
  else take(Event::asked);
  return true;
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
  now_->side.close = true;  // the source pays for each try
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
