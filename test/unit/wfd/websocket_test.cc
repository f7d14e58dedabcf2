#include "wfd/websocket.h"

#include <array>
#include <string>

#include "unit/heads.h"
#include "wfd/forward.h"

using namespace postern;
using namespace postern::wfd;

namespace {

const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";          // RFC 6455, 1.3
const std::string accept_key = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const std::string upgrade = "Upgrade: websocket\r\n";
const std::string connection = "Connection: Upgrade\r\n";
const std::string version = "Sec-WebSocket-Version: 13\r\n";
std::string key_field(const std::string& value) { return "Sec-WebSocket-Key: " + value + "\r\n"; }
const std::string good = upgrade + connection + version + key_field(key);

struct Offered {
  const char* what;
  std::string line;
  std::string fields;
  HandshakeFault fault;
};
const std::string get_line = "GET /chat HTTP/1.1";

const Offered accepted[] = {
    {"the least", get_line, good, HandshakeFault::none},
    {"in any case", get_line, "UPGRADE: WebSocket\r\nconnection: uPGRADE\r\n" + version + key_field(key), HandshakeFault::none},
    {"as Firefox says it", get_line, upgrade + "Connection: keep-alive, Upgrade\r\n" + version + key_field(key), HandshakeFault::none},
    {"Connection in two lines", get_line, upgrade + "Connection: keep-alive\r\n" + connection + version + key_field(key), HandshakeFault::none},
    {"with a query", "GET /a?b=c HTTP/1.1", good, HandshakeFault::none},
    {"a protocol", get_line, good + "Sec-WebSocket-Protocol: chat\r\n", HandshakeFault::none},
    {"protocols", get_line, good + "Sec-WebSocket-Protocol: v2.chat, v1.chat\r\nSec-WebSocket-Protocol: old\r\n", HandshakeFault::none},
    {"no protocols at all", get_line, good + "Sec-WebSocket-Protocol:\r\n", HandshakeFault::none},
    {"as Chromium offers compression", get_line, good + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n", HandshakeFault::none},
    {"parameters", get_line, good + "Sec-WebSocket-Extensions: a; b=1; c=\"2\" , d;e\r\nSec-WebSocket-Extensions: f\r\n", HandshakeFault::none},
    {"a key of ones", get_line, upgrade + connection + version + key_field("/////////////////////w=="), HandshakeFault::none},
};

const Offered refused[] = {
    {"POST", "POST /chat HTTP/1.1", good, HandshakeFault::method_bad},
    {"HEAD", "HEAD /chat HTTP/1.1", good, HandshakeFault::method_bad},
    {"OPTIONS", "OPTIONS * HTTP/1.1", good, HandshakeFault::method_bad},
    {"a method in small letters", "get /chat HTTP/1.1", good, HandshakeFault::method_bad},
    {"HTTP/1.0", "GET /chat HTTP/1.0", good, HandshakeFault::http_version_bad},
    {"several protocols to upgrade to", get_line, "Upgrade: h2c, websocket\r\n" + connection + version + key_field(key), HandshakeFault::upgrade_bad},
    {"h2c in a line of its own", get_line, "Upgrade: h2c\r\n" + good, HandshakeFault::upgrade_bad},
    {"twice", get_line, upgrade + good, HandshakeFault::upgrade_bad},
    {"with a version", get_line, "Upgrade: websocket/13\r\n" + connection + version + key_field(key), HandshakeFault::upgrade_bad},
    {"a comma behind it", get_line, "Upgrade: websocket,\r\n" + connection + version + key_field(key), HandshakeFault::upgrade_bad},
    {"no Connection", get_line, upgrade + version + key_field(key), HandshakeFault::connection_bad},
    {"Connection without it", get_line, upgrade + "Connection: keep-alive\r\n" + version + key_field(key), HandshakeFault::connection_bad},
    {"Connection with a name like it", get_line, upgrade + "Connection: upgrades\r\n" + version + key_field(key), HandshakeFault::connection_bad},
    {"a body", get_line, good + "Content-Length: 5\r\n", HandshakeFault::body_announced},
    {"a body of nothing", get_line, good + "Content-Length: 0\r\n", HandshakeFault::body_announced},
    {"chunks", get_line, good + "Transfer-Encoding: chunked\r\n", HandshakeFault::body_announced},
    {"no version", get_line, upgrade + connection + key_field(key), HandshakeFault::version_bad},
    {"an old version", get_line, upgrade + connection + "Sec-WebSocket-Version: 8\r\n" + key_field(key), HandshakeFault::version_bad},
    {"a version that only begins so", get_line, upgrade + connection + "Sec-WebSocket-Version: 130\r\n" + key_field(key), HandshakeFault::version_bad},
    {"a version with a zero", get_line, upgrade + connection + "Sec-WebSocket-Version: 013\r\n" + key_field(key), HandshakeFault::version_bad},
    {"two versions in one", get_line, upgrade + connection + "Sec-WebSocket-Version: 13, 8\r\n" + key_field(key), HandshakeFault::version_bad},
    {"two versions", get_line, good + version, HandshakeFault::version_bad},
    {"no key", get_line, upgrade + connection + version, HandshakeFault::key_bad},
    {"an empty key", get_line, upgrade + connection + version + key_field(""), HandshakeFault::key_bad},
    {"two keys", get_line, good + key_field(key), HandshakeFault::key_bad},
    {"a key of 15 bytes", get_line, upgrade + connection + version + key_field("dGhlIHNhbXBsZSBub25j"), HandshakeFault::key_bad},
    {"a key of 17 bytes", get_line, upgrade + connection + version + key_field("dGhlIHNhbXBsZSBub25jZWE="), HandshakeFault::key_bad},
    {"a key without padding", get_line, upgrade + connection + version + key_field("dGhlIHNhbXBsZSBub25jZQ"), HandshakeFault::key_bad},
    {"a key with one padding", get_line, upgrade + connection + version + key_field("dGhlIHNhbXBsZSBub25jZQA="), HandshakeFault::key_bad},
    {"a key with bits to spare", get_line, upgrade + connection + version + key_field("dGhlIHNhbXBsZSBub25jZR=="), HandshakeFault::key_bad},
    {"a key in base64url", get_line, upgrade + connection + version + key_field("_____________________w=="), HandshakeFault::key_bad},
    {"padding inside a key", get_line, upgrade + connection + version + key_field("dGhlIHNh=XBsZSBub25jZQ=="), HandshakeFault::key_bad},
    {"a blank in a key", get_line, upgrade + connection + version + key_field("dGhlIHNh XBsZSBub25jZQ=="), HandshakeFault::key_bad},
    {"a protocol that is no token", get_line, good + "Sec-WebSocket-Protocol: a b\r\n", HandshakeFault::protocol_bad},
    {"a protocol in quotes", get_line, good + "Sec-WebSocket-Protocol: \"a\"\r\n", HandshakeFault::protocol_bad},
    {"a gap among protocols", get_line, good + "Sec-WebSocket-Protocol: a,,b\r\n", HandshakeFault::protocol_bad},
    {"a protocol twice", get_line, good + "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: a\r\n", HandshakeFault::protocol_bad},
    {"an extension without name", get_line, good + "Sec-WebSocket-Extensions: ;a\r\n", HandshakeFault::extension_bad},
    {"a gap among extensions", get_line, good + "Sec-WebSocket-Extensions: a,,b\r\n", HandshakeFault::extension_bad},
    {"a parameter without name", get_line, good + "Sec-WebSocket-Extensions: a; =1\r\n", HandshakeFault::extension_bad},
    {"a parameter without value", get_line, good + "Sec-WebSocket-Extensions: a; b=\r\n", HandshakeFault::extension_bad},
    {"a parameter that is not there", get_line, good + "Sec-WebSocket-Extensions: a;\r\n", HandshakeFault::extension_bad},
    {"a comma in quotes", get_line, good + "Sec-WebSocket-Extensions: a; b=\"1,2\"\r\n", HandshakeFault::extension_bad},
    {"a semicolon in quotes", get_line, good + "Sec-WebSocket-Extensions: a; b=\"1;2\"\r\n", HandshakeFault::extension_bad},
    {"quotes that do not end", get_line, good + "Sec-WebSocket-Extensions: a; b=\"1\r\n", HandshakeFault::extension_bad},
    {"one quote", get_line, good + "Sec-WebSocket-Extensions: a; b=\"\r\n", HandshakeFault::extension_bad},
};

struct Agreed {
  const char* what;
  std::string line;
  std::string fields;
  HandshakeFault fault;
};
const std::string switching = "HTTP/1.1 101 Switching Protocols";
const std::string agreed = upgrade + connection + "Sec-WebSocket-Accept: " + accept_key + "\r\n";

const Agreed answers[] = {
    {"the least", switching, agreed, HandshakeFault::none},
    {"in any case", switching, "upgrade: WEBSOCKET\r\nCONNECTION: upgrade\r\nsec-websocket-accept: " + accept_key + "\r\n", HandshakeFault::none},
    {"Connection with more", switching, upgrade + "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: " + accept_key + "\r\n", HandshakeFault::none},
    {"another reason", "HTTP/1.1 101 Web Socket Protocol Handshake", agreed, HandshakeFault::none},
    {"the first protocol", switching, agreed + "Sec-WebSocket-Protocol: v2.chat\r\n", HandshakeFault::none},
    {"the second protocol", switching, agreed + "Sec-WebSocket-Protocol: v1.chat\r\n", HandshakeFault::none},
    {"the extension", switching, agreed + "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n", HandshakeFault::none},
    {"a cookie", switching, agreed + "Set-Cookie: a=b\r\n", HandshakeFault::none},
    {"HTTP/1.0", "HTTP/1.0 101 Switching Protocols", agreed, HandshakeFault::http_version_bad},
    {"no Upgrade", switching, connection + "Sec-WebSocket-Accept: " + accept_key + "\r\n", HandshakeFault::upgrade_bad},
    {"another Upgrade", switching, "Upgrade: h2c\r\n" + connection + "Sec-WebSocket-Accept: " + accept_key + "\r\n", HandshakeFault::upgrade_bad},
    {"two Upgrades", switching, upgrade + agreed, HandshakeFault::upgrade_bad},
    {"no Connection", switching, upgrade + "Sec-WebSocket-Accept: " + accept_key + "\r\n", HandshakeFault::connection_bad},
    {"Connection: close", switching, upgrade + "Connection: close\r\nSec-WebSocket-Accept: " + accept_key + "\r\n", HandshakeFault::connection_bad},
    {"a body", switching, agreed + "Content-Length: 2\r\n", HandshakeFault::body_announced},
    {"a body of nothing", switching, agreed + "Content-Length: 0\r\n", HandshakeFault::body_announced},
    {"chunks", switching, agreed + "Transfer-Encoding: chunked\r\n", HandshakeFault::body_announced},
    {"no accept key", switching, upgrade + connection, HandshakeFault::accept_bad},
    {"an empty accept key", switching, upgrade + connection + "Sec-WebSocket-Accept:\r\n", HandshakeFault::accept_bad},
    {"our key back", switching, upgrade + connection + "Sec-WebSocket-Accept: " + key + "\r\n", HandshakeFault::accept_bad},
    {"another accept key", switching, upgrade + connection + "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", HandshakeFault::accept_bad},
    {"half of it", switching, upgrade + connection + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+\r\n", HandshakeFault::accept_bad},
    {"two accept keys", switching, agreed + "Sec-WebSocket-Accept: " + accept_key + "\r\n", HandshakeFault::accept_bad},
    {"a protocol that nobody offered", switching, agreed + "Sec-WebSocket-Protocol: v3.chat\r\n", HandshakeFault::protocol_bad},
    {"a protocol in capitals", switching, agreed + "Sec-WebSocket-Protocol: V1.CHAT\r\n", HandshakeFault::protocol_bad},
    {"both protocols", switching, agreed + "Sec-WebSocket-Protocol: v2.chat, v1.chat\r\n", HandshakeFault::protocol_bad},
    {"both in two lines", switching, agreed + "Sec-WebSocket-Protocol: v2.chat\r\nSec-WebSocket-Protocol: v1.chat\r\n", HandshakeFault::protocol_bad},
    {"no protocol at all", switching, agreed + "Sec-WebSocket-Protocol:\r\n", HandshakeFault::protocol_bad},
    {"an extension that nobody offered", switching, agreed + "Sec-WebSocket-Extensions: permessage-deflate, mux\r\n", HandshakeFault::extension_bad},
    {"an extension that is none", switching, agreed + "Sec-WebSocket-Extensions: permessage-deflate; =\r\n", HandshakeFault::extension_bad},
};

WebSocketOffer offer_of(const std::string& more = "Sec-WebSocket-Protocol: v2.chat, v1.chat\r\n"
                                                  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n") {
  WebSocketOffer offer;
  REQUIRE(read_offer(get(good + more)->head, false, offer) == HandshakeFault::none);
  return offer;
}

}  // namespace

TEST_CASE("a handshake is taken or refused as a whole", "[websocket]") {
  for (const auto* table : {&accepted[0], &refused[0]}) {
    const std::size_t size = table == accepted ? std::size(accepted) : std::size(refused);
    for (const Offered& one : std::span(table, size)) {
      INFO(one.what);
      const auto made = request(one.line, one.fields);
      WebSocketOffer offer;
      CHECK(asks_for_websocket(made->head.fields));
      CHECK(read_offer(made->head, false, offer) == one.fault);
    }
  }
}

TEST_CASE("a handshake that was taken is the same once it is made anew", "[websocket]") {
  for (const Offered& one : accepted) {
    INFO(one.what);
    WebSocketOffer offer, again;
    const auto made = request(one.line, one.fields);
    REQUIRE(read_offer(made->head, false, offer) == HandshakeFault::none);
    ForwardPlan plan;
    plan.websocket_key = offer.key;
    const auto text = forward_head(made->head, plan);
    REQUIRE(text);
    RequestHead head;
    REQUIRE(parse_request(*text, {}, head).state == Parse::done);
    CHECK(read_offer(head, false, again) == HandshakeFault::none);
    CHECK(again.key == offer.key);
    CHECK(again.protocols == offer.protocols);
    CHECK(again.extensions == offer.extensions);
  }
}

TEST_CASE("bytes behind a handshake make it a bad one", "[websocket]") {
  WebSocketOffer offer;
  CHECK(read_offer(get(good)->head, true, offer) == HandshakeFault::early_data);
}

TEST_CASE("what is offered is kept, in its order", "[websocket]") {
  const WebSocketOffer offer =
      offer_of("Sec-WebSocket-Protocol: b, a\r\nSec-WebSocket-Protocol: c\r\nSec-WebSocket-Extensions: x; y=\"z\", w\r\n");
  CHECK(offer.key == key);
  CHECK(offer.protocols == std::vector<std::string>{"b", "a", "c"});
  CHECK(offer.extensions == std::vector<std::string>{"x", "w"});
}

TEST_CASE("only a request that names websocket asks for one", "[websocket]") {
  for (const char* fields : {"Upgrade: h2c\r\n", "Upgrade: TLS/1.2\r\n", "Upgrade: websockets\r\n", "Upgrade:\r\n",
                             "Upgrade: h2c, irc/6.9\r\n", "X-Upgrade: websocket\r\n", "Connection: Upgrade\r\n",
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""}) {
    INFO(fields);
    CHECK_FALSE(asks_for_websocket(get(fields)->head.fields));
  }
}

TEST_CASE("the page that opens a WebSocket must be one of the host's, or of those allowed", "[websocket]") {
  const std::array<std::string, 2> others = {"portal.lab.example", "apps.lab.example"};
  const std::pair<std::string, bool> rows[] = {
      {"Origin: https://a.lab.example\r\n", true},
      {"Origin: https://a.lab.example:443\r\n", true},
      {"Origin: https://A.Lab.Example\r\n", true},
      {"origin: https://portal.lab.example\r\n", true},
      {"", false},
      {"Origin:\r\n", false},
      {"Origin: null\r\n", false},
      {"Origin: http://a.lab.example\r\n", false},
      {"Origin: wss://a.lab.example\r\n", false},
      {"Origin: https://a.lab.example:8443\r\n", false},
      {"Origin: https://a.lab.example/\r\n", false},
      {"Origin: https://a.lab.example.evil.example\r\n", false},
      {"Origin: https://evil.example\r\n", false},
      {"Origin: https://b.lab.example\r\n", false},
      {"Origin: https://lab.example\r\n", false},
      {"Origin: https://x.a.lab.example\r\n", false},
      {"Origin: https://x.portal.lab.example\r\n", false},
      {"Origin: https://user@a.lab.example\r\n", false},
      {"Origin: https://a.lab.example https://evil.example\r\n", false},
      {"Origin: https://a.lab.example\r\nOrigin: https://a.lab.example\r\n", false},
      {"Origin: https://a.lab.example\r\nOrigin: https://evil.example\r\n", false},
      {"Origin: a.lab.example\r\n", false},
      {"Origin: https://10.1.2.3\r\n", false},
      {"X-Origin: https://a.lab.example\r\n", false},
  };
  for (const auto& [fields, allowed] : rows) {
    INFO(fields);
    CHECK(is_allowed_origin(get(fields)->head.fields, "a.lab.example", others) == allowed);
  }
  CHECK_FALSE(is_allowed_origin(get("Origin: https://portal.lab.example\r\n")->head.fields, "a.lab.example", {}));
}

TEST_CASE("the accept key is the one of RFC 6455", "[websocket]") {
  CHECK(accept_for(key) == accept_key);
  CHECK(accept_for("x3JJHMbDL1EzLkh9GBhXDw==") == "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

TEST_CASE("only the answer to this very handshake is one", "[websocket]") {
  const WebSocketOffer offer = offer_of();
  for (const Agreed& one : answers) {
    INFO(one.what);
    CHECK(judge_agreement(response(one.line, one.fields)->head, offer) == one.fault);
  }
}

TEST_CASE("whoever offers nothing is told of nothing", "[websocket]") {
  const WebSocketOffer offer = offer_of("");
  CHECK(judge_agreement(response(switching, agreed)->head, offer) == HandshakeFault::none);
  CHECK(judge_agreement(response(switching, agreed + "Sec-WebSocket-Protocol: v2.chat\r\n")->head, offer) ==
        HandshakeFault::protocol_bad);
  CHECK(judge_agreement(response(switching, agreed + "Sec-WebSocket-Extensions: permessage-deflate\r\n")->head, offer) ==
        HandshakeFault::extension_bad);
}

TEST_CASE("every fault has a word for the log", "[websocket]") {
  for (int i = 0; i <= static_cast<int>(HandshakeFault::last); ++i) {
    const std::string word(word_of(static_cast<HandshakeFault>(i)));
    CHECK(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == word.npos);
    CHECK((i == 0 ? word == "-" : word.starts_with("websocket-")));
  }
}
