// Texts that stand in the program, and so can be kept as views, and be judged by the compiler.  They come as
// arguments of templates: those are objects of their own, which nothing can change afterwards.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include "common/http_grammar.h"

namespace postern::wfd {

template <std::size_t N>
struct Literal {
  char bytes[N]{};
  consteval Literal(const char (&text)[N]) {
    if (text[N - 1] != 0) std::abort();  // an array without an end
    std::copy_n(text, N, bytes);
  }
  constexpr std::string_view view() const { return {bytes, N - 1}; }
};

// A field's name.
constexpr bool is_field_name(std::string_view text) { return !text.empty() && span_of(text, byte_class::token) == text.size(); }

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
  template <Literal text>
    requires(are_field_lines(text.view()))
  static consteval ConstantFields of() {
    ConstantFields made;
    made.text_ = text.view();
    return made;
  }
  constexpr std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace postern::wfd
