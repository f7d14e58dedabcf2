// Lines wait for the end of their round, and what was lost is told.
#include "common/recorder.h"

#include <sys/socket.h>

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
  Recorder recorder(loop, book.log());
  Timer round;
  round.set(loop, loop.now(), [&] {
    recorder.record(line("one"));
    recorder.record(line("two"));
    CHECK(book.packets().empty());
  });
  std::vector<std::string> packets;
  REQUIRE(run_until(loop, [&] { return !(packets = book.packets()).empty(); }));
  REQUIRE(packets.size() == 1);
  CHECK(packets[0] == "6event=one\x1e" "6event=two");
}

TEST_CASE("what waits can be handed over now", "[recorder]") {
  Loop loop = open_loop();
  LogBook book;
  Recorder recorder(loop, book.log());
  CHECK(recorder.flush());
  recorder.record(line("one"));
  CHECK(recorder.flush());
  CHECK(book.lines() == std::vector<std::string>{"event=one"});
}

TEST_CASE("a line that was lost is told once", "[recorder]") {
  Loop loop = open_loop();
  LogBook book;
  book.close();
  Recorder recorder(loop, book.log());
  const bool by_itself = GENERATE(false, true);
  recorder.record(line("one"));
  if (by_itself) settle(loop);
  CHECK_FALSE(recorder.flush());
  CHECK(recorder.flush());
}

TEST_CASE("a line that was lost is told although later ones are recorded", "[recorder]") {
  int ends[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd reader = UniqueFd::adopt(ends[0]);
  Log log = Log::open(UniqueFd::adopt(ends[1]), {}, OnLogFailure::deny, false).value();
  Loop loop = open_loop();
  Recorder recorder(loop, log);
  const auto read_all = [&] {
    char room[8192];
    while (::recv(reader.get(), room, sizeof room, MSG_DONTWAIT) > 0) {}
  };
  const Line filler = std::move(Line("filler").add("what", std::string(900, 'x')));
  while (log.write(filler)) {}
  const bool by_itself = GENERATE(false, true);
  if (by_itself) {
    recorder.record(line("one"));
    settle(loop);
  } else {
    for (std::size_t n = 0; n <= line_packet_bytes; n += 900) recorder.record(filler);  // more than a packet
  }
  read_all();
  recorder.record(line("two"));
  CHECK_FALSE(recorder.flush());
  recorder.record(line("three"));
  CHECK(recorder.flush());
}
