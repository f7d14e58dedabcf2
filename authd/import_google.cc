// The export codes of Google Authenticator: otpauth-migration://offline?data=..., Base64
// of a protocol buffer, decoded in place.  Only the fields of that one message are known;
// others are passed over, as the encoding has it, and all of it is bounded by the line.
//
//   MigrationPayload:  1 otp_parameters (message, repeated)  2 version  3 batch_size
//                      4 batch_index  5 batch_id
//   OtpParameters:     1 secret (bytes)  2 name  3 issuer  4 algorithm (1 SHA1, 2 SHA256,
//                      3 SHA512, 4 MD5)  5 digits (1 six, 2 eight)  6 type (1 HOTP,
//                      2 TOTP)  7 counter

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "authd/import_entry.h"

namespace postern::authd {
namespace {

constexpr std::uint64_t max_parts = 100;  // of one export

using Bytes = std::span<const std::byte>;

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;  // of a varint
  Bytes bytes;              // of a length-delimited field
  bool is_bytes = false;
};

// Takes one field after the other from a message.
class FieldReader {
 public:
  explicit FieldReader(Bytes message) : left_(message) {}
  bool done() const { return left_.empty(); }

  // Nothing when the message is damaged.
  std::optional<Field> next() {
    const auto key = varint();
    if (!key || *key >> 3 == 0 || *key >> 3 > 536'870'911) return std::nullopt;
    Field field{*key >> 3, 0, {}, false};
    switch (*key & 7) {
      case 0: {
        const auto value = varint();
        field.value = value.value_or(0);
        return value ? std::optional(field) : std::nullopt;
      }
      case 1: return take(8) ? std::optional(field) : std::nullopt;
      case 2: {
        const auto size = varint();
        field.is_bytes = true;
        const auto bytes = size ? take(*size) : std::nullopt;
        field.bytes = bytes.value_or(Bytes());
        return bytes ? std::optional(field) : std::nullopt;
      }
      case 5: return take(4) ? std::optional(field) : std::nullopt;
      default: return std::nullopt;  // groups are of the past
    }
  }

 private:
  std::optional<Bytes> take(std::uint64_t size) {
    if (size > left_.size()) return std::nullopt;
    const Bytes taken = left_.first(static_cast<std::size_t>(size));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = take(1);
      if (!byte) return std::nullopt;
      const auto bits = std::to_integer<std::uint64_t>((*byte)[0]);
      if (shift == 63 && bits > 1) return std::nullopt;
      value |= (bits & 0x7f) << shift;
      if (bits < 0x80) return value;
    }
    return std::nullopt;
  }

  Bytes left_;
};

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// What one OtpParameters says, before it is judged.
struct Parameters {
  Bytes secret;
  std::string_view name;
  std::uint64_t algorithm = 0, digits = 0, type = 0, counter = 0;
};

std::optional<Parameters> read_parameters(Bytes message) {
  Parameters all;
  for (FieldReader reader(message); !reader.done();) {
    const auto field = reader.next();
    if (!field) return std::nullopt;
    if (field->number == 1 && field->is_bytes) all.secret = field->bytes;
    if (field->number == 2 && field->is_bytes) all.name = text_of(field->bytes);
    if (field->number == 4) all.algorithm = field->value;
    if (field->number == 5) all.digits = field->value;
    if (field->number == 6) all.type = field->value;
    if (field->number == 7) all.counter = field->value;
  }
  return all;
}

Result<void> put_parameters(ImportUser& user, Bytes message, const ImportRules& rules) {
  static constexpr std::array<std::string_view, 4> algorithms = {"", "SHA1", "SHA256", "SHA512"};
  const auto all = read_parameters(message);
  if (!all) return fail("the token is damaged");
  if (all->type != 1 && all->type != 2) return put_kind(user, "");
  user.shape.kind = all->type == 1 ? TokenKind::hotp : TokenKind::totp;
  TRY_VOID(put_label(user, all->name, rules));
  const bool known = all->algorithm >= 1 && all->algorithm < algorithms.size();
  TRY_VOID(put_algorithm(user, known ? algorithms[static_cast<std::size_t>(all->algorithm)] : "unknown"));
  if (all->digits != 1 && all->digits != 2) return fail("digits must be 6 or 8");
  user.shape.digits = all->digits == 1 ? 6 : 8;
  TRY_VOID(put_counter(user, std::to_string(all->counter)));
  return put_secret(user, all->secret);
}

// The parts of the exports in this file, by the exports' ids.
struct Batch {
  std::uint64_t size = 0;
  std::set<std::uint64_t> parts;
};
using Batches = std::map<std::uint64_t, Batch>;

Result<void> note_part(Batches& batches, std::uint64_t id, std::uint64_t size, std::uint64_t index) {
  if (size == 0) size = 1;
  if (size > max_parts || index >= size) return fail("the number of its part is damaged");
  Batch& batch = batches[id];
  if (batch.size != 0 && batch.size != size) return fail("the number of its part is damaged");
  batch.size = size;
  if (!batch.parts.insert(index).second) return fail("this part of the export is there twice");
  return {};
}

// Tokens are added as they come; what is said about the part is checked as well.
Result<void> read_payload(Bytes payload, const std::string& where, Batches& batches, ImportCollector& found) {
  std::uint64_t id = 0, size = 0, index = 0, count = 0;
  for (FieldReader reader(payload); !reader.done();) {
    const auto field = reader.next();
    if (!field) return fail("the export code is damaged");
    if (field->number == 3) size = field->value;
    if (field->number == 4) index = field->value;
    if (field->number == 5) id = field->value;
    if (field->number == 1 && field->is_bytes)
      found.add(where + ", token " + std::to_string(++count),
                [&](ImportUser& user) { return put_parameters(user, field->bytes, found.rules()); });
  }
  if (count == 0) return fail("the export code holds no token");
  return note_part(batches, id, size, index);
}

// Base64 (RFC 4648 section 4) with its padding, decoded in place.
std::optional<Bytes> base64_decode(std::span<char> text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::size_t size = text.size();
  while (size > 0 && text.size() - size < 2 && text[size - 1] == '=') --size;
  unsigned held = 0, bits = 0;
  std::size_t used = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t value = alphabet.find(text[i]);
    if (value == alphabet.npos) return std::nullopt;
    held = (held << 6 | static_cast<unsigned>(value)) & 0xfff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    text[used++] = static_cast<char>(held >> bits & 0xff);
  }
  if ((held & ((1u << bits) - 1)) != 0) return std::nullopt;
  return std::as_bytes(std::span<const char>(text.first(used)));
}

Result<void> read_code(std::span<char> line, const std::string& where, Batches& batches, ImportCollector& found) {
  constexpr std::string_view begin = "otpauth-migration://offline?data=";
  if (!std::string_view(line.data(), line.size()).starts_with(begin)) return fail("no otpauth-migration:// URI");
  line = line.subspan(begin.size());
  const auto data = percent_decode(line);
  const auto payload = data ? base64_decode(line.first(data->size())) : std::nullopt;
  if (!payload) return fail("the export code is damaged");
  return read_payload(*payload, where, batches, found);
}

}  // namespace

void read_google(std::span<char> text, ImportCollector& found) {
  Batches batches;
  for_each_line(text, [&](const std::string& where, std::span<char> line) {
    const auto done = read_code(line, where, batches, found);
    if (!done) found.trouble(where, done.error().what);
  });
  for (const auto& [id, batch] : batches)
    for (std::uint64_t part = 0; part < batch.size; ++part)
      if (!batch.parts.contains(part))
        found.trouble("", "part " + std::to_string(part + 1) + " of " + std::to_string(batch.size) +
                              " of the export is missing");
}

}  // namespace postern::authd
