// The opening handshake of a WebSocket (RFC 6455, 4) as a gate has to judge it: what asks
// for a tunnel, from which page, and whether the server really agreed.  Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/http_head.h"
#include "common/http_response.h"

namespace postern::wfd {

// What is wrong with a handshake: with the request it is a 400, with the answer a 502.
enum class HandshakeFault : std::uint8_t {
  none,
  method_bad,        // not GET
  http_version_bad,  // not HTTP/1.1
  upgrade_bad,       // Upgrade is not exactly "websocket"
  connection_bad,    // Connection does not name upgrade
  version_bad,       // Sec-WebSocket-Version is not exactly 13
  key_bad,           // not exactly one Sec-WebSocket-Key of 16 bytes in Base64
  body_announced,    // Content-Length or Transfer-Encoding
  early_data,        // bytes behind the head, before there is an answer
  protocol_bad,      // no list of tokens; in an answer, not one of those that were offered
  extension_bad,     // not a list of extensions; in an answer, one that was not offered
  accept_bad,        // the answer does not prove that the server read this very request
  last = accept_bad
};
// The word for the log ("-" for none), one of [a-z-]+.
std::string_view word_of(HandshakeFault fault);

inline constexpr std::string_view websocket_version = "13";

// What a good handshake offers, for comparing with the answer.
struct WebSocketOffer {
  std::string key;                      // as sent: 24 characters
  std::vector<std::string> protocols;   // in the order of preference
  std::vector<std::string> extensions;  // their names
};

// True if the request wants to go on as a WebSocket, however badly it says so.
bool asks_for_websocket(const Fields& fields);

// Judges the whole handshake; `out` is good when there is no fault.  `bytes_behind`: more
// came behind the head, which a client must not send before it has the answer.
HandshakeFault read_offer(const RequestHead& head, bool bytes_behind, WebSocketOffer& out);

// True if there is exactly one Origin, https, and its host is `host` (the request's) or
// one of `others`.  Browsers always send it with a handshake, and no page can forge it;
// SameSite does not keep a sibling host's pages from using our cookie, and no browser asks
// before it lets a page read what comes through a WebSocket.  A request without Origin
// comes from a program; it can say where it belongs as well as a page can.
bool is_allowed_origin(const Fields& fields, std::string_view host, std::span<const std::string> others);

// Sec-WebSocket-Accept for `key`; empty if OpenSSL fails.
std::string accept_for(std::string_view key);

// Judges an answer with status 101.
HandshakeFault judge_agreement(const ResponseHead& answer, const WebSocketOffer& offer);

// True for the fields of a handshake that are written anew, not handed on: `folded` is the
// name as fold_name makes it.
bool is_written_anew(std::string_view folded);

}  // namespace postern::wfd
