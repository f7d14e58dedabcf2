// [policy] no_store: answers that a browser must not keep, for computers that many people
// use one after the other.  Pure.
#pragma once

#include <string_view>

#include "common/http_response.h"
#include "common/settings.h"

namespace postern::wfd {

// True when what the server says of caching gives way to "Cache-Control: no-store".  With
// `html` these are pages, and answers that do not say what they are, which a browser may
// take for a page.  Interim answers (1xx) are nobody's to keep.
bool must_not_be_kept(const ResponseHead& answer, NoStore rule);

// True for the fields in which a server speaks of caching; `folded` as fold_name makes it.
bool is_about_caching(std::string_view folded);

}  // namespace postern::wfd
