// Codes that wait for the next one: whose, from where, how long.
#include "authd/near_miss.h"

#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr Mono start{1'000'000'000};
constexpr Mono until = start + seconds(600);

}  // namespace

TEST_CASE("a counter is awaited of one user, at one place, once", "[near_miss]") {
  NearMisses misses;
  misses.await("alice", "192.0.2.1", 500, until);
  CHECK(misses.take("bob", "192.0.2.1", start) == -1);
  CHECK(misses.take("alice", "192.0.2.2", start) == -1);  // and that place spoils nothing
  CHECK(misses.take("alice", "192.0.2.1", start) == 500);
  CHECK(misses.take("alice", "192.0.2.1", start) == -1);
}

TEST_CASE("a counter is awaited until its time, and only the latest", "[near_miss]") {
  NearMisses misses;
  misses.await("alice", "192.0.2.1", 500, until);
  CHECK(misses.take("alice", "192.0.2.1", until) == -1);
  misses.await("alice", "192.0.2.1", 500, until);
  misses.await("alice", "192.0.2.1", 600, until);
  CHECK(misses.take("alice", "192.0.2.1", until - Duration{1}) == 600);
  misses.await("alice", "192.0.2.1", 700, until);
  misses.forget("alice");
  misses.forget("nobody-here");
  CHECK(misses.take("alice", "192.0.2.1", start) == -1);
}

TEST_CASE("no more users are awaited than there is room for", "[near_miss]") {
  NearMisses misses;
  misses.await("first", "192.0.2.1", 1, start + seconds(1));
  for (std::size_t i = 0; i < NearMisses::most; ++i)
    misses.await("user" + std::to_string(i), "192.0.2.1", 2, until);
  CHECK(misses.size() == NearMisses::most);
  CHECK(misses.take("first", "192.0.2.1", start) == -1);  // the one that ended first went
  CHECK(misses.take("user0", "192.0.2.1", start) == 2);
}
