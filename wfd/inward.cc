// The table of request fields that are not handed on as they came to a server on its plain
// port; the counterpart of outward.cc.  Called for every field by forward.cc.
// WebDAV clients name the target of COPY and MOVE by its whole address (RFC 4918, 10.3).
// Outside that begins with https; Apache, nginx and others refuse it as another server's.
// Never touch Origin or Referer here: applications compare them with X-Forwarded-Proto.
#include "wfd/inward.h"

#include <algorithm>

#include "common/http_grammar.h"

namespace postern::wfd {
namespace {

constexpr std::string_view secure_scheme = "https://";

using Value = std::optional<std::string>;

// "https://HOST[:443]/x" becomes "http://HOST/x"; another host's address stays as it is.
Value plain_address(std::string_view value, std::string_view host) {
  if (!equal_folded(value.substr(0, secure_scheme.size()), secure_scheme)) return std::nullopt;
  value.remove_prefix(secure_scheme.size());
  const std::size_t end = std::min(value.find_first_of("/?#"), value.size());
  HostPort where;
  if (!parse_host(value.substr(0, end), where) || where.host != host) return std::nullopt;
  if (where.port != 0 && where.port != 443) return std::nullopt;
  return "http://" + where.host + std::string(value.substr(end));
}

struct Rule {
  std::string_view name;
  Value (*rewrite)(std::string_view value, std::string_view host);
};
constexpr Rule rules[] = {
    {"destination", plain_address},
};

}  // namespace

Value inward_value(std::string_view name, std::string_view value, std::string_view host) {
  for (const Rule& rule : rules)
    if (equal_folded(rule.name, name)) return rule.rewrite(value, host);
  return std::nullopt;
}

}  // namespace postern::wfd
