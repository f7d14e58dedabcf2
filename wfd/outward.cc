// The table of answer fields that are not handed on as they came, each with its function.
// Called for every field of an answer by answer.cc.  Never touch a body here: what a page
// says in its text is the page's.
#include "wfd/outward.h"

#include <algorithm>

#include "common/host.h"
#include "common/http_grammar.h"
#include "wfd/cookie.h"

namespace postern::wfd {
namespace {

constexpr std::string_view plain_scheme = "http://";
constexpr std::string_view upgrade = "upgrade-insecure-requests";

using Value = std::optional<std::string>;

Value secure_address(std::string_view value, const OutwardPlan& plan) {
  return secure_location(value, plan.domains);
}

// "5; url=http://host/": the address behind the first `url=`, quoted or not (HTML, 4.2.5.3).
Value secure_refresh(std::string_view value, const OutwardPlan& plan) {
  const std::size_t at = std::min(value.find_first_of(";,"), value.size());
  std::size_t from = value.find_first_not_of(" \t", std::min(at + 1, value.size()));
  if (from == value.npos || !equal_folded(value.substr(from, 4), "url=")) return std::string(value);
  from = value.find_first_not_of(" \t", from + 4);
  if (from == value.npos) return std::string(value);
  const bool quoted = value[from] == '"' || value[from] == '\'';
  const std::size_t end = quoted ? std::min(value.find(value[from], from + 1), value.size()) : value.size();
  if (quoted) ++from;
  return std::string(value.substr(0, from)) + secure_location(value.substr(from, end - from), plan.domains) +
         std::string(value.substr(end));
}

bool has_attribute(std::string_view cookie, std::string_view name) {
  for (std::size_t at = cookie.find(';'); at != cookie.npos; at = cookie.find(';', at + 1)) {
    std::string_view attribute = cookie.substr(at + 1);
    attribute = attribute.substr(0, attribute.find(';'));
    if (equal_folded(trim_blanks(attribute.substr(0, attribute.find('='))), name)) return true;
  }
  return false;
}

// Outside, a cookie travels by https only, whatever it does inside (RFC 6265, 4.1.2.5).
Value secure_cookie(std::string_view value, const OutwardPlan& plan) {
  if (sets_our_cookie(value, plan.cookie_name)) return std::nullopt;
  if (has_attribute(value, "secure")) return std::string(value);
  return std::string(value) + "; Secure";
}

// "cookies" and "*" would take our cookie along (Clear Site Data, 3.1).
Value keep_cookies(std::string_view value, const OutwardPlan&) {
  std::string left;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(','), value.size());
    const std::string_view type = trim_blanks(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
    if (type.empty() || equal_folded(type, "\"cookies\"") || type == "\"*\"") continue;
    left += (left.empty() ? "" : ", ") + std::string(type);
  }
  if (left.empty()) return std::nullopt;
  return left;
}

// A challenge of our own scheme sends programs to a login: of the gate's, and nobody else's.
// Parameters are told from schemes by their '=' (RFC 9110, 11.6.1).
Value foreign_challenge(std::string_view value, const OutwardPlan&) {
  constexpr std::string_view ours = "postern";
  for (std::string_view rest = value; !rest.empty();) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view one = trim_blanks(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t word = std::min(one.find_first_of(" \t="), one.size());
    if (equal_folded(one.substr(0, word), ours) && (word == one.size() || one[word] != '=')) return std::nullopt;
  }
  return std::string(value);
}

struct Rule {
  std::string_view name;
  Value (*rewrite)(std::string_view, const OutwardPlan&);
};
constexpr Rule rules[] = {
    {"location", secure_address},
    {"content-location", secure_address},
    {"refresh", secure_refresh},
    {"set-cookie", secure_cookie},
    {"clear-site-data", keep_cookies},
    {"www-authenticate", foreign_challenge},
};

}  // namespace

bool changes_outward(std::string_view folded) {
  return std::ranges::any_of(rules, [&](const Rule& rule) { return rule.name == folded; });
}

Value outward_value(std::string_view folded, std::string_view value, const OutwardPlan& plan) {
  for (const Rule& rule : rules)
    if (rule.name == folded) return rule.rewrite(value, plan);
  return std::string(value);
}

bool is_page(std::string_view type) {
  const std::string_view media = trim_blanks(type.substr(0, type.find(';')));
  return equal_folded(media, "text/html") || equal_folded(media, "application/xhtml+xml");
}

std::string_view added_policy(const Fields& fields) {
  const Field* type = fields.find("content-type");
  const bool has_own = fields.find("content-security-policy") != nullptr;
  return type != nullptr && is_page(type->value) && !has_own ? upgrade : std::string_view();
}

std::string secure_location(std::string_view location, std::span<const std::string> domains) {
  const std::string as_it_came(location);
  if (!equal_folded(location.substr(0, plain_scheme.size()), plain_scheme)) return as_it_came;
  location.remove_prefix(plain_scheme.size());
  const std::size_t end = std::min(location.find_first_of("/?#"), location.size());
  HostPort where;
  if (!parse_host(location.substr(0, end), where)) return as_it_came;
  if ((where.port != 0 && where.port != 80) || !is_at_or_below(where.host, domains)) return as_it_came;
  return "https://" + where.host + std::string(location.substr(end));
}

}  // namespace postern::wfd
