// Bodies of all lengths around a piece, read where they leave from, with one byte behind them.
#include "wfd/straight.h"

#include <sys/socket.h>

#include <array>
#include <string>

#include "unit/catch.h"

using namespace postern;
using namespace postern::wfd;

TEST_CASE("what comes behind a long body is not lost, wherever its last piece ends", "[straight]") {
  const std::size_t size = GENERATE(as<std::size_t>{}, 1, straight_bytes - 1, straight_bytes, straight_bytes + 1, 2 * straight_bytes);
  CAPTURE(size);
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  Stream from(UniqueFd::adopt(ends[0]));
  const UniqueFd sender = UniqueFd::adopt(ends[1]);
  const std::string wire = std::string(size, 'b') + "Z";
  BodyReader body(Framing::length, size);
  Buffer to(straight_bytes), rest(10);
  std::uint64_t payload = 0;
  std::string got;
  std::size_t sent = 0;
  while (!body.ended()) {
    const ssize_t n = ::send(sender.get(), wire.data() + sent, wire.size() - sent, MSG_DONTWAIT);
    sent += n > 0 ? static_cast<std::size_t>(n) : 0;
    REQUIRE(read_straight(from, body, to, rest, payload).io == Io::done);
    got += to.view();
    to.drop(to.size());
  }
  CHECK(got == wire.substr(0, size));
  CHECK(payload == size);
  if (rest.empty()) rest.filled(from.read(rest.room()).n);
  CHECK(rest.view() == "Z");
}
