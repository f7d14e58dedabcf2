// Handles of requests that were refused only for their address: with one, and a passcode,
// the user of the session lets it be used from there, too (DESIGN 8).  Pure: time is an
// argument.  A handle is no credential: it counts for the session only that it was made
// for, whose cookie must be shown with it, and no longer than that cookie does.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "common/address.h"
#include "common/clock.h"
#include "common/messages.h"
#include "common/result.h"

namespace postern::authd {

class SessionLinks {
 public:
  static constexpr std::size_t most = 16'384;      // sessions that have any
  static constexpr std::size_t most_of_one = 4;    // handles of one; a further one ends the oldest
  static constexpr Duration life = seconds(120);

  // A handle for the session that has this verdict, which was refused at `refused`.  Fails
  // when there are too many, or when the kernel gives no random numbers.
  Result<LinkHandle> make(std::uint32_t slot, std::uint64_t generation, const Address& refused, Mono now);
  // The address for which it was made, for this very session.
  std::optional<Address> find(std::uint32_t slot, std::uint64_t generation, std::string_view handle,
                              Mono now) const;
  std::size_t size() const { return links_.size(); }

 private:
  struct Link {
    LinkHandle handle;
    std::uint64_t generation = 0;  // another one: the session has another cookie, or is another
    Address refused;
    Mono until;
  };
  std::map<std::uint32_t, std::vector<Link>> links_;  // by slot, the oldest first
};

}  // namespace postern::authd
