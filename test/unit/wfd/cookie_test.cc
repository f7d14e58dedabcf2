#include "wfd/cookie.h"

#include <set>
#include <string>

#include "unit/heads.h"

using namespace postern;
using namespace postern::wfd;

namespace {

const std::string name = "SessionID";
const std::string good(43, 'A');                       // 32 zero bytes
const std::string other = std::string(42, 'B') + "A";  // another valid one

std::string value_in(const std::string& fields) {
  const auto made = get(fields);
  return std::string(write_cookie_value(find_cookie(made->head.fields, name).value).text());
}
bool duplicate_in(const std::string& fields) {
  const auto made = get(fields);
  return find_cookie(made->head.fields, name).duplicate;
}

}  // namespace

TEST_CASE("our cookie is found wherever it stands", "[cookie]") {
  for (const std::string& fields :
       {"Cookie: SessionID=" + good + "\r\n", "cookie: a=b; SessionID=" + good + "; c=d\r\n",
        "Cookie: a=b;SessionID=" + good + "\r\n", "Cookie: a=b;   SessionID=" + good + "\r\n",
        "Cookie: a=b\r\nCookie: SessionID=" + good + "\r\n", "Cookie: a=\"x; SessionID=" + good + "\r\n",
        "Cookie: $Version=1; SessionID=" + good + "; $Path=/\r\n",
        "Cookie: sessionid=x; SESSIONID=y; SessionID=" + good + "; SessionID2=z; XSessionID=q\r\n"}) {
    INFO(fields);
    CHECK(value_in(fields) == good);
    CHECK_FALSE(duplicate_in(fields));
  }
}

TEST_CASE("what is not byte for byte our cookie is none", "[cookie]") {
  for (const std::string& fields :
       {std::string(), std::string("Cookie: a=b\r\n"), std::string("Cookie: SessionID\r\n"),
        std::string("Cookie: SessionID=\r\n"), "Cookie: SessionID=\"" + good + "\"\r\n",
        "Cookie: SessionID =" + good + "\r\n", "Cookie: SessionID= " + good + "\r\n",
        "Cookie: SessionID=" + good + " ; a=b\r\n", "Cookie: a=b;\tSessionID=" + good + "\r\n",
        "Cookie: sessionid=" + good + "\r\n", "Cookie: \xc2\xa0SessionID=" + good + "\r\n",
        "Cookie: \xe2\x80\x80SessionID=" + good + "\r\n", "Cookie: $SessionID=" + good + "\r\n",
        "Cookie: a=b, SessionID=" + good + "\r\n", "Cookie: SessionID%3D" + good + "\r\n",
        "X-Cookie: SessionID=" + good + "\r\n", "Cookie2: SessionID=" + good + "\r\n",
        "Cookie: SessionID=" + good + "A\r\n", "Cookie: SessionID=" + good.substr(1) + "\r\n",
        "Cookie: SessionID=" + good.substr(1) + "=\r\n"}) {
    INFO(fields);
    CHECK(value_in(fields).empty());
    CHECK_FALSE(duplicate_in(fields));
  }
}

TEST_CASE("two cookies of our name count as none, even equal ones, even one without a value", "[cookie]") {
  for (const std::string& fields :
       {"Cookie: SessionID=" + good + "; SessionID=" + good + "\r\n",
        "Cookie: SessionID=" + good + "; SessionID=" + other + "\r\n",
        "Cookie: SessionID=" + good + "\r\nCookie: SessionID=" + other + "\r\n",
        "Cookie: SessionID=" + good + "; SessionID=\r\n", "Cookie: SessionID=x; SessionID=" + good + "\r\n",
        "Cookie: SessionID=\"" + good + "\"; SessionID=" + good + "\r\n",
        "Cookie: $Version=1; SessionID=" + good + ";SessionID=" + good + "\r\n"}) {
    INFO(fields);
    CHECK(value_in(fields).empty());
    CHECK(duplicate_in(fields));
  }
}

TEST_CASE("other cookies go on byte for byte, ours never", "[cookie]") {
  struct Row { std::string in, out; };
  for (const auto& [in, out] :
       {Row{"SessionID=x", ""}, Row{";\t\t ", ""}, Row{"; \t; \t ", "; \t;"}, Row{";\t\ta=b", ";\t\ta=b"}, Row{"SessionID=x; a=b", "a=b"}, Row{"a=b; SessionID=x", "a=b"},
        Row{"a=b; SessionID=x; c=d", "a=b; c=d"}, Row{"a=b;SessionID=x;c=d", "a=b;c=d"},
        Row{"a=b;  c = \"d;e\" ;f", "a=b;  c = \"d;e\" ;f"}, Row{"SessionID=x;  a=b", "a=b"},
        Row{"SessionID=x; SessionID=y", ""}, Row{"SessionID=x; ", ""}, Row{"; SessionID=x;", ""},
        Row{"sessionid=x; SessionID2=y", "sessionid=x; SessionID2=y"}, Row{"SessionID", "SessionID"},
        Row{"$Version=1; SessionID=x; $Path=/", "$Version=1; $Path=/"}, Row{"", ""},
        Row{"a=b ; SessionID=x", "a=b"}, Row{"SessionID=x;\ta=b", "a=b"}, Row{"SessionID=x;\tSessionID=y", ""},
        Row{"SessionID=x;\tSessionID=y; c=d", "c=d"}, Row{"SessionID=x; a=b\t; SessionID=y", "a=b"},
        Row{"a=\xff\xfe; SessionID=x", "a=\xff\xfe"}, Row{"SessionID=x; a=b; SessionID=y; c=d", "a=b; c=d"}}) {
    INFO(in);
    CHECK(without_our_cookie(in, name) == out);
  }
}

TEST_CASE("a crowd of our cookies, each behind a blank, is gone at once", "[cookie]") {
  std::string crowd = "SessionID=x";
  for (int i = 0; i < 2000; ++i) crowd += ";\t SessionID=y";
  CHECK(without_our_cookie(crowd, name).empty());
  CHECK(without_our_cookie(crowd + "; a=b ", name) == "a=b");
}

TEST_CASE("a value is 43 characters of base64url with the spare bits zero", "[cookie]") {
  CookieValue value;
  CHECK(read_cookie_value(good, value));
  CHECK(value.size() == 32);
  const std::string mixed = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH_-";
  CHECK_FALSE(read_cookie_value(mixed, value));  // '-' has spare bits
  CHECK(value.empty());
  const std::string fine = "-_IDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
  REQUIRE(read_cookie_value(fine, value));
  CHECK(value.bytes()[0] == std::byte{0xfb});
  CHECK(value.bytes()[1] == std::byte{0xf2});
  CHECK(value.bytes()[31] == std::byte{0x20});
  CHECK(write_cookie_value(value).text() == fine);
  for (const std::string bad : {"+", "/", "=", " ", ".", "\x80", "%"})
    for (const std::size_t at : {0u, 20u, 42u}) {
      std::string spoiled = good;
      spoiled.replace(at, 1, bad);
      CHECK_FALSE(read_cookie_value(spoiled, value));
      CHECK(value.empty());
    }
  CHECK_FALSE(read_cookie_value("", value));
  CHECK_FALSE(read_cookie_value(good + "A", value));
  CHECK_FALSE(read_cookie_value(good.substr(1), value));
}

TEST_CASE("each character that is accepted, wherever it stands, is the one that would be written", "[cookie]") {
  const std::string fine = "-_IDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
  for (std::size_t at = 0; at < fine.size(); ++at) {
    INFO("character " << at);
    unsigned accepted = 0;
    for (unsigned c = 0; c < 256; ++c) {
      std::string text = fine;
      text[at] = static_cast<char>(c);
      CookieValue value;
      if (!read_cookie_value(text, value)) {
        CHECK(value.empty());
        continue;
      }
      ++accepted;
      CHECK(write_cookie_value(value).text() == text);
    }
    CHECK(accepted == (at == 42 ? 16 : 64));
  }
}

TEST_CASE("the cookie of a login is as the design has it", "[cookie]") {
  CookieValue value;
  REQUIRE(read_cookie_value(other, value));
  CHECK(set_cookie(name, value, "lab.example") ==
        "SessionID=" + other + "; Domain=lab.example; Path=/; Secure; HttpOnly; SameSite=Lax");
  CHECK(set_cookie(name, value, "") == "SessionID=" + other + "; Path=/; Secure; HttpOnly; SameSite=Lax");
  CHECK(write_cookie_value(CookieValue()).empty());
}

TEST_CASE("deleting covers host-only and each domain, and each prefix of the path", "[cookie]") {
  const auto lines = delete_cookies(name, "lab.example", "x.a.lab.example", "/p?q/r");
  const auto line = [](const std::string& domain, const std::string& path) {
    return "SessionID=; Max-Age=0" + domain + "; Path=" + path + "; Secure; HttpOnly; SameSite=Lax";
  };
  const std::vector<std::string> expected = {
      line("", "/"), line("; Domain=lab.example", "/"), line("; Domain=a.lab.example", "/"),
      line("; Domain=x.a.lab.example", "/"), line("", "/p"), line("; Domain=lab.example", "/p"),
      line("; Domain=a.lab.example", "/p"), line("; Domain=x.a.lab.example", "/p")};
  CHECK(lines == expected);
  CHECK(delete_cookies(name, "lab.example", "lab.example", "/").size() == 2);
  CHECK(delete_cookies(name, "lab.example", "evil-lab.example", "/").size() == 1);
  CHECK(delete_cookies(name, "lab.example", "lab.example", "*").size() == 2);
}

TEST_CASE("deleting reaches cookies set for a directory, with and without its last slash", "[cookie]") {
  const auto lines = delete_cookies(name, "lab.example", "lab.example", "/a/b");
  std::set<std::string> paths;
  for (const std::string& line : lines) {
    const std::size_t from = line.find("Path=") + 5;
    paths.insert(line.substr(from, line.find(';', from) - from));
  }
  CHECK(paths == std::set<std::string>{"/", "/a", "/a/", "/a/b"});
}

TEST_CASE("no answer deletes more than sixteen times, and a path cannot add attributes", "[cookie]") {
  CHECK(delete_cookies(name, "lab.example", "a.b.c.d.lab.example", "/1/2/3/4/5/6/7/8/9").size() == 16);
  for (const std::string& line : delete_cookies(name, "lab.example", "lab.example", "/a;Domain=evil/b"))
    CHECK_FALSE(contains(line, "evil"));
  std::string deep = "l";
  for (int i = 0; i < 60; ++i) deep = "l." + deep;
  CHECK(delete_cookies(name, "l", deep, "/").size() == 16);
}

TEST_CASE("a server cannot set our cookie in any spelling, and may set any other", "[cookie]") {
  for (const std::string ours : {"SessionID=x", "SessionID=x; Path=/", " SessionID=x", "SessionID =x", "\tSessionID\t=x",
                                 "=SessionID=x", "==SessionID=x", " = SessionID=x", "SessionID", "SessionID; Path=/",
                                 "=SessionID"})
    CHECK(sets_our_cookie(ours, name));
  for (const std::string fine : {"sessionid=x", "SessionID2=x", "a=SessionID=x", "XSessionID=x", "a=b; SessionID=x", "", "="})
    CHECK_FALSE(sets_our_cookie(fine, name));
}
