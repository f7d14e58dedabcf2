// A store whose WAL was damaged, cut short or left alone.
#include "authd/store_wal.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "unit/authd/stored.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr std::size_t header = 32, frame = 24 + 4096;

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_all(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
}

// What lies on the disk of a process that was killed after it had spent 0 to 9 of alice.
struct Killed {
  Killed() {
    Scratch scratch;
    Store store = store_with(scratch.file("db"));
    for (std::int64_t counter = 0; counter < 10; ++counter) REQUIRE(store.spend("alice", counter, 0).value());
    database = read_all(scratch.file("db"));
    wal = read_all(scratch.file("db-wal"));
    REQUIRE((wal.size() - header) % frame == 0);
    frames = (wal.size() - header) / frame;
    REQUIRE(frames > 10);
  }
  // Where frame `n` begins; a spent counter is one frame.
  static std::size_t at(std::size_t n) { return header + n * frame; }
  std::string database, wal;
  std::size_t frames = 0;
};

// The next counter of alice in a store of such files; the reason when it does not open.
std::string next_of(const std::string& database, const std::string& wal) {
  Scratch scratch;
  write_all(scratch.file("db"), database);
  write_all(scratch.file("db-wal"), wal);
  auto store = Store::open(scratch.file("db"));
  if (store) return std::to_string(store->find_user("alice").value()->token.next);
  CHECK(read_all(scratch.file("db")) == database);  // and nothing was changed
  CHECK(read_all(scratch.file("db-wal")) == wal);
  return store.error().what;
}

std::string flipped(std::string text, std::size_t at) {
  text[at] = static_cast<char>(~text[at]);
  return text;
}

}  // namespace

TEST_CASE("a WAL that is whole counts", "[store][wal]") {
  const Killed left;
  CHECK(next_of(left.database, left.wal) == "10");
}

TEST_CASE("a WAL that is damaged where it was confirmed is refused, and left alone", "[store][wal]") {
  const Killed left;
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, left.frames - 5, left.frames - 3})
    for (const std::size_t place : {0, 4, 8, 15, 16, 23, 24, 2000, 4119}) {
      CAPTURE(n, place);
      CHECK(next_of(left.database, flipped(left.wal, left.at(n) + place)).find("its WAL is damaged, before") !=
            std::string::npos);
    }
}

TEST_CASE("a WAL that is damaged in its header is refused, and left alone", "[store][wal]") {
  const Killed left;
  for (std::size_t at = 0; at < header; ++at) {
    CAPTURE(at);
    CHECK(next_of(left.database, flipped(left.wal, at)).find("its WAL is damaged, at the very beginning") !=
          std::string::npos);
  }
  CHECK(next_of(left.database, std::string(left.wal.size(), '\0')).find("damaged") != std::string::npos);
}

// A power cut: of what was not synced any part may be missing.
TEST_CASE("what a WAL holds of a last transaction that was not confirmed does no harm", "[store][wal]") {
  const Killed left;
  const std::size_t last = left.at(left.frames - 1);
  CHECK(next_of(left.database, left.wal.substr(0, last)) == "9");
  for (const std::size_t part : {1, 23, 24, 4119})
    CHECK(next_of(left.database, left.wal.substr(0, last + part)) == "9");
  for (const std::size_t place : {0, 4, 8, 16, 24, 4119})
    CHECK(next_of(left.database, flipped(left.wal, last + place)) == "9");
  CHECK(next_of(left.database, left.wal + std::string(3 * frame, '\0')) == "10");
  CHECK(next_of(left.database, left.wal + left.wal.substr(last, frame)) == "10");
}

TEST_CASE("what an earlier life left behind in a WAL is not counted", "[store][wal]") {
  const Killed left, before;
  CHECK(next_of(left.database, left.wal + before.wal.substr(header)) == "10");
}

TEST_CASE("a WAL that was not begun is none", "[store][wal]") {
  Scratch scratch;
  { Store store = store_with(scratch.file("db")); }
  const std::string database = read_all(scratch.file("db"));
  for (const std::size_t size : {0, 1, 32}) CHECK(next_of(database, std::string(size, 'x')) == "0");
}

TEST_CASE("an empty database beside a WAL is refused, and the WAL kept", "[store][wal]") {
  const Killed left;
  CHECK(next_of("", left.wal).find("it is empty, and its WAL is not") != std::string::npos);
}

TEST_CASE("a store that is opened begins its WAL anew", "[store][wal]") {
  const Killed left;
  Scratch scratch;
  write_all(scratch.file("db"), left.database);
  write_all(scratch.file("db-wal"), left.wal);
  const Store store = Store::open(scratch.file("db")).value();
  CHECK(read_all(scratch.file("db-wal")).empty());
  CHECK(next_of(read_all(scratch.file("db")), "") == "10");
}

TEST_CASE("a WAL of somebody else, or open to others, is refused", "[store][wal]") {
  const Killed left;
  Scratch scratch;
  const std::string path = scratch.file("db"), wal = scratch.file("db-wal");
  write_all(path, left.database);
  write_all(wal, left.wal);
  REQUIRE(::chmod(wal.c_str(), 0644) == 0);
  CHECK(refusal(path).find("must not be open to group or others") != std::string::npos);
  std::filesystem::rename(wal, scratch.file("other"));
  std::filesystem::create_symlink("other", wal);
  CHECK(refusal(path).find("cannot open " + wal) != std::string::npos);
  std::filesystem::remove(wal);
  REQUIRE(::mkfifo(wal.c_str(), 0600) == 0);
  CHECK(refusal(path).find("not a plain file") != std::string::npos);
}
