// Who has to leave, and by when.  The porter is the only caller; it kills those that do
// not.  No clock and no process here: the time is given, and killing is the nursery's.
// Never forget one who did not leave, for then nobody kills it.

#include "common/leavers.h"

#include <algorithm>

namespace postern {

void Leavers::expect(std::uint64_t worker, Mono due) {
  const auto [place, made] = due_.emplace(worker, due);
  place->second = std::min(place->second, due);
}

std::optional<Mono> Leavers::next() const {
  const auto first = std::ranges::min_element(due_, {}, [](const auto& row) { return row.second; });
  return first == due_.end() ? std::nullopt : std::optional(first->second);
}

std::vector<std::uint64_t> Leavers::take_overdue(Mono now) {
  std::vector<std::uint64_t> overdue;
  for (auto place = due_.begin(); place != due_.end();) {
    if (place->second > now) {
      ++place;
      continue;
    }
    overdue.push_back(place->first);
    place = due_.erase(place);
  }
  return overdue;
}

}  // namespace postern
