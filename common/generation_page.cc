// Making, sealing and reading the generation page.  Only sessions makes and writes one;
// workers map what they are handed.  Nothing that names a user may ever be put in it:
// every worker, the hostile one too, can read all of it.

#include "common/generation_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <array>
#include <string>
#include <utility>

namespace postern {
namespace {

constexpr std::size_t size_for(std::uint32_t slots) {
  return sizeof(GenerationHead) + static_cast<std::size_t>(slots) * sizeof(GenerationSlot);
}

using Numbers = std::array<std::uint64_t, 32>;

// Up to 256 bytes come whole or not at all (getrandom(2)).
Result<Numbers> draw_numbers() {
  Numbers numbers{};
  if (::getrandom(numbers.data(), sizeof numbers, 0) != static_cast<ssize_t>(sizeof numbers))
    return fail_errno("cannot draw random numbers");
  return numbers;
}

Result<UniqueFd> make_memory(std::size_t size) {
  UniqueFd fd = UniqueFd::adopt(::memfd_create("generations", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0)
    return fail_errno("cannot make the generation page");
  return fd;
}

// After this no writable mapping can be made, whoever has which descriptor; the one that
// there is stays writable.
Result<void> seal(int fd) {
  constexpr int seals = F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (::fcntl(fd, F_ADD_SEALS, seals) != 0) return fail_errno("cannot seal the generation page");
  return {};
}

Result<UniqueFd> reopen_to_read(int fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  UniqueFd reading = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reading) return fail_errno("cannot reopen the generation page");
  return reading;
}

Result<Mapping> map_memory(int fd, std::size_t size, int access) {
  void* where = ::mmap(nullptr, size, access, MAP_SHARED, fd, 0);
  if (where == MAP_FAILED) return fail_errno("cannot map the generation page");
  return Mapping(where, size);
}

}  // namespace

Mapping::Mapping(Mapping&& other) noexcept
    : where_(std::exchange(other.where_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(where_, other.where_);
  std::swap(size_, other.size_);
  return *this;
}

Mapping::~Mapping() {
  if (where_ != nullptr) (void)::munmap(where_, size_);  // nothing to be done about a failure
}

GenerationPage::GenerationPage(Mapping memory, UniqueFd reading, std::uint32_t slots)
    : memory_(std::move(memory)), reading_(std::move(reading)), slots_(slots) {}

Result<GenerationPage> GenerationPage::make(std::uint32_t slots) {
  if (slots == 0 || slots > max_generation_slots)
    return fail("cannot make the generation page: " + std::to_string(slots) + " slots");
  const UniqueFd writing = TRY(make_memory(size_for(slots)));
  Mapping memory = TRY(map_memory(writing.get(), size_for(slots), PROT_READ | PROT_WRITE));
  TRY_VOID(seal(writing.get()));
  GenerationPage page(std::move(memory), TRY(reopen_to_read(writing.get())), slots);
  TRY_VOID(page.draw());
  return page;
}

// The memory comes as zeros: no heartbeat, no deadline.  A generation starts below 2^62,
// so that it can grow for longer than any machine lives.
Result<void> GenerationPage::draw() {
  head().slots = slots_;
  head().epoch.store(TRY(draw_numbers()).front());
  Numbers numbers{};
  for (std::uint32_t i = 0; i < slots_; ++i) {
    const std::size_t which = i % numbers.size();
    if (which == 0) numbers = TRY(draw_numbers());
    at(i).generation.store(numbers[which] >> 2);
  }
  return {};
}

GenerationHead& GenerationPage::head() const {
  return *reinterpret_cast<GenerationHead*>(memory_.bytes());
}

GenerationSlot& GenerationPage::at(std::uint32_t slot) const {
  return reinterpret_cast<GenerationSlot*>(memory_.bytes() + sizeof(GenerationHead))[slot];
}

std::uint64_t GenerationPage::epoch() const { return head().epoch.load(std::memory_order_relaxed); }

void GenerationPage::beat(Mono now) { head().heartbeat.store(now.us, std::memory_order_release); }

std::uint64_t GenerationPage::generation(std::uint32_t slot) const {
  return at(slot).generation.load(std::memory_order_relaxed);
}

Mono GenerationPage::deadline(std::uint32_t slot) const {
  return {at(slot).deadline.load(std::memory_order_relaxed)};
}

void GenerationPage::set_deadline(std::uint32_t slot, Mono deadline) {
  at(slot).deadline.store(deadline.us, std::memory_order_release);
}

// The generation goes first: a reader that sees the deadline of the next session must
// also see that its own generation is over.
void GenerationPage::end(std::uint32_t slot) {
  at(slot).generation.fetch_add(1, std::memory_order_release);
  at(slot).deadline.store(0, std::memory_order_release);
}

Result<GenerationReader> GenerationReader::map(UniqueFd fd) {
  struct stat s{};
  if (::fstat(fd.get(), &s) != 0) return fail_errno("cannot look at the generation page");
  const auto size = static_cast<std::size_t>(s.st_size);
  if (s.st_size < 0 || size < size_for(1) || size > size_for(max_generation_slots))
    return fail("cannot map the generation page: it has " + std::to_string(s.st_size) + " bytes");
  return GenerationReader(TRY(map_memory(fd.get(), size, PROT_READ)));
}

const GenerationHead& GenerationReader::head() const {
  return *reinterpret_cast<const GenerationHead*>(memory_.bytes());
}

bool GenerationReader::beats(Mono now) const {
  return now - Mono{head().heartbeat.load(std::memory_order_acquire)} < heartbeat_stale;
}

bool GenerationReader::stands(std::uint64_t epoch, std::uint32_t slot, std::uint64_t generation,
                              Mono now) const {
  const std::size_t slots = (memory_.size() - sizeof(GenerationHead)) / sizeof(GenerationSlot);
  if (slot >= slots) return false;
  const auto& here =
      reinterpret_cast<const GenerationSlot*>(memory_.bytes() + sizeof(GenerationHead))[slot];
  // The deadline is read before the generation: if the generation is still ours after
  // that, the deadline was ours and not that of the slot's next session.
  const Mono deadline{here.deadline.load(std::memory_order_acquire)};
  if (here.generation.load(std::memory_order_acquire) != generation) return false;
  if (head().epoch.load(std::memory_order_acquire) != epoch) return false;
  return now < deadline && beats(now);
}

}  // namespace postern
