// Lines wait for each other as long as they may, and what was lost is told once.
#include "common/recorder.h"

#include "unit/catch.h"
#include "unit/workbench.h"

using namespace postern;
using namespace workbench;

namespace {

Line line(const char* event) { return Line(event); }

}  // namespace

TEST_CASE("lines of one round go together, and at its end", "[recorder]") {
  Loop loop = open_loop();
  LogBook book;
  Recorder recorder(loop, book.log(), {});
  Timer round;
  round.set(loop, loop.now(), [&] {
    CHECK(recorder.record(line("one")));
    CHECK(recorder.record(line("two")));
    CHECK(book.packets().empty());
  });
  std::vector<std::string> packets;
  REQUIRE(run_until(loop, [&] { return !(packets = book.packets()).empty(); }));
  REQUIRE(packets.size() == 1);
  CHECK(packets[0] == "6event=one\x1e" "6event=two");
}

TEST_CASE("after lines went, those that come soon wait for the end of the pause", "[recorder]") {
  Loop loop = open_loop();
  LogBook book;
  Recorder recorder(loop, book.log(), milliseconds(600));
  const Mono before = loop.now();
  CHECK(recorder.record(line("one")));  // alone: it does not wait
  std::vector<std::string> packets;
  REQUIRE(run_until(loop, [&] { return !(packets = book.packets()).empty(); }, milliseconds(500)));
  CHECK(recorder.record(line("two")));
  CHECK(recorder.record(line("three")));
  REQUIRE(run_until(loop, [&] { return !(packets = book.packets()).empty(); }));
  CHECK(loop.now() - before >= milliseconds(600));
  REQUIRE(packets.size() == 1);
  CHECK(packets[0] == "6event=two\x1e" "6event=three");
}

TEST_CASE("what waits can be handed over now", "[recorder]") {
  Loop loop = open_loop();
  LogBook book;
  Recorder recorder(loop, book.log(), seconds(60));
  CHECK(recorder.flush());
  CHECK(recorder.record(line("one")));
  CHECK(recorder.flush());
  CHECK(book.lines() == std::vector<std::string>{"event=one"});
}

TEST_CASE("a line that was lost is told once, with the next answer", "[recorder]") {
  Loop loop = open_loop();
  auto book = std::make_unique<LogBook>();
  Log log = std::move(book->log());
  book.reset();  // nobody reads any more
  Recorder recorder(loop, log, {});
  const bool by_itself = GENERATE(false, true);
  CHECK(recorder.record(line("one")));
  if (by_itself) {
    CHECK_FALSE(run_until(loop, [] { return false; }, milliseconds(50)));
    CHECK_FALSE(recorder.record(line("two")));
    CHECK(recorder.record(line("three")));
  }
  CHECK_FALSE(recorder.flush());
  CHECK(recorder.flush());
}
