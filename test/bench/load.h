// What the load generator does, and what it saw.  One process, one thread, one event loop.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace postern::bench {

enum class Mode : std::uint8_t {
  kept,     // each connection asks again and again
  fresh,    // a connection for each request, with a full handshake
  resumed,  // the same, but each handshake resumes the session before
  touch,    // connect and close, without a byte
  idle,     // connections that were answered once, and wait
};

struct LoadOptions {
  Mode mode = Mode::kept;
  sockaddr_in to{};
  std::string sni;           // empty: no TLS
  std::string request;       // the whole head
  std::size_t upload = 0;    // bytes of body after it
  unsigned status = 200;     // that every answer must have
  std::size_t connections = 1;
  std::size_t active = 0;    // of these at a time, in turns; 0: all
  std::size_t requests = 1;  // measured, all connections together
  std::size_t warm = 0;      // before that
};

struct LoadResult {
  std::vector<std::uint32_t> microseconds;  // of each operation
  std::size_t failed = 0;
  std::size_t bytes = 0;   // of bodies
  std::size_t resumed = 0; // handshakes that were
  double seconds = 0;
};

// Runs what `options` says.  Prints "ready" when the connections stand and all is warm, waits
// for a line on standard input, measures, prints one line of JSON, and holds its connections
// until standard input ends.  The exit code: 0, or 1 when an operation failed.
int run_load(const LoadOptions& options);

}  // namespace postern::bench
