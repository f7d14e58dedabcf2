// Who logged in from where before: the newest pairs of user and place, so that role sessions
// can let those logins go first.  A memory of the vault's, which has all of them, and whose
// word counts for what a login may do.  Nothing here opens a door.
#pragma once

#include <cstddef>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/address.h"

namespace postern::authd {

// Where a source counts as the same: the address, or the /64 of one of IPv6, within which a
// client moves as it likes.
Address place_of(const Address& source);

// What one customer of a network may have of it: the address, or the /48 of one of IPv6,
// which holds 65,536 places.
Address site_of(const Address& source);

class KnownPlaces {
 public:
  static constexpr std::size_t most = 16'384;  // pairs; the oldest goes

  void add(std::string_view user, const Address& place);
  // One that is older than all that are there; dropped when there is no room.
  void add_older(std::string_view user, const Address& place);
  bool contains(std::string_view user, const Address& place) const;
  std::size_t size() const { return pairs_.size(); }

 private:
  using Pair = std::pair<std::string, Address>;
  std::set<Pair> pairs_;
  std::deque<const Pair*> by_age_;  // oldest first; a set's elements stay where they are
};

}  // namespace postern::authd
