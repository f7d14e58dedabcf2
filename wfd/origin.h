// Port 443 and port 80 of one intranet server: which of the two answers a request
// (DESIGN 3.6).  Pure decisions; the broker dials and the connection does what is said.
//
// The whole table.  "Other" is the port that was not asked yet; it may be asked when the
// host has one (not with plain=never, nor with a scheme or a port in [hosts]), when it had
// no turn in this request, and when of the request's body
//     no byte was sent                         from 443 to 80, and from 80 to 443
//     all that was sent is kept                from 80 to 443 only
//     some was sent that is kept no more       neither way.
//
//   the attempt on          ended                            then
//   -- dialling: the broker's part, in the order of the port memory
//   both, 443 first         443 refused or silent            80
//   both, 443 known for TLS 443 refused or silent            no server: 502, 504
//   both, 80 remembered     80 refused or silent             443
//   -- the first answer, on a new connection or on one that has answered before
//   either                  anything but 404                 it is the answer
//   443                     404, other may be asked          kept; 80 is asked
//   80                      404, other may be asked          kept; 443 is asked
//   80                      sends into a circle, other may   443 is asked; nothing is kept
//   either                  404, other may not               it is the answer
//   80                      sends into a circle, other not   502
//   443                     TLS fails                        502, and never 80
//   either                  breaks, lies, is silent          502, 504, and never the other
//   -- the second answer, of the other port
//   either                  anything but 404                 it is the answer
//   80                      404, or sends into a circle      the kept 404
//   443                     404                              the kept 404; without one this 404
//   either                  cannot be reached, TLS fails,    the kept 404; without one 502, 504
//                           breaks, lies, is silent
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::wfd {

enum class Way : std::uint8_t { https, http };  // TLS on 443, clear text on 80

// How one attempt ended.
enum class Outcome : std::uint8_t {
  unreachable,  // whatever might be dialled is refused, away or silent: no byte was sent
  tls_failed,   // a connection, but no TLS that we may trust
  broken,       // it broke, was silent, or answered what is no HTTP, after the request was (partly) sent
  answered,     // a whole response head came
  last = answered
};

struct Attempt {
  Way way = Way::https;
  Outcome outcome = Outcome::unreachable;
  unsigned status = 0;       // of the answer
  bool loops = false;        // redirects_to_itself() said so, for an answer from port 80
};

struct OriginFacts {
  bool two_ports = false;       // this host's plain= and [hosts] allow both ports
  bool other_tried = false;     // the other port had its turn in this request
  bool kept_404 = false;        // its 404 is kept
  bool body_sent = false;       // something of the request's body went to a server
  bool body_kept = false;       // and all that went is still in memory
};

enum class Next : std::uint8_t {
  fail,          // 502 or 504 of our own; the zero of this enum
  deliver,       // this answer goes to the client
  dial_other,    // drop this answer, and ask the other port
  keep_and_dial_other,  // keep this 404 as "the first 404", and ask the other port
  deliver_kept,  // drop what this attempt brought; the kept 404 goes to the client
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
