// The event loop: what is gone is never called, and deadlines keep their order.
#include "common/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <memory>
#include <string>

#include "unit/catch.h"

using namespace postern;

namespace {

UniqueFd signalled() { return UniqueFd::adopt(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)); }
UniqueFd silent() { return UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

// Runs `loop` until something stops it, or for `rounds` timer rounds of a millisecond.
void run_for(Loop& loop, int rounds) {
  Timer end;
  end.set(loop, loop.now() + milliseconds(rounds), [&] { loop.stop(-1); });
  REQUIRE(loop.run().has_value());
}

}  // namespace

TEST_CASE("the value given to stop comes back from run", "[loop]") {
  Loop loop = Loop::open().value();
  Timer timer;
  timer.set(loop, loop.now(), [&] { loop.stop(7); });
  CHECK(loop.run().value() == 7);
  CHECK_FALSE(timer.active());
}

TEST_CASE("a watcher may destroy itself in its own call, and lives on in what it captured", "[loop]") {
  Loop loop = Loop::open().value();
  const UniqueFd fd = signalled();
  auto watcher = std::make_unique<Watcher>();
  int calls = 0;
  const std::string captured(100, 'x');
  REQUIRE(watcher->start(loop, fd.get(), EPOLLIN, [&, captured](std::uint32_t) {
    watcher.reset();
    calls += captured == std::string(100, 'x') ? 1 : 100;
  }).has_value());
  run_for(loop, 5);
  CHECK(calls == 1);
}

TEST_CASE("of two watchers that are ready the first may destroy the second", "[loop]") {
  Loop loop = Loop::open().value();
  const std::array<UniqueFd, 2> fds = {signalled(), signalled()};
  std::array<std::unique_ptr<Watcher>, 2> watchers;
  int calls = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    watchers[i] = std::make_unique<Watcher>();
    REQUIRE(watchers[i]->start(loop, fds[i].get(), EPOLLIN, [&, i](std::uint32_t) {
      ++calls;
      watchers[1 - i].reset();
      watchers[i]->stop();
    }).has_value());
  }
  run_for(loop, 5);
  CHECK(calls == 1);
}

TEST_CASE("an event of the same round never reaches the next tenant of a slot", "[loop]") {
  Loop loop = Loop::open().value();
  const std::array<UniqueFd, 2> fds = {signalled(), signalled()};
  const UniqueFd quiet = silent();
  std::array<std::unique_ptr<Watcher>, 2> watchers;
  Watcher tenant;
  int calls = 0, misled = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    watchers[i] = std::make_unique<Watcher>();
    REQUIRE(watchers[i]->start(loop, fds[i].get(), EPOLLIN, [&, i](std::uint32_t) {
      ++calls;
      watchers[1 - i].reset();  // its slot is the last one freed, so the tenant gets it
      REQUIRE(tenant.start(loop, quiet.get(), EPOLLIN, [&](std::uint32_t) { ++misled; }).has_value());
      watchers[i]->stop();
    }).has_value());
  }
  run_for(loop, 5);
  CHECK(calls == 1);
  CHECK(misled == 0);
}

TEST_CASE("a watcher may start anew in its own call, with another function", "[loop]") {
  Loop loop = Loop::open().value();
  const UniqueFd fd = signalled();
  Watcher watcher;
  std::string order;
  REQUIRE(watcher.start(loop, fd.get(), EPOLLIN, [&](std::uint32_t) {
    order += 'a';
    REQUIRE(watcher.start(loop, fd.get(), EPOLLIN, [&](std::uint32_t) {
      order += 'b';
      watcher.stop();
    }).has_value());
  }).has_value());
  run_for(loop, 5);
  CHECK(order == "ab");
}

TEST_CASE("a watcher is called again as long as it is ready and wants it", "[loop]") {
  Loop loop = Loop::open().value();
  const UniqueFd fd = signalled();
  Watcher watcher;
  int calls = 0;
  REQUIRE(watcher.start(loop, fd.get(), EPOLLIN, [&](std::uint32_t events) {
    CHECK((events & EPOLLIN) != 0);
    if (++calls == 3) CHECK(watcher.want(0));
  }).has_value());
  run_for(loop, 5);
  CHECK(calls == 3);
  CHECK(watcher.active());
}

TEST_CASE("nobody is called for what is no longer wanted, and everybody again for what is", "[loop]") {
  Loop loop = Loop::open().value();
  const UniqueFd fd = signalled();
  Watcher watcher;
  std::string seen;
  REQUIRE(watcher.start(loop, fd.get(), EPOLLIN, [&](std::uint32_t) {
    seen += 'r';
    loop.stop(0);
  }).has_value());
  REQUIRE(watcher.want(0));
  Timer timer;
  timer.set(loop, loop.now() + milliseconds(5), [&] {
    seen += 't';
    REQUIRE(watcher.want(EPOLLIN));
  });
  REQUIRE(loop.run().has_value());
  CHECK(seen == "tr");
}

TEST_CASE("a descriptor that cannot be watched is an error, and leaves nothing behind", "[loop]") {
  Loop loop = Loop::open().value();
  Watcher watcher;
  CHECK_FALSE(watcher.start(loop, -1, EPOLLIN, [](std::uint32_t) {}).has_value());
  CHECK_FALSE(watcher.active());
  CHECK_FALSE(watcher.want(EPOLLIN));
  const UniqueFd fd = signalled();
  int calls = 0;
  REQUIRE(watcher.start(loop, fd.get(), EPOLLIN, [&](std::uint32_t) { ++calls; watcher.stop(); }).has_value());
  run_for(loop, 3);
  CHECK(calls == 1);
}

TEST_CASE("deadlines fire in their order, whatever order they were set in", "[loop]") {
  Loop loop = Loop::open().value();
  std::array<Timer, 4> timers;
  std::string order;
  const Mono start = loop.now();
  timers[0].set(loop, start + milliseconds(3), [&] { order += 'c'; });
  timers[1].set(loop, start + milliseconds(1), [&] { order += 'a'; });
  timers[2].set(loop, start + milliseconds(2), [&] { order += 'b'; });
  timers[3].set(loop, start + milliseconds(1), [&] { order += 'A'; });
  run_for(loop, 10);
  CHECK(order == "aAbc");
}

TEST_CASE("a deadline can be moved, both ways, and cancelled", "[loop]") {
  Loop loop = Loop::open().value();
  std::array<Timer, 3> timers;
  std::string order;
  const Mono start = loop.now();
  timers[0].set(loop, start + milliseconds(1), [&] { order += 'a'; });
  timers[1].set(loop, start + seconds(60), [&] { order += 'b'; });
  timers[2].set(loop, start + milliseconds(1), [&] { order += 'x'; });
  timers[0].move(start + milliseconds(4));
  timers[1].move(start + milliseconds(2));
  timers[2].cancel();
  timers[2].move(start);  // a timer that is not set stays unset
  CHECK_FALSE(timers[2].active());
  run_for(loop, 10);
  CHECK(order == "ba");
}

TEST_CASE("a timer may set, destroy or cancel timers in its call", "[loop]") {
  Loop loop = Loop::open().value();
  auto first = std::make_unique<Timer>();
  Timer again, never;
  std::string order;
  const Mono start = loop.now();
  first->set(loop, start, [&] {
    order += 'a';
    never.cancel();
    first.reset();
    again.set(loop, start, [&] { order += 'b'; });
  });
  never.set(loop, start, [&] { order += 'x'; });
  run_for(loop, 5);
  CHECK(order == "ab");
}

TEST_CASE("a timer that sets itself for now again does not keep the others from their turn", "[loop]") {
  Loop loop = Loop::open().value();
  const UniqueFd fd = signalled();
  Watcher watcher;
  Timer eager;
  int rounds = 0;
  bool heard = false;
  std::move_only_function<void()> again = [&] {
    if (++rounds == 1000) return loop.stop(1);  // it starved the rest
    eager.set(loop, loop.now(), [&] { again(); });
  };
  eager.set(loop, loop.now(), [&] { again(); });
  Timer start;  // the watcher comes once the timer is at it
  start.set(loop, loop.now(), [&] {
    REQUIRE(watcher.start(loop, fd.get(), EPOLLIN, [&](std::uint32_t) { heard = true; loop.stop(0); }).has_value());
  });
  REQUIRE(loop.run().has_value());
  CHECK(heard);
}

TEST_CASE("a timer that stops the loop keeps the later ones of its round unfired", "[loop]") {
  Loop loop = Loop::open().value();
  Timer a, b;
  int late = 0;
  a.set(loop, loop.now(), [&] { loop.stop(0); });
  b.set(loop, loop.now(), [&] { ++late; });
  REQUIRE(loop.run().has_value());
  CHECK(late == 0);
  CHECK(b.active());
}
