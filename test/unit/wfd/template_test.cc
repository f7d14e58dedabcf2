#include "wfd/template.h"

#include "unit/catch.h"

using namespace postern;
using namespace postern::wfd;

namespace {

constexpr std::string_view names[] = {"a", "b"};
constexpr std::string_view row_names[] = {"x", "a"};
constexpr ListPlaces lists[] = {{"rows", row_names}, {"more", row_names}};
constexpr Places places{names, lists};

std::string render(const std::string& text, std::span<const std::string_view> values,
                   std::span<const std::vector<Row>> rows = {}) {
  const auto page = Template::parse(text, places);
  INFO(text);
  REQUIRE(page);
  return page->render({values, rows});
}

}  // namespace

TEST_CASE("a template puts escaped values into their places, as often as they stand there", "[template]") {
  const std::string_view values[] = {"<{{b}}>", "\x01\n"};
  CHECK(render("{{b}}-{{a}}-{{b}}{}}{", values) == "?\n-&lt;{{b}}&gt;-?\n{}}{");
  CHECK(render("{{b}}-{{a}}-{{b}}{}}{", {}) == "--{}}{");
  CHECK(render("", values).empty());
}

TEST_CASE("a block is there only if its value is", "[template]") {
  const std::string_view values[] = {"1", ""};
  CHECK(render("<{{?a}}[{{a}}]{{/a}}{{?b}}no{{/b}}>", values) == "<[1]>");
  CHECK(render("{{?b}}{{?a}}no{{/a}}no{{/b}}yes", values) == "yes");
  CHECK(render("{{?a}}{{?b}}no{{/b}}yes{{/a}}", values) == "yes");
  CHECK(render("{{?a}}{{/a}}", values).empty());
  CHECK(render("{{?a}}no{{/a}}", {}).empty());
}

TEST_CASE("a list is there once for each of its rows, escaped, and its places come first", "[template]") {
  const std::string_view values[] = {"page", "b"};
  const std::vector<Row> rows[] = {{{"1", "<"}, {"", "2"}}, {}};
  CHECK(render("{{a}}:{{*rows}}({{x}}{{a}}{{b}}{{?x}}!{{/x}}){{/rows}}:{{a}}", values, rows) == "page:(1&lt;b!)(2b):page");
  CHECK(render("[{{*more}}no{{/more}}]", values, rows) == "[]");
  CHECK(render("[{{*rows}}no{{/rows}}]", values) == "[]");
  const std::vector<Row> short_rows[] = {{{"1"}, {}}};
  CHECK(render("{{*rows}}<{{x}}{{a}}>{{/rows}}", values, short_rows) == "<1><>");
}

TEST_CASE("plain text keeps its values as they are", "[template]") {
  const auto text = Template::parse("{{a}} & {{b}}", places);
  REQUIRE(text);
  const std::string_view values[] = {"<", "'"};
  CHECK(text->plain(values) == "< & '");
}

TEST_CASE("a template that cannot be right is refused, and says why", "[template]") {
  struct Case { std::string text, why; };
  for (const Case& row :
       {Case{"{{c}}", "unknown place {{c}}"}, Case{"{{}}", "unknown place"}, Case{"{{ a }}", "unknown place"}, Case{"{{A}}", "unknown place"},
        Case{"{{a", "{{ without }}"}, Case{"{{a}", "{{ without }}"}, Case{"{{x}}", "unknown place"}, Case{"{{=a}}", "unknown place"},
        Case{"{{?a}}", "a is not closed"}, Case{"{{?c}}{{/c}}", "unknown place"}, Case{"{{/a}}", "closes nothing"},
        Case{"{{?a}}{{?b}}{{/a}}{{/b}}", "closes nothing"}, Case{"{{*c}}{{/c}}", "unknown list"}, Case{"{{*a}}{{/a}}", "unknown list"},
        Case{"{{*rows}}", "rows is not closed"}, Case{"{{*rows}}{{*more}}{{/more}}{{/rows}}", "inside another"},
        Case{"{{*rows}}{{/rows}}{{x}}", "unknown place"}, Case{"{{rows}}", "unknown place"},
        Case{"{{?a}}{{?a}}{{?a}}{{?a}}{{?a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}", "too many blocks"},
        Case{"a\r\n", "carriage return"}, Case{"<style>{{a}}</style>", "inside <style>"}}) {
    INFO(row.text);
    const auto page = Template::parse(row.text, places);
    REQUIRE_FALSE(page);
    CHECK(page.error().what.find(row.why) != std::string::npos);
  }
}
