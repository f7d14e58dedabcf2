// A strict reader of JSON for import_aegis.cc: one value and nothing behind it, no
// comments, no trailing commas, numbers as the RFC writes them, no name twice.  The depth
// is bounded, and with it the stack.

#include "authd/json_tree.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace postern::authd {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class TreeReader {
 public:
  explicit TreeReader(std::span<char> text) : left_(text) {}

  std::optional<Json> whole() {
    Json value;
    if (!read(value, 0) || peek() != '\0' || !left_.empty()) return std::nullopt;
    return value;
  }

 private:
  // The next character that is no blank; '\0' at the end.
  char peek() {
    while (!left_.empty() && (left_[0] == ' ' || left_[0] == '\t' || left_[0] == '\n' || left_[0] == '\r')) skip(1);
    return left_.empty() ? '\0' : left_[0];
  }
  void skip(std::size_t size) { left_ = left_.subspan(size); }
  bool eat(char c) {
    if (left_.empty() || peek() != c) return false;
    skip(1);
    return true;
  }

  bool read(Json& value, std::size_t depth) {
    if (depth > max_json_depth) return false;
    switch (peek()) {
      case '{': return object(value, depth);
      case '[': return list(value, depth);
      case '"': value.type = Json::Type::text; return text(value.word);
      case 't': value.type = Json::Type::boolean; return literal(value, "true");
      case 'f': value.type = Json::Type::boolean; return literal(value, "false");
      case 'n': return literal(value, "null");
      default: value.type = Json::Type::number; return number(value);
    }
  }
  bool literal(Json& value, std::string_view word) {
    if (!std::string_view(left_.data(), left_.size()).starts_with(word)) return false;
    value.word = word;
    skip(word.size());
    return true;
  }
  bool list(Json& value, std::size_t depth) {
    value.type = Json::Type::list;
    skip(1);
    if (eat(']')) return true;
    do {
      if (value.items.size() == max_json_items) return false;
      if (!read(value.items.emplace_back(), depth + 1)) return false;
    } while (eat(','));
    return eat(']');
  }
  bool object(Json& value, std::size_t depth) {
    value.type = Json::Type::object;
    skip(1);
    if (eat('}')) return true;
    do {
      std::string_view name;
      if (value.members.size() == max_json_members) return false;
      if (peek() != '"' || !text(name) || value.find(name) != nullptr || !eat(':')) return false;
      if (!read(value.members.emplace_back(name, Json()).second, depth + 1)) return false;
    } while (eat(','));
    return eat('}');
  }

  // RFC 8259 section 6: no leading zero, no plus, digits around the point.
  bool number(Json& value) {
    const std::string_view all(left_.data(), left_.size());
    std::size_t at = all.starts_with('-') ? 1 : 0;
    const auto digits = [&] {
      const std::size_t before = at;
      while (at < all.size() && is_digit(all[at])) ++at;
      return at - before;
    };
    const std::size_t first = at, whole = digits();
    if (whole == 0 || (whole > 1 && all[first] == '0')) return false;
    if (at < all.size() && all[at] == '.' && (++at, digits()) == 0) return false;
    if (at < all.size() && (all[at] == 'e' || all[at] == 'E')) {
      ++at;
      if (at < all.size() && (all[at] == '+' || all[at] == '-')) ++at;
      if (digits() == 0) return false;
    }
    value.word = all.substr(0, at);
    skip(at);
    return true;
  }

  // A text between quotes; what it decodes to is never longer than it was.
  bool text(std::string_view& to) {
    skip(1);
    char* const begin = left_.data();
    std::size_t used = 0;
    while (!left_.empty()) {
      const char c = left_[0];
      skip(1);
      if (c == '"') {
        to = {begin, used};
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') begin[used++] = c;
      else if (!escape(begin, used)) return false;
    }
    return false;
  }
  bool escape(char* begin, std::size_t& used) {
    constexpr std::string_view letters = "\"\\/bfnrt", bytes = "\"\\/\b\f\n\r\t";
    if (left_.empty()) return false;
    const char c = left_[0];
    skip(1);
    if (c == 'u') return code_point(begin, used);
    const std::size_t at = letters.find(c);
    if (at == letters.npos) return false;
    begin[used++] = bytes[at];
    return true;
  }
  std::optional<unsigned> four_digits() {
    unsigned value = 0;
    if (left_.size() < 4) return std::nullopt;
    const auto read = std::from_chars(left_.data(), left_.data() + 4, value, 16);
    if (read.ec != std::errc() || read.ptr != left_.data() + 4) return std::nullopt;
    skip(4);
    return value;
  }
  // \uXXXX, or two of them for what is beyond the first plane, as UTF-8.
  bool code_point(char* begin, std::size_t& used) {
    const auto high = four_digits();
    if (!high) return false;
    unsigned value = *high;
    if (value >= 0xdc00 && value <= 0xdfff) return false;
    if (value >= 0xd800 && value <= 0xdbff) {
      if (left_.size() < 6 || left_[0] != '\\' || left_[1] != 'u') return false;
      skip(2);
      const auto low = four_digits();
      if (!low || *low < 0xdc00 || *low > 0xdfff) return false;
      value = 0x10000 + ((value - 0xd800) << 10) + (*low - 0xdc00);
    }
    put_utf8(begin, used, value);
    return true;
  }
  static void put_utf8(char* begin, std::size_t& used, unsigned value) {
    const auto put = [&](unsigned byte) { begin[used++] = static_cast<char>(byte); };
    if (value < 0x80) return put(value);
    if (value < 0x800) return put(0xc0 | value >> 6), put(0x80 | (value & 0x3f));
    if (value < 0x10000)
      return put(0xe0 | value >> 12), put(0x80 | (value >> 6 & 0x3f)), put(0x80 | (value & 0x3f));
    put(0xf0 | value >> 18), put(0x80 | (value >> 12 & 0x3f));
    put(0x80 | (value >> 6 & 0x3f)), put(0x80 | (value & 0x3f));
  }

  std::span<char> left_;
};

}  // namespace

const Json* Json::find(std::string_view name) const {
  for (const auto& [key, value] : members)
    if (key == name) return &value;
  return nullptr;
}

std::optional<std::string_view> Json::text() const {
  return type == Type::text ? std::optional(word) : std::nullopt;
}

std::optional<std::string_view> Json::whole() const {
  if (type != Type::number || !std::ranges::all_of(word, is_digit)) return std::nullopt;
  return word;
}

std::optional<Json> read_json(std::span<char> text) { return TreeReader(text).whole(); }

}  // namespace postern::authd
