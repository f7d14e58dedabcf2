// Reads the files of the languages and puts their texts into pages.  Called by
// page_set.cc before the first worker is made.
// Never let a text say {{?, {{* or {{=: what a page looks like is the page's business, and
// translators write sentences only.
#include "wfd/texts.h"

#include <algorithm>
#include <set>

#include "common/http_grammar.h"
#include "wfd/template.h"

namespace postern::wfd {
namespace {

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (is_a(c, byte_class::letter_or_digit) && c == lower(c)) || c == '.' || c == '_';
  });
}

// How many bytes the first character of `text` has; 0 when it is not UTF-8 (RFC 3629, 4),
// or one that has no place in a text: a control, a surrogate, or the byte order mark.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  std::uint32_t value = first & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    value = value << 6 | (byte(i) & 0x3fu);
  }
  const bool shortest = value >= (size == 2 ? 0x80u : size == 3 ? 0x800u : 0x10000u);
  const bool allowed = value >= 0xa0 && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff) && value != 0xfeff;
  return shortest && allowed ? size : 0;
}

bool is_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

// The places of a text; an error for one that is not a plain name.
Result<std::set<std::string>> places_of(std::string_view text) {
  std::set<std::string> places;
  for (std::size_t open = text.find("{{"); open != text.npos; open = text.find("{{")) {
    const std::size_t close = text.find("}}", open + 2);
    if (close == text.npos) return fail("{{ without }}");
    const std::string name(text.substr(open + 2, close - open - 2));
    const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    if (!plain) return fail("{{" + name + "}} is not the name of a place");
    places.insert(name);
    text.remove_prefix(close + 2);
  }
  return places;
}

}  // namespace

Result<Texts> Texts::parse(std::string tag, std::string_view file) {
  Texts texts;
  texts.texts_.emplace("language", std::move(tag));
  for (std::size_t number = 1; !file.empty(); ++number) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    if (const Result<void> taken = texts.take_line(file.substr(0, end)); !taken)
      return within("line " + std::to_string(number), taken.error());
    file.remove_prefix(std::min(end + 1, file.size()));
  }
  return texts;
}

Result<void> Texts::take_line(std::string_view line) {
  if (!is_text(line)) return fail("cannot read text: not UTF-8, or a control character");
  if (trim_blanks(line).empty() || line[0] == '#') return {};
  const std::size_t equals = line.find('=');
  if (equals == line.npos) return fail("cannot read text: not KEY = TEXT");
  const std::string key(trim_blanks(line.substr(0, equals)));
  const std::string text(trim_blanks(line.substr(equals + 1)));
  if (!is_key(key)) return fail("cannot read text: a key has small letters, digits, '.' and '_'");
  if (text.empty()) return fail("cannot read text: " + key + " is empty");
  if (const auto places = places_of(text); !places) return within("cannot read text: " + key, places.error());
  if (!texts_.emplace(key, text).second) return fail("cannot read text: " + key + " stands here twice");
  return {};
}

const std::string* Texts::find(std::string_view key) const {
  const auto found = texts_.find(key);
  return found == texts_.end() ? nullptr : &found->second;
}

Result<void> Texts::same_as(const Texts& other) const {
  for (const auto& [key, text] : texts_) {
    const std::string* theirs = other.find(key);
    if (theirs == nullptr) return fail("cannot take texts: there is no " + key);
    if (TRY(places_of(text)) != TRY(places_of(*theirs)))
      return fail("cannot take texts: " + key + " has not the places that it has elsewhere");
  }
  for (const auto& [key, text] : other.texts_)
    if (find(key) == nullptr) return fail("cannot take texts: nobody else has " + key);
  return {};
}

Result<std::string> Texts::put_into(std::string_view page) const {
  constexpr std::string_view mark = "{{=";
  std::string out;
  while (true) {
    const std::size_t open = page.find(mark);
    out += page.substr(0, open);
    if (open == page.npos) return out;
    const std::size_t close = page.find("}}", open);
    if (close == page.npos) return fail("cannot read template: {{ without }}");
    const std::string_view key = page.substr(open + mark.size(), close - open - mark.size());
    const std::string* text = find(key);
    if (text == nullptr) return fail("cannot read template: there is no text " + std::string(key));
    out += escape_html(*text);
    page.remove_prefix(close + 2);
  }
}

}  // namespace postern::wfd
