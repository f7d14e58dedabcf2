// Which code would bring a token back that ran away.  Only the vault calls this, for users
// that exist, while it judges a login.  Never put here: a passcode; what is kept is the
// number of one.
#include "authd/near_miss.h"

#include <algorithm>

namespace postern::authd {

std::int64_t NearMisses::take(std::string_view user, std::string_view place, Mono now) {
  const auto found = rows_.find(user);
  if (found == rows_.end() || found->second.place != place) return -1;
  const Row row = std::move(found->second);
  rows_.erase(found);
  return now < row.until ? row.counter : -1;
}

void NearMisses::await(std::string_view user, std::string_view place, std::int64_t counter,
                       Mono until) {
  const auto sooner = [](const auto& a, const auto& b) { return a.second.until < b.second.until; };
  if (rows_.size() >= most && !rows_.contains(user))
    rows_.erase(std::min_element(rows_.begin(), rows_.end(), sooner));
  rows_[std::string(user)] = {std::string(place), counter, until};
}

void NearMisses::forget(std::string_view user) {
  if (const auto found = rows_.find(user); found != rows_.end()) rows_.erase(found);
}

}  // namespace postern::authd
