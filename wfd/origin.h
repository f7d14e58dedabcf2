// Port 443 and port 80 of one intranet server: which of the two answers a request
// (DESIGN 3.6).  Pure decisions; the broker dials and the connection does what is said.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::wfd {

enum class Way : std::uint8_t { https, http };  // TLS on 443, clear text on 80

// How one attempt ended.
enum class Outcome : std::uint8_t {
  unreachable,  // refused, no route, or silent for https_timeout: no byte was sent
  tls_failed,   // a connection, but no TLS that we may trust
  broken,       // it broke, or answered what is no HTTP, after the request was (partly) sent
  answered,     // a whole response head came
};

struct Attempt {
  Way way = Way::https;
  Outcome outcome = Outcome::unreachable;
  unsigned status = 0;       // of the answer
  bool loops = false;        // redirects_to_itself() said so, for an answer from port 80
};

struct OriginFacts {
  bool plain_allowed = false;   // [intranet] plain=fallback, or the host's own plain=
  bool tls_known = false;       // verified TLS within 24 h: its refusal never falls back
  bool other_tried = false;     // the other port had its turn in this request
  bool kept_404 = false;        // its 404 is kept
  bool has_body = false;        // the request has a body
  bool body_kept = false;       // all of it that was sent is still in memory
};

enum class Next : std::uint8_t {
  fail,          // 502 or 504 of our own; the zero of this enum
  deliver,       // this answer goes to the client
  dial_other,    // drop this answer, and ask the other port
  keep_and_dial_other,  // keep this 404 as "the first 404", and ask the other port
  deliver_kept,  // drop this answer; the kept 404 goes to the client
};

// What follows from `now`.
Next decide(const Attempt& now, const OriginFacts& facts);

// True when an answer from port 80 sends the client to https on the same host and target:
// the client would come back to us with the request that it has just made.  `host` is
// canonical, without port; `target` is the origin-form target of the request.  For
// methods other than GET and HEAD only 301, 307 and 308 count: 302 and 303 are how an
// application answers a form, and the request behind them has been carried out.
bool redirects_to_itself(unsigned status, std::string_view location, std::string_view method,
                         std::string_view host, std::string_view target);

}  // namespace postern::wfd
