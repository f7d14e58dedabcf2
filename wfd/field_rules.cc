// The tables of field names that forward.cc and answer.cc leave out.  A new name to be
// dropped is a row here.  Never put rules here that depend on a host or a user: those are
// configuration ([policy] strip_request_headers) and come with the plan of a head.
#include "wfd/field_rules.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace postern::wfd {
namespace {

constexpr std::string_view hop_by_hop[] = {
    "connection", "keep-alive",        "proxy-connection", "proxy-authorization",
    "te",         "proxy-authenticate", "trailer",         "transfer-encoding",
    "upgrade",    "content-length",    "http2-settings",   "expect",
    "proxy-authentication-info",
};

constexpr std::string_view spoofable[] = {
    "forwarded", "x-real-ip", "early-data", "x-original-url", "x-rewrite-url",
    "proxy",  // httpoxy: CGI hands it on as HTTP_PROXY
};
constexpr std::string_view spoofable_families[] = {"x-postern-", "x-forwarded"};

// F5's CVE-2022-1388 and Apache's CVE-2022-31813 were "Connection: NAME-THAT-MATTERS".
constexpr std::string_view end_to_end[] = {
    "host",          "cookie",           "set-cookie",    "authorization", "www-authenticate",
    "origin",        "referer",          "location",      "range",         "cache-control",
    "pragma",        "expires",          "vary",          "etag",          "last-modified",
    "date",          "age",              "accept",        "user-agent",    "via",
    "server",        "allow",            "link",          "refresh",       "retry-after",
    "prefer",        "soapaction",       "last-event-id", "idempotency-key", "clear-site-data",
    "x-frame-options", "x-requested-with", "x-csrf-token", "x-xsrf-token", "x-content-type-options",
    "x-real-ip",     "forwarded",        "x-api-key",     "x-auth-token",  "authentication-info",
    "strict-transport-security",         "permissions-policy", "referrer-policy",
    "depth",         "destination",      "if",            "lock-token",    "overwrite",
    "timeout",  // WebDAV, RFC 4918
};
constexpr std::string_view end_to_end_families[] = {"if-", "accept-", "content-", "sec-", "access-control-",
                                                    "x-postern-", "x-forwarded", "cross-origin-"};

// Which lengths there are in a table, as bits: most names are in none, and told by that.
template <std::size_t N>
constexpr std::uint64_t lengths_of(const std::string_view (&table)[N]) {
  std::uint64_t lengths = 0;
  for (const std::string_view name : table) lengths |= std::uint64_t{1} << (name.size() & 63);
  return lengths;
}
template <const auto& table>
bool has(std::string_view name) {
  constexpr std::uint64_t lengths = lengths_of(table);
  return (lengths >> (name.size() & 63) & 1) != 0 && std::ranges::find(table, name) != std::end(table);
}
template <std::size_t N>
bool has_family(const std::string_view (&table)[N], std::string_view name) {
  return std::any_of(std::begin(table), std::end(table),
                     [&](std::string_view family) { return name.starts_with(family); });
}

constexpr std::array<char, 256> make_folds() {
  std::array<char, 256> table{};
  for (unsigned c = 0; c < 256; ++c)
    table[c] = is_a(static_cast<char>(c), byte_class::letter_or_digit) ? lower(static_cast<char>(c)) : '-';
  return table;
}
constexpr std::array<char, 256> folds = make_folds();
char fold(char c) { return folds[static_cast<unsigned char>(c)]; }

}  // namespace

std::string fold_name(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) c = fold(c);
  return folded;
}

std::string_view NameFolder::operator()(std::string_view name) {
  room_.assign(name);
  for (char& c : room_) c = fold(c);
  return room_;
}

bool is_hop_by_hop(std::string_view folded) { return has<hop_by_hop>(folded); }

bool is_spoofable(std::string_view folded) {
  return has<spoofable>(folded) || has_family(spoofable_families, folded);
}

bool is_ours_to_answer(std::string_view folded) {
  return folded == "alt-svc" || folded.starts_with("x-postern-");
}

bool is_listed(std::string_view folded, std::span<const std::string> names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::equal(name.begin(), name.end(), folded.begin(), folded.end(), [](char a, char b) { return fold(a) == b; });
  });
}

ConnectionNames::ConnectionNames(const Fields& fields) : fields_(fields) {
  for (const Field& field : fields)
    any_ = any_ || (equal_folded(field.name, "connection") && !equal_folded(field.value, "keep-alive"));
}

bool ConnectionNames::take_away(std::string_view name, std::string_view folded) const {
  return any_ && fields_.lists("connection", name) && !has<end_to_end>(folded) && !has_family(end_to_end_families, folded);
}

}  // namespace postern::wfd
