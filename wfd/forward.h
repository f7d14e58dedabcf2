// The head of a request as the intranet server gets it: made anew from what was parsed.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/address.h"
#include "common/http_head.h"
#include "common/result.h"

namespace postern::wfd {

// What is added and left out, beside what always is.  Zero adds nothing about anybody.
struct ForwardPlan {
  std::string_view cookie_name;         // our cookie's
  bool forward_cookie = false;          // [cookie] forward=yes, to a proved server
  std::span<const std::string> strip;   // [policy] strip_request_headers, lower case
  bool plain = false;                   // the server is spoken to without TLS: see inward.h
  bool identity = false;                // [identity] headers=yes: the five fields below
  std::string_view user;                // empty on a public path: then no X-Postern-User
  std::string_view sid;                 // and no X-Postern-Session
  Address client;
  bool preflight = false;               // a question of a browser's: only what it asks goes on
  bool expect = false;                  // Expect: 100-continue, which the client said
  std::string_view assertion;           // a proved server's; empty: none
  std::string_view websocket_key;       // of a handshake that was judged good; empty: strip every Upgrade
};

// The request line, Host (canonical, without port), the fields that go from end to end in
// their order, X-Postern-User, X-Postern-Session, Forwarded (RFC 7239), X-Forwarded-For,
// X-Forwarded-Proto, X-Forwarded-Host, X-Postern-Assertion, and the framing that the parser
// found.  Left out are the fields of field_rules.h, what Connection names, `strip` (in every
// spelling), and our cookie.  Of a preflight, Origin and Access-Control-Request-* alone go
// on.  No Connection is sent: HTTP/1.1 goes on by default.  Expect is the caller's to say.
// A WebSocket's handshake gets Upgrade, Connection, Sec-WebSocket-Key and
// Sec-WebSocket-Version anew.  Fails only if a value of the plan has bytes that no field may
// have.
Result<std::string> forward_head(const RequestHead& head, const ForwardPlan& plan);

}  // namespace postern::wfd
