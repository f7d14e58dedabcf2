// The generation page: what a reader believes, and that nobody but its maker writes it.

#include "common/generation_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "unit/catch.h"

using namespace postern;

namespace {

constexpr Mono t0{1'000'000'000};
constexpr Mono deadline = t0 + seconds(60);

UniqueFd lend(const GenerationPage& page) {
  return UniqueFd::adopt(::fcntl(page.reading_fd(), F_DUPFD_CLOEXEC, 0));
}

struct Pair {
  GenerationPage page;
  GenerationReader reader;
};

Pair make_pair_of(std::uint32_t slots) {
  Result<GenerationPage> page = GenerationPage::make(slots);
  REQUIRE(page);
  Result<GenerationReader> reader = GenerationReader::map(lend(*page));
  REQUIRE(reader);
  page->beat(t0);
  return {std::move(*page), std::move(*reader)};
}

}  // namespace

TEST_CASE("a verdict stands only on its epoch, slot and generation, in time", "[generation]") {
  auto [page, reader] = make_pair_of(100);
  page.set_deadline(7, deadline);
  const std::uint64_t epoch = page.epoch(), generation = page.generation(7);
  struct Row {
    const char* what;
    std::uint64_t epoch;
    std::uint32_t slot;
    std::uint64_t generation;
    Mono beat, now;
    bool stands;
  };
  const Row rows[] = {
      {"as given", epoch, 7, generation, t0, t0, true},
      {"another epoch", epoch + 1, 7, generation, t0, t0, false},
      {"another generation", epoch, 7, generation + 1, t0, t0, false},
      {"an older generation", epoch, 7, generation - 1, t0, t0, false},
      {"a slot on which nothing stands", epoch, 8, page.generation(8), t0, t0, false},
      {"the last slot", epoch, 99, page.generation(99), t0, t0, false},
      {"one past the last slot", epoch, 100, generation, t0, t0, false},
      {"a slot far away", epoch, 0xffffffff, generation, t0, t0, false},
      {"a microsecond before the deadline", epoch, 7, generation, deadline, deadline - Duration{1}, true},
      {"at the deadline", epoch, 7, generation, deadline, deadline, false},
      {"after the deadline", epoch, 7, generation, deadline, deadline + Duration{1}, false},
      {"a heart that is just young enough", epoch, 7, generation, t0, t0 + Duration{999'999}, true},
      {"a heart that stopped a second ago", epoch, 7, generation, t0, t0 + seconds(1), false},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    page.beat(row.beat);
    CHECK(reader.stands(row.epoch, row.slot, row.generation, row.now) == row.stands);
    CHECK(reader.beats(row.now) == (row.now - row.beat < seconds(1)));
  }
}

TEST_CASE("nothing stands on a page whose heart never beat", "[generation]") {
  Result<GenerationPage> page = GenerationPage::make(1);
  REQUIRE(page);
  Result<GenerationReader> reader = GenerationReader::map(lend(*page));
  REQUIRE(reader);
  page->set_deadline(0, deadline);
  CHECK_FALSE(reader->stands(page->epoch(), 0, page->generation(0), t0));
  CHECK_FALSE(reader->beats(t0));
}

TEST_CASE("the end of a session is seen at once, and its generation never comes back",
          "[generation]") {
  auto [page, reader] = make_pair_of(2);
  std::uint64_t last = page.generation(1);
  for (int round = 0; round < 1000; ++round) {
    page.set_deadline(1, deadline);
    const std::uint64_t mine = page.generation(1);
    REQUIRE(mine >= last);
    REQUIRE(reader.stands(page.epoch(), 1, mine, t0));
    page.end(1);
    REQUIRE_FALSE(reader.stands(page.epoch(), 1, mine, t0));
    REQUIRE(page.generation(1) > mine);
    page.set_deadline(1, deadline);  // the slot's next session
    REQUIRE_FALSE(reader.stands(page.epoch(), 1, mine, t0));
    last = mine;
  }
}

TEST_CASE("epochs and generations start at random", "[generation]") {
  const auto one = GenerationPage::make(64), other = GenerationPage::make(64);
  REQUIRE((one && other));
  CHECK(one->epoch() != other->epoch());
  for (std::uint32_t slot = 0; slot < 64; ++slot) {
    CHECK(one->generation(slot) != other->generation(slot));
    CHECK(one->generation(slot) < (std::uint64_t{1} << 62));
    if (slot != 0) CHECK(one->generation(slot) != one->generation(slot - 1));
  }
}

TEST_CASE("the descriptor that workers get cannot be used to write the page", "[generation]") {
  Result<GenerationPage> page = GenerationPage::make(300);
  REQUIRE(page);
  const UniqueFd fd = lend(*page);
  struct stat s{};
  REQUIRE(::fstat(fd.get(), &s) == 0);
  const auto size = static_cast<std::size_t>(s.st_size);

  constexpr int seals = F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  CHECK((::fcntl(fd.get(), F_GET_SEALS) & seals) == seals);
  CHECK(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0) == MAP_FAILED);
  CHECK(::mmap(nullptr, size, PROT_WRITE, MAP_SHARED, fd.get(), 0) == MAP_FAILED);
  void* where = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  REQUIRE(where != MAP_FAILED);
  CHECK(::mprotect(where, size, PROT_READ | PROT_WRITE) != 0);
  CHECK(::munmap(where, size) == 0);
  const std::uint64_t forged = 1;
  CHECK(::pwrite(fd.get(), &forged, sizeof forged, 0) != static_cast<ssize_t>(sizeof forged));
  CHECK(::ftruncate(fd.get(), 0) != 0);
  CHECK(::fallocate(fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, s.st_size) != 0);

  // Even the owner, with /proc at hand, gets no writable mapping out of it any more.
  const std::string path = "/proc/self/fd/" + std::to_string(fd.get());
  const UniqueFd again = UniqueFd::adopt(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (again) {
    CHECK(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, again.get(), 0) == MAP_FAILED);
    CHECK(::pwrite(again.get(), &forged, sizeof forged, 0) < 0);
  }
}

TEST_CASE("what is no page is not mapped", "[generation]") {
  CHECK_FALSE(GenerationPage::make(0));
  CHECK_FALSE(GenerationPage::make(max_generation_slots + 1));
  CHECK_FALSE(GenerationReader::map(UniqueFd()));
  UniqueFd small = UniqueFd::adopt(::memfd_create("small", MFD_CLOEXEC));
  REQUIRE(::ftruncate(small.get(), sizeof(GenerationHead)) == 0);
  CHECK_FALSE(GenerationReader::map(std::move(small)));
}
