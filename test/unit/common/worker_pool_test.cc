// The porter's book: who has room, who is worn out, whose sources are free again.
#include "common/worker_pool.h"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "unit/catch.h"

using namespace postern;

namespace {
const Address anna = Address::parse("192.0.2.1").value();
const Address bert = Address::parse("192.0.2.2").value();
}  // namespace

TEST_CASE("the worker with the fewest connections is chosen, and none without room", "[worker_pool]") {
  WorkerPool pool(2, 0);
  CHECK_FALSE(pool.choose());
  pool.add(1);
  pool.add(2);
  CHECK(pool.choose() == 1u);
  pool.assign(1, 100, anna);
  CHECK(pool.choose() == 2u);
  pool.assign(2, 200, anna);
  pool.assign(2, 201, bert);
  CHECK(pool.choose() == 1u);
  CHECK(pool.with_room() == 1);
  pool.assign(1, 101, bert);
  CHECK_FALSE(pool.choose());
  CHECK(pool.release(2, 200) == anna);
  CHECK(pool.choose() == 2u);
}

TEST_CASE("who was chosen last is chosen again, while the others have not much less to do", "[worker_pool]") {
  WorkerPool pool(8, 0, 2);
  for (const std::uint64_t worker : {1, 2}) pool.add(worker);
  for (const std::uint64_t c : {100, 101, 102}) {  // three more than the other has
    CHECK(pool.choose() == 1u);
    pool.assign(1, c, anna);
  }
  CHECK(pool.choose() == 2u);
  pool.assign(2, 200, anna);
  CHECK(pool.choose() == 2u);
  CHECK(pool.remove(2).size() == 1);
  CHECK(pool.choose() == 1u);
  WorkerPool small(1, 0, 2);
  for (const std::uint64_t worker : {1, 2}) small.add(worker);
  small.assign(1, 100, anna);
  CHECK(small.choose() == 2u);  // the last one has no room
  small.assign(2, 101, anna);
  CHECK_FALSE(small.choose());
}

TEST_CASE("those in a row go where one after the other would go", "[worker_pool]") {
  const std::uint32_t slack = GENERATE(0u, 1u, 5u), life = GENERATE(0u, 9u);
  std::mt19937 random(1);
  WorkerPool pool(7, life, slack);
  CHECK(pool.in_a_row(4) == 0);
  std::uint64_t next_worker = 1, next_connection = 1;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> live;
  for (int step = 0; step < 3000; ++step) {
    if (!pool.choose()) pool.add(next_worker++);
    const std::size_t row = pool.in_a_row(6);
    const std::uint64_t chosen = pool.choose().value();
    REQUIRE((row >= 1 && row <= 6));
    CHECK(pool.in_a_row(2) == std::min<std::size_t>(row, 2));
    const std::size_t taken = random() % 2 == 0 ? row : 1;
    for (std::size_t i = 0; i < taken; ++i) {
      REQUIRE(pool.choose() == chosen);
      live.emplace_back(chosen, next_connection);
      pool.assign(chosen, next_connection++, anna);
    }
    if (taken == row && row < 6) CHECK(pool.choose() != chosen);
    for (auto ends = random() % 5; ends > 0 && !live.empty(); --ends) {
      const auto gone = live.begin() + static_cast<std::ptrdiff_t>(random() % live.size());
      (void)pool.release(gone->first, gone->second);
      live.erase(gone);
    }
    if (random() % 50 == 0) pool.close(chosen);
  }
}

TEST_CASE("free places are those of all workers, within their rooms and lives", "[worker_pool]") {
  WorkerPool pool(3, 4);
  CHECK(pool.places(10) == 0);
  pool.add(1);
  pool.add(2);
  CHECK(pool.places(10) == 6);
  CHECK(pool.places(5) == 5);
  pool.assign(1, 100, anna);
  CHECK(pool.places(10) == 5);
  for (const std::uint64_t c : {101, 102}) pool.assign(1, c, anna);
  CHECK(pool.places(10) == 3);
  for (const std::uint64_t c : {100, 101, 102}) CHECK(pool.release(1, c) == anna);
  CHECK(pool.places(10) == 4);  // 1 has one left in its life
  pool.assign(1, 103, anna);
  CHECK(pool.places(10) == 3);
  CHECK(WorkerPool(3, 0).places(10) == 0);
}

TEST_CASE("a worker of one connection never gets a second one", "[worker_pool]") {
  WorkerPool pool(1, 0);
  pool.add(1);
  pool.assign(1, 100, anna);
  CHECK_FALSE(pool.choose());
  CHECK(pool.release(1, 100) == anna);
  CHECK_FALSE(pool.choose());  // it saw one user's secrets; it leaves
  CHECK(pool.is_idle(1));
}

TEST_CASE("a worker whose life is used up gets nothing more, and is worn out once empty", "[worker_pool]") {
  WorkerPool pool(2, 3);
  pool.add(1);
  for (const std::uint64_t c : {1, 2}) pool.assign(1, c, anna);
  CHECK(pool.release(1, 1) == anna);
  pool.assign(1, 3, anna);  // the third and last of its life
  CHECK(pool.release(1, 2) == anna);
  CHECK_FALSE(pool.choose());
  CHECK_FALSE(pool.is_worn_out(1));  // one is left
  CHECK(pool.release(1, 3) == anna);
  CHECK(pool.is_worn_out(1));
  CHECK_FALSE(pool.choose());
  CHECK_FALSE(pool.is_worn_out(2));
}

TEST_CASE("a closed worker gets nothing more, keeps what it has, and is worn out once empty", "[worker_pool]") {
  WorkerPool pool(4, 0);
  pool.add(1);
  pool.assign(1, 10, Address());
  pool.close(2);  // that is not there
  pool.close(1);
  CHECK(pool.choose() == std::nullopt);
  CHECK(pool.with_room() == 0);
  CHECK(pool.places(9) == 0);
  CHECK_FALSE(pool.is_worn_out(1));
  CHECK(pool.release(1, 10).has_value());
  CHECK(pool.choose() == std::nullopt);
  CHECK(pool.is_worn_out(1));
}

TEST_CASE("a worker that rests gets nothing until it is woken", "[worker_pool]") {
  WorkerPool pool(2, 0);
  pool.add(1);
  pool.add(2);
  pool.assign(1, 10, anna);
  CHECK_FALSE(pool.someone_rests());
  pool.rest(2);
  CHECK(pool.someone_rests());
  CHECK(pool.places(9) == 1);
  CHECK(pool.choose() == 1);
  CHECK(pool.release(1, 10) == anna);
  pool.assign(1, 11, anna);
  pool.rest(1);
  CHECK(pool.release(1, 11) == anna);  // what it has may end
  CHECK(pool.choose() == std::nullopt);
  pool.close(1);
  pool.wake();
  CHECK_FALSE(pool.someone_rests());
  CHECK(pool.choose() == 2);
  CHECK(pool.places(9) == 2);
  pool.rest(2);
  pool.remove(2);
  CHECK_FALSE(pool.someone_rests());
}

TEST_CASE("a connection counts for its own worker only, and only once", "[worker_pool]") {
  WorkerPool pool(4, 0);
  pool.add(1);
  pool.add(2);
  pool.assign(1, 100, anna);
  CHECK_FALSE(pool.release(2, 100));
  CHECK_FALSE(pool.release(3, 100));
  CHECK_FALSE(pool.release(1, 101));
  CHECK(pool.release(1, 100) == anna);
  CHECK_FALSE(pool.release(1, 100));
  pool.assign(9, 1, anna);  // a worker that is not there
  CHECK_FALSE(pool.has(9));
}

TEST_CASE("a worker that ends gives back the sources of all its connections", "[worker_pool]") {
  WorkerPool pool(4, 0);
  pool.add(1);
  pool.assign(1, 100, anna);
  pool.assign(1, 101, anna);
  pool.assign(1, 102, bert);
  std::vector<Address> sources = pool.remove(1);
  std::sort(sources.begin(), sources.end());
  CHECK(sources == std::vector<Address>{anna, anna, bert});
  CHECK(pool.size() == 0);
  CHECK(pool.with_room() == 0);
  CHECK_FALSE(pool.choose());
  CHECK(pool.remove(1).empty());
  CHECK_FALSE(pool.release(1, 100));
}

TEST_CASE("after any sequence the book agrees with a plain count", "[worker_pool]") {
  constexpr std::uint32_t room = 3, life = 6;
  WorkerPool pool(room, life);
  struct Plain { std::uint32_t served = 0; std::vector<std::uint64_t> open; };
  std::map<std::uint64_t, Plain> plain;
  std::mt19937 random(1);
  std::uint64_t next_worker = 0, next_connection = 0;
  for (int step = 0; step < 5000; ++step) {
    const unsigned what = random() % 8;
    if (what == 0 && plain.size() < 6) plain[next_worker], pool.add(next_worker++);
    else if (what == 1 && !plain.empty()) {
      const std::uint64_t gone = plain.begin()->first;
      REQUIRE(pool.remove(gone).size() == plain[gone].open.size());
      plain.erase(gone);
    } else if (what < 5) {
      if (const auto worker = pool.choose()) {
        pool.assign(*worker, next_connection, anna);
        ++plain[*worker].served;
        plain[*worker].open.push_back(next_connection++);
      }
    } else if (!plain.empty()) {
      auto& [number, worker] = *std::next(plain.begin(), static_cast<long>(random() % plain.size()));
      if (!worker.open.empty()) {
        REQUIRE(pool.release(number, worker.open.back()).has_value());
        worker.open.pop_back();
      }
    }
    std::size_t with_room = 0, fewest = room;
    for (const auto& [number, worker] : plain)
      if (worker.open.size() < room && worker.served < life) ++with_room, fewest = std::min(fewest, worker.open.size());
    REQUIRE(pool.with_room() == with_room);
    REQUIRE(pool.choose().has_value() == (with_room != 0));
    if (pool.choose()) REQUIRE(plain[*pool.choose()].open.size() == fewest);
  }
}
