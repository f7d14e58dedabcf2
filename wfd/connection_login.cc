// The login host: the pages that wfd serves itself, and the login.  Called by
// connection_judge.cc, when a head is for that host.  Never copy a PIN, a passcode or a
// cookie into anything that is not wiped.

#include <algorithm>
#include <span>
#include <type_traits>

#include "wfd/connection.h"
#include "wfd/cookie.h"
#include "wfd/navigation.h"
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
  const LoginRoute route = route_login_host(now_->request, worker_.shop().settings.login_host);
  const Pages& pages = *worker_.shop().pages;
  now_->action = route.action;
  now_->form = std::make_unique<LoginForm>();
  now_->mark = read_way_mark(now_->request.fields, read_wall());
  switch (route.action) {
    case LoginAction::login_form: return begin_login(route.query);
    case LoginAction::static_file:
      if (std::optional<Reply> file = pages.static_file(route.name)) say(std::move(*file), Event::page_wanted);
      else refuse(404, "not-found");
      return true;
    case LoginAction::login_post:
    case LoginAction::end_post: return await_form();
    case LoginAction::portal:
    case LoginAction::session_json:
    case LoginAction::logout_post: return look();
    case LoginAction::key_list: return ask_key_list();
    case LoginAction::verify: return ask_verification();
    case LoginAction::bad_method: {
      Reply reply = pages.error(405, audience(), id_text());
      reply.add<"Allow">(route.allow);
      log_refusal(405, "method");
      say(std::move(reply), Event::refused);
      return true;
    }
    case LoginAction::forbidden: refuse(403, "cross-site"); return true;
    case LoginAction::not_found: refuse(404, "not-found"); return true;
  }
  return false;
}

// GET /login.  Who has a session already needs no form, since another tab has logged in, or
// only one passcode, since only his address is new: but that is sessions' to say.
// way_mark.h tells of the rest.
bool Connection::begin_login(std::string_view query) {
  *now_->form = read_query(query);
  const LoginForm& form = *now_->form;
  if (!gets_our_cookie(now_->host)) {
    refuse_cookie_domain();
    return true;
  }
  const bool lost = now_->mark.total > 0 && now_->cookie.empty() && !now_->duplicate_cookie;
  if (!now_->cookie.empty() && form.link != no_link && ask_about_cookie<Look>()) {
    take(Event::asked);
  } else if (lost) {
    log_refusal(403, "cookie-lost");
    show_login_form(403, LoginTrouble::cookie_lost);
  } else {
    show_login_form(200, LoginTrouble::none);
  }
  return true;
}

// The form, with what was typed before but for the secrets.
void Connection::show_login_form(unsigned status, LoginTrouble trouble) {
  LoginView view;
  view.status = status;
  view.user = now_->form->user;
  view.host = now_->form->host;
  view.path = now_->form->path;
  view.link = now_->link.view();
  const std::string refused = now_->refused ? now_->refused.text() : "";
  view.refused_address = refused;
  view.trouble = trouble;
  Reply reply = worker_.shop().pages->login_form(language(), view);
  if (!now_->mark.brought) reply.add<"Set-Cookie">(write_way_mark(WayMark()));
  const Event event = state_ == State::ask ? Event::answered : state_ == State::read_form ? Event::refused : Event::page_wanted;
  say(std::move(reply), event);
}

// To where the form would have led, unless that is a circle.
void Connection::send_on() {
  const LoginForm& form = *now_->form;
  const WfdSettings& settings = worker_.shop().settings;
  const std::string address = return_address(form.host, form.path, settings.domains);
  if (goes_round(now_->mark, address))
    return refuse(403, "login-loop", {Say::login_loop, {form.host, worker_.cookie_domain()}});
  Reply reply = redirect_reply(303, address);
  reply.add<"Set-Cookie">(write_way_mark(counted(now_->mark, address, read_wall())));
  say(std::move(reply), Event::answered);
}

// Asks sessions about the cookie for the portal, /session and the logout.
bool Connection::look() {
  const bool leaving = now_->action == LoginAction::logout_post;
  if (now_->cookie.empty()) {
    if (leaving) {
      say_logged_out(Event::page_wanted);
    } else if (now_->action == LoginAction::session_json) {
      say(unauthorized(), Event::page_wanted);
    } else {
      demand_login_page();
    }
    return true;
  }
  const bool asked = leaving                                        ? ask_about_cookie<Logout>()
                     : now_->action == LoginAction::portal ? ask_about_cookie<ListOwn>()
                                                           : ask_about_cookie<Look>();
  if (!asked) refuse(503, "missing-peer");
  else take(Event::asked);
  return true;
}

// Asks sessions an M about the cookie; false when sessions is not there.
template <class M>
bool Connection::ask_about_cookie() {
  M question;
  question.ticket = ticket_;
  question.cookie.assign(now_->cookie.bytes());
  if constexpr (!std::is_same_v<M, Logout>)
    question.link_wanted = now_->doing == Doing::navigation && now_->form->link.empty();
  if constexpr (std::is_same_v<M, Look>)
    (void)question.link.assign(now_->form->link);  // what has no room is no handle
  asked_ = worker_.ask(*this, Role::sessions, question);
  return asked_ != 0;
}

void Connection::on_session(const SessionInfo& answer) {
  asked_ = 0;
  if (state_ != State::ask) return;
  const Pages& pages = *worker_.shop().pages;
  const bool good = answer.standing == Standing::good;
  const bool form = now_->action == LoginAction::login_form;  // there for everybody, at any time
  if (answer.standing == Standing::not_ready && !form) {
    refuse(503, "missing-peer");
    return drive();
  }
  if (good) {
    now_->user = std::string(answer.user.view());
    now_->sid = std::string(answer.sid.view());
  }
  now_->link = answer.link;
  now_->refused = answer.refused;
  const LoginForm& asked = *now_->form;
  const bool has_place = !return_address(asked.host, asked.path, worker_.shop().settings.domains).empty();
  if (form && good && has_place && !answer.refused) send_on();
  else if (form) show_login_form(200, LoginTrouble::none);
  else if (now_->action == LoginAction::session_json)
    say(good ? pages.session(answer) : unauthorized(), Event::answered);
  else
    demand_login_page();
  drive();
}

// The portal, for whoever has a session; everybody else goes the way of GET /session.
void Connection::on_own_sessions(const OwnSessions& answer) {
  if (answer.session.standing != Standing::good || state_ != State::ask) return on_session(answer.session);
  asked_ = 0;
  now_->user = std::string(answer.session.user.view());
  now_->sid = std::string(answer.session.sid.view());
  say(worker_.shop().pages->portal(language(), answer), Event::answered);
  drive();
}

void Connection::on_logged_out(const LoggedOut& answer) {
  asked_ = 0;
  if (state_ != State::ask) return;
  if (now_->action == LoginAction::end_post) return on_ended_own(answer);
  verdict_ = Verdict();
  if (answer.for_good) {
    say_logged_out(Event::answered);
  } else {
    now_->duplicate_cookie = true;  // the cookie is worthless now; the browser may forget it
    refuse(503, "logout-not-kept", {Say::logout_not_kept});
  }
  drive();
}

// The portal shows what is left of them.
void Connection::on_ended_own(const LoggedOut& answer) {
  if (answer.here) verdict_ = Verdict();
  if (!answer.for_good) refuse(503, "logout-not-kept", {Say::logout_not_kept});
  else if (answer.standing != Standing::good) say(unauthorized(), Event::refused);
  else if (answer.here) say_logged_out(Event::answered);
  else say(redirect_reply(303, "https://" + worker_.shop().settings.login_host + "/"), Event::answered);
  drive();
}

// Whatever cookie there is, is worthless now; the browser may forget it.
void Connection::say_logged_out(Event event) {
  now_->duplicate_cookie = true;
  Reply reply = worker_.shop().pages->logged_out(language());
  if (now_->mark.total > 0) reply.add<"Set-Cookie">(write_way_mark(WayMark()));
  say(std::move(reply), event);
}

// From here on the body is taken out of in_ as it comes; the head, and all views of it, go.
bool Connection::await_form() {
  if (now_->request.framing == Framing::length && now_->request.length > max_form_bytes) {
    refuse(413, "form-too-long");
    return true;
  }
  if (now_->request.expect_continue) own_ = continue_line;
  in_.drop(now_->request.size);
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
  while (!now_->request_body.ended() && !in_.empty()) {
    const std::string_view input = in_.view();
    const BodyStep step = now_->request_body.next(input);
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
  if (now_->request_body.ended()) return take_form();
  if (client_eof_) end(cause_);  // it changed its mind
  return false;
}

bool Connection::take_form() {
  const std::unique_ptr<Secret<max_form_bytes>> body = std::move(now_->form_body);
  now_->in = body->size();
  return now_->action == LoginAction::end_post ? take_end_form(body->text()) : take_login_form(body->text());
}

// One session of his own that a user wants to end, or all others: sessions sees to it.
bool Connection::take_end_form(std::string_view body) {
  const Result<EndForm> form = parse_end_form(body);
  Logout order;
  if (!form || !order.sid.assign(form->sid)) {
    refuse(400, "form-bad");
    return true;
  }
  order.others = form->others;
  order.ticket = ticket_;
  order.cookie.assign(now_->cookie.bytes());
  if (now_->cookie.empty()) {
    say(unauthorized(), Event::refused);
    return true;
  }
  asked_ = worker_.ask(*this, Role::sessions, order);
  if (asked_ == 0) refuse(503, "missing-peer");
  else take(Event::asked);
  return true;
}

// The vault judges it, by way of sessions.
bool Connection::take_login_form(std::string_view body) {
  Result<LoginForm> read = parse_login_form(body);
  if (!read) {
    refuse(400, "form-bad");
    return true;
  }
  LoginForm& form = *now_->form = std::move(*read);
  if (form.marked && !now_->mark.brought) {
    log_refusal(403, "no-cookies");
    show_login_form(403, LoginTrouble::no_cookies);
    return true;
  }
  Login question;
  question.ticket = ticket_;
  if (!question.user.assign(form.user)) question.user = Text<64>(std::string_view("?"));
  question.pin = std::move(form.pin);
  question.passcode = std::move(form.passcode);
  question.cookie.assign(now_->cookie.bytes());
  if (!question.link.assign(form.link)) question.link = LinkHandle(no_link);  // never as if there were none
  now_->link = question.link;
  asked_ = worker_.ask(*this, Role::sessions, question);
  if (asked_ == 0) refuse(503, "missing-peer");
  else take(Event::asked);
  return true;
}

void Connection::on_login(const LoginResult& answer) {
  asked_ = 0;
  if (state_ != State::ask) return;
  if (!answer.granted) {
    cause_ = Cause::login_failed;
    now_->refused = answer.refused;
    now_->side.close = true;  // the source pays for each try
    if (answer.unheard) refuse(503, "missing-peer");
    else show_login_form(403, LoginTrouble::wrong);  // the same page, whatever was wrong
    return drive();
  }
  const WfdSettings& settings = worker_.shop().settings;
  now_->user = std::string(answer.user.view());
  now_->sid = std::string(answer.sid.view());
  const std::string go_on =
      address_after_login(now_->form->host, now_->form->path, settings.domains, settings.login_host);
  Reply reply = answer.failures == 0 ? redirect_reply(303, go_on)
                                     : worker_.shop().pages->failures(language(), answer, go_on);
  reply.add<"Set-Cookie">(set_cookie(settings.cookie.name, answer.cookie, worker_.cookie_domain()));  // say() wipes it
  reply.add<"Set-Cookie">(write_way_mark(counted(now_->mark, go_on, read_wall())));
  now_->duplicate_cookie = false;  // deleting would take the new one along
  say(std::move(reply), Event::answered);
  drive();
}

}  // namespace postern::wfd
