#include "wfd/login_host.h"

#include <string>

#include "unit/heads.h"

using namespace postern;
using namespace postern::wfd;

namespace {
const std::string login_host = "login.lab.example";
const std::string own = "Origin: https://login.lab.example\r\n";
LoginAction action(const std::string& line, const std::string& fields = "") {
  return route_login_host(request(line + " HTTP/1.1", fields, login_host)->head, login_host).action;
}
}  // namespace

TEST_CASE("the login host has these pages and no others", "[login_host]") {
  struct Row { std::string line; LoginAction action; };
  for (const auto& [line, expected] :
       {Row{"GET /", LoginAction::portal}, Row{"HEAD /", LoginAction::portal}, Row{"GET /?x", LoginAction::portal},
        Row{"GET /login", LoginAction::login_form}, Row{"GET /login?host=a&path=b", LoginAction::login_form},
        Row{"HEAD /login", LoginAction::login_form}, Row{"GET /session", LoginAction::session_json},
        Row{"GET /static/postern.css", LoginAction::static_file}, Row{"POST /login", LoginAction::login_post},
        Row{"GET /verify", LoginAction::verify}, Row{"HEAD /verify?x", LoginAction::verify},
        Row{"POST /verify", LoginAction::bad_method}, Row{"GET /verify/", LoginAction::not_found},
        Row{"GET /.well-known/jwks.json", LoginAction::key_list}, Row{"PUT /.well-known/jwks.json", LoginAction::bad_method},
        Row{"GET /.well-known/", LoginAction::not_found}, Row{"GET /.well-known/jwks.json.old", LoginAction::not_found},
        Row{"POST /sessions/end", LoginAction::end_post}, Row{"GET /sessions/end", LoginAction::bad_method},
        Row{"POST /sessions", LoginAction::not_found}, Row{"POST /sessions/end/", LoginAction::not_found},
        Row{"POST /logout", LoginAction::logout_post}, Row{"GET /logout", LoginAction::bad_method},
        Row{"HEAD /logout", LoginAction::bad_method}, Row{"POST /", LoginAction::bad_method},
        Row{"POST /session", LoginAction::bad_method}, Row{"PUT /login", LoginAction::bad_method},
        Row{"DELETE /static/x", LoginAction::bad_method}, Row{"OPTIONS /login", LoginAction::bad_method},
        Row{"OPTIONS *", LoginAction::not_found}, Row{"post /login", LoginAction::bad_method},
        Row{"GET /login/", LoginAction::not_found}, Row{"GET /Login", LoginAction::not_found},
        Row{"GET /%6Cogin", LoginAction::not_found}, Row{"GET //login", LoginAction::not_found},
        Row{"GET /./login", LoginAction::not_found}, Row{"GET /static", LoginAction::not_found},
        Row{"POST /nowhere", LoginAction::not_found}, Row{"GET /login;x", LoginAction::not_found}}) {
    INFO(line);
    CHECK(action(line, own) == expected);
  }
}

TEST_CASE("a wrong method is told the right ones", "[login_host]") {
  const auto allow = [](const std::string& line) {
    return route_login_host(request(line + " HTTP/1.1", "", login_host)->head, login_host).allow;
  };
  CHECK(allow("GET /logout") == "POST");
  CHECK(allow("PUT /login") == "GET, HEAD, POST");
  CHECK(allow("POST /session") == "GET, HEAD");
}

TEST_CASE("query and file name are cut out of the target", "[login_host]") {
  const auto login = request("GET /login?host=a&path=%2F? HTTP/1.1", "", login_host);
  CHECK(route_login_host(login->head, login_host).query == "host=a&path=%2F?");
  const auto file = request("GET /static/../x?y HTTP/1.1", "", login_host);
  CHECK(route_login_host(file->head, login_host).name == "../x");
}

TEST_CASE("only our own page may post", "[login_host]") {
  for (const std::string& fields :
       {own, std::string(), std::string("Sec-Fetch-Site: same-origin\r\n"), own + "Sec-Fetch-Site: cross-site\r\n"}) {
    INFO(fields);
    CHECK(action("POST /login", fields) == LoginAction::login_post);
    CHECK(action("POST /logout", fields) == LoginAction::logout_post);
  }
  for (const std::string& fields :
       {std::string("Origin: null\r\n"), std::string("Origin: \r\n"), std::string("Origin: https://a.lab.example\r\n"),
        std::string("Origin: http://login.lab.example\r\n"), std::string("Origin: https://login.lab.example.evil.net\r\n"),
        std::string("Origin: https://evil.net\r\nSec-Fetch-Site: same-origin\r\n"),
        std::string("Origin: https://login.lab.example/\r\n"), std::string("Origin: https://login.lab.example:8443\r\n"),
        own + own, own + "Origin: https://evil.net\r\n", std::string("Sec-Fetch-Site: same-site\r\n"),
        std::string("Sec-Fetch-Site: cross-site\r\n"), std::string("Sec-Fetch-Site: none\r\n"),
        std::string("Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n")}) {
    INFO(fields);
    CHECK(action("POST /login", fields) == LoginAction::forbidden);
    CHECK(action("POST /logout", fields) == LoginAction::forbidden);
  }
}

TEST_CASE("a session is shown as JSON, whatever is in it", "[login_host]") {
  SessionInfo session;
  session.user = UserName("ada");
  session.sid = Sid("0123456789abcdef");
  session.login = 784111777;
  session.idle_left = 1800;
  session.left = 28800;
  CHECK(session_json(session) ==
        "{\"user\":\"ada\",\"sid\":\"0123456789abcdef\",\"login\":784111777,\"idle_left\":1800,\"left\":28800}\n");
  session.user = UserName("a\"\\\n</\xff");
  CHECK(contains(session_json(session), "\"user\":\"a\\u0022\\u005c\\u000a\\u003c/\\u00ff\""));
}
