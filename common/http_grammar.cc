// The small grammars of HTTP/1.x: tokens, lists, numbers, hosts; and the table of the
// reasons for a refusal.  Called by the head and body parsers, and by whoever builds a
// head.  Never put here: anything that reads a whole line or a whole head, anything
// with a policy (which hosts are ours is not a matter of grammar).
#include "common/http_grammar.h"

#include <algorithm>

namespace postern {
namespace {

struct FaultRow {
  HttpFault fault;
  std::string_view word;
  int status;
};

constexpr FaultRow fault_table[] = {
    {HttpFault::none, "-", 0},
    {HttpFault::control_byte, "control-byte", 400},
    {HttpFault::bare_cr, "bare-cr", 400},
    {HttpFault::bare_lf, "bare-lf", 400},
    {HttpFault::request_line_bad, "bad-request-line", 400},
    {HttpFault::method_bad, "bad-method", 400},
    {HttpFault::target_bad, "bad-target", 400},
    {HttpFault::version_bad, "bad-version", 400},
    {HttpFault::status_bad, "bad-status", 400},
    {HttpFault::field_name_bad, "bad-field-name", 400},
    {HttpFault::obs_fold, "obs-fold", 400},
    {HttpFault::host_missing, "host-missing", 400},
    {HttpFault::host_twice, "host-twice", 400},
    {HttpFault::host_bad, "bad-host", 400},
    {HttpFault::host_differs, "host-differs", 400},
    {HttpFault::length_bad, "bad-length", 400},
    {HttpFault::length_twice, "length-twice", 400},
    {HttpFault::length_and_coding, "length-and-coding", 400},
    {HttpFault::coding_bad, "bad-coding", 400},
    {HttpFault::coding_twice, "coding-twice", 400},
    {HttpFault::connection_bad, "bad-connection", 400},
    {HttpFault::expectation_unknown, "unknown-expectation", 417},
    {HttpFault::target_too_long, "target-too-long", 414},
    {HttpFault::line_too_long, "line-too-long", 431},
    {HttpFault::head_too_long, "head-too-long", 431},
    {HttpFault::too_many_fields, "too-many-fields", 431},
    {HttpFault::chunk_bad, "bad-chunk", 400},
    {HttpFault::chunk_extension, "chunk-extension", 400},
    {HttpFault::trailer_bad, "bad-trailer", 400},
    {HttpFault::trailer_too_long, "trailer-too-long", 400},
    {HttpFault::body_cut, "body-cut", 400},
};

constexpr bool every_fault_has_its_row() {
  std::size_t i = 0;
  for (const FaultRow& row : fault_table)
    if (static_cast<std::size_t>(row.fault) != i++) return false;
  return i == static_cast<std::size_t>(HttpFault::last) + 1;
}
static_assert(every_fault_has_its_row());

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) {
    return c == '-' || is_a(c, byte_class::letter_or_digit);
  });
}

// How many bytes at the front of a name are letters and hyphens, as far as that can be told in eights.
std::size_t span_of_letters(std::string_view text) {
  std::size_t i = 0;
  while (text.size() - i >= Eight::size && Eight(text.data() + i).is_name()) i += Eight::size;
  return i;
}

// What readers of addresses take for a number: decimal digits, or hexadecimal after 0x.
bool is_number(std::string_view label) {
  if (span_of(label, byte_class::digit) == label.size()) return true;
  if (label.size() < 2 || label[0] != '0' || lower(label[1]) != 'x') return false;
  label.remove_prefix(2);
  return span_of(label, byte_class::hex) == label.size();
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == name.npos) return !is_number(label);
    name.remove_prefix(dot + 1);
  }
}

// 1 to 65535 without leading zeros; 0 for anything else.
std::uint16_t read_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0') return 0;
  const auto port = parse_length(text);
  return port && *port <= 65535 ? static_cast<std::uint16_t>(*port) : std::uint16_t{0};
}

}  // namespace

std::string_view word_of(HttpFault fault) {
  return fault_table[static_cast<std::size_t>(fault)].word;
}

int status_of(HttpFault fault) { return fault_table[static_cast<std::size_t>(fault)].status; }

bool is_token(std::string_view text) {
  const std::size_t begin = span_of_letters(text);
  return !text.empty() && begin + span_of(text.substr(begin), byte_class::token) == text.size();
}

std::string_view trim_blanks(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view take_member(std::string_view& list) {
  const std::size_t comma = std::min(list.find(','), list.size());
  const std::string_view member = trim_blanks(list.substr(0, comma));
  list.remove_prefix(comma < list.size() ? comma + 1 : comma);
  return member;
}

bool is_token_list(std::string_view list) {
  while (!list.empty()) {
    const std::string_view member = take_member(list);
    if (!member.empty() && !is_token(member)) return false;
  }
  return true;
}

bool lists_token(std::string_view list, std::string_view token) {
  while (!list.empty())
    if (equal_folded(take_member(list), token)) return true;
  return false;
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_a(c, byte_class::digit)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

bool parse_host(std::string_view text, HostPort& out) {
  const std::size_t colon = text.find(':');
  std::string_view name = text.substr(0, colon);
  std::uint16_t port = 0;
  if (colon != text.npos) {
    port = read_port(text.substr(colon + 1));
    if (port == 0) return false;
  }
  if (name.ends_with('.')) name.remove_suffix(1);
  if (!is_host_name(name)) return false;
  out.host.assign(name);
  std::transform(out.host.begin(), out.host.end(), out.host.begin(), lower);
  out.port = port;
  return true;
}

}  // namespace postern
