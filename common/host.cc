// Comparing host names by whole labels, so that evilexample.org is not below
// example.org.  Names must have been made canonical before; nothing is folded here.
// Pure.  Called wherever a name is held against a configured one.

#include "common/host.h"

#include <algorithm>

namespace postern {

bool is_at_or_below(std::string_view host, std::string_view domain) {
  if (domain.empty() || !host.ends_with(domain)) return false;
  const std::size_t before = host.size() - domain.size();
  return before == 0 || (before > 1 && host[before - 1] == '.');
}

bool is_at_or_below(std::string_view host, std::span<const std::string> domains) {
  return std::ranges::any_of(domains, [&](const std::string& domain) { return is_at_or_below(host, domain); });
}

}  // namespace postern
