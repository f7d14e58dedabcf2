// The words of CORS.  Called by open_ground.cc, forward.cc and connection_judge.cc.  Origin
// is what a browser says of a page, and any program can say it: never take it for more than
// leave to read an answer that holds nothing of anybody.
#include "wfd/cross_origin.h"

#include <algorithm>

#include "common/http_grammar.h"
#include "wfd/target.h"

namespace postern::wfd {
namespace {

constexpr std::string_view scheme = "https://";
constexpr std::string_view method_field = "access-control-request-method";

}  // namespace

std::string origin_host(const Fields& fields) {
  const auto origin = fields.only("origin");
  if (!origin || !origin->starts_with(scheme)) return {};
  const std::string_view host = origin->substr(scheme.size());
  return is_canonical_host(host) ? std::string(host) : std::string();
}

std::string listed_origin(const Fields& fields, std::span<const std::string> hosts) {
  if (hosts.empty()) return {};
  std::string host = origin_host(fields);
  return std::ranges::find(hosts, host) != hosts.end() ? host : std::string();
}

std::string_view preflighted_method(const RequestHead& head) {
  if (head.method != "OPTIONS" || !head.target.starts_with('/') || head.framing != Framing::none) return {};
  const auto method = head.fields.only(method_field);
  return method && is_token(*method) ? *method : std::string_view();
}

bool is_of_preflight(std::string_view folded) {
  return folded == "origin" || folded.starts_with("access-control-request-");
}

void let_read(Reply& reply, std::string_view host) {
  reply.add<"Access-Control-Allow-Origin">(std::string(scheme) + std::string(host));
  reply.add<"Access-Control-Allow-Credentials">("true");
  reply.add<"Access-Control-Expose-Headers">("WWW-Authenticate, X-Postern-Error");
  reply.add<"Vary">("Origin");
}

}  // namespace postern::wfd
