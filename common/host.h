// Which host names are ours: the one question that all parts ask of a name.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace postern {

// True when `host` equals `domain` or ends in "." + `domain`; both canonical (lower case,
// without trailing dot).  An empty domain has nobody below it.
bool is_at_or_below(std::string_view host, std::string_view domain);
// The same for one of `domains`.
bool is_at_or_below(std::string_view host, std::span<const std::string> domains);

}  // namespace postern
