// A page with places: text in which `{{name}}` stands for a value.  Values are always
// HTML-escaped; there is no way to say otherwise.  Two more things can be said:
//
//   {{?name}} ... {{/name}}   only if the value `name` is not empty
//   {{*list}} ... {{/list}}   once for each row of `list`, whose own places come first
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace postern::wfd {

// `&`, `<`, `>`, `"` and `'` as entities, so that the text is safe between tags and inside
// a quoted attribute; control bytes but line feeds become '?'.
std::string escape_html(std::string_view text);

// What a page may have places for.
struct ListPlaces {
  std::string_view name;
  std::span<const std::string_view> places;  // of one row
};
struct Places {
  std::span<const std::string_view> values = {};
  std::span<const ListPlaces> lists = {};
};

// What is put into them, in the order of Places; what is missing is empty.
using Row = std::vector<std::string>;
struct Filling {
  std::span<const std::string_view> values = {};
  std::span<const std::vector<Row>> lists = {};
};

class Template {
 public:
  Template() = default;

  // Reads a page.  A name that is not in `places`, a `{{` without end, a block that is not
  // closed in its turn, a place inside <style>, or a carriage return (browsers would hash
  // another text than we do) is an error.
  static Result<Template> parse(std::string text, const Places& places);

  // The page, with every value escaped.
  std::string render(const Filling& filling) const;

  // The text with its values as they are: for a sentence that becomes a value of a page,
  // and is escaped there; never for a page.
  std::string plain(std::span<const std::string_view> values) const;

  // What stands between <style> and </style>, byte for byte; empty if there is none.
  std::string_view style() const;

 private:
  class Reading;
  enum class Do : std::uint8_t { text, value, row_value, if_value, if_row_value, each_row };
  struct Piece {
    Do what = Do::text;
    std::size_t from = 0, size = 0;  // with text: where it stands in text_
    std::size_t place = 0;           // else: the number of the value or list
    std::size_t end = 0;             // with a block: the piece behind it
  };
  struct Pass;

  void write(std::size_t from, std::size_t to, const Pass& pass, const Row* row, std::string& out) const;
  bool is_filled(const Piece& piece, const Pass& pass, const Row* row) const;

  std::string text_;
  std::vector<Piece> pieces_;
};

}  // namespace postern::wfd
