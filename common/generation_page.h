// The page on which sessions tells every worker which verdicts still stand: read-only
// shared memory with an epoch, a heartbeat and, per slot, a generation and a deadline
// (DESIGN 3.5).  No user, no sid and no hash is in it.
//
// GenerationPage is the side of sessions, and the only one that can write: the memory is
// mapped writable once and then sealed, so that no other writable mapping can ever be
// made of it.  GenerationReader is the side of a worker.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "common/clock.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace postern {

// The memory itself; both sides are of one build on one machine.
struct GenerationHead {
  std::atomic<std::uint64_t> epoch;      // drawn at every start of sessions
  std::atomic<std::int64_t> heartbeat;   // Mono microseconds
  std::uint64_t slots;
  std::uint64_t unused;
};
struct GenerationSlot {
  std::atomic<std::uint64_t> generation;  // starts random, only grows
  std::atomic<std::int64_t> deadline;     // Mono microseconds; 0: nothing stands here
};
static_assert(sizeof(GenerationHead) == 32 && sizeof(GenerationSlot) == 16);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// What a page is made for at most: 4 Mi sessions, 64 MiB.
inline constexpr std::uint32_t max_generation_slots = 4 * 1024 * 1024;
// A page whose heart has not beaten for this long says no to everything.
inline constexpr Duration heartbeat_stale = seconds(1);
inline constexpr Duration heartbeat_period = milliseconds(250);

// A part of the address space that is unmapped when its owner goes.
class Mapping {
 public:
  Mapping() = default;
  Mapping(void* where, std::size_t size) : where_(where), size_(size) {}
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();
  std::byte* bytes() const { return static_cast<std::byte*>(where_); }
  std::size_t size() const { return size_; }

 private:
  void* where_ = nullptr;
  std::size_t size_ = 0;
};

class GenerationPage {
 public:
  // A sealed page of 1..max_generation_slots slots with a new epoch.  Needs /proc, so it
  // is made before the jail.  Fails when the kernel refuses memory, seals or randomness.
  static Result<GenerationPage> make(std::uint32_t slots);

  std::uint64_t epoch() const;
  std::uint32_t slots() const { return slots_; }
  // The descriptor to lend to workers: it can be read and mapped, never written.
  int reading_fd() const { return reading_.get(); }

  void beat(Mono now);
  // The generation of `slot`, which must be below slots(), and until when it stands.
  std::uint64_t generation(std::uint32_t slot) const;
  Mono deadline(std::uint32_t slot) const;
  // What is given out for this slot from now on stands until `deadline`.
  void set_deadline(std::uint32_t slot, Mono deadline);
  // Ends whatever stands on this slot, for good.
  void end(std::uint32_t slot);

 private:
  GenerationPage(Mapping memory, UniqueFd reading, std::uint32_t slots);
  GenerationHead& head() const;
  GenerationSlot& at(std::uint32_t slot) const;
  Result<void> draw();

  Mapping memory_;
  UniqueFd reading_;
  std::uint32_t slots_ = 0;
};

class GenerationReader {
 public:
  // Maps the page behind `fd` read-only and closes the descriptor.  The size is what the
  // kernel says.  Fails when that is no page.  The seals are not asked for: the page
  // comes on the fixed channel of sessions, which a worker trusts with every verdict.
  static Result<GenerationReader> map(UniqueFd fd);

  // True while a verdict of (epoch, slot, generation) is as good as on the day it was
  // given: same epoch, same generation, deadline not passed, and a heart that beats.
  // Any numbers may be asked for.
  bool stands(std::uint64_t epoch, std::uint32_t slot, std::uint64_t generation, Mono now) const;
  // True while the heart beats.
  bool beats(Mono now) const;

 private:
  explicit GenerationReader(Mapping memory) : memory_(std::move(memory)) {}
  const GenerationHead& head() const;
  Mapping memory_;
};

}  // namespace postern
