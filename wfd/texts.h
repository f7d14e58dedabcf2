// The sentences of one language, from a file `texts.TAG` among the pages:
//
//   # a comment
//   portal.hello = Hello, {{user}}
//
// One line for each, UTF-8.  A page asks for one with {{=portal.hello}}, and gets it with
// `&`, `<` and the like escaped: a text is never HTML.  It may have the places of the page
// that asks for it, and no blocks.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "common/result.h"

namespace postern::wfd {

inline constexpr std::string_view texts_prefix = "texts.";

class Texts {
 public:
  // Reads the file.  A line that is neither empty nor a comment nor `key = text` (a key of
  // [a-z0-9._], a text that is not empty), a key that was there before, a place that is
  // not well written, control characters and anything but UTF-8 is an error, with its line.
  // {{=language}} is `tag`.
  static Result<Texts> parse(std::string tag, std::string_view file);

  // nullptr when there is none.
  const std::string* find(std::string_view key) const;

  // That `other` has the same keys, and each of its texts the same places.
  Result<void> same_as(const Texts& other) const;

  // `page` with the texts in the places of {{=key}}, escaped.  A key that is not there is
  // an error.
  Result<std::string> put_into(std::string_view page) const;

 private:
  Result<void> take_line(std::string_view line);

  std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace postern::wfd
