// Which verdicts one worker was given, so that it can be told when one of them ends.
// Pure.  Bounded by the session table: at most one living entry for each slot, and those
// that have ended stay only until the worker has confirmed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/clock.h"

namespace postern::authd {

class Holdings {
 public:
  // The worker was given this verdict.
  void give(std::uint32_t slot, std::uint64_t generation);
  // It has it still, and has not confirmed the end.
  bool holds(std::uint32_t slot, std::uint64_t generation) const;
  // The verdict ended, the worker has until `due` to confirm.  False: it does not have
  // this one, or was told already.
  bool tell(std::uint32_t slot, std::uint64_t generation, Mono due);
  // The worker confirms.  False: it was told nothing of the kind.
  bool confirm(std::uint32_t slot, std::uint64_t generation);
  // When the first confirmation is due; nothing when none is awaited.
  std::optional<Mono> due() const;
  bool empty() const { return held_.empty(); }

 private:
  struct Held {
    std::uint32_t slot;
    std::uint64_t generation;
    std::optional<Mono> due;
    auto key() const { return std::pair(slot, generation); }
  };
  std::vector<Held>::iterator find(std::uint32_t slot, std::uint64_t generation);

  std::vector<Held> held_;  // in order of slot and generation
};

}  // namespace postern::authd
