// The two exceptions from "no session, no server".  Called by connection_judge.cc and by
// the broker.  Never decode, fold or complete a path here: what is compared is what goes to
// the server, byte by byte, and two readings of one path are how such exceptions are widened
// (`/public/..;/`, `/%70ublic`, `//public`).
#include "wfd/open_ground.h"

#include <algorithm>

#include "common/plain_path.h"
#include "wfd/cross_origin.h"
#include "wfd/methods.h"

namespace postern::wfd {
namespace {

bool is_at_or_below_path(std::string_view path, std::string_view open) {
  if (!path.starts_with(open)) return false;
  return path.size() == open.size() || open.ends_with('/') || path[open.size()] == '/';
}

}  // namespace

bool is_public(std::span<const std::string> open, std::string_view path) {
  return std::ranges::any_of(open, [&](std::string_view one) { return is_at_or_below_path(path, one); }) &&
         is_plain_path(path);
}

bool is_open(const HostPolicy& policy, Ground ground, std::string_view subject) {
  switch (ground) {
    case Ground::session: return false;
    case Ground::public_path: return is_public(policy.public_paths, subject);
    case Ground::preflight: return std::ranges::find(policy.cors_origins, subject) != policy.cors_origins.end();
  }
  return false;
}

Opening find_opening(const RequestHead& head, const HostPolicy& policy) {
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  if (is_usual_method(head.method) && is_open(policy, Ground::public_path, path))
    return {Ground::public_path, std::string(path)};
  if (!may_use(policy.methods, preflighted_method(head))) return {};
  std::string origin = listed_origin(head.fields, policy.cors_origins);
  if (!is_open(policy, Ground::preflight, origin)) return {};
  return {Ground::preflight, std::move(origin)};
}

}  // namespace postern::wfd
