// Passcodes that were outside the window but not far: the token's clock or counter ran
// away.  When the next login of the same user from the same place brings the code after
// it, that one counts (RFC 4226 section 7.4, RFC 6238 section 6).  Held in memory only:
// when it is lost, the user types two codes once more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace postern::authd {

class NearMisses {
 public:
  static constexpr std::size_t most = 1024;  // users; the one that ends first goes

  // The counter that is awaited of `user` at `place`, -1 for none.  It is awaited of the
  // very next login from there only, so this forgets it.
  std::int64_t take(std::string_view user, std::string_view place, Mono now);
  // From now on until `until`, `counter` is awaited.  One for each user: the latest.
  void await(std::string_view user, std::string_view place, std::int64_t counter, Mono until);
  void forget(std::string_view user);
  std::size_t size() const { return rows_.size(); }

 private:
  struct Row {
    std::string place;
    std::int64_t counter = -1;
    Mono until;
  };
  std::map<std::string, Row, std::less<>> rows_;  // by user
};

}  // namespace postern::authd
