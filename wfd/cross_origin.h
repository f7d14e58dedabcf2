// Scripts of other origins (Fetch, 3.2: CORS): which request is a preflight, whose it is,
// and what an answer of ours must say for the script to be allowed to read it.  Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/http_head.h"
#include "wfd/reply.h"

namespace postern::wfd {

// The host of the only Origin, when that is exactly "https://HOST" in canonical form;
// empty for anything else ("null", http, a port, two of them).
std::string origin_host(const Fields& fields);

// The same, when it is one of `hosts`; else empty.
std::string listed_origin(const Fields& fields, std::span<const std::string> hosts);

// The method that a preflight asks for; empty when the request is none: OPTIONS of a path,
// without a body, with exactly one Access-Control-Request-Method.
std::string_view preflighted_method(const RequestHead& head);

// True for the fields of a preflight that a server needs to answer it.  `folded` is the
// name as fold_name makes it.
bool is_of_preflight(std::string_view folded);

// Lets scripts of https://`host` read `reply`, with the fields that name the login.
void let_read(Reply& reply, std::string_view host);

}  // namespace postern::wfd
