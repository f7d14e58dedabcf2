// What servers are told for certain about a user: the signed assertion that goes with a
// request to a proved server, the keys with which it is checked, and the answer to a
// server that asks whose cookie it was given.  All of it is said by sessions.  Never send
// an assertion to a server that is not proved for the name, and never a request without
// one to a server that is owed one.

#include <algorithm>
#include <utility>

#include "wfd/connection.h"
#include "wfd/pages.h"
#include "wfd/worker.h"

namespace postern::wfd {
namespace {

constexpr std::string_view word_of(VouchOutcome outcome) {
  switch (outcome) {
    case VouchOutcome::no_session: return "no-session";
    case VouchOutcome::no_key: return "no-assertion-key";
    case VouchOutcome::busy: return "too-many-assertions";
    case VouchOutcome::failed:
    case VouchOutcome::vouched: return "no-assertion";
  }
  return "no-assertion";
}

Reply data_reply(std::string_view type, std::string_view caching, std::string body) {
  Reply reply;
  reply.status = 200;
  reply.add<"Content-Type">(type);
  reply.add<"Cache-Control">(caching);
  reply.add<"X-Content-Type-Options">("nosniff");
  reply.body = std::move(body);
  return reply;
}

Reply verified_reply(const Verification& answer, bool json) {
  const std::string user(answer.user.view()), sid(answer.sid.view());  // of plain letters
  Reply reply = json ? data_reply("application/json", "no-store", R"({"user":")" + user + R"(","sid":")" + sid + "\"}\n")
                     : data_reply("text/plain; charset=utf-8", "no-store", user + "\n");
  reply.add<"X-Postern-User">(user);
  reply.add<"X-Postern-Session">(sid);
  return reply;
}

Reply key_list_reply(std::string_view json) {
  return data_reply("application/jwk-set+json", "public, max-age=300", std::string(json) + "\n");
}

}  // namespace

// Whether `up` may have what an eavesdropper or an impostor could use: it is proved for
// the name, and its wire is private or the operator does not mind.
bool Connection::is_trusted(const Upstream& up) const {
  return up.proved() && (up.way == Way::https || worker_.shop().settings.identity.plain);
}

bool Connection::needs_assertion() const {
  return worker_.shop().settings.identity.assertion && !now_->sid.empty() && is_trusted(*upstream_);
}

bool Connection::has_assertion() const {
  return voucher_ && voucher_->host == now_->host && voucher_->sid == now_->sid;
}

// The server is there, by `way`; the request goes up, with an assertion if it is owed one.
bool Connection::go_up(Event way) {
  const bool fresh = has_assertion() && worker_.loop().now() < voucher_->until;
  if (needs_assertion() && !fresh) return ask_assertion();
  take(way);
  return begin_request();
}

bool Connection::ask_assertion() {
  voucher_.reset();
  Vouch question;
  question.ticket = ticket_;
  question.cookie.assign(now_->cookie.bytes());
  question.host = HostName(now_->host);
  take(Event::vouch_wanted);  // first: leaving `dial` forgets what was asked
  asked_ = worker_.ask(*this, Role::sessions, question);
  if (asked_ == 0) refuse(503, "missing-peer");
  return true;
}

void Connection::on_assertion(const Assertion& answer) {
  asked_ = 0;
  if (state_ != State::vouch) return;
  if (answer.outcome == VouchOutcome::no_session) {
    demand_login_page();  // it ended a moment ago
  } else if (answer.outcome != VouchOutcome::vouched || answer.token.empty()) {
    refuse(503, word_of(answer.outcome));
  } else {
    voucher_ = std::make_unique<Voucher>();
    voucher_->host = now_->host;
    voucher_->sid = now_->sid;
    voucher_->token.assign(answer.token.bytes());
    voucher_->until = worker_.loop().now() + milliseconds(answer.fresh_for);
    take(Event::vouched);
    (void)begin_request();
  }
  drive();
}

bool Connection::ask_key_list() {
  ListKeys question;
  question.ticket = ticket_;
  asked_ = worker_.ask(*this, Role::sessions, question);
  if (asked_ == 0) refuse(503, "missing-peer");
  else take(Event::asked);
  return true;
}

void Connection::on_key_list(const KeyList& answer) {
  asked_ = 0;
  if (state_ != State::ask) return;
  if (answer.json.empty()) refuse(404, "not-found");
  else say(key_list_reply(answer.json.view()), Event::answered);
  drive();
}

// For all others there is no such page.  The cookie belongs to a browser elsewhere, so
// nothing is deleted here.
bool Connection::ask_verification() {
  const WfdSettings& settings = worker_.shop().settings;
  const bool allowed = std::ranges::any_of(settings.verify_networks, [this](const Network& network) {
    return network.contains(ticket_.client.address);
  });
  now_->duplicate_cookie = false;
  if (!allowed) {
    refuse(404, "not-found");
    return true;
  }
  if (now_->cookie.empty()) {
    say(unauthorized(), Event::page_wanted);
    return true;
  }
  Verify question;
  question.ticket = ticket_;
  question.cookie.assign(now_->cookie.bytes());
  asked_ = worker_.ask(*this, Role::sessions, question);
  if (asked_ == 0) refuse(503, "missing-peer");
  else take(Event::asked);
  return true;
}

void Connection::on_verification(const Verification& answer) {
  asked_ = 0;
  if (state_ != State::ask) return;
  switch (answer.outcome) {
    case VerifyOutcome::good:
      now_->user = std::string(answer.user.view());
      now_->sid = std::string(answer.sid.view());
      say(verified_reply(answer, now_->taste == Taste::json || now_->taste == Taste::problem_json), Event::answered);
      break;
    case VerifyOutcome::busy: {
      Reply reply = text_reply(429, "Too many questions; ask again in a second.\n");
      reply.add<"Retry-After">("1");
      log_refusal(429, "too-fast");
      say(std::move(reply), Event::refused);
      break;
    }
    case VerifyOutcome::unknown:
      say(unauthorized(), Event::answered);
      break;
  }
  drive();
}

}  // namespace postern::wfd
