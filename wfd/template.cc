// The template engine of the gate's own pages.  Used by pages.cc only: parse() once
// before the jail's filter narrows, render() at every page.
// Never add a way to put a value into a page unescaped, and never put a place into an
// unquoted attribute, a <style> or a script: escaping would not help there.
#include "wfd/template.h"

#include <algorithm>

namespace postern::wfd {
namespace {

constexpr std::string_view style_begin = "<style>";
constexpr std::string_view style_end = "</style>";

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

Result<Template> Template::parse(std::string text, std::span<const std::string_view> names) {
  Template page;
  if (text.find('\r') != text.npos) return fail("cannot read template: it has a carriage return");
  std::size_t at = 0;
  while (true) {
    const std::size_t open = text.find("{{", at);
    if (open == text.npos) break;
    const std::size_t close = text.find("}}", open + 2);
    if (close == text.npos) return fail("cannot read template: {{ without }}");
    const std::string name = text.substr(open + 2, close - open - 2);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return fail("cannot read template: unknown place {{" + name + "}}");
    page.pieces_.push_back({at, open - at, static_cast<std::size_t>(found - names.begin()), true});
    at = close + 2;
  }
  page.pieces_.push_back({at, text.size() - at, 0, false});
  page.text_ = std::move(text);
  if (page.style().find("{{") != std::string_view::npos)
    return fail("cannot read template: a place inside <style>");
  return page;
}

std::string Template::render(std::span<const std::string_view> values) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    out.append(text_, piece.from, piece.size);
    if (piece.has_place && piece.place < values.size()) out += escape_html(values[piece.place]);
  }
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
