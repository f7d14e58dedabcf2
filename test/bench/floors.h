// The floors: the least that a server for the same work could do, with nothing of what the
// work is for.  What is above them is the price of HTTP, of judging, of walls.
#pragma once

#include <netinet/in.h>

#include <string>

namespace postern::bench {

struct FloorOptions {
  sockaddr_in at{};
  std::string certificate, key;  // empty: no TLS
  sockaddr_in upstream{};        // relay only
  std::string answer;            // server only: the whole answer to every head
  bool close = false;            // server only: the connection ends after an answer
  bool forks = false;            // a process for each connection, forked when it comes, and nothing else
};

// A bare event loop that answers every request with the same bytes, once its body is there (by
// Content-Length, written just so).  Never returns but on error.
int run_server_floor(const FloorOptions& options);

// A bare relay: TLS on one side, plain TCP on the other, bytes as they come, 64 KiB at a time, which OpenSSL writes
// record by record: no floor for long bodies, which can go in larger writes.  No HTTP, no check.
int run_relay_floor(const FloorOptions& options);

}  // namespace postern::bench
