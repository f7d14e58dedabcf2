// The key files of [identity]: opened by the master, read by sessions.
#pragma once

#include <cstdint>
#include <vector>

#include "authd/assertion_desk.h"
#include "common/house.h"
#include "common/role_process.h"
#include "common/settings.h"
#include "common/unique_fd.h"

namespace postern::authd {

// Which is which when they are handed over (Hand::index of Item::assertion_key).
inline constexpr std::uint32_t current_key = 0, previous_key = 1;

// The open files, in the master, which never reads them but to check.
class KeyFiles {
 public:
  static Result<KeyFiles> open(const AuthdSettings& settings);
  void give(Giver& giver) const;

 private:
  struct File {
    std::uint32_t index = 0;
    std::string path;
    UniqueFd fd;
  };
  std::vector<File> files_;
};

// What a key file may not be, told with FILE:LINE; for -n and before every start.
Result<void> check_identity_keys(const AuthdSettings& settings);

// The keys out of what was handed over; `files` are Item::assertion_key.
Result<IdentityKeys> read_identity_keys(const std::vector<Handed>& files);

}  // namespace postern::authd
