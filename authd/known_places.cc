// The newest places of all users.  Role sessions keeps them; the vault only asks what a
// place is.  Never put here: a decision about a login; this decides who waits less, not
// who comes in.
#include "authd/known_places.h"

namespace postern::authd {

Address place_of(const Address& source) {
  return source.family() == Family::v6 ? source.masked(64) : source;
}

Address site_of(const Address& source) {
  return source.family() == Family::v6 ? source.masked(48) : source;
}

void KnownPlaces::add(std::string_view user, const Address& place) {
  const auto [where, is_new] = pairs_.emplace(std::string(user), place);
  if (!is_new) return;
  by_age_.push_back(&*where);
  if (pairs_.size() <= most) return;
  pairs_.erase(*by_age_.front());
  by_age_.pop_front();
}

void KnownPlaces::add_older(std::string_view user, const Address& place) {
  if (pairs_.size() >= most) return;
  const auto [where, is_new] = pairs_.emplace(std::string(user), place);
  if (is_new) by_age_.push_front(&*where);
}

bool KnownPlaces::contains(std::string_view user, const Address& place) const {
  return pairs_.contains(Pair(user, place));
}

}  // namespace postern::authd
