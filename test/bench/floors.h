// The floors: the least that a server for the same work could do, with nothing of what the
// work is for.  What is above them is the price of HTTP, of judging, of walls.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <string>

#include "line_writer.h"

namespace postern::bench {

struct FloorOptions {
  sockaddr_in at{};
  std::string certificate, key;  // empty: no TLS
  sockaddr_in upstream{};        // relay only
  std::string answer;            // server only: the whole answer to every head
  bool close = false;            // server only: the connection ends after an answer
  std::size_t together = 0;      // connections in one process, which is forked for them; 0: all in the first
  std::string log;               // server only: the system log's socket; empty: nothing is written down
  LineWriter::Of lines_of = LineWriter::Of::answers;  // what lines are written of
  bool defer = false;            // the kernel keeps who says nothing, for a while; who has left by then is closed at once
};

// A bare event loop that answers every request with the same bytes, once its body is there (by
// Content-Length, written just so).  With `log` a process of its own writes lines for each answer, or for each
// connection.  Never returns but on error.
int run_server_floor(const FloorOptions& options);

// A bare relay: TLS on one side, plain TCP on the other, bytes as they come, 64 KiB at a time, which OpenSSL writes
// record by record: no floor for long bodies, which can go in larger writes.  No HTTP, no check.
int run_relay_floor(const FloorOptions& options);

}  // namespace postern::bench
