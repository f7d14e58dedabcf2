// Room that is lent for a moment: pieces are apart from each other and from the heap, and what
// comes back costs no memory for long.
#include "common/lent_room.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

#include "common/buffer.h"
#include "unit/catch.h"
#include "unit/common/children.h"

using namespace postern;
using namespace postern::test;

namespace {

// Pages of a piece that are there.
std::size_t resident(const void* piece) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto first = reinterpret_cast<std::uintptr_t>(piece) / page * page;
  std::vector<unsigned char> there(lent_bytes / page);
  if (::mincore(reinterpret_cast<void*>(first), lent_bytes, there.data()) != 0) return 0;
  std::size_t count = 0;
  for (const unsigned char one : there) count += one & 1u;
  return count;
}

// All of these make the room, so each runs in a process of its own; 0 is good.
int borrow_and_return() {
  if (is_lent(nullptr)) return 1;
  void* early = lend(100);  // no room yet
  if (early == nullptr || is_lent(early)) return 2;
  open_lent_room();
  if (is_lent(early)) return 3;
  take_back(early);
  take_back(nullptr);
  std::set<void*> pieces;
  for (int i = 0; i < 50; ++i) {
    void* piece = lend(lent_bytes);
    if (piece == nullptr || !is_lent(piece) || reinterpret_cast<std::uintptr_t>(piece) % alignof(std::max_align_t) != 0) return 4;
    std::memset(piece, i, lent_bytes);
    if (!pieces.insert(piece).second) return 5;
  }
  for (void* piece : pieces) take_back(piece);
  void* last = *pieces.rbegin();
  return lend(1) == last && lend(1) != last ? 0 : 6;  // what is warm comes first
}

int fill_it(std::size_t room) {
  open_lent_room(room);
  std::vector<void*> pieces;
  do pieces.push_back(lend(1));
  while (is_lent(pieces.back()) && pieces.size() < 1'000'000);
  if (pieces.back() == nullptr || pieces.size() != room + 1) return 1;  // full: the heap has more
  void* large = lend(lent_bytes + 1);
  if (large == nullptr || is_lent(large)) return 2;
  std::memset(large, 1, lent_bytes + 1);
  take_back(large);
  for (void* piece : pieces) take_back(piece);
  return is_lent(lend(lent_bytes)) ? 0 : 3;
}

int empty_it() {
  open_lent_room();
  char* kept = static_cast<char*>(lend(lent_bytes));
  std::memset(kept, 'k', lent_bytes);
  std::vector<void*> pieces;
  for (int i = 0; i < 20; ++i) std::memset(pieces.emplace_back(lend(lent_bytes)), 'x', lent_bytes);
  for (void* piece : pieces) take_back(piece);
  void* again = lend(1);  // in use, and dirty, while the others lie there
  empty_lent_room();
  if (resident(kept) != resident(again) || resident(kept) == 0) return 1;
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i)
    if (resident(pieces[i]) != 0) return 2;
  for (std::size_t i = 0; i < lent_bytes; ++i)
    if (kept[i] != 'k') return 3;
  take_back(again);
  empty_lent_room();  // the one that came back since, after those that are clean already
  if (resident(again) != 0) return 4;
  char* fresh = static_cast<char*>(lend(lent_bytes));
  std::memset(fresh, 'f', lent_bytes);
  take_back(fresh);
  empty_lent_room();
  return resident(fresh) == 0 && *static_cast<char*>(lend(1)) == '\0' ? 0 : 5;
}

int buffer_lives_there() {
  open_lent_room();
  void* probe = lend(1);
  take_back(probe);
  Buffer buffer(100'000);
  if (!buffer.append(std::string(5000, 'a')) || !is_lent(buffer.view().data())) return 1;
  if (!buffer.append(std::string(60'000, 'b')) || is_lent(buffer.view().data())) return 2;
  if (buffer.size() != 65'000 || buffer.view()[4999] != 'a' || buffer.view()[5000] != 'b') return 3;
  if (std::memchr(probe, 'a', lent_bytes) != nullptr) return 4;  // wiped before it was given back
  buffer.release();
  return lend(1) == probe ? 0 : 5;
}

int wipe_what_is_secret() {
  char elsewhere[2] = "x";
  open_lent_room();
  wipe_when_back(elsewhere + 1);  // nothing to do with it
  char* piece = static_cast<char*>(lend(lent_bytes));
  char* next = static_cast<char*>(lend(lent_bytes));
  std::memset(piece, 's', lent_bytes);
  std::memset(next, 'n', lent_bytes);
  wipe_when_back(piece + 500);
  wipe_when_back(piece + 300);  // the largest counts
  take_back(piece);
  const auto is = [&](std::size_t at, char c) { return piece[at] == c; };
  if (!is(0, '\0') || !is(499, '\0') || !is(500, 's') || next[0] != 'n' || elsewhere[0] != 'x') return 1;
  if (lend(1) != piece) return 2;
  piece[0] = 'a';
  take_back(piece);  // the next one had no secret
  if (!is(0, 'a')) return 3;
  wipe_when_back(next + lent_bytes);  // all of it, and nothing of what is behind it
  take_back(next);
  return next[0] == '\0' && next[lent_bytes - 1] == '\0' && is(0, 'a') ? 0 : 4;
}

int give_back_twice() {
  open_lent_room();
  void* piece = lend(1);
  (void)lend(1);  // that somebody else has
  take_back(piece);
  take_back(piece);
  return 0;
}

int give_back_a_part() {
  open_lent_room();
  take_back(static_cast<char*>(lend(100)) + 16);
  return 0;
}

}  // namespace

TEST_CASE("pieces are lent, taken back and lent again", "[lent-room]") {
  CHECK(left_with(in_child(borrow_and_return), 0));
}

TEST_CASE("a room that is full leaves the rest to the heap", "[lent-room]") {
  for (const std::size_t room : {most_lent, few_lent}) CHECK(left_with(in_child([&] { return fill_it(room); }), 0));
}

TEST_CASE("what came back is no memory any more once the room is emptied", "[lent-room]") {
  CHECK(left_with(in_child(empty_it), 0));
}

TEST_CASE("a buffer has its memory from there, and leaves nothing in it", "[lent-room]") {
  CHECK(left_with(in_child(buffer_lives_there), 0));
}

TEST_CASE("what was secret in a piece is wiped when it comes back", "[lent-room]") {
  CHECK(left_with(in_child(wipe_what_is_secret), 0));
}

TEST_CASE("who gives back what he has not got is stopped", "[lent-room]") {
  CHECK(killed_by(in_child(give_back_twice), SIGABRT));
  CHECK(killed_by(in_child(give_back_a_part), SIGABRT));
}
