// gate-client SOCKET: reads questions from standard input, one a line, and prints their
// answers as they come (gate_client.h).  Ends with its input.

#include <sys/epoll.h>
#include <unistd.h>

#include <cstdio>

#include "gate/gate_client.h"

namespace {

// Hands whole lines on; false at the end of the input.
bool read_lines(std::string& kept, postern::GateClient& client) {
  char room[65536];
  const ssize_t n = ::read(0, room, sizeof room);
  if (n <= 0) return false;
  kept.append(room, static_cast<std::size_t>(n));
  for (std::size_t end; (end = kept.find('\n')) != kept.npos; kept.erase(0, end + 1))
    client.take(kept.substr(0, end));
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 100;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  auto loop = postern::Loop::open();
  if (!loop) return 111;
  postern::GateClient client(*loop, argv[1]);
  std::string kept;
  postern::Watcher input;
  const auto watched = input.start(*loop, 0, EPOLLIN, [&](std::uint32_t) {
    if (!read_lines(kept, client)) loop->stop(0);
  });
  if (!watched || !client.start()) return 111;
  return loop->run().value_or(111);
}
