// Which of our languages a reader wants (RFC 9110, 12.5.4).  Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "common/http_fields.h"

namespace postern::wfd {

inline constexpr std::size_t max_languages = 64;
inline constexpr std::size_t max_accept_language = 1024;  // bytes, of all its fields together
inline constexpr std::size_t max_language_ranges = 32;

// A tag as we take it for a file's name: two or three small letters, then subtags of
// small letters and digits: "de", "pt-br", "zh-hant".
bool is_language_tag(std::string_view tag);

// The number of the best of `tags` for what Accept-Language says, and `otherwise` when it
// says nothing, nothing that fits, or anything that is no Accept-Language.
//
// A tag is as good as the best range that names it: the same ("de"), a wider one ("pt" for
// "pt-br") or a narrower one ("de-AT" for "de", since German of any kind is nearer than a
// language one cannot read); `*` is for the tags that no range names.  A weight of 0 rules
// out what its range names or includes.  Among equals, what is named first is taken, and
// `otherwise` before all others of a `*`.
std::size_t choose_language(std::string_view accept_language, std::span<const std::string> tags, std::size_t otherwise);
// What Accept-Language says, all fields of that name as one list; longer than
// max_accept_language, and so nothing that choose_language() reads, if it is too long.
std::string accept_language(const Fields& fields);

}  // namespace postern::wfd
