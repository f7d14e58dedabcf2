// Pieces of one size, the last that came back first: its pages are there, and perhaps still in
// the processor's cache.  Used by Buffer, and by OpenSSL through wfd/tls_memory.cc; one of the
// few files that speak to the heap itself.  Never keep anything here that outlives a request.

#include "common/lent_room.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <utility>

#include "common/secret.h"

namespace postern {
namespace {

// What one connection needs of it is one page, which a new process has to copy.
struct alignas(4096) Room {
  std::byte* begin = nullptr;  // null: not made
  std::size_t pieces = 0;      // that it has
  std::size_t used = 0;        // so many pieces were ever lent; those behind them are untouched
  std::size_t height = 0;
  std::size_t clean = 0;       // of the stack, from its bottom: these have no pages
  struct Slot {
    std::uint16_t secret = 0;  // bytes at the begin of the piece of this number that are to be wiped
    bool lent = false;         // somebody has it now
    std::uint16_t back = 0;    // of the stack: the number of a piece that came back
  };
  std::array<Slot, most_lent> slots{};
};
constinit Room room;

std::size_t offset_of(const void* place) { return static_cast<std::size_t>(static_cast<const std::byte*>(place) - room.begin); }

}  // namespace

void open_lent_room(std::size_t pieces) {
  room.pieces = std::min(pieces, most_lent);
  void* place = ::mmap(nullptr, room.pieces * lent_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place != MAP_FAILED) room.begin = static_cast<std::byte*>(place);
}

void* lend(std::size_t bytes) {
  if (room.begin == nullptr || bytes > lent_bytes) return std::malloc(bytes);
  if (room.height == 0 && room.used == room.pieces) return std::malloc(bytes);
  const std::size_t piece = room.height == 0 ? room.used++ : room.slots[--room.height].back;
  room.clean = std::min(room.clean, room.height);
  room.slots[piece].lent = true;
  return room.begin + piece * lent_bytes;
}

void take_back(void* block) {
  if (!is_lent(block)) return std::free(block);
  const std::size_t offset = offset_of(block);
  const std::size_t piece = offset / lent_bytes;
  // As malloc does: who gives back what he has not got has lost count, and two would get it next.
  if (offset % lent_bytes != 0 || !room.slots[piece].lent) std::abort();
  wipe(block, std::exchange(room.slots[piece].secret, std::uint16_t{0}));
  room.slots[piece].lent = false;
  room.slots[room.height++].back = static_cast<std::uint16_t>(piece);
}

bool is_lent(const void* block) {
  const auto* place = static_cast<const std::byte*>(block);
  return room.begin != nullptr && !std::less<>()(place, room.begin) &&
         std::less<>()(place, room.begin + room.pieces * lent_bytes);
}

void wipe_when_back(const void* end) {
  const void* last = static_cast<const std::byte*>(end) - 1;
  if (!is_lent(last)) return;
  std::uint16_t& secret = room.slots[offset_of(last) / lent_bytes].secret;
  secret = std::max(secret, static_cast<std::uint16_t>(offset_of(last) % lent_bytes + 1));
}

void empty_lent_room() {
  for (; room.clean < room.height; ++room.clean)
    (void)::madvise(room.begin + room.slots[room.clean].back * lent_bytes, lent_bytes, MADV_DONTNEED);
}

}  // namespace postern
