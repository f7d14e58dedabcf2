// The field lines of a head, as views into the caller's buffer (RFC 9110 section 5),
// and the limits of a head.  Bounded: no field is ever stored elsewhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "common/http_grammar.h"

namespace postern {

struct HeadLimits {
  std::size_t head_bytes = 32768;  // the whole head, with the empty line that ends it
  std::size_t line_bytes = 8192;   // one line, without its CRLF
  std::size_t fields = 100;        // at most Fields::capacity counts
};

struct Field {
  std::string_view name;   // a token, as it was sent
  std::string_view value;  // without blanks at its ends; may be empty
};

// Up to 128 fields, in the order in which they came.  Names are compared without
// regard to case.
class Fields {
 public:
  static constexpr std::size_t capacity = 128;

  // False, and nothing added, when there is no room.
  [[nodiscard]] bool add(const Field& field);
  void clear() { fields_.clear(); }
  // Gives the room back, too.
  void release() { fields_ = std::vector<Field>(); }

  std::size_t size() const { return fields_.size(); }
  const Field* begin() const { return fields_.data(); }
  const Field* end() const { return fields_.data() + fields_.size(); }

  // The first field of that name; nullptr when there is none.
  const Field* find(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  // The value of the only field of that name; none when there is none, or several.
  std::optional<std::string_view> only(std::string_view name) const;
  // True if a field of that name, read as a comma-separated list, has `token` in it.
  bool lists(std::string_view name, std::string_view token) const;

 private:
  std::vector<Field> fields_;  // keeps its room from head to head; most have a dozen fields
};

// What a head parser says.  `fault` is none unless `state` is bad.
struct HeadResult {
  Parse state = Parse::bad;
  HttpFault fault = HttpFault::none;
};

}  // namespace postern
