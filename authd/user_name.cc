// The alphabet of user names (DESIGN 6).  Anybody may ask.  Never fold case, trim or
// otherwise repair a name here: two spellings of one user would be counted as two, and
// one of them could be the one that nobody locked.
#include "authd/user_name.h"

#include <algorithm>

namespace postern::authd {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool may_follow(char c) {
  return is_lower(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && is_lower(name.front()) &&
         std::all_of(name.begin(), name.end(), may_follow);
}

}  // namespace postern::authd
