// What a user may be called.  One small alphabet, so that a name has one spelling and
// is safe in a log line, a header, a file name and a URL without quoting.
#pragma once

#include <string_view>

namespace postern::authd {

// True for [a-z][a-z0-9._-]{0,31} and nothing else.
bool is_user_name(std::string_view name);

}  // namespace postern::authd
