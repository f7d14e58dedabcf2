// Workers that must be gone by a certain time.  A worker leaves of its own accord when
// its work is done; one that does not is in somebody's hands, and is killed.  Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/clock.h"

namespace postern {

class Leavers {
 public:
  // `worker` has to be gone by `due`; an earlier time that was said before stays.
  void expect(std::uint64_t worker, Mono due);
  // It is gone.
  void gone(std::uint64_t worker) { due_.erase(worker); }
  // When the next one is due; nothing when none is awaited.
  std::optional<Mono> next() const;
  // Those whose time is over at `now`.  They are not expected any more.
  std::vector<std::uint64_t> take_overdue(Mono now);

 private:
  std::map<std::uint64_t, Mono> due_;
};

}  // namespace postern
