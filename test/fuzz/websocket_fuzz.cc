// WebSockets: any field lines behind a good handshake, and any bytes as a client's frames.
#include <cstddef>
#include <string>
#include <string_view>

#include "wfd/forward.h"
#include "wfd/frame_meter.h"
#include "wfd/websocket.h"

namespace {

using namespace postern;
using namespace postern::wfd;

constexpr std::string_view good =
    "GET / HTTP/1.1\r\nHost: a.lab.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

bool read(std::string_view text, WebSocketOffer& offer) {
  RequestHead head;
  return parse_request(text, {}, head).state == Parse::done &&
         read_offer(head, text.size() > head.size, offer) == HandshakeFault::none;
}

// A handshake that is taken is taken again, as the same, from the head that is made of it.
bool handshake_holds(std::string_view fields) {
  const std::string text = std::string(good) + std::string(fields) + "\r\n";
  RequestHead head;
  WebSocketOffer offer, again;
  if (!read(text, offer)) return true;
  if (parse_request(text, {}, head).state != Parse::done || !asks_for_websocket(head.fields)) return false;
  ForwardPlan plan;
  plan.cookie_name = "SessionID";
  plan.websocket_key = offer.key;
  const auto made = forward_head(head, plan);
  return made && read(*made, again) && again.key == offer.key && again.protocols == offer.protocols &&
         again.extensions == offer.extensions;
}

// However the bytes are cut, they are judged alike.
bool frames_hold(std::string_view bytes) {
  FrameMeter whole, cut;
  const bool good_whole = whole.take(bytes);
  bool good_cut = true;
  for (const char byte : bytes) good_cut = good_cut && cut.take({&byte, 1});
  return good_whole == good_cut && (!good_whole || whole.took_data() == cut.took_data());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!handshake_holds(bytes) || !frames_hold(bytes)) __builtin_trap();
  return 0;
}
