// One JSON object, built field by field and printed as one line.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "common/http_grammar.h"

class JsonLine {
 public:
  explicit JsonLine(std::string_view kind) { text("kind", kind); }

  // A word of ours, which needs no escaping.
  JsonLine& text(std::string_view name, std::string_view word) {
    begin(name);
    line_.append("\"").append(word).append("\"");
    return *this;
  }
  // Any bytes, in hexadecimal.
  JsonLine& bytes(std::string_view name, std::string_view any) {
    constexpr std::string_view digits = "0123456789abcdef";
    begin(name);
    line_ += '"';
    for (const char c : any) {
      line_ += digits[static_cast<unsigned char>(c) >> 4];
      line_ += digits[static_cast<unsigned char>(c) & 15];
    }
    line_ += '"';
    return *this;
  }
  JsonLine& number(std::string_view name, std::uint64_t value) {
    begin(name);
    line_ += std::to_string(value);
    return *this;
  }
  // A value that is JSON already.
  JsonLine& json(std::string_view name, std::string_view value) {
    begin(name);
    line_ += value;
    return *this;
  }
  std::string done() const { return line_ + "}"; }
  void print() const { std::puts(done().c_str()); }

 private:
  void begin(std::string_view name) {
    line_ += line_.empty() ? '{' : ',';
    line_.append("\"").append(name).append("\":");
  }
  std::string line_;
};

inline std::string_view framing_word(postern::Framing framing) {
  constexpr std::string_view words[] = {"none", "length", "chunked", "until-close"};
  return words[static_cast<std::size_t>(framing)];
}
