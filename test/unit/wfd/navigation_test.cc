#include "wfd/navigation.h"

#include <string>

#include "unit/heads.h"

using namespace postern;
using namespace postern::wfd;

namespace {
bool is_navigation(const RequestHead& head) { return wfd::is_navigation(head, taste_of(head.fields)); }
const std::string html = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
const std::string document = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
}  // namespace

TEST_CASE("a person navigating is known", "[navigation]") {
  for (const std::string& fields : {document, document + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-User: ?1\r\n", html,
                                   std::string("Accept: TEXT/HTML\r\n"), std::string("Accept: a/b , text/html ; q=0.1\r\n"),
                                   std::string("Accept: text/html;level=1;q=1.0\r\n"),
                                   std::string("Accept: a/b\r\nAccept: text/html\r\n"), document + "X-Requested-With: x\r\n"}) {
    INFO(fields);
    CHECK(is_navigation(get(fields)->head));
    CHECK(is_navigation(request("HEAD / HTTP/1.1", fields)->head));
    CHECK_FALSE(is_navigation(request("POST / HTTP/1.1", fields)->head));
    CHECK_FALSE(is_navigation(request("OPTIONS / HTTP/1.1", fields)->head));
    CHECK_FALSE(is_navigation(request("get / HTTP/1.1", fields)->head));
  }
}

TEST_CASE("scripts, images, frames and programs are not navigating", "[navigation]") {
  for (const std::string& fields :
       {std::string(), std::string("Accept: */*\r\n"), std::string("Accept: text/*\r\n"), std::string("Accept: \r\n"),
        std::string("Accept: application/json\r\n"), std::string("Accept: text/html;q=0\r\n"),
        std::string("Accept: text/html;q=0.000, */*\r\n"), std::string("Accept: text/html2\r\n"),
        std::string("Accept: xtext/html\r\n"), html + "X-Requested-With: XMLHttpRequest\r\n",
        html + "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n", html + "Sec-Fetch-Mode: navigate\r\n",
        html + "Sec-Fetch-Dest: document\r\n", html + "Sec-Fetch-Site: none\r\n", html + "sec-fetch-future: x\r\n",
        html + "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n",
        html + "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n",
        html + "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: document\r\n",
        html + document + "Sec-Fetch-Mode: cors\r\n"}) {
    INFO(fields);
    CHECK_FALSE(is_navigation(get(fields)->head));
  }
}

TEST_CASE("a script does what it does by itself, a person goes, clicks and writes", "[navigation]") {
  const std::string by_script = "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Site: same-origin\r\n";
  const std::string frame = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n";
  struct Row { std::string line, fields; Doing doing; };
  for (const Row& row : {
           Row{"GET / HTTP/1.1", document, Doing::navigation}, Row{"HEAD / HTTP/1.1", html, Doing::navigation},
           Row{"GET / HTTP/1.1", frame, Doing::background}, Row{"GET / HTTP/1.1", frame + "Sec-Fetch-User: ?1\r\n", Doing::use},
           Row{"GET / HTTP/1.1", frame + "Sec-Fetch-User: ?0\r\n", Doing::background},
           Row{"GET / HTTP/1.1", frame + "Sec-Fetch-User: ?1\r\nSec-Fetch-User: ?1\r\n", Doing::background},
           Row{"GET / HTTP/1.1", by_script, Doing::background}, Row{"GET / HTTP/1.1", by_script + "Sec-Fetch-User: ?1\r\n", Doing::background},
           Row{"GET / HTTP/1.1", "Accept: text/event-stream\r\n" + by_script, Doing::background},
           Row{"GET / HTTP/1.1", "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n", Doing::background},
           Row{"GET / HTTP/1.1", "Sec-Fetch-Mode: websocket\r\nSec-Fetch-Dest: empty\r\n", Doing::background},
           Row{"GET / HTTP/1.1", "", Doing::background}, Row{"GET / HTTP/1.1", "Accept: */*\r\n", Doing::background},
           Row{"GET / HTTP/1.1", html + "X-Requested-With: XMLHttpRequest\r\n", Doing::background},
           Row{"OPTIONS / HTTP/1.1", by_script, Doing::background},
           Row{"POST / HTTP/1.1", by_script, Doing::use}, Row{"POST / HTTP/1.1", document, Doing::use},
           Row{"PUT / HTTP/1.1", "", Doing::use}, Row{"DELETE / HTTP/1.1", by_script, Doing::use}, Row{"PROPFIND / HTTP/1.1", "", Doing::use}}) {
    INFO(row.line << "\n" << row.fields);
    const auto made = request(row.line, row.fields);
    CHECK(doing_of(made->head, taste_of(made->head.fields)) == row.doing);
  }
}

TEST_CASE("the way to the login page carries where the person wanted to go", "[navigation]") {
  CHECK(login_location("login.lab.example", "a.lab.example", "/x?y=z&w") ==
        "https://login.lab.example/login?host=a.lab.example&path=%2Fx%3Fy%3Dz%26w");
  CHECK(login_location("l", "h", "/", "a/b") == "https://l/login?host=h&path=%2F&link=a%2Fb");
  const std::string longest = "/" + std::string(2047, 'a');
  CHECK(login_location("l", "h", longest) == "https://l/login?host=h&path=%2F" + longest.substr(1));
  CHECK(login_location("l", "h", longest + "a") == "https://l/login?host=h&path=%2F");
  CHECK(login_location("l", "h", "*") == "https://l/login?host=h&path=%2F");
  CHECK(login_location("l", "h", "//evil.net") == "https://l/login?host=h&path=%2F");
}

TEST_CASE("what a reader wants is what it names, HTML before JSON", "[navigation]") {
  struct Row { std::string accept; Taste taste; };
  for (const Row& row : {
           Row{"", Taste::text}, Row{"Accept: */*\r\n", Taste::text}, Row{"Accept: application/*\r\n", Taste::text},
           Row{"Accept: text/plain\r\n", Taste::text}, Row{"Accept: application/jsonp\r\n", Taste::text},
           Row{"Accept: +json\r\n", Taste::text}, Row{"Accept: application/json\r\n", Taste::json},
           Row{"accept: Application/JSON;q=0.1\r\n", Taste::json}, Row{"Accept: application/json;q=0\r\n", Taste::text},
           Row{"Accept: application/json, text/plain, */*\r\n", Taste::json},
           Row{"Accept: application/vnd.api+json\r\n", Taste::json}, Row{"Accept: application/ld+JSON ; a=b\r\n", Taste::json},
           Row{"Accept: application/problem+json\r\n", Taste::problem_json},
           Row{"Accept: application/json, application/problem+json\r\n", Taste::problem_json},
           Row{"Accept: application/problem+json;q=0.0, application/json\r\n", Taste::json},
           Row{"Accept: application/json, text/html;q=0.1\r\n", Taste::html},
           Row{"Accept: application/problem+json, text/html\r\n", Taste::html}, Row{"Accept: text/html, application/json\r\n", Taste::html},
           Row{"Accept: text/html;q=0, application/json\r\n", Taste::json},
           Row{"Accept: application/json\r\nAccept: text/html\r\n", Taste::html},
           Row{"Accept: , ,application/json,,\r\n", Taste::json}, Row{"X-Accept: application/json\r\n", Taste::text}}) {
    INFO(row.accept);
    CHECK(taste_of(get(row.accept)->head.fields) == row.taste);
  }
}

TEST_CASE("dates and durations are written as they are read", "[navigation]") {
  const auto date = [](Wall when) {
    const HttpDate text = http_date(when);
    return std::string(text.begin(), text.end());
  };
  CHECK(date({784111777}) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(date({1709251199}) == "Thu, 29 Feb 2024 23:59:59 GMT");
  CHECK(date({4102444800}) == "Fri, 01 Jan 2100 00:00:00 GMT");
  CHECK(show_time({784111777}) == "1994-11-06 08:49 UTC");
  CHECK(show_time({1709251199}) == "2024-02-29 23:59 UTC");
  CHECK(show_time({4102444800}) == "2100-01-01 00:00 UTC");
  CHECK(show_time({0}) == "-");
  CHECK(show_duration(0) == "0 s");
  CHECK(show_duration(59) == "59 s");
  CHECK(show_duration(60) == "1 min");
  CHECK(show_duration(3600) == "1 h");
  CHECK(show_duration(28799) == "7 h 59 min");
  CHECK(show_duration(90000) == "1 d 1 h");
}
