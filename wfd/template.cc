// The template engine of the gate's own pages.  Used by page_set.cc, which parses once
// before the jail's filter narrows, and by pages.cc, which renders at every page.
// Never add a way to put a value into a page unescaped, and never put a place into an
// unquoted attribute, a <style> or a script: escaping would not help there.
#include "wfd/template.h"

#include <algorithm>

namespace postern::wfd {
namespace {

constexpr std::string_view style_begin = "<style>";
constexpr std::string_view style_end = "</style>";
constexpr std::size_t deepest = 4;  // blocks inside one another

std::string_view entity_for(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

bool is_control(char c) { return (c >= 0 && c < 0x20 && c != '\n') || c == 0x7f; }

// The number of `name` in `names`; names.size() when it is not there.
std::size_t number_of(std::string_view name, std::span<const std::string_view> names) {
  return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const std::string_view entity = entity_for(c);
    if (!entity.empty())
      out += entity;
    else
      out += is_control(c) ? '?' : c;
  }
  return out;
}

// Parsing, tag by tag.
class Template::Reading {
 public:
  Reading(Template& page, const Places& places) : page_(page), places_(places) {}

  // What stands between {{ and }}.
  Result<void> take(const std::string& tag) {
    const std::string name = tag.empty() ? tag : tag.substr(1);
    switch (tag.empty() ? '\0' : tag[0]) {
      case '?': return open(name, Do::if_row_value, Do::if_value);
      case '*': return open_list(name);
      case '/': return close(name);
      default: return add_place(tag, Do::row_value, Do::value);
    }
  }

  Result<void> finish() const {
    if (open_.empty()) return {};
    return fail("cannot read template: " + open_.back().name + " is not closed");
  }

 private:
  struct Block {
    std::string name;
    std::size_t piece;
  };

  Result<void> add_place(const std::string& name, Do of_row, Do of_page) {
    const std::size_t in_row = number_of(name, row_);
    const std::size_t on_page = number_of(name, places_.values);
    if (in_row == row_.size() && on_page == places_.values.size())
      return fail("cannot read template: unknown place {{" + name + "}}");
    const bool row = in_row < row_.size();
    page_.pieces_.push_back({row ? of_row : of_page, 0, 0, row ? in_row : on_page, 0});
    return {};
  }

  Result<void> open(const std::string& name, Do of_row, Do of_page) {
    if (open_.size() == deepest) return fail("cannot read template: too many blocks inside one another at " + name);
    TRY_VOID(add_place(name, of_row, of_page));
    open_.push_back({name, page_.pieces_.size() - 1});
    return {};
  }

  Result<void> open_list(const std::string& name) {
    const auto list = std::ranges::find(places_.lists, name, &ListPlaces::name);
    if (list == places_.lists.end()) return fail("cannot read template: unknown list {{*" + name + "}}");
    if (in_list_ || open_.size() == deepest) return fail("cannot read template: list " + name + " inside another block's");
    page_.pieces_.push_back({Do::each_row, 0, 0, static_cast<std::size_t>(list - places_.lists.begin()), 0});
    open_.push_back({name, page_.pieces_.size() - 1});
    row_ = list->places;
    in_list_ = true;
    return {};
  }

  Result<void> close(const std::string& name) {
    if (open_.empty() || open_.back().name != name) return fail("cannot read template: {{/" + name + "}} closes nothing");
    Piece& piece = page_.pieces_[open_.back().piece];
    piece.end = page_.pieces_.size();
    if (piece.what == Do::each_row) {
      row_ = {};
      in_list_ = false;
    }
    open_.pop_back();
    return {};
  }

  Template& page_;
  const Places& places_;
  std::span<const std::string_view> row_;  // of the list that is open
  bool in_list_ = false;
  std::vector<Block> open_;
};

Result<Template> Template::parse(std::string text, const Places& places) {
  Template page;
  if (text.find('\r') != text.npos) return fail("cannot read template: it has a carriage return");
  Reading reading(page, places);
  std::size_t at = 0;
  while (true) {
    const std::size_t open = text.find("{{", at);
    page.pieces_.push_back({Do::text, at, std::min(open, text.size()) - at, 0, 0});
    if (open == text.npos) break;
    const std::size_t close = text.find("}}", open + 2);
    if (close == text.npos) return fail("cannot read template: {{ without }}");
    TRY_VOID(reading.take(text.substr(open + 2, close - open - 2)));
    at = close + 2;
  }
  TRY_VOID(reading.finish());
  page.text_ = std::move(text);
  if (page.style().find("{{") != std::string_view::npos)
    return fail("cannot read template: a place inside <style>");
  return page;
}

// One rendering.
struct Template::Pass {
  const Filling& filling;
  bool escaped;

  std::string_view value(std::size_t place) const {
    return place < filling.values.size() ? filling.values[place] : std::string_view();
  }
  void put(std::string_view value, std::string& out) const {
    if (escaped) out += escape_html(value);
    else out += value;
  }
};

namespace {

std::string_view cell(const Row* row, std::size_t place) {
  return row != nullptr && place < row->size() ? std::string_view((*row)[place]) : std::string_view();
}

}  // namespace

bool Template::is_filled(const Piece& piece, const Pass& pass, const Row* row) const {
  return !(piece.what == Do::if_row_value ? cell(row, piece.place) : pass.value(piece.place)).empty();
}

void Template::write(std::size_t from, std::size_t to, const Pass& pass, const Row* row, std::string& out) const {
  for (std::size_t i = from; i < to; ++i) {
    const Piece& piece = pieces_[i];
    switch (piece.what) {
      case Do::text: out.append(text_, piece.from, piece.size); break;
      case Do::value: pass.put(pass.value(piece.place), out); break;
      case Do::row_value: pass.put(cell(row, piece.place), out); break;
      case Do::if_value:
      case Do::if_row_value:
        if (!is_filled(piece, pass, row)) i = piece.end - 1;  // else its pieces follow
        break;
      case Do::each_row:
        if (piece.place < pass.filling.lists.size())
          for (const Row& each : pass.filling.lists[piece.place]) write(i + 1, piece.end, pass, &each, out);
        i = piece.end - 1;
        break;
    }
  }
}

std::string Template::render(const Filling& filling) const {
  std::string out;
  write(0, pieces_.size(), {filling, true}, nullptr, out);
  return out;
}

std::string Template::plain(std::span<const std::string_view> values) const {
  std::string out;
  const Filling filling{values, {}};
  write(0, pieces_.size(), {filling, false}, nullptr, out);
  return out;
}

std::string_view Template::style() const {
  const std::size_t begin = text_.find(style_begin);
  if (begin == text_.npos) return {};
  const std::size_t from = begin + style_begin.size();
  const std::size_t end = text_.find(style_end, from);
  if (end == text_.npos) return {};
  return std::string_view(text_).substr(from, end - from);
}

}  // namespace postern::wfd
