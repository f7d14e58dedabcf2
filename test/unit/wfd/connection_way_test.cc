// Logins that go round in circles, and those that need no form.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

const std::string place = "login.example.org";
const std::string mark_name = "__Host-postern-way=";
const std::string wanted = "/login?host=a.example.org&path=%2Fx";
const std::string form = "user=ada&pin=4711&passcode=123456&host=a.example.org&path=%2Fx&link=";

std::string ask_form(unsigned char cookie = 0, const std::string& mark = "", const std::string& target = wanted) {
  return request("GET " + target, cookie, mark.empty() ? "" : "Cookie: " + mark_name + mark + "\r\n", place);
}
std::string post(const std::string& body, const std::string& mark = "", unsigned char cookie = 0) {
  return request("POST /login", cookie,
                 (mark.empty() ? "" : "Cookie: " + mark_name + mark + "\r\n") + "Content-Length: " + std::to_string(body.size()) + "\r\n", place) +
         body;
}
// The mark that an answer sets; empty when it sets none.
std::string mark_in(const std::string& answer) {
  const std::size_t at = answer.find("\r\nSet-Cookie: " + mark_name);
  if (at == answer.npos) return "";
  const std::size_t from = at + 14 + mark_name.size();
  return answer.substr(from, answer.find(';', from) - from);
}
void look_says(Rig& rig, Standing standing) {
  SessionInfo info;
  info.tag = rig.hear<Look>(rig.sessions).tag;
  info.standing = standing;
  info.user = UserName("ada");
  info.sid = Sid("sid1");
  rig.say(rig.sessions, info);
}

}  // namespace

TEST_CASE("the form gives a mark, once", "[connection][way]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(ask_form());
  const std::string first = rig.hear_text(client, "</html>");
  CHECK(status_of(first) == "HTTP/1.1 200 OK");
  CHECK(mark_in(first).starts_with("0.0.0.0"));
  CHECK(has(first, "name=\"marked\" value=\"yes\""));
  client.send(ask_form(0, mark_in(first)));
  const std::string again = rig.hear_text(client, "</html>");
  CHECK(status_of(again) == "HTTP/1.1 200 OK");
  CHECK_FALSE(has(again, "Set-Cookie"));
  CHECK(rig.is_silent(rig.sessions));
}

TEST_CASE("a browser without cookies is told so before its passcode is spent", "[connection][way]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post(form + "&marked=yes"));
  const std::string answer = rig.hear_text(client, "</html>");
  CHECK(status_of(answer) == "HTTP/1.1 403 Forbidden");
  CHECK(has(answer, "does not send cookies back"));
  CHECK(has(answer, "value=\"ada\""));
  CHECK_FALSE(has(answer, "4711"));
  CHECK(mark_in(answer).starts_with("0.0.0.0"));  // for the next try
  CHECK(rig.is_silent(rig.sessions));
  CHECK(rig.lines("refuse").at(0).ends_with(" status=403 reason=no-cookies"));
  // With the mark the same form is a login, and so is a program's, which says nothing of marks.
  client.send(post(form + "&marked=yes", mark_in(answer)));
  rig.say(rig.sessions, granted(rig.hear<Login>(rig.sessions)));
  const std::string in = rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(in) == "HTTP/1.1 303 See Other");
  CHECK(mark_in(in).starts_with("1.1."));
  client.send(post(form));
  rig.say(rig.sessions, granted(rig.hear<Login>(rig.sessions)));
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 303 See Other");
}

TEST_CASE("a form beside a session that stands is not needed", "[connection][way]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(ask_form(1));
  look_says(rig, Standing::good);
  const std::string answer = rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(answer) == "HTTP/1.1 303 See Other");
  CHECK(has(answer, "\r\nLocation: https://a.example.org/x\r\n"));
  CHECK(mark_in(answer).starts_with("1.1."));
  CHECK_FALSE(has(answer, "SessionID"));
}

TEST_CASE("the third time in a row the circle is named", "[connection][way]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post(form));
  rig.say(rig.sessions, granted(rig.hear<Login>(rig.sessions)));
  std::string answer = rig.hear_text(client, "\r\n\r\n");
  std::string mark;
  for (int i = 0; i < 2; ++i) {
    mark = mark_in(answer);
    rig.settle();
    client.take();
    client.send(ask_form(7, mark));
    look_says(rig, Standing::good);
    answer = rig.hear_text(client, "\r\n\r\n");
    CHECK(status_of(answer) == "HTTP/1.1 303 See Other");
  }
  mark = mark_in(answer);
  CHECK(mark.starts_with("3.3."));
  // Another tab of another host is not in the circle.
  client.take();
  client.send(ask_form(7, mark, "/login?host=b.example.org&path=%2F"));
  look_says(rig, Standing::good);
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 303 See Other");
  rig.settle();
  client.take();
  client.send(request("GET " + wanted, 7, "Accept: text/html\r\nCookie: " + mark_name + mark + "\r\n", place));
  look_says(rig, Standing::good);
  answer = rig.hear_text(client, "</html>");
  CHECK(status_of(answer) == "HTTP/1.1 403 Forbidden");
  CHECK(has(answer, "You are logged in, but a.example.org has sent you back here again and again."));
  CHECK(has(answer, "allow cookies for example.org"));
  CHECK_FALSE(has(answer, "Location"));
  const std::string id = rig.lines("refuse").at(0).substr(16, 16);
  CHECK(has(answer, "<code>" + id + "</code>"));
  CHECK(rig.lines("refuse").at(0).ends_with(" status=403 reason=login-loop"));
}

TEST_CASE("a session cookie that a browser does not keep is named in the form", "[connection][way]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post(form));
  rig.say(rig.sessions, granted(rig.hear<Login>(rig.sessions)));
  const std::string mark = mark_in(rig.hear_text(client, "\r\n\r\n"));
  rig.settle();
  client.take();
  client.send(ask_form(0, mark));
  const std::string answer = rig.hear_text(client, "</html>");
  CHECK(status_of(answer) == "HTTP/1.1 403 Forbidden");
  CHECK(has(answer, "has not kept the cookie of that session"));
  CHECK(has(answer, "action=\"/login\""));
  CHECK(rig.lines("refuse").at(0).ends_with(" status=403 reason=cookie-lost"));
  // One that is there and means nothing any more is no wonder.
  client.send(ask_form(7, mark));
  look_says(rig, Standing::unknown);
  const std::string plain = rig.hear_text(client, "</html>");
  CHECK(status_of(plain) == "HTTP/1.1 200 OK");
  CHECK_FALSE(has(plain, "has not kept"));
}

TEST_CASE("who has logged out begins anew", "[connection][way]") {
  const auto cookie = static_cast<unsigned char>(GENERATE(0, 1));
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(request("POST /logout", cookie, "Content-Length: 0\r\nCookie: " + mark_name + "1.1." + std::to_string(read_wall().s) + ".5\r\n", place));
  if (cookie != 0) {
    LoggedOut done;
    done.tag = rig.hear<Logout>(rig.sessions).tag;
    done.done = done.for_good = true;
    rig.say(rig.sessions, done);
  }
  const std::string answer = rig.hear_text(client, "</html>");
  CHECK(mark_in(answer).starts_with("0.0.0.0"));
  client.send(ask_form(0, mark_in(answer)));
  CHECK(status_of(rig.hear_text(client, "</html>")) == "HTTP/1.1 200 OK");
}

TEST_CASE("without a place to go to there is a form for everybody", "[connection][way]") {
  for (const std::string target : {"/login", "/login?host=&path=", "/login?host=evil.net&path=%2F", "/login?host=a.example.org&path=%2F%2Fevil.net",
                                   "/login?rd=https://evil.net"}) {
    INFO(target);
    Rig rig;
    WireEnd& client = rig.client(place.c_str());
    client.send(ask_form(1, "", target));
    look_says(rig, Standing::good);
    const std::string answer = rig.hear_text(client, "</html>");
    CHECK(status_of(answer) == "HTTP/1.1 200 OK");
    CHECK_FALSE(has(answer, "evil"));
  }
}

TEST_CASE("the form is there while sessions is not", "[connection][way]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  SECTION("gone") { rig.sessions.close(); }
  SECTION("not ready") {
    client.send(ask_form(1));
    look_says(rig, Standing::not_ready);
    CHECK(status_of(rig.hear_text(client, "</html>")) == "HTTP/1.1 200 OK");
  }
  rig.settle();
  if (!rig.sessions) {
    client.send(ask_form(1));
    CHECK(status_of(rig.hear_text(client, "</html>")) == "HTTP/1.1 200 OK");
  }
}

TEST_CASE("a host that the session cookie does not reach is not sent to the login", "[connection][way]") {
  const auto settings = parse_wfd(
      "[tls]\ncertificate=/c\nkey=/k\n[domain]\nname=example.org\n[intranet]\nnetworks=10.0.0.0/8\n"
      "[login]\nhost=login.example.org\n", "wfd.conf");
  REQUIRE(settings);
  Rig rig(*settings);
  Page news;
  news.domain = HostName("b.example.org");
  const int lent[] = {rig.page->reading_fd()};
  REQUIRE(rig.sessions.send(news, lent) == Told::sent);
  rig.settle();
  WireEnd& client = rig.client();
  client.send(request("GET /", 0, "Accept: text/html\r\n"));
  const std::string answer = rig.hear_text(client, "</html>");
  CHECK(status_of(answer) == "HTTP/1.1 500 Internal Server Error");
  CHECK(has(answer, "No browser brings the cookie of a session to a.example.org, for it is for b.example.org and the hosts below."));
  CHECK(rig.lines("refuse").at(0).ends_with(" status=500 reason=cookie-domain"));
  client.close();
  rig.settle();
  WireEnd& program = rig.client();
  program.send(request("GET /", 0));
  CHECK(status_of(rig.hear_text(program, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
  program.close();
  rig.settle();
  WireEnd& below = rig.client("a.b.example.org");
  below.send(request("GET /", 0, "Accept: text/html\r\n", "a.b.example.org"));
  CHECK(status_of(rig.hear_text(below, "\r\n\r\n")) == "HTTP/1.1 302 Found");
  below.close();
  rig.settle();
  WireEnd& form_reader = rig.client(place.c_str());
  form_reader.send(ask_form());
  CHECK(status_of(rig.hear_text(form_reader, "\r\n\r\n")) == "HTTP/1.1 500 Internal Server Error");
}
