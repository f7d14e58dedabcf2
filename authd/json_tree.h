// Any JSON text (RFC 8259) as a tree, for files that other programs wrote.  Texts are
// decoded in place: the tree points into what it was read from, and holds no copy.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::authd {

class Json {
 public:
  enum class Type : unsigned char { null, boolean, number, text, list, object };

  Type type = Type::null;
  std::string_view word;  // a text, decoded; a number or boolean as it stands
  std::vector<Json> items;
  std::vector<std::pair<std::string_view, Json>> members;  // no name twice

  // The member of an object; nullptr when there is none, or this is no object.
  const Json* find(std::string_view name) const;
  // A text; nothing for all else.
  std::optional<std::string_view> text() const;
  // A whole number as it stands, "30"; nothing for all else.
  std::optional<std::string_view> whole() const;
};

inline constexpr std::size_t max_json_depth = 16;
inline constexpr std::size_t max_json_members = 256;   // of one object
inline constexpr std::size_t max_json_items = 50'000;  // of one list

// Nothing when `text` is not one JSON value, is nested deeper or holds more than that, or
// names a member twice.
std::optional<Json> read_json(std::span<char> text);

}  // namespace postern::authd
