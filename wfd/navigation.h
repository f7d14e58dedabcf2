// A request without a session: is it a person who can be sent to the login page, or a
// program that must be told 401 (DESIGN 8)?
#pragma once

#include <string>
#include <string_view>

#include "common/http_head.h"
#include "wfd/reply.h"

namespace postern::wfd {

// True if Accept lists text/html itself (not by a wildcard) and does not weigh it 0.
bool accepts_html(const Fields& fields);

// True for GET or HEAD with Sec-Fetch-Mode: navigate and Sec-Fetch-Dest: document; or
// without any Sec-Fetch-* field, when accepts_html() and there is no X-Requested-With.
bool is_navigation(const RequestHead& head);

// "https://LOGINHOST/login?host=HOST&path=PCT", and "&link=PCT" when `link` is not empty.
// A target over 2048 bytes, or one that could not be gone back to, becomes "/".
std::string login_location(std::string_view login_host, std::string_view host,
                           std::string_view target, std::string_view link = {});

// 302 to login_location(), or 401 with WWW-Authenticate: Postern login="...".
Reply demand_login(const RequestHead& head, std::string_view login_host, std::string_view link = {});
// The 401 alone, for /session and for requests that are never sent anywhere.
Reply unauthorized_reply(std::string_view login_host);

}  // namespace postern::wfd
