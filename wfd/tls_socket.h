// The socket under a TLS connection.  Several records written one after the other can be
// gathered, and leave with one system call.  Only the TLS files know of it.
#pragma once

#include <openssl/bio.h>

#include <cstddef>
#include <memory>

#include "common/lent_room.h"
#include "wfd/tls.h"

namespace postern::wfd {

inline constexpr std::size_t longest_record = record_bytes + 512;  // with all that is around it
inline constexpr std::size_t gathered_bytes = records_together * longest_record;

// Belongs to the state of a stream, and does not move; the descriptor is borrowed.
struct TlsSocket {
  int fd = -1;
  bool ended = false;              // a read has seen the other end go without a word: nothing is written
  bool wipes = false;              // what is read may be a secret
  bool gathers = false;            // what is written waits in `held`
  std::unique_ptr<char, TakeBack> held;  // there while something waits
  std::size_t room = 0;            // of it
  std::size_t size = 0, sent = 0;
  std::size_t promised = 0;        // bytes of clear text that are in it

  bool waits() const { return size > sent; }
  bool has_room() const;  // for one more record
  // From now on what is written is gathered, when it fits in `bytes`.
  void begin(std::size_t bytes);
  // The same for one record, until somebody flushes: what is written now can wait for it.
  void hold();
  // Writes what was gathered: 1 when all is out, else the result of write(2), with its errno.
  int flush();
};

// What SSL_set_bio takes for `socket`; null if OpenSSL has no memory.
BIO* make_socket_bio(TlsSocket& socket);
// What all of them share is made at the first call: that should be before a fork.
const BIO_METHOD* socket_method();

}  // namespace postern::wfd
