// The login host: which page or action a request there asks for.  Pure routing; what it
// leads to is the connection's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/http_head.h"
#include "common/messages.h"

namespace postern::wfd {

enum class LoginAction : std::uint8_t {
  not_found,     // 404; the zero of this enum
  bad_method,    // 405 with Allow: `allow`
  forbidden,     // 403: a POST that does not come from our own page
  portal,        // GET /
  login_form,    // GET /login; `query` may say where to (parse_login_query)
  login_post,    // POST /login; the body is parse_login_form's
  logout_post,   // POST /logout; the body says nothing
  end_post,      // POST /sessions/end; the body is parse_end_form's
  session_json,  // GET /session; must not touch the idle clock
  static_file,   // GET /static/`name`
  key_list,      // GET /.well-known/jwks.json
  verify,        // GET /verify; must not touch the idle clock
};

struct LoginRoute {
  LoginAction action = LoginAction::not_found;
  std::string_view allow;  // with bad_method
  std::string_view query;  // behind '?', of the target; may be empty
  std::string_view name;   // with static_file: what stands behind "/static/"
};

// HEAD counts as GET (the answer's body is left out later).  Paths are compared byte by
// byte: no decoding, no dot segments.  Views point into `head`.
LoginRoute route_login_host(const RequestHead& head, std::string_view login_host);

// True when a POST comes from a page of the login host: one Origin, "https://LOGINHOST";
// without Origin, Sec-Fetch-Site absent or "same-origin" (DESIGN 8).
bool is_own_post(const Fields& fields, std::string_view login_host);

// The body of GET /session: {"user":...,"sid":...,"login":...,"idle_left":...,"left":...},
// `login` in seconds since 1970, the other two in seconds; a line feed behind it.
std::string session_json(const SessionInfo& session);

}  // namespace postern::wfd
