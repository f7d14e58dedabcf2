// Reads Accept-Language and weighs our languages by it.  Called by pages.cc, for people's
// requests only: programs are answered in English.
// Never guess at a field that breaks the grammar: whoever sends such a thing gets the
// default, and nothing of it gets into an answer.
#include "wfd/language.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "common/http_grammar.h"

namespace postern::wfd {
namespace {

constexpr std::size_t longest_subtag = 8;

struct Range {
  std::string_view tag;
  unsigned weight = 1000;  // thousandths
};

bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

// Subtags of 1 to 8 letters, or from the second one on letters and digits (RFC 4647, 2.1);
// or "*".
bool is_range(std::string_view text) {
  if (text == "*") return true;
  bool first = true;
  while (true) {
    const std::size_t end = std::min(text.find('-'), text.size());
    const std::string_view subtag = text.substr(0, end);
    const bool good = std::ranges::all_of(subtag, [first](char c) {
      return first ? is_letter(c) : is_a(c, byte_class::letter_or_digit);
    });
    if (!good || subtag.empty() || subtag.size() > longest_subtag) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
    first = false;
  }
}

// "0", "1", and up to three digits behind a point (RFC 9110, 12.4.2).
std::optional<unsigned> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  unsigned weight = text[0] == '1' ? 1000 : 0;
  unsigned worth = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_a(c, byte_class::digit)) return std::nullopt;
    weight += static_cast<unsigned>(c - '0') * worth;
    worth /= 10;
  }
  if (weight > 1000) return std::nullopt;
  return weight;
}

std::optional<Range> parse_member(std::string_view member) {
  const std::size_t semicolon = std::min(member.find(';'), member.size());
  Range range{trim_blanks(member.substr(0, semicolon))};
  if (!is_range(range.tag)) return std::nullopt;
  if (semicolon == member.size()) return range;
  const std::string_view parameter = trim_blanks(member.substr(semicolon + 1));
  if (parameter.size() < 3 || lower(parameter[0]) != 'q' || parameter[1] != '=') return std::nullopt;
  const std::optional<unsigned> weight = parse_weight(parameter.substr(2));
  if (!weight) return std::nullopt;
  range.weight = *weight;
  return range;
}

// The ranges in their order; none at all when one of them is malformed.
std::vector<Range> parse_ranges(std::string_view list) {
  std::vector<Range> ranges;
  if (list.empty() || list.size() > max_accept_language) return {};
  ranges.reserve(max_language_ranges);
  while (!list.empty()) {
    const std::string_view member = take_member(list);
    if (member.empty()) continue;
    const std::optional<Range> range = parse_member(member);
    if (!range || ranges.size() == max_language_ranges) return {};
    ranges.push_back(*range);
  }
  return ranges;
}

// True if `tag` is `range`, or begins with it and a hyphen.
bool includes(std::string_view range, std::string_view tag) {
  if (tag.size() < range.size() || !equal_folded(tag.substr(0, range.size()), range)) return false;
  return tag.size() == range.size() || tag[range.size()] == '-';
}

struct Merit {
  unsigned weight = 0;   // 0: not wanted
  std::size_t turn = 0;  // which range said so: the earlier the better
};

// What all ranges together say about one tag.
Merit merit_of(std::string_view tag, std::span<const Range> ranges) {
  Merit merit, star;
  bool is_named = false;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const Range& range = ranges[i];
    if (range.tag == "*") {
      star = {range.weight, ranges.size()};
      continue;
    }
    const bool named = includes(range.tag, tag);
    if (named && range.weight == 0) return {};
    if (!named && (range.weight == 0 || !includes(tag, range.tag))) continue;
    is_named = true;
    if (range.weight > merit.weight) merit = {range.weight, i};
  }
  return is_named ? merit : star;
}

bool is_better(const Merit& a, const Merit& b) {
  return a.weight != b.weight ? a.weight > b.weight : a.turn < b.turn;
}

}  // namespace

bool is_language_tag(std::string_view tag) {
  const std::size_t first = std::min(tag.find('-'), tag.size());
  const bool small = std::ranges::none_of(tag, [](char c) { return c != lower(c); });
  return small && first >= 2 && first <= 3 && tag.size() <= 35 && tag != "*" && is_range(tag);
}

std::size_t choose_language(std::string_view accept_language, std::span<const std::string> tags, std::size_t otherwise) {
  const std::vector<Range> ranges = parse_ranges(accept_language);
  if (ranges.empty() || otherwise >= tags.size()) return otherwise;
  std::size_t best = otherwise;
  Merit most = merit_of(tags[otherwise], ranges);
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const Merit merit = merit_of(tags[i], ranges);
    if (merit.weight == 0 || !is_better(merit, most)) continue;
    best = i;
    most = merit;
  }
  return best;
}

std::string accept_language(const Fields& fields) {
  std::string all;
  for (const Field& field : fields) {
    if (!equal_folded(field.name, "accept-language")) continue;
    if (!all.empty()) all += ',';
    all.append(field.value.substr(0, max_accept_language + 1));
    if (all.size() > max_accept_language) break;
  }
  return all;
}

}  // namespace postern::wfd
