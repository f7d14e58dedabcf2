// The bookkeeping of links.  Role sessions asks it when an address is refused, and when a
// handle comes back; who may use one is decided there.  Nothing is ever renewed here: a
// handle ends with its time, or with the cookie that it was made for.

#include "authd/session_links.h"

#include <algorithm>
#include <array>

#include "authd/base64url.h"
#include "authd/random.h"

namespace postern::authd {

Result<LinkHandle> SessionLinks::make(std::uint32_t slot, std::uint64_t generation,
                                      const Address& refused, Mono now) {
  const auto is_over = [now](const Link& link) { return link.until <= now; };
  if (links_.size() >= most)  // of a session the latest ends last
    std::erase_if(links_, [&](const auto& row) { return is_over(row.second.back()); });
  if (links_.size() >= most && !links_.contains(slot))
    return fail("cannot offer to add an address: there are too many offers");
  std::array<std::byte, 16> random{};
  TRY_VOID(fill_random(random));
  const Link made{LinkHandle(base64url(random)), generation, refused, now + life};
  std::vector<Link>& own = links_[slot];
  std::erase_if(own, [&](const Link& link) { return is_over(link) || link.generation != generation; });
  if (own.size() >= most_of_one) own.erase(own.begin());
  own.push_back(made);
  return made.handle;
}

std::optional<Address> SessionLinks::find(std::uint32_t slot, std::uint64_t generation,
                                          std::string_view handle, Mono now) const {
  const auto place = links_.find(slot);
  if (place == links_.end()) return {};
  for (const Link& link : place->second)
    if (link.handle.view() == handle && link.generation == generation && now < link.until)
      return link.refused;
  return {};
}

}  // namespace postern::authd
