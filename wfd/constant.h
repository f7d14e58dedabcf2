// Texts that stand in the program, and so can be kept as views, and be judged by the compiler.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <string_view>

#include "common/http_grammar.h"

namespace postern::wfd {

class Constant {
 public:
  template <std::size_t N>
  consteval Constant(const char (&text)[N]) : text_(text, N - 1) {
    if (N < 2 || text[N - 1] != 0) std::abort();  // read here, and so none that can change: it would not compile
    for (const char c : text_)
      if (c == 0) std::abort();
  }
  constexpr std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

// "Name: value" CR LF, any number of times, of the bytes that HeadWriter::field() takes.
constexpr bool are_field_lines(std::string_view text) {
  while (!text.empty()) {
    const std::size_t name = span_of(text, byte_class::token);
    if (name == 0 || !text.substr(name).starts_with(": ")) return false;
    text.remove_prefix(name + 2);
    const std::size_t value = span_of(text, byte_class::value);
    if (!text.substr(value).starts_with("\r\n")) return false;
    text.remove_prefix(value + 2);
  }
  return true;
}

// Such lines, as the compiler has found them; or none.
class ConstantFields {
 public:
  constexpr ConstantFields() = default;
  template <std::size_t N>
  consteval ConstantFields(const char (&text)[N]) : text_(Constant(text).view()) {
    if (!are_field_lines(text_)) std::abort();
  }
  constexpr std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace postern::wfd
