// A request without a session: is it a person who can be sent to the login page, or a
// program that must be told 401 (DESIGN 8), and in which words?
#pragma once

#include <string>
#include <string_view>

#include "common/http_head.h"
#include "common/message_kind.h"
#include "wfd/reply.h"

namespace postern::wfd {

// What Accept asks for by name (a wildcard names nothing, and what is weighed 0 is not
// wanted): HTML before JSON, and text for those who name neither.
Taste taste_of(const Fields& fields);

// True for GET or HEAD with Sec-Fetch-Mode: navigate and Sec-Fetch-Dest: document; or
// without any Sec-Fetch-* field, when its taste_of() is html and there is no X-Requested-With.
bool is_navigation(const RequestHead& head, Taste taste);

// What this request is to who makes it: a navigation; something that a person does (a
// method that changes things, or a navigation within a page that a click began:
// Sec-Fetch-User); or what a page, a script or a program does by itself.  `taste` is that of its fields, here and above.
Doing doing_of(const RequestHead& head, Taste taste);

// "https://LOGINHOST/login?host=HOST&path=PCT", and "&link=PCT" when `link` is not empty.
// A target over 2048 bytes, or one that could not be gone back to, becomes "/".
// In place of a handle `no_link` leads to the form of a login, whatever session there is.
inline constexpr std::string_view no_link = "none";
std::string login_location(std::string_view login_host, std::string_view host,
                           std::string_view target, std::string_view link = {});

}  // namespace postern::wfd
