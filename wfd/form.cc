// Reads application/x-www-form-urlencoded into a LoginForm.  Called by the login host's
// part of the connection, with a whole body or query in memory.
// The decoded length of a value is measured before a byte is written, so each value goes
// directly to its place.  Never decode a value into a std::string that is not one of the
// public fields: PIN and passcode would linger in freed memory.  Error texts name keys
// that we know, and never a value.
#include "wfd/form.h"

#include <algorithm>
#include <optional>
#include <span>

#include "wfd/target.h"

namespace postern::wfd {
namespace {

// One step of decoding: the byte at `at`, which moves on; none if the text is malformed
// or the byte is a control character.
std::optional<char> next_byte(std::string_view text, std::size_t& at) {
  const auto hex = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  unsigned char byte = static_cast<unsigned char>(text[at++]);
  if (byte == '+') {
    byte = ' ';
  } else if (byte == '%') {
    if (text.size() - at < 2) return std::nullopt;
    const int high = hex(text[at]);
    const int low = hex(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    at += 2;
    byte = static_cast<unsigned char>(high * 16 + low);
  } else if (byte > 0x7e) {
    return std::nullopt;  // a browser would have encoded it
  }
  if (byte < 0x20 || byte == 0x7f) return std::nullopt;
  return static_cast<char>(byte);
}

// The decoded length, at most `limit`; none when malformed or longer.
std::optional<std::size_t> decoded_size(std::string_view text, std::size_t limit) {
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); ++size) {
    if (size == limit || !next_byte(text, at)) return std::nullopt;
  }
  return size;
}

// Decodes into `room`, which has exactly the decoded size.
void decode(std::string_view text, std::span<std::byte> room) {
  std::size_t at = 0;
  for (std::byte& to : room) to = static_cast<std::byte>(next_byte(text, at).value_or('\0'));
}

bool read_text(std::string_view text, std::size_t limit, std::string& to) {
  const auto size = decoded_size(text, limit);
  if (!size) return false;
  to.resize(*size);
  decode(text, std::as_writable_bytes(std::span(to)));
  return true;
}

template <std::size_t N>
bool read_secret(std::string_view text, Secret<N>& to) {
  const auto size = decoded_size(text, N);
  if (size) decode(text, to.fill(*size));
  return size.has_value();
}

// Phones put a blank behind a word that they completed.
void trim(std::string& text) {
  const std::size_t last = text.find_last_not_of(' ');
  text.erase(last == text.npos ? 0 : last + 1);
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
}

template <std::size_t N>
void drop_blanks(Secret<N>& secret) {
  const auto bytes = secret.fill(secret.size());
  const auto end = std::remove(bytes.begin(), bytes.end(), std::byte{' '});
  const auto kept = static_cast<std::size_t>(end - bytes.begin());
  wipe(bytes.data() + kept, bytes.size() - kept);
  (void)secret.fill(kept);
}

template <class F>
struct Key {
  std::string_view name;
  bool (*read)(std::string_view text, F& form);
};

constexpr Key<LoginForm> query_keys[] = {
    {"host", [](std::string_view v, LoginForm& f) { return read_text(v, max_host_bytes, f.host); }},
    {"path", [](std::string_view v, LoginForm& f) { return read_text(v, max_return_path_bytes, f.path); }},
    {"link", [](std::string_view v, LoginForm& f) { return read_text(v, max_link_bytes, f.link); }},
};
constexpr Key<LoginForm> login_keys[] = {
    {"user", [](std::string_view v, LoginForm& f) { return read_text(v, max_user_bytes, f.user); }},
    {"pin", [](std::string_view v, LoginForm& f) { return read_secret(v, f.pin); }},
    {"passcode", [](std::string_view v, LoginForm& f) { return read_secret(v, f.passcode); }},
    {"marked", [](std::string_view v, LoginForm& f) { return f.marked = v == "yes"; }},
    query_keys[0], query_keys[1], query_keys[2],
};
constexpr Key<EndForm> end_keys[] = {
    {"sid", [](std::string_view v, EndForm& f) { return read_text(v, max_sid_bytes, f.sid) && !f.sid.empty(); }},
    {"others", [](std::string_view v, EndForm& f) { return f.others = v == "yes"; }},
};

template <class F, std::size_t N>
Result<F> parse(std::string_view text, const Key<F> (&keys)[N]) {
  F form;
  if (text.size() > max_form_bytes) return fail("cannot read form: too long");
  bool seen[N] = {};
  bool more = !text.empty();
  while (more) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    more = end != text.npos;
    if (more) text.remove_prefix(end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) return fail("cannot read form: a part without '='");
    const auto* key = std::ranges::find(keys, pair.substr(0, equals), &Key<F>::name);
    if (key == std::end(keys)) return fail("cannot read form: unknown key");
    bool& before = seen[key - keys];
    if (before) return fail("cannot read form: two of " + std::string(key->name));
    before = true;
    if (!key->read(pair.substr(equals + 1), form))
      return fail("cannot read form: bad or overlong " + std::string(key->name));
  }
  return form;
}

}  // namespace

Result<LoginForm> parse_login_form(std::string_view body) {
  Result<LoginForm> form = parse(body, login_keys);
  if (!form) return form;
  trim(form->user);
  drop_blanks(form->passcode);
  return form;
}

Result<LoginForm> parse_login_query(std::string_view query) { return parse(query, query_keys); }

Result<EndForm> parse_end_form(std::string_view body) {
  EndForm form = TRY(parse(body, end_keys));
  if (form.sid.empty() != form.others) return fail("cannot read form: neither one session nor all others");
  return form;
}

}  // namespace postern::wfd
