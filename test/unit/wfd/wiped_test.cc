// The session's cookie on its way to the browser: no memory is given back with it.
#include "unit/heap_watch.h"

#include "unit/wfd/connection_rig.h"
#include "wfd/answer.h"

using namespace connection_rig;
using heap_watch::leaks_of;

namespace {

// A cookie for one test alone: what others have left in the heap is none of its business.
struct Secretive {
  CookieValue value;
  std::string text;
  explicit Secretive(unsigned char fill) : value(cookie_of(fill)), text(write_cookie_value(value).text()) {}
};

}  // namespace

TEST_CASE("the test of wiping sees what is not wiped", "[wiped]") {
  const Secretive cookie(201);
  CHECK(leaks_of(cookie.text, [&] { std::string copy(cookie.text); }) == 1);
}

TEST_CASE("the cookie of a login is made in one place, however long its name and domain are", "[wiped]") {
  unsigned char fill = 202;
  for (const std::string& name : {std::string("SessionID"), std::string(450, 'n')}) {
    for (const std::string& domain : {std::string(), std::string(253, 'd')}) {
      const Secretive cookie(fill++);
      std::string made;
      CHECK(leaks_of(cookie.text, [&] { made = set_cookie(name, cookie.value, domain); }) == 0);
      CHECK(made.find(cookie.text) == name.size() + 1);
    }
  }
}

TEST_CASE("a reply that cannot be written leaves nothing of its cookie", "[wiped]") {
  const Secretive cookie(210);
  Reply reply = redirect_reply(303, "https://a.example.org/\x01");
  reply.add<"Set-Cookie">(set_cookie("SessionID", cookie.value, "example.org"));
  bool written = true;
  CHECK(leaks_of(cookie.text, [&] { written = write_reply(reply, {Version::http_1_1, false, false}, {784111777}).has_value(); }) == 0);
  CHECK_FALSE(written);
}

TEST_CASE("a worker that has said a cookie keeps nothing of it", "[wiped]") {
  const Secretive cookie(211);
  Rig rig;
  WireEnd& client = rig.client("login.example.org");
  const std::string form = "user=ada&pin=4711&passcode=123456&host=a.example.org&path=%2F";
  client.send(request("POST /login", 0,
                      "Origin: https://login.example.org\r\nContent-Length: " + std::to_string(form.size()) + "\r\n",
                      "login.example.org") + form);
  LoginResult result = granted(rig.hear<Login>(rig.sessions));
  result.cookie.assign(cookie.value.bytes());
  rig.say(rig.sessions, result);
  CHECK(leaks_of(cookie.text, [&] { workbench::settle(rig.loop); }) == 0);  // without the client, which has copies
  CHECK(rig.lines("request").size() == 1);
  CHECK(rig.hear_text(client, "\r\n\r\n").find(cookie.text) != std::string::npos);
  client.close();
  CHECK(leaks_of(cookie.text, [&] { workbench::settle(rig.loop); }) == 0);
  CHECK(rig.cause() == Cause::served);
}
