// Judges the host and the path of a redirect after login, and builds the address.
// Called for the login form, for the redirect to the login page and for the portal.
// Never put a URL parser here: an address is only ever built from parts that were judged,
// because two parsers that read one address differently are how open redirects come
// about (`/\evil`, `//evil`, `https:evil`, a suffix without its dot).
#include "wfd/target.h"

#include <algorithm>

#include "common/http_grammar.h"

namespace postern::wfd {

bool is_canonical_host(std::string_view host) {
  HostPort parsed;
  return parse_host(host, parsed) && parsed.port == 0 && parsed.host == host;
}

bool is_host_of_ours(std::string_view host, std::span<const std::string> domains) {
  return is_canonical_host(host) && is_at_or_below(host, domains);
}

bool is_return_path(std::string_view path) {
  if (path.empty() || path.size() > max_return_path_bytes) return false;
  if (path.front() != '/' || path.starts_with("//")) return false;
  return span_of(path, byte_class::target) == path.size();
}

std::string return_address(std::string_view host, std::string_view path,
                           std::span<const std::string> domains) {
  if (!is_host_of_ours(host, domains) || !is_return_path(path)) return {};
  std::string address = "https://";
  address += host;
  address += path;
  return address;
}

std::string address_after_login(std::string_view host, std::string_view path,
                                std::span<const std::string> domains, std::string_view login_host) {
  std::string address = return_address(host, path.empty() ? "/" : path, domains);
  if (address.empty()) address.append("https://").append(login_host).append("/");
  return address;
}

void append_percent_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  while (true) {
    const std::size_t end = span_of(text, byte_class::unreserved);
    out += text.substr(0, end);
    if (end == text.size()) return;
    const auto byte = static_cast<unsigned char>(text[end]);
    const char encoded[] = {'%', digits[byte >> 4], digits[byte & 15]};
    out.append(encoded, sizeof encoded);
    text.remove_prefix(end + 1);
  }
}

}  // namespace postern::wfd
