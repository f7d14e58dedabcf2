// The head of an answer as the browser gets it, be it a server's or our own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/http_response.h"
#include "common/result.h"
#include "common/settings.h"
#include "wfd/reply.h"

namespace postern::wfd {

// The client's side of one exchange.
struct ClientSide {
  Version version = Version::http_1_0;
  bool request_was_head = false;
  bool close = true;  // the connection ends after this answer
};

// How the body goes to the client, and whether the connection must end after it.
struct ClientFraming {
  Framing framing = Framing::none;
  std::uint64_t length = 0;  // counts with Framing::length only
  bool close = true;
};

// A known length stays a length; an unknown one is chunked for HTTP/1.1, and lasts until
// the close for HTTP/1.0.  1xx, 204, 304 and answers to HEAD have no body.
ClientFraming frame_for(const ResponseHead& answer, const ClientSide& client);

struct AnswerPlan {
  std::string_view cookie_name;         // our cookie's: no server may set it
  std::span<const std::string> domains;  // Location http://HOST at or below these -> https
  std::span<const std::string> strip;   // [policy] strip_response_headers, lower case
  bool hsts = false;                    // [policy] hsts: added, unless the server sends its own
  NoStore no_store = NoStore::no;       // [policy] no_store, see caching.h
  std::string_view websocket_accept{};  // for a 101 that was judged good: Sec-WebSocket-Accept
};

// A server's answer: status and reason as they came, the fields that go from end to end
// in their order, as outward.h turns them for people outside, the framing as decided, and
// Connection where the version's default is another.  Left out are the fields of
// field_rules.h, what Connection names, `strip`, and Strict-Transport-Security unless
// `hsts`; a page without a Content-Security-Policy gets upgrade-insecure-requests; what must not
// be kept says so.  An interim answer (1xx) gets neither framing nor Connection; a 101 gets
// Upgrade, Connection and the accept key of the plan.  Fails if a part is not fit for a head.
Result<std::string> answer_head(const ResponseHead& answer, const AnswerPlan& plan,
                                const ClientSide& client, const ClientFraming& framing);

// The names, folded and each one once, of the fields in which a server spoke for the gate and which are
// withheld: its cookie, its X-Postern-*, Alt-Svc, orders to clear all cookies, challenges.
std::vector<std::string> withheld_fields(const ResponseHead& answer, const AnswerPlan& plan);

// An answer of our own, whole: head with Date and Content-Length, and the body unless the
// request was HEAD.
Result<std::string> write_reply(const Reply& reply, const ClientSide& client, Wall now);

}  // namespace postern::wfd
