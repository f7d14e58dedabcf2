// Judges opening handshakes of WebSockets, both halves.  Called by the connection, by
// forward.cc and by answer.cc.
// A tunnel ends all parsing, so nothing may lead into one by mistake: a server that only
// echoes an Upgrade, or a cache that answers for it, cannot know the accept key.
// Never put here: what goes through the tunnel (frame_meter.h).
#include "wfd/websocket.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "wfd/crypto_handles.h"

namespace postern::wfd {
namespace {

constexpr std::string_view token = "websocket";
constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t key_characters = 24;
constexpr std::size_t sha1_bytes = 20;
constexpr std::size_t accept_characters = 28;
constexpr std::string_view secure_scheme = "https://";
constexpr std::uint16_t secure_port = 443;

struct FaultRow {
  HandshakeFault fault;
  std::string_view word;
};
constexpr FaultRow fault_table[] = {
    {HandshakeFault::none, "-"},
    {HandshakeFault::method_bad, "websocket-method"},
    {HandshakeFault::http_version_bad, "websocket-http-version"},
    {HandshakeFault::upgrade_bad, "websocket-upgrade"},
    {HandshakeFault::connection_bad, "websocket-connection"},
    {HandshakeFault::version_bad, "websocket-version"},
    {HandshakeFault::key_bad, "websocket-key"},
    {HandshakeFault::body_announced, "websocket-body"},
    {HandshakeFault::early_data, "websocket-early-data"},
    {HandshakeFault::protocol_bad, "websocket-protocol"},
    {HandshakeFault::extension_bad, "websocket-extension"},
    {HandshakeFault::accept_bad, "websocket-accept"},
};
constexpr bool every_fault_has_its_row() {
  std::size_t i = 0;
  for (const FaultRow& row : fault_table)
    if (static_cast<std::size_t>(row.fault) != i++) return false;
  return i == static_cast<std::size_t>(HandshakeFault::last) + 1;
}
static_assert(every_fault_has_its_row());

constexpr std::string_view written_anew[] = {"sec-websocket-key", "sec-websocket-version", "sec-websocket-accept"};

bool has(const std::vector<std::string>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

// 16 bytes: 21 characters, one more of which two bits count, and the padding.  The spare
// bits must be zero, so that each key can be written in one way only.
bool is_key(std::string_view text) {
  if (text.size() != key_characters || !text.ends_with("==")) return false;
  const std::string_view digits = text.substr(0, key_characters - 2);
  if (digits.find_first_not_of(base64) != digits.npos) return false;
  return base64.find(digits.back()) % 16 == 0;
}

bool says_websocket(const Fields& fields) {
  const auto upgrade = fields.only("upgrade");
  return upgrade && equal_folded(*upgrade, token);
}

bool read_protocols(const Fields& fields, std::vector<std::string>& out) {
  for (const Field& field : fields) {
    if (!equal_folded(field.name, "sec-websocket-protocol")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::string_view name = take_member(rest);
      if (!is_token(name) || has(out, name)) return false;
      out.emplace_back(name);
    }
  }
  return true;
}

// `NAME`, `NAME=TOKEN` or `NAME="TOKEN"`.
bool is_parameter(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (!is_token(trim_blanks(text.substr(0, equals)))) return false;
  if (equals == text.npos) return true;
  std::string_view value = trim_blanks(text.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return is_token(value);
}

// An extension and its parameters, divided by ';'; the name is put into `name`.
bool read_extension(std::string_view text, std::string_view& name) {
  std::size_t end = std::min(text.find(';'), text.size());
  name = trim_blanks(text.substr(0, end));
  if (!is_token(name)) return false;
  while (end < text.size()) {
    text.remove_prefix(end + 1);
    end = std::min(text.find(';'), text.size());
    if (!is_parameter(trim_blanks(text.substr(0, end)))) return false;
  }
  return true;
}

// A value in quotes must be a token itself (RFC 6455, 9.1), so no ',' or ';' can hide there.
bool read_extensions(const Fields& fields, std::vector<std::string>& names) {
  for (const Field& field : fields) {
    if (!equal_folded(field.name, "sec-websocket-extensions")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      std::string_view name;
      if (!read_extension(take_member(rest), name)) return false;
      names.emplace_back(name);
    }
  }
  return true;
}

// What both halves have in common.
HandshakeFault judge_upgrade(Version version, const Fields& fields) {
  if (version != Version::http_1_1) return HandshakeFault::http_version_bad;
  if (!says_websocket(fields)) return HandshakeFault::upgrade_bad;
  if (!fields.lists("connection", "upgrade")) return HandshakeFault::connection_bad;
  if (fields.count("content-length") != 0 || fields.count("transfer-encoding") != 0)
    return HandshakeFault::body_announced;
  return HandshakeFault::none;
}

bool chose_an_offered_protocol(const Fields& fields, const WebSocketOffer& offer) {
  if (fields.count("sec-websocket-protocol") == 0) return true;
  const auto chosen = fields.only("sec-websocket-protocol");
  return chosen && has(offer.protocols, *chosen);
}

bool chose_offered_extensions(const Fields& fields, const WebSocketOffer& offer) {
  std::vector<std::string> chosen;
  return read_extensions(fields, chosen) &&
         std::ranges::all_of(chosen, [&](const std::string& name) { return has(offer.extensions, name); });
}

}  // namespace

std::string_view word_of(HandshakeFault fault) { return fault_table[static_cast<std::size_t>(fault)].word; }

bool asks_for_websocket(const Fields& fields) {
  for (const Field& field : fields) {
    if (!equal_folded(field.name, "upgrade")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::string_view protocol = take_member(rest);
      if (equal_folded(protocol.substr(0, protocol.find('/')), token)) return true;
    }
  }
  return false;
}

HandshakeFault read_offer(const RequestHead& head, bool bytes_behind, WebSocketOffer& out) {
  if (head.method != "GET") return HandshakeFault::method_bad;
  const HandshakeFault fault = judge_upgrade(head.version, head.fields);
  if (fault != HandshakeFault::none) return fault;
  if (head.fields.only("sec-websocket-version") != websocket_version) return HandshakeFault::version_bad;
  const auto key = head.fields.only("sec-websocket-key");
  if (!key || !is_key(*key)) return HandshakeFault::key_bad;
  if (bytes_behind) return HandshakeFault::early_data;
  out = WebSocketOffer{std::string(*key), {}, {}};
  if (!read_protocols(head.fields, out.protocols)) return HandshakeFault::protocol_bad;
  if (!read_extensions(head.fields, out.extensions)) return HandshakeFault::extension_bad;
  return HandshakeFault::none;
}

bool is_allowed_origin(const Fields& fields, std::string_view host, std::span<const std::string> others) {
  const auto origin = fields.only("origin");
  if (!origin || !origin->starts_with(secure_scheme)) return false;
  HostPort from;
  if (!parse_host(origin->substr(secure_scheme.size()), from)) return false;
  if (from.port != 0 && from.port != secure_port) return false;
  return from.host == host || std::ranges::find(others, from.host) != others.end();
}

std::string accept_for(std::string_view key) {
  const std::string text = std::string(key) + std::string(guid);
  std::array<unsigned char, sha1_bytes> digest{};
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, "SHA1", nullptr, text.data(), text.size(), digest.data(), &size) != 1 ||
      size != digest.size()) {
    ERR_clear_error();
    return {};
  }
  std::array<unsigned char, accept_characters + 1> written{};
  const int length = EVP_EncodeBlock(written.data(), digest.data(), static_cast<int>(digest.size()));
  return {written.begin(), written.begin() + length};
}

HandshakeFault judge_agreement(const ResponseHead& answer, const WebSocketOffer& offer) {
  const HandshakeFault fault = judge_upgrade(answer.version, answer.fields);
  if (fault != HandshakeFault::none) return fault;
  const std::string wanted = accept_for(offer.key);
  if (wanted.empty() || answer.fields.only("sec-websocket-accept") != wanted) return HandshakeFault::accept_bad;
  if (!chose_an_offered_protocol(answer.fields, offer)) return HandshakeFault::protocol_bad;
  if (!chose_offered_extensions(answer.fields, offer)) return HandshakeFault::extension_bad;
  return HandshakeFault::none;
}

bool is_written_anew(std::string_view folded) {
  return std::ranges::find(written_anew, folded) != std::end(written_anew);
}

}  // namespace postern::wfd
