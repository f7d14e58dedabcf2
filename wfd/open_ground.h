// What may go to an intranet server without a session, because the operator says so for
// its host: public paths, and the preflights of other origins (DESIGN 7).  Pure.  Both the
// worker and the broker ask here: the worker because it sees the request, the broker
// because it believes no worker.
#pragma once

#include <string>
#include <string_view>

#include "common/http_head.h"
#include "common/messages.h"
#include "common/settings.h"

namespace postern::wfd {

// True when `path` (of the target, as sent, without its query) is one of `open`, or below
// one at the boundary of a part.  A path that is not plain (plain_path.h) never is.
bool is_public(std::span<const std::string> open, std::string_view path);

// True when the host's policy lets a request through without a session on `ground`: for
// `subject`, the path with public_path, or the origin's host with preflight.  Never true
// for Ground::session.
bool is_open(const HostPolicy& policy, Ground ground, std::string_view subject);

// On what ground a request may go on without a session, and the subject of it; the ground
// is `session` when there is none.
struct Opening {
  Ground ground = Ground::session;
  std::string subject;
};
// Only methods that every web application knows are let through so: those of WebDAV name
// other places (Destination), which nobody judges.
Opening find_opening(const RequestHead& head, const HostPolicy& policy);

}  // namespace postern::wfd
