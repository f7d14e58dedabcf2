#include "wfd/form.h"

#include <string>

#include "unit/catch.h"

using namespace postern;
using namespace postern::wfd;

TEST_CASE("a browser's login form is read", "[form]") {
  const auto form = parse_login_form(
      "user=ada&pin=p%26n+%C3%BC1&passcode=123456&host=a.lab.example&path=%2Fx%3Fa%3Db%26c&link=");
  REQUIRE(form);
  CHECK(form->user == "ada");
  CHECK(form->pin.text() == "p&n \xc3\xbc" "1");
  CHECK(form->passcode.text() == "123456");
  CHECK(form->host == "a.lab.example");
  CHECK(form->path == "/x?a=b&c");
  CHECK(form->link.empty());
}

TEST_CASE("an empty body is a form with nothing in it", "[form]") {
  const auto form = parse_login_form("");
  REQUIRE(form);
  CHECK(form->user.empty());
  CHECK(form->pin.empty());
  CHECK(form->passcode.empty());
}

TEST_CASE("blanks around a user name and inside a passcode do not count, those of a PIN do", "[form]") {
  const auto form = parse_login_form("user=++ada+&pin=+1+2+&passcode=+123%20456+");
  REQUIRE(form);
  CHECK(form->user == "ada");
  CHECK(form->pin.text() == " 1 2 ");
  CHECK(form->passcode.text() == "123456");
  CHECK(parse_login_form("user=+++")->user.empty());
}

TEST_CASE("whatever is not exactly our form is refused", "[form]") {
  for (const std::string bad : {
           "user=a&user=a", "user=a&user=", "pin=1&pin=1", "path=/&path=/",  // twice
           "name=a", "User=a", "us%65r=a", "user =a", "=a", "=",              // unknown names
           "user", "user=a&", "&user=a", "user=a&&pin=1", "&",                // empty parts
           "user=%", "user=%4", "user=%zz", "user=%4g", "user=a%",            // bad escapes
           "user=%00", "user=a%0Ab", "path=/%0d%0aSet-Cookie:", "user=%7f", "user=a\tb",
           "user=\xc3\xbc", "user=a;pin=1&x"})
    CHECK_FALSE(parse_login_form(bad));
  CHECK_FALSE(parse_login_form(std::string("user=a\0b", 8)));
}

TEST_CASE("every value has its bound, at it is good and one over it is not", "[form]") {
  struct Bound { std::string key; std::size_t limit; };
  for (const auto& [key, limit] : {Bound{"user", 64}, Bound{"pin", 64}, Bound{"passcode", 16},
                                   Bound{"host", 253}, Bound{"path", 2048}, Bound{"link", 64}}) {
    CHECK(parse_login_form(key + "=" + std::string(limit, 'a')));
    CHECK_FALSE(parse_login_form(key + "=" + std::string(limit + 1, 'a')));
    std::string encoded = key + "=";
    for (std::size_t i = 0; i < limit; ++i) encoded += "%61";
    CHECK(parse_login_form(encoded));
    CHECK_FALSE(parse_login_form(encoded + "%61"));
  }
  CHECK_FALSE(parse_login_form(std::string(max_form_bytes + 1, 'a')));
}

TEST_CASE("a form that came with a mark says so", "[form]") {
  CHECK(parse_login_form("user=a&marked=yes")->marked);
  CHECK_FALSE(parse_login_form("user=a")->marked);
  for (const std::string bad : {"marked=", "marked=no", "marked=Yes", "marked=yes&marked=yes", "marked=ye%73"}) CHECK_FALSE(parse_login_form(bad));
  CHECK_FALSE(parse_login_query("marked=yes"));
}

TEST_CASE("an equals sign in a value belongs to the value", "[form]") {
  CHECK(parse_login_form("pin=a=b")->pin.text() == "a=b");
}

TEST_CASE("a query may say where to, but never a secret", "[form]") {
  const auto query = parse_login_query("host=a.lab.example&path=%2Fx&link=abc");
  REQUIRE(query);
  CHECK(query->host == "a.lab.example");
  CHECK(query->path == "/x");
  CHECK(query->link == "abc");
  for (const std::string bad : {"user=a", "pin=1", "passcode=1", "host=a&host=b", "rd=https://evil.net"})
    CHECK_FALSE(parse_login_query(bad));
}

TEST_CASE("an error never repeats a value", "[form]") {
  const auto form = parse_login_form("pin=sesame%");
  REQUIRE_FALSE(form);
  CHECK(form.error().what.find("sesame") == std::string::npos);
}

TEST_CASE("the form that ends sessions names one, or all others", "[form]") {
  const auto one = parse_end_form("sid=abc%2F1");
  REQUIRE(one);
  CHECK(one->sid == "abc/1");
  CHECK_FALSE(one->others);
  const auto others = parse_end_form("others=yes");
  REQUIRE(others);
  CHECK(others->others);
  for (const std::string body : {"", "sid=", "sid", "others=", "others=no", "others=yes&sid=a", "sid=a&sid=a", "sid=a&", "sid=12345678901234567",
                                 "sid=%0a", "sid=%zz", "user=ada", "sid=a&user=ada", "others=yes&others=yes"}) {
    INFO(body);
    CHECK_FALSE(parse_end_form(body));
  }
  CHECK_FALSE(parse_login_form("sid=a"));
  CHECK_FALSE(parse_login_query("others=yes"));
}
