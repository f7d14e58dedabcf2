// A queue of bytes that never holds more than its capacity, and never less than it was given.
#include "common/buffer.h"

#include <random>
#include <string>

#include "unit/catch.h"

using namespace postern;

TEST_CASE("a buffer takes up to its capacity, and then nothing", "[buffer]") {
  Buffer buffer(4);
  CHECK((buffer.empty() && buffer.left() == 4 && buffer.view().empty()));
  CHECK(buffer.append("abc"));
  CHECK_FALSE(buffer.append("de"));
  CHECK(buffer.view() == "abc");  // nothing of what had no room
  CHECK(buffer.append("d"));
  CHECK(buffer.left() == 0);
  CHECK(buffer.room().empty());
  CHECK(buffer.append(""));
  buffer.drop(3);
  CHECK(buffer.view() == "d");
  CHECK(buffer.append("efg"));  // the room in front is used again
  CHECK(buffer.view() == "defg");
}

TEST_CASE("claims beyond the bounds are cut, not believed", "[buffer]") {
  Buffer buffer(4);
  REQUIRE(buffer.append("ab"));
  buffer.drop(1000);
  CHECK(buffer.empty());
  CHECK(buffer.room().size() == 4);
  buffer.filled(1000);
  CHECK(buffer.size() == 4);
  buffer.filled(1);
  CHECK(buffer.size() == 4);
}

TEST_CASE("a released buffer is empty and can be used again", "[buffer]") {
  Buffer buffer(8);
  REQUIRE(buffer.append("secret"));
  buffer.release();
  CHECK((buffer.empty() && buffer.capacity() == 8 && buffer.view().empty()));
  buffer.drop(1);
  CHECK(buffer.append("12345678"));
  Buffer none(0);
  CHECK_FALSE(none.append("x"));
  CHECK(none.append(""));
  CHECK(none.room().empty());
}

TEST_CASE("what goes in comes out, in order, in pieces of any size", "[buffer]") {
  Buffer buffer(37);
  std::mt19937 random(2);
  std::string in, out;
  char next = 'a';
  for (int step = 0; step < 3000; ++step) {
    if (random() % 2 == 0) {
      const std::span<char> room = buffer.room();
      const std::size_t n = room.empty() ? 0 : random() % (room.size() + 1);
      for (std::size_t i = 0; i < n; ++i) in += room[i] = next = static_cast<char>(next == 'z' ? 'a' : next + 1);
      buffer.filled(n);
    } else {
      const std::size_t n = random() % (buffer.size() + 1);
      out += buffer.view().substr(0, n);
      buffer.drop(n);
    }
    REQUIRE(buffer.size() + buffer.left() == 37);
  }
  out += buffer.view();
  CHECK(out == in);
}

TEST_CASE("a large buffer begins small, and keeps what is in it when it grows", "[buffer]") {
  Buffer buffer(100'000);
  CHECK(buffer.room().size() < 10'000);  // an idle connection must not hold all of it
  std::string in;
  while (buffer.left() > 0) {
    const std::span<char> room = buffer.room();
    REQUIRE_FALSE(room.empty());
    for (char& c : room) in += c = static_cast<char>('a' + in.size() % 26);
    buffer.filled(room.size());
  }
  CHECK(buffer.view() == in);
  CHECK(buffer.size() == 100'000);
  buffer.drop(99'000);
  REQUIRE(buffer.append(std::string(90'000, 'x')));
  CHECK(buffer.view() == in.substr(99'000) + std::string(90'000, 'x'));
}
