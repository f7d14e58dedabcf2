// The login host, from the form to the cookie and back to nothing.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

const std::string place = "login.example.org";

std::string post(const std::string& path, const std::string& body, const std::string& fields = "", unsigned char cookie = 0) {
  return request("POST " + path, cookie, fields + "Content-Length: " + std::to_string(body.size()) + "\r\n", place) + body;
}
const std::string form = "user=ada&pin=4711&passcode=123+456&host=a.example.org&path=%2Fx%3Fy";


}  // namespace

TEST_CASE("a login leads back with a cookie", "[connection][login]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  const std::string own = "Origin: https://login.example.org\r\n";
  SECTION("at once") { client.send(post("/login", form, own)); }
  SECTION("byte by byte") {
    for (const char c : post("/login", form, own)) {
      client.send({&c, 1});
      rig.until([] { return true; });
    }
  }
  SECTION("in chunks") {
    client.send(request("POST /login", 0, own + "Transfer-Encoding: chunked\r\n", place));
    char size[8];
    for (std::size_t at = 0; at < form.size(); at += 5) {
      const std::string part = form.substr(at, 5);
      std::snprintf(size, sizeof size, "%zx\r\n", part.size());
      client.send(size + part + "\r\n");
      rig.settle();
    }
    client.send("0\r\n\r\n");
  }
  SECTION("after a 100") {
    const std::string all = post("/login", form, own + "Expect: 100-continue\r\n");
    client.send(all.substr(0, all.size() - form.size()));
    CHECK(rig.hear_text(client, "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(form);
  }
  const Login login = rig.hear<Login>(rig.sessions);
  CHECK(login.user.view() == "ada");
  CHECK(login.pin.text() == "4711");
  CHECK(login.passcode.text() == "123456");
  CHECK(login.ticket.connection == rig.last_id);
  rig.say(rig.sessions, granted(login));
  const std::string answer = rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(answer) == "HTTP/1.1 303 See Other");
  CHECK(has(answer, "Location: https://a.example.org/x?y\r\n"));
  CHECK(has(answer, "Set-Cookie: SessionID=" + std::string(write_cookie_value(cookie_of(7)).text()) +
                        "; Domain=example.org; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"));
  CHECK_FALSE(has(answer, "Connection: close"));
  rig.settle();
  CHECK(has(rig.lines("request").at(0), " host=login.example.org user=ada sid=sid7 method=POST target=/login status=303 in=67 "));
}

TEST_CASE("a login that fails shows the form again, and the next try is a new connection", "[connection][login]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post("/login", form) + request("GET /", 1, "", place));
  LoginResult no;
  no.tag = rig.hear<Login>(rig.sessions).tag;
  rig.say(rig.sessions, no);
  const std::string answer = rig.hear_text(client, "</html>");
  CHECK(status_of(answer) == "HTTP/1.1 403 Forbidden");
  CHECK(has(answer, "value=\"ada\""));
  CHECK_FALSE(has(answer, "4711"));
  CHECK_FALSE(has(answer, "123"));
  CHECK_FALSE(has(answer, "Set-Cookie: SessionID"));
  rig.hear_end(client);
  CHECK(rig.is_silent(rig.sessions));  // what was sent behind the form was not looked at
  client.close();
  CHECK(rig.cause() == Cause::login_failed);
}

// No room, or sessions is not ready: not a word about what was typed.
TEST_CASE("a login that nobody has looked at may come again later, and is paid for", "[connection][login]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post("/login", form));
  LoginResult no;
  no.tag = rig.hear<Login>(rig.sessions).tag;
  no.unheard = true;
  rig.say(rig.sessions, no);
  const std::string answer = rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(answer) == "HTTP/1.1 503 Service Unavailable");
  CHECK(has(answer, "\r\nRetry-After: "));
  CHECK_FALSE(has(answer, "4711"));
  CHECK_FALSE(has(answer, "Set-Cookie: SessionID"));
  rig.hear_end(client);
  client.close();
  CHECK(rig.cause() == Cause::login_failed);
}

TEST_CASE("failures since the last login are shown before going on", "[connection][login]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post("/login", form));
  LoginResult result = granted(rig.hear<Login>(rig.sessions));
  result.failures = 3;
  result.last_login = 1'700'000'000;
  result.last_source = address("198.51.100.9");
  rig.say(rig.sessions, result);
  const std::string answer = rig.hear_text(client, "</html>");
  CHECK(status_of(answer) == "HTTP/1.1 200 OK");
  CHECK(has(answer, "Set-Cookie: SessionID="));
  CHECK(has(answer, "There were 3 failed logins"));
  CHECK(has(answer, "https://a.example.org/x?y"));
}

TEST_CASE("a request behind a good form is the next request", "[connection][login]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post("/login", form) + request("GET /session", 3, "", place));
  rig.say(rig.sessions, granted(rig.hear<Login>(rig.sessions)));
  const Look look = rig.hear<Look>(rig.sessions);
  CHECK(look.cookie == cookie_of(3));
  SessionInfo info;
  info.tag = look.tag;
  info.standing = Standing::good;
  info.user = UserName("bob");
  info.sid = Sid("sid3");
  rig.say(rig.sessions, info);
  const std::string all = rig.hear_text(client, "\"left\":0}");
  CHECK(all.starts_with("HTTP/1.1 303 See Other\r\n"));
  CHECK(has(all, "{\"user\":\"bob\",\"sid\":\"sid3\","));
}

TEST_CASE("forms that are none are refused, and nobody is asked", "[connection][login]") {
  struct Case { std::string sent, status; };
  const std::string head = "POST /login HTTP/1.1\r\nHost: login.example.org\r\n";
  for (const Case& one :
       {Case{post("/login", "user=a&user=b"), "400"}, Case{post("/login", "nonsense"), "400"},
        Case{post("/login", "user=%zz"), "400"}, Case{head + "Content-Length: 8193\r\n\r\n", "413"},
        Case{head + "Expect: 100-continue\r\nContent-Length: 99999\r\n\r\n", "413"},
        Case{head + "Transfer-Encoding: chunked\r\n\r\n2001\r\n" + std::string(0x2001, 'a'), "413"},
        Case{head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
        Case{post("/login", form, "Origin: https://evil.example.org\r\n"), "403"},
        Case{post("/login", form, "Origin: null\r\n"), "403"},
        Case{post("/login", form, "Sec-Fetch-Site: same-site\r\n"), "403"},
        Case{post("/logout", "", "Origin: https://evil.example.org\r\n", 1), "403"},
        Case{post("/sessions/end", "others=yes", "Origin: https://evil.example.org\r\n", 1), "403"},
        Case{post("/sessions/end", "others=yes", "Sec-Fetch-Site: same-site\r\n", 1), "403"},
        Case{post("/sessions/end", "", "", 1), "400"}, Case{post("/sessions/end", "others=no", "", 1), "400"},
        Case{post("/sessions/end", "sid=", "", 1), "400"}, Case{post("/sessions/end", "sid=a&others=yes", "", 1), "400"},
        Case{post("/sessions/end", "sid=a&sid=b", "", 1), "400"}, Case{post("/sessions/end", "sid=12345678901234567", "", 1), "400"},
        Case{post("/sessions/end", "sid=a&user=b", "", 1), "400"}, Case{post("/sessions/end", "sid=a"), "401"},
        Case{request("GET /sessions/end?others=yes", 1, "", place), "405"},
        Case{post("/session", ""), "405"}, Case{request("GET /logout", 1, "", place), "405"},
        Case{request("DELETE /login", 1, "", place), "405"}, Case{request("GET /nowhere", 1, "", place), "404"},
        Case{request("GET /static/none.css", 1, "", place), "404"}}) {
    INFO(one.sent.substr(0, 120));
    Rig rig;
    WireEnd& client = rig.client(place.c_str());
    client.send(one.sent);
    const std::string answer = rig.hear_text(client, "\r\n\r\n");
    CHECK(answer.substr(0, 13) == "HTTP/1.1 " + one.status + " ");
    if (one.status == "405") CHECK(has(answer, "\r\nAllow: "));
    CHECK(rig.is_silent(rig.sessions));
  }
}

TEST_CASE("the portal and /session show who one is, and send others to the form", "[connection][login]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(request("GET /", 0, "Accept: text/html\r\n", place));
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 302 Found");
  client.send(request("GET /session", 0, "", place));
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
  client.send(request("GET /", 1, "", place));
  OwnSessions own;
  own.tag = rig.hear<ListOwn>(rig.sessions).tag;
  own.session.standing = Standing::good;
  own.session.user = UserName("ada");
  own.session.sid = Sid("sid1");
  rig.say(rig.sessions, own);
  const std::string portal = rig.hear_text(client, "</html>");
  CHECK(has(portal, "ada"));
  CHECK(has(portal, "frame-ancestors 'none'"));
  client.send(request("GET /static/postern.css", 0, "", place));
  CHECK(has(rig.hear_text(client, "\r\n\r\n"), "Content-Type: text/css"));
  client.send(request("HEAD /login", 0, "", place));
  const std::string head = rig.hear_text(client, "\r\n\r\n");
  rig.settle();
  CHECK(client.got.empty());
  CHECK(has(rig.lines("request").back(), " method=HEAD target=/login status=200 in=0 out=0 "));
}

TEST_CASE("a logout ends the session first and deletes the cookie then", "[connection][login]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post("/logout", "", "Origin: https://login.example.org\r\nAccept: text/html\r\n", 1));
  const Logout order = rig.hear<Logout>(rig.sessions);
  CHECK(order.cookie == cookie_of(1));
  rig.settle();
  CHECK(client.got.empty());
  LoggedOut done;
  done.tag = order.tag;
  done.done = true;
  SECTION("for good") { done.for_good = true; }
  SECTION("until authd is started anew, perhaps") {}
  rig.say(rig.sessions, done);
  const std::string answer = rig.hear_text(client, "</html>");
  CHECK(status_of(answer) == (done.for_good ? "HTTP/1.1 200 OK" : "HTTP/1.1 503 Service Unavailable"));
  CHECK(has(answer, "You are logged out") == done.for_good);
  CHECK(has(answer, "Set-Cookie: SessionID=; Max-Age=0; Domain=example.org; Path=/; Secure"));
  CHECK_FALSE(has(answer, "__Host-postern-way="));  // there was none to take back
  // What other hosts of the domain put into the browser is not ours to clear.
  CHECK(has(answer, "Clear-Site-Data: \"cache\", \"storage\"\r\n") == done.for_good);
}

TEST_CASE("a session that cannot be looked at yet is no reason to log in anew", "[connection][login]") {
  for (const std::string path : {"/", "/session"}) {
    INFO(path);
    Rig rig;
    WireEnd& client = rig.client(place.c_str());
    client.send(request("GET " + path, 1, "Accept: text/html\r\n", place));
    OwnSessions own;
    own.session.standing = Standing::not_ready;
    if (path == "/") {
      own.tag = rig.hear<ListOwn>(rig.sessions).tag;
      rig.say(rig.sessions, own);
    } else {
      own.session.tag = rig.hear<Look>(rig.sessions).tag;
      rig.say(rig.sessions, own.session);
    }
    const std::string answer = rig.hear_text(client, "</html>");
    CHECK(status_of(answer) == "HTTP/1.1 503 Service Unavailable");
    CHECK(has(answer, "Retry-After: "));
    CHECK_FALSE(has(answer, "Set-Cookie"));
  }
}

TEST_CASE("the end of a session does not cut its own logout off", "[connection][login]") {
  Rig rig;
  WireEnd& client = rig.client(nullptr);  // no name: one connection may ask for several hosts
  WireEnd& server = rig.relayed(client, request("GET /"));
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  rig.hear_text(client, "\r\n\r\nhi");
  client.send(post("/logout", "", "Origin: https://login.example.org\r\n", 1));
  const Logout order = rig.hear<Logout>(rig.sessions);
  rig.say(rig.sessions, Ended{1, rig.page->generation(1)});
  (void)rig.hear<EndedSeen>(rig.sessions);
  rig.say(rig.sessions, LoggedOut{order.tag, true, true, true});
  CHECK(status_of(rig.hear_text(client, "</html>")) == "HTTP/1.1 200 OK");
}

TEST_CASE("a logout without a session asks nobody and still deletes", "[connection][login]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  client.send(post("/logout", ""));
  CHECK(has(rig.hear_text(client, "</html>"), "Set-Cookie: SessionID=; Max-Age=0; Path=/; Secure"));
  CHECK(rig.is_silent(rig.sessions));
}

TEST_CASE("a user ends other sessions of his, and sees the portal again", "[connection][login]") {
  Rig rig;
  WireEnd& client = rig.client(place.c_str());
  const std::string own = "Origin: https://login.example.org\r\n";
  struct Row {
    std::string body, sid;
    bool others;
    LoggedOut answer;
    std::string status, part;
  };
  const std::string portal = "Location: https://login.example.org/\r\n";
  for (const Row& row : {
           Row{"sid=abc", "abc", false, {.done = true, .for_good = true, .standing = Standing::good}, "303 See Other", portal},
           Row{"others=yes", "", true, {.done = true, .for_good = true, .standing = Standing::good}, "303 See Other", portal},
           Row{"sid=gone", "gone", false, {.for_good = true, .standing = Standing::good}, "303 See Other", portal},
           Row{"sid=abc", "abc", false, {.done = true, .standing = Standing::good}, "503 Service Unavailable", "could not be written down"},
           Row{"sid=own", "own", false, {.done = true, .here = true, .for_good = true, .standing = Standing::good}, "200 OK",
               "Set-Cookie: SessionID=; Max-Age=0; Domain=example.org"},
           Row{"sid=abc", "abc", false, {.for_good = true, .standing = Standing::wrong_address}, "401 Unauthorized", "Postern login="}}) {
    INFO(row.body << " " << row.status);
    client.send(post("/sessions/end", row.body, own + "Accept: text/html\r\n", 1));
    const Logout order = rig.hear<Logout>(rig.sessions);
    CHECK(order.cookie == cookie_of(1));
    CHECK(order.sid.view() == row.sid);
    CHECK(order.others == row.others);
    LoggedOut answer = row.answer;
    answer.tag = order.tag;
    rig.say(rig.sessions, answer);
    const std::string text = rig.hear_text(client, row.status.starts_with("303") ? "\r\n\r\n" : "</html>");
    CHECK(status_of(text) == "HTTP/1.1 " + row.status);
    CHECK(has(text, row.part));
    CHECK(has(text, "Set-Cookie: SessionID=") == (row.part.starts_with("Set-Cookie")));
  }
}

TEST_CASE("a script that polls says so, and hides no click behind it", "[connection][login]") {
  Rig rig;
  WireEnd& client = rig.client();
  const std::string by_script = "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n";
  client.send(request("GET /poll", 1, by_script));
  const Judge asked = rig.hear<Judge>(rig.sessions);
  CHECK(asked.doing == Doing::background);
  Verdict verdict = rig.good(asked);
  verdict.touch_after = 1'000'000;  // by the clock of the test there is one touch of each kind
  rig.say(rig.sessions, verdict);
  WireEnd& server = rig.dialled();
  const auto touches = [&] {
    std::vector<Doing> all;
    rig.settle();
    Packet packet;
    while (rig.sessions.receive(packet) == Heard::packet) {
      Touch touch;
      if (packet.read(touch)) all.push_back(touch.doing);
    }
    return all;
  };
  const auto answer = [&] {
    rig.hear_text(server, "\r\n\r\n");
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    rig.hear_text(client, "\r\n\r\nhi");
  };
  answer();
  CHECK(touches().empty());
  client.send(request("GET /page", 1, "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"));
  answer();
  CHECK(touches() == std::vector{Doing::navigation});
  client.send(request("POST /save", 1, by_script + "Content-Length: 0\r\n"));
  answer();
  CHECK(touches().empty());
  client.send(request("GET /poll", 1, by_script));
  answer();
  CHECK(touches().empty());
}
