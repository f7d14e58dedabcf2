// The connection to an intranet server, and where its answer stands.  It belongs to one
// client connection and one sid, or to one request of nobody's; nobody else ever uses it.
#pragma once

#include <algorithm>
#include <string>

#include "common/buffer.h"
#include "common/http_body.h"
#include "common/http_response.h"
#include "common/loop.h"
#include "common/messages.h"
#include "wfd/origin.h"
#include "wfd/straight.h"
#include "wfd/stream.h"

namespace postern::wfd {

// Of what is looked at on its way; what goes straight leaves in straight_bytes.
inline constexpr std::size_t relay_buffer_bytes = 64 * 1024;

struct Upstream {
  // `head_bytes`: the longest head, in either direction.
  explicit Upstream(std::size_t head_bytes)
      : in(std::max(relay_buffer_bytes, head_bytes)), out(straight_bytes + head_bytes) {}

  Stream stream;
  Watcher watcher;
  Buffer in;                       // the answer, as it came
  Buffer out;                      // the request, as it goes
  ResponseHead head;               // views into `in`; good once head_done, until it is dropped
  BodyReader body;
  Way way = Way::https;
  bool fixed = false;              // a server of [hosts]
  bool request_whole = false;      // all of the request at hand is sent, or in `out`
  bool head_done = false;          // of the answer at hand
  bool dry = false;                // all was read that was there; epoll says when there is more
  bool gone = false;               // it closed; what is in `in` is all that will come
  bool deaf = false;               // it takes nothing more
  bool full = false;               // it takes nothing for now; epoll says when it does
  bool truncated = false;          // and it did not say that it was the end
  bool hung_up = false;            // nothing left to watch for
  bool wants_write = false;        // TLS must write before it can go on
  Port known = Port::none;         // the port that answers, as the broker knows it
  unsigned answers = 0;            // whole answers before this one
  unsigned interims = 0;           // 1xx before the answer at hand
  std::string host;                // for which it was dialled
  std::string sid;                 // for whom

  void rest() {
    if (in.empty()) in.release();
    if (out.empty()) out.release();
    head.fields.release();
    stream.rest();
  }
  // It spoke HTTP/1.0 before, which has no 100.
  bool knows_no_interims() const { return answers > 0 && head.version == Version::http_1_0; }
  bool proved() const { return fixed || (stream.tls() != nullptr && stream.tls()->verified()); }
};

}  // namespace postern::wfd
