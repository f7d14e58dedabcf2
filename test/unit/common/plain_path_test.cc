#include "common/plain_path.h"

#include <string>

#include "unit/catch.h"

using namespace postern;

TEST_CASE("a plain path can be read in one way only", "[plain_path]") {
  for (const std::string good : {"/", "/a", "/a/", "/a/b", "/a.b", "/.well-known/x", "/a..b", "/..a", "/a..", "/a...b/c",
                                 "/-._~+,=@", "/A/b/C9", "/a/b/c/d/e/f/g/h"}) {
    INFO(good);
    CHECK(is_plain_path(good));
  }
  for (const std::string bad :
       {"", "a", "*", "//", "//a", "/a//", "/a//b", "/.", "/..", "/...", "/a/.", "/a/..", "/a/./b", "/a/../b", "/a/.../b", "/a/..../",
        "/a%41", "/%2e%2e/a", "/a%2fb", "/a%5cb", "/a%252f", "/a%", "/a;b", "/a;/b", "/;", "/a\\b", "/a?b", "/a#b", "/a b", "/a\tb",
        "/a:b", "/a*b", "/a|b", "/a&b", "/a!b", "/a$b", "/a'b", "/a(b)", "/a[b]", "/a{b}", "/a<b>", "/a\"b", "/a^b", "/a`b",
        "/\xc3\xa4", "/a\x7f", "/a\x01"}) {
    INFO(bad);
    CHECK_FALSE(is_plain_path(bad));
  }
  CHECK_FALSE(is_plain_path(std::string("/a\0b", 4)));
}

TEST_CASE("a plain path has 512 bytes at most", "[plain_path]") {
  const std::string longest = "/" + std::string(511, 'a');
  CHECK(is_plain_path(longest));
  CHECK_FALSE(is_plain_path(longest + "a"));
}

// Against the same rules told in another way: for all short paths of the bytes that matter.
TEST_CASE("what is plain is plain part by part", "[plain_path]") {
  const std::string alphabet = "/.a%;";
  const auto plain_parts = [](const std::string& path) {
    if (path.empty() || path[0] != '/') return false;
    std::size_t from = 1;
    for (;;) {
      const std::size_t end = path.find('/', from);
      const std::string part = path.substr(from, end == path.npos ? path.npos : end - from);
      const bool last = end == path.npos;
      if (part.empty() && !last) return false;
      if (!part.empty() && part.find_first_not_of('.') == part.npos) return false;
      if (part.find_first_of("%;") != part.npos) return false;
      if (last) return true;
      from = end + 1;
    }
  };
  std::size_t plain = 0;
  std::string path;
  const auto walk = [&](auto&& self) -> void {
    const bool is = is_plain_path(path);
    if (is != plain_parts(path)) FAIL_CHECK("differs: " << path);
    plain += is;
    if (path.size() == 6) return;
    for (const char c : alphabet) {
      path += c;
      self(self);
      path.pop_back();
    }
  };
  walk(walk);
  CHECK(plain > 100);
}
