// Writing and reading flat JSON objects: rows between authd and authctl, and nothing else.
// What people on the network send is never given to it; whatever is not a flat object is
// refused as a whole.

#include "authd/json.h"

#include <charconv>
#include <chrono>
#include <span>

namespace postern::authd {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

// `value` in quotes.  Bytes that are not ASCII pass: rows are UTF-8 or ASCII.  It never
// grows beyond the room that it has at first, for growing leaves copies behind.
std::string quoted(std::string_view value) {
  std::string out;
  out.reserve(2 + 6 * value.size());
  out += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

void append_padded(std::string& out, std::int64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

// Reads a flat object from the front of a text.
class FlatReader {
 public:
  explicit FlatReader(std::string_view text) : left_(text) {}

  std::optional<JsonMembers> object() {
    JsonMembers members;
    if (!eat('{')) return {};
    if (eat('}')) return at_end(std::move(members));
    do {
      auto key = string();
      if (!key || !eat(':')) return {};
      auto value = peek() == '"' ? string() : word();
      if (!value) return {};
      members.emplace_back(std::move(*key), std::move(*value));
    } while (eat(','));
    return eat('}') ? at_end(std::move(members)) : std::nullopt;
  }

 private:
  std::optional<JsonMembers> at_end(JsonMembers members) {
    skip_blanks();
    if (!left_.empty()) return {};
    return members;
  }
  void skip_blanks() {
    while (!left_.empty() && (left_[0] == ' ' || left_[0] == '\n')) left_.remove_prefix(1);
  }
  char peek() {
    skip_blanks();
    return left_.empty() ? '\0' : left_[0];
  }
  bool eat(char c) {
    if (peek() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  // A number, true, false or null.
  std::optional<std::string> word() {
    const std::size_t size = std::min(left_.find_first_of(",} \n"), left_.size());
    std::string text(left_.substr(0, size));
    left_.remove_prefix(size);
    if (text.empty() || text.find_first_of("{[\"") != std::string::npos) return {};
    return text == "null" ? std::string() : text;
  }
  std::optional<std::string> string() {
    if (!eat('"')) return {};
    std::string out;
    out.reserve(left_.size());  // as in quoted()
    while (!left_.empty()) {
      const char c = left_[0];
      left_.remove_prefix(1);
      if (c == '"') return out;
      if (c != '\\') out += c;
      else if (!escaped(out)) return {};
    }
    return {};
  }
  bool escaped(std::string& out) {
    if (left_.empty()) return false;
    const char c = left_[0];
    left_.remove_prefix(1);
    if (c == '"' || c == '\\' || c == '/') {
      out += c;
      return true;
    }
    unsigned value = 0;
    if (c != 'u' || left_.size() < 4) return false;
    const auto read = std::from_chars(left_.data(), left_.data() + 4, value, 16);
    if (read.ptr != left_.data() + 4 || value > 0x7f) return false;
    left_.remove_prefix(4);
    out += static_cast<char>(value);
    return true;
  }

  std::string_view left_;
};

}  // namespace

JsonRow::JsonRow() { text_.assign("{"); }

JsonRow& JsonRow::member(std::string_view key, std::string_view written) {
  const bool first = text_.size() == 1;
  const std::string name = quoted(key);
  const std::size_t wanted = name.size() + written.size() + (first ? 1 : 2);
  const std::size_t used = text_.size();
  if (JsonText::capacity - 1 - used < wanted) {  // one byte is kept for the end
    complete_ = false;
    return *this;
  }
  const std::span<std::byte> room = text_.fill(used + wanted).subspan(used);
  std::size_t place = 0;
  const auto put = [&](std::string_view part) {
    for (const char c : part) room[place++] = static_cast<std::byte>(c);
  };
  put(first ? "" : ",");
  put(name);
  put(":");
  put(written);
  return *this;
}

JsonRow& JsonRow::add(std::string_view key, std::string_view value) {
  std::string written = quoted(value);
  member(key, written);
  wipe(written.data(), written.size());
  return *this;
}

JsonRow& JsonRow::add(std::string_view key, std::int64_t value) {
  return member(key, std::to_string(value));
}

JsonRow& JsonRow::add_bool(std::string_view key, bool value) {
  return member(key, value ? "true" : "false");
}

JsonRow& JsonRow::add(std::string_view key, std::optional<Wall> value) {
  return value ? add(key, utc_text(*value)) : member(key, "null");
}

JsonText JsonRow::take() {
  const std::size_t used = text_.size();
  text_.fill(used + 1)[used] = std::byte{'}'};
  return std::move(text_);
}

std::string utc_text(Wall time) {
  using namespace std::chrono;
  const sys_seconds moment{std::chrono::seconds(time.s)};
  const sys_days day = floor<days>(moment);
  const year_month_day date(day);
  const hh_mm_ss clock(moment - day);
  std::string out;
  append_padded(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, clock.hours().count(), 2);
  out += ':';
  append_padded(out, clock.minutes().count(), 2);
  out += ':';
  append_padded(out, clock.seconds().count(), 2);
  out += 'Z';
  return out;
}

std::optional<JsonMembers> read_flat_json(std::string_view text) {
  return FlatReader(text).object();
}

}  // namespace postern::authd
