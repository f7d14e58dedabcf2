// Bytes that are almost those of the tables: the same ones in every run, for one seed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace postern::cases {

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : state_(seed) {}

  // One of `seeds`, changed in one to three places.
  std::string next(std::span<const std::string> seeds) {
    std::string text = seeds[below(seeds.size())];
    for (std::size_t n = 1 + below(3); n > 0; --n) change(text, seeds[below(seeds.size())]);
    return text;
  }
  std::size_t below(std::size_t limit) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;  // Knuth's MMIX
    return limit == 0 ? 0 : static_cast<std::size_t>((state_ >> 33) % limit);
  }

 private:
  static constexpr std::string_view pieces[] = {
      "\r\n", "\r", "\n", " ", "\t", ":", ",", ";", "=", "0", "1", "-", "+", "_", ".", "%", "#", "\\", "\"", "@", "/", "?", "*",
      "\x7f", "\x80", "\x0b", "chunked", "https://a.corp.example", "\r\n\r\n"};
  static constexpr std::string_view lines[] = {
      "Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Host: a.corp.example\r\n",
      "Connection: close\r\n", "Connection: x, keep-alive\r\n", "X: y\r\n", "x:\r\n", "0\r\n\r\n", "5\r\nhello\r\n", "1\r\n\r\r\n",
      "GET / HTTP/1.1\r\nHost: b.corp.example\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Cookie: SessionID=x; a=b\r\n", "hello", "\r\n",
      "Expect: 100-continue\r\n", "X-Forwarded-For: 1.2.3.4\r\n", "A_B.c: d e\t f\r\n", "Upgrade: h2c\r\n"};

  // Behind the end of some line, or the end of the text.
  std::size_t line_start(const std::string& text) {
    const std::size_t end = text.find("\r\n", below(text.size() + 1));
    return end == text.npos ? text.size() : end + 2;
  }

  void change(std::string& text, std::string_view other) {
    const std::size_t at = below(text.size() + 1);
    const std::size_t some = below(8);
    switch (below(10)) {
      case 0: text.insert(at, pieces[below(std::size(pieces))]); break;
      case 1: text.erase(at, 1 + some); break;
      case 2: text.insert(at, text.substr(below(text.size() + 1), 1 + 4 * some)); break;
      case 3: text.insert(at, other.substr(below(other.size() + 1), 1 + 4 * some)); break;
      case 4: if (at < text.size()) text[at] = static_cast<char>(below(256)); break;
      case 5: if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 0x20); break;
      default: text.insert(line_start(text), lines[below(std::size(lines))]); break;
    }
  }

  std::uint64_t state_;
};

}  // namespace postern::cases
