// How long a line waits for a logger that is behind.

#include <sys/socket.h>

#include "common/log.h"

#include "unit/catch.h"

using namespace postern;

TEST_CASE("a line waits once for a logger that is behind, and not again in vain", "[log]") {
  int ends[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd reader = UniqueFd::adopt(ends[0]);
  Log log = std::move(*Log::open(UniqueFd::adopt(ends[1]), {}, OnLogFailure::deny, false));
  const Line line = std::move(Line("test").add("what", std::string(900, 'x')));
  const Mono before = read_mono();
  int lines = 0;
  while (log.write(line)) ++lines;
  CHECK(lines > 10);
  const Mono waited = read_mono();
  CHECK(waited - before >= milliseconds(900));
  for (int i = 0; i < 1000; ++i) REQUIRE_FALSE(log.write(line));
  CHECK(read_mono() - waited < milliseconds(500));
  char room[4096];
  while (lines-- > 0) REQUIRE(::recv(reader.get(), room, sizeof room, MSG_DONTWAIT) > 0);
  CHECK(log.write(line));
}
