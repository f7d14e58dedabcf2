// JSON as far as authd and authctl need it: one flat object a row (RFC 8259).  A row may
// hold a new token's secret, so it is kept in a Secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/secret.h"

namespace postern::authd {

using JsonText = Secret<2048>;

// Writes one object, its members in the order in which they are added.  A member without
// room is left out, and complete() says so.
class JsonRow {
 public:
  JsonRow();
  JsonRow& add(std::string_view key, std::string_view value);
  JsonRow& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  JsonRow& add(std::string_view key, std::int64_t value);
  JsonRow& add_bool(std::string_view key, bool value);
  // RFC 3339 in UTC, "2006-01-02T15:04:05Z"; null when there is none.
  JsonRow& add(std::string_view key, std::optional<Wall> value);
  bool complete() const { return complete_; }
  // The object; can be taken once.
  JsonText take();

 private:
  JsonRow& member(std::string_view key, std::string_view written);
  JsonText text_;
  bool complete_ = true;
};

// "2006-01-02T15:04:05Z" (RFC 3339).
std::string utc_text(Wall time);

// The members of a flat object in their order: texts unescaped, numbers and words as they
// stand, null as an empty text.  Nothing when `text` is no flat object.
using JsonMembers = std::vector<std::pair<std::string, std::string>>;
std::optional<JsonMembers> read_flat_json(std::string_view text);

}  // namespace postern::authd
