// JSON as other programs write it, read strictly.
#include "authd/json_tree.h"

#include <string>

#include "unit/catch.h"

using namespace postern::authd;

namespace {

// As "{a:[1,'x']}", to compare trees by.
std::string shape_of(const Json& value) {
  std::string out;
  switch (value.type) {
    case Json::Type::list:
      for (const Json& item : value.items) out += (out.empty() ? "" : ",") + shape_of(item);
      return "[" + out + "]";
    case Json::Type::object:
      for (const auto& [name, member] : value.members)
        out += (out.empty() ? "" : ",") + std::string(name) + ":" + shape_of(member);
      return "{" + out + "}";
    case Json::Type::text: return "'" + std::string(value.word) + "'";
    default: return std::string(value.word);
  }
}

std::string read(std::string text) {
  const auto value = read_json(text);
  return value ? shape_of(*value) : "refused";
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("JSON values are read as they stand", "[json-tree]") {
  const struct {
    std::string text, expected;
  } cases[] = {
      {"{}", "{}"},
      {"[]", "[]"},
      {" [ 1 , -2.5e+3 , 0 , true , false , null ] ", "[1,-2.5e+3,0,true,false,null]"},
      {"{\"a\":{\"b\":[\"c\"]},\"\":7}", "{a:{b:['c']},:7}"},
      {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "'\"\\/\b\f\n\r\t'"},
      {"\"\\u0041\\u00e9\\u20ac\\ud83d\\uDE00\"", "'A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'"},
      {"\"\"", "''"},
      {"0.0", "0.0"},
      {"1E9", "1E9"},
      {nested(17), nested(17)},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    CHECK(read(one.text) == one.expected);
  }
}

TEST_CASE("what is no JSON is refused", "[json-tree]") {
  for (const std::string text :
       {"", " ", "{", "[", "[1", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:2}", "'a'",
        "\"", "\"a", "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"",
        "\"\\udc00\"", "01", "-", "-a", "1.", ".5", "1e", "1e+", "+1", "0x1", "tru", "truex", "nul", "NaN", "1 1", "{}{}",
        "[]x", "// no\n1", "{\"a\":1,\"a\":2}"}) {
    INFO(text);
    CHECK(read(text) == "refused");
  }
  CHECK(read(nested(18)) == "refused");
  CHECK(read(std::string("1\0", 2)) == "refused");
  CHECK(read(nested(100'000)) == "refused");
}

TEST_CASE("the number of members and items is bounded", "[json-tree]") {
  const auto object = [](std::size_t members) {
    std::string text = "{";
    for (std::size_t i = 0; i < members; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
    return text + "}";
  };
  const auto list = [](std::size_t items) {
    std::string text = "[";
    for (std::size_t i = 0; i < items; ++i) text += i == 0 ? "1" : ",1";
    return text + "]";
  };
  CHECK(read(object(max_json_members)) != "refused");
  CHECK(read(object(max_json_members + 1)) == "refused");
  CHECK(read(list(max_json_items)) != "refused");
  CHECK(read(list(max_json_items + 1)) == "refused");
}
