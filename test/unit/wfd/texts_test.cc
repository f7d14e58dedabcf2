#include "wfd/texts.h"

#include "unit/catch.h"

using namespace postern;
using namespace postern::wfd;

TEST_CASE("texts are lines of key and text, comments and empty lines apart", "[texts]") {
  const auto texts = Texts::parse("de", "# c = d\n\n   \na.b_1=x = y\nz = {{v}} ü€𝄞 \nlast = 1");
  REQUIRE(texts);
  CHECK(*texts->find("a.b_1") == "x = y");
  CHECK(*texts->find("z") == "{{v}} ü€𝄞");
  CHECK(*texts->find("last") == "1");
  CHECK(*texts->find("language") == "de");
  CHECK(texts->find("c") == nullptr);
}

TEST_CASE("a line that is none is refused, with its number", "[texts]") {
  using namespace std::string_literals;
  for (const std::string& line :
       {"key"s, "= text"s, "Key = a"s, "k y = a"s, "k-y = a"s, "key ="s, "key = \t"s, " # x"s, "key = a\rb"s, "key = a\r"s, "key = \x7f"s,
        "key = a\0b"s, "key = {{"s, "key = {{a"s, "key = {{}}"s, "key = {{A}}"s, "key = {{?a}}"s, "key = {{*a}}"s, "key = {{=a}}"s,
        "key = {{/a}}"s, "key = {{a}} {{b"s, "one = again"s, "language = x"s, "key = \xfc"s, "key = \xc3"s, "key = \xc0\xaf"s,
        "key = \xe0\x80\xaf"s, "key = \xed\xa0\x80"s, "key = \xf4\x90\x80\x80"s, "key = \xf5\x80\x80\x80"s, "key = \xc2\x85"s,
        "key = \xef\xbb\xbf"s, "\xef\xbb\xbfkey = a"s, "# \xff"s, "key = \x80"s, std::string(65, 'k') + " = a"}) {
    INFO(line);
    const auto texts = Texts::parse("en", "one = 1\n" + line + "\ntwo = 2\n");
    REQUIRE_FALSE(texts);
    CHECK(texts.error().what.starts_with("line 2: cannot read text: "));
  }
}

TEST_CASE("two languages have the same keys and places", "[texts]") {
  const auto texts = [](const char* file) { return *Texts::parse("en", file); };
  const Texts model = texts("a = {{x}} and {{y}}\nb = 1\n");
  CHECK(model.same_as(texts("b = 2\na = {{y}}, {{x}}, {{x}}\n")));
  CHECK_FALSE(model.same_as(texts("a = {{x}} and {{y}}\n")));
  CHECK_FALSE(model.same_as(texts("a = {{x}} and {{y}}\nb = 1\nc = 1\n")));
  CHECK_FALSE(model.same_as(texts("a = {{x}}\nb = 1\n")));
  CHECK_FALSE(model.same_as(texts("a = {{x}} {{y}}\nb = {{x}}\n")));
}

TEST_CASE("texts go into a page escaped, with their places open", "[texts]") {
  const auto texts = Texts::parse("en", "a = <b> & {{v}}\n");
  REQUIRE(texts);
  CHECK(*texts->put_into("<p>{{=a}}</p>{{=a}}{{w}}{{=language}}") == "<p>&lt;b&gt; &amp; {{v}}</p>&lt;b&gt; &amp; {{v}}{{w}}en");
  for (const std::string_view page : {"{{=b}}", "{{=}}", "{{=a", "{{= a}}"}) CHECK_FALSE(texts->put_into(page));
}
