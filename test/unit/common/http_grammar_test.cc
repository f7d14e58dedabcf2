// The small grammars that are not tested by way of a whole head.
#include <algorithm>
#include <string>
#include <string_view>

#include "common/http_grammar.h"
#include "unit/catch.h"

using namespace postern;

TEST_CASE("what is looked for in eights is found where it stands", "[http]") {
  for (std::size_t size = 0; size < 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        for (const char other : {'a', '\t', ' ', '\x7e', '\x80', '\xff'}) {
          std::string text(size, other);
          text[at] = static_cast<char>(byte);
          const auto visible = [](char c) { return c >= 0x20 && c <= 0x7e; };
          const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, visible) - text.begin());
          if (span_of_value(text) == span_of(text, byte_class::value) && span_of_visible(text) == end) continue;
          FAIL("size " << size << ", byte " << byte << " at " << at << " among " << int{other});
        }
      }
    }
  }
  CHECK(span_of_value("a value without end") == 19);
  CHECK(span_of_value("one line\r\nand the next") == 8);
}

TEST_CASE("a name that is judged in eights is judged as byte by byte", "[http]") {
  for (std::size_t size = 1; size < 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        for (const char other : {'a', 'z', 'A', 'Z', '-', '_', '7', '\x81'}) {
          std::string text(size, other);
          text[at] = static_cast<char>(byte);
          if (is_token(text) == (span_of(text, byte_class::token) == size)) continue;
          FAIL("size " << size << ", byte " << byte << " at " << at << " among " << int{other});
        }
      }
    }
  }
  CHECK_FALSE(is_token(""));
}

TEST_CASE("names that are compared in eights are told apart as byte by byte", "[http]") {
  const auto same = [](std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
  };
  for (std::size_t size = 1; size < 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        for (const char there : {'a', 'Z', '@', '`', '[', '{', '-', '\r', '\0', '\xe1'}) {
          std::string one(size, 'N'), other(size, 'n');
          one[at] = static_cast<char>(byte);
          other[at] = there;
          if (equal_folded(one, other) == same(one, other)) continue;
          FAIL("size " << size << ", bytes " << byte << " and " << int{there} << " at " << at);
        }
      }
    }
  }
  CHECK_FALSE(equal_folded("content-length", "content-lengt"));
  CHECK(equal_folded("", ""));
}
