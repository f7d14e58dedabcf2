// A session at another address: to the form for one passcode, and back.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

const std::string place = "login.example.org";
const std::string html = "Accept: text/html\r\n";
const LinkHandle handle(std::string_view("abcdefghijklmnopqrstuv"));

// Sessions says that only the address is wrong.
void judge_elsewhere(Rig& rig, Doing doing) {
  const Judge asked = rig.hear<Judge>(rig.sessions);
  CHECK(asked.doing == doing);
  Verdict verdict;
  verdict.tag = asked.tag;
  verdict.standing = Standing::wrong_address;
  if (doing == Doing::navigation) verdict.link = handle;
  rig.say(rig.sessions, verdict);
}
SessionInfo info_of(const Look& look, Standing standing, const char* refused) {
  SessionInfo info;
  info.tag = look.tag;
  info.standing = standing;
  info.link = handle;
  if (refused != nullptr) info.refused = address(refused);
  return info;
}
std::string get_form(const std::string& query) { return request("GET /login" + query, 1, html, place); }
std::string post(const std::string& body) {
  return request("POST /login", 1, "Origin: https://login.example.org\r\nContent-Length: " + std::to_string(body.size()) + "\r\n", place) + body;
}

}  // namespace

TEST_CASE("a person at another address goes to the form with a handle, a program does not", "[connection][link]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("GET /x?y", 1, html));
  judge_elsewhere(rig, Doing::navigation);
  CHECK(has(rig.hear_text(client, "\r\n\r\n"),
            "Location: https://login.example.org/login?host=a.example.org&path=%2Fx%3Fy&link=abcdefghijklmnopqrstuv\r\n"));
  client.send(request("GET /x?y", 1));
  judge_elsewhere(rig, Doing::background);
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
  // The next request is another one, and has no handle of this one's.
  client.send(request("GET /x?y", 1, html));
  rig.judge_bad();
  CHECK_FALSE(has(rig.hear_text(client, "\r\n\r\n"), "link="));
}

TEST_CASE("so does a person at the portal", "[connection][link]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(request("GET /", 1, html, place));
  const ListOwn list = rig.hear<ListOwn>(rig.sessions);
  CHECK(list.link_wanted);
  OwnSessions own;
  own.tag = list.tag;
  own.session.standing = Standing::wrong_address;
  own.session.link = handle;
  rig.say(rig.sessions, own);
  CHECK(has(rig.hear_text(client, "\r\n\r\n"), "&link=abcdefghijklmnopqrstuv\r\n"));
}

TEST_CASE("the form for another address is shown while sessions knows the handle", "[connection][link]") {
  const Standing standing = GENERATE(Standing::good, Standing::wrong_address);
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(get_form("?host=a.example.org&path=%2Fx&link=abcdefghijklmnopqrstuv"));
  const Look look = rig.hear<Look>(rig.sessions);
  CHECK(look.link == handle);
  CHECK_FALSE(look.link_wanted);
  CHECK(look.cookie == cookie_of(1));
  rig.say(rig.sessions, info_of(look, standing, "2001:db8::1"));
  const std::string form = rig.hear_text(client, "</html>");
  CHECK(status_of(form) == "HTTP/1.1 200 OK");
  for (const std::string part : {"2001:db8::1", "value=\"abcdefghijklmnopqrstuv\"", "value=\"/x\"", "name=\"passcode\""}) CHECK(has(form, part));
  CHECK_FALSE(has(form, "name=\"pin\""));
  // Once it is over: whoever is in goes on, anybody else logs in.
  client.send(get_form("?host=a.example.org&path=%2Fx&link=abcdefghijklmnopqrstuv"));
  rig.say(rig.sessions, info_of(rig.hear<Look>(rig.sessions), standing, nullptr));
  if (standing == Standing::good) CHECK(has(rig.hear_text(client, "\r\n\r\n"), "Location: https://a.example.org/x\r\n"));
  else CHECK(has(rig.hear_text(client, "</html>"), "name=\"pin\""));
}

TEST_CASE("who comes to the form by himself is offered the same, and may log in anew instead", "[connection][link]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(get_form(""));
  const Look look = rig.hear<Look>(rig.sessions);
  CHECK(look.link_wanted);
  rig.say(rig.sessions, info_of(look, Standing::wrong_address, "192.0.2.77"));
  const std::string form = rig.hear_text(client, "</html>");
  CHECK(has(form, "192.0.2.77"));
  CHECK(has(form, "https://login.example.org/login?link=none"));
  client.send(get_form("?link=none"));
  CHECK(has(rig.hear_text(client, "</html>"), "name=\"pin\""));
  CHECK(rig.is_silent(rig.sessions));
  // No handle of sessions' is as long as this one: it is asked about none.
  client.send(get_form("?link=abcdefghijklmnopqrstuvw"));
  const Look other = rig.hear<Look>(rig.sessions);
  CHECK(other.link.empty());
  CHECK_FALSE(other.link_wanted);
}

TEST_CASE("one passcode leads back with a new cookie", "[connection][link]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post("passcode=123+456&host=a.example.org&path=%2Fx&link=abcdefghijklmnopqrstuv"));
  const Login login = rig.hear<Login>(rig.sessions);
  CHECK(login.link == handle);
  CHECK(login.cookie == cookie_of(1));
  CHECK(login.passcode.text() == "123456");
  CHECK(login.user.empty());
  CHECK(login.pin.empty());
  LoginResult result;
  result.tag = login.tag;
  result.granted = true;
  result.cookie.assign(cookie_of(7).bytes());
  result.user = UserName("ada");
  result.sid = Sid("sid1");
  rig.say(rig.sessions, result);
  const std::string answer = rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(answer) == "HTTP/1.1 303 See Other");
  CHECK(has(answer, "Location: https://a.example.org/x\r\n"));
  CHECK(has(answer, "Set-Cookie: SessionID=" + std::string(write_cookie_value(cookie_of(7)).text())));
}

TEST_CASE("a wrong passcode shows the form again, which form depends on the handle", "[connection][link]") {
  const bool lives = GENERATE(true, false);
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post("passcode=123456&host=a.example.org&path=%2Fx&link=abcdefghijklmnopqrstuv"));
  LoginResult no;
  no.tag = rig.hear<Login>(rig.sessions).tag;
  if (lives) no.refused = address("2001:db8::1");
  rig.say(rig.sessions, no);
  const std::string answer = rig.hear_text(client, "</html>");
  CHECK(status_of(answer) == "HTTP/1.1 403 Forbidden");
  CHECK(has(answer, "That did not work."));
  CHECK(has(answer, "value=\"abcdefghijklmnopqrstuv\"") == lives);
  CHECK(has(answer, "name=\"pin\"") != lives);
  CHECK_FALSE(has(answer, "123456"));
  rig.hear_end(client);
  client.close();
  CHECK(rig.cause() == Cause::login_failed);
}

TEST_CASE("a handle that cannot be one is never taken for none", "[connection][link]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post("user=ada&pin=4711&passcode=123456&link=abcdefghijklmnopqrstuvw"));
  CHECK(rig.hear<Login>(rig.sessions).link.view() == "none");
}

TEST_CASE("a login brings the cookie of before along", "[connection][link][login]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  const std::string form = "user=ada&pin=4711&passcode=123456";
  client.send(post(form));
  const Login login = rig.hear<Login>(rig.sessions);
  CHECK(login.cookie == cookie_of(1));
  CHECK(login.link.empty());
  client.close();
  rig.settle();
  WireEnd& two = rig.client(place.c_str());
  two.send(request("POST /login", 1, cookie_field(2) + "Content-Length: " + std::to_string(form.size()) + "\r\n", place) + form);
  CHECK(rig.hear<Login>(rig.sessions).cookie.empty());  // two count as none
}
