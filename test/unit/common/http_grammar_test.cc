// The small grammars that are not tested by way of a whole head.
#include <string>

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
          if (span_of_value(text) == span_of(text, byte_class::value)) continue;
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
