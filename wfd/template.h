// A page with places: text in which `{{name}}` stands for a value.  Values are always
// HTML-escaped; there is no way to say otherwise, and nothing else to learn.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace postern::wfd {

// `&`, `<`, `>`, `"` and `'` as entities, so that the text is safe between tags and inside
// a quoted attribute; control bytes but line feeds become '?'.
std::string escape_html(std::string_view text);

class Template {
 public:
  Template() = default;

  // Reads a page.  `names` are the places that it may have; another name, a `{{` without
  // end, or a carriage return (browsers would hash another text than we do) is an error.
  static Result<Template> parse(std::string text, std::span<const std::string_view> names);

  // The page with values[i], escaped, for names[i]; a value that is missing is empty.
  std::string render(std::span<const std::string_view> values) const;

  // What stands between <style> and </style>, byte for byte; empty if there is none.
  std::string_view style() const;

 private:
  struct Piece {
    std::size_t from = 0;   // plain text: where it begins in text_,
    std::size_t size = 0;   // and how long it is;
    std::size_t place = 0;  // then the value with this number,
    bool has_place = false;  // unless the page ends here
  };
  std::string text_;
  std::vector<Piece> pieces_;
};

}  // namespace postern::wfd
