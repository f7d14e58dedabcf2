// The bookkeeping of who holds which verdict.  Role sessions asks it at every verdict and
// at every end.  It knows no channel, no clock and no cookie, sends nothing and logs
// nothing.

#include "authd/sessions_holdings.h"

#include <algorithm>
#include <utility>

namespace postern::authd {

std::vector<Holdings::Held>::iterator Holdings::find(std::uint32_t slot,
                                                     std::uint64_t generation) {
  return std::ranges::lower_bound(held_, std::pair(slot, generation), {}, &Held::key);
}

void Holdings::give(std::uint32_t slot, std::uint64_t generation) {
  const auto place = find(slot, generation);
  if (place != held_.end() && place->key() == std::pair(slot, generation)) return;
  held_.insert(place, {slot, generation, {}});
}

bool Holdings::holds(std::uint32_t slot, std::uint64_t generation) const {
  return std::ranges::binary_search(held_, std::pair(slot, generation), {}, &Held::key);
}

bool Holdings::tell(std::uint32_t slot, std::uint64_t generation, Mono due) {
  const auto place = find(slot, generation);
  if (place == held_.end() || place->key() != std::pair(slot, generation) || place->due)
    return false;
  place->due = due;
  return true;
}

bool Holdings::confirm(std::uint32_t slot, std::uint64_t generation) {
  const auto place = find(slot, generation);
  if (place == held_.end() || place->key() != std::pair(slot, generation) || !place->due)
    return false;
  held_.erase(place);
  return true;
}

std::optional<Mono> Holdings::due() const {
  std::optional<Mono> first;
  for (const Held& held : held_)
    if (held.due && (!first || *held.due < *first)) first = held.due;
  return first;
}

}  // namespace postern::authd
