// Where a person may be sent after the login: a host and a path, each judged by its
// own grammar, and an address that is built from the two and from nothing else.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "common/host.h"

namespace postern::wfd {

inline constexpr std::size_t max_host_bytes = 253;         // RFC 1035, 2.3.4, without the last dot
inline constexpr std::size_t max_return_path_bytes = 2048;  // DESIGN 8

// True for a name in canonical form: lower-case letters, digits and hyphens in labels of
// 1 to 63 that neither begin nor end with a hyphen, no dot at the end, at most 253 bytes
// (RFC 1123, 2.1), and not an IPv4 address in any spelling: the last label has a letter.
bool is_canonical_host(std::string_view host);

// True when `host` is canonical and at or below one of `domains`.
bool is_host_of_ours(std::string_view host, std::span<const std::string> domains);

// True for what may stand behind "https://HOST": one slash first, not two, then visible
// ASCII without backslash and '#', at most 2048 bytes in all.
bool is_return_path(std::string_view path);

// "https://HOST PATH" put together, without a blank; empty when either part is not what
// the two functions above want, so an unchecked value can only lead nowhere.
std::string return_address(std::string_view host, std::string_view path,
                           std::span<const std::string> domains);

// Where a login leads: return_address(), with "/" for an empty path, or the portal at
// "https://LOGINHOST/" when the form named no place, or one that is not ours.
std::string address_after_login(std::string_view host, std::string_view path,
                                std::span<const std::string> domains, std::string_view login_host);

// Appends `text`; every byte but the unreserved ones of RFC 3986, 2.3 becomes %XX, upper case.
void append_percent_encoded(std::string& out, std::string_view text);

}  // namespace postern::wfd
