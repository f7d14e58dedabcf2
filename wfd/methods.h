// Which methods a host takes (DESIGN 7: [policy] methods).  Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace postern::wfd {

// True when `listed` names `method`, byte by byte (RFC 9110, 9.1: methods are case-sensitive),
// and it is none of the forbidden ones, which no list can allow.
bool may_use(std::span<const std::string> listed, std::string_view method);

// The value of Allow: what of `listed` may_use() lets through.
std::string allow_value(std::span<const std::string> listed);

// True for the methods of every web application, which are let through unless the
// configuration says otherwise; false for those of WebDAV and others that can be added.
bool is_usual_method(std::string_view method);

}  // namespace postern::wfd
