// What must change in an answer that was written for people inside, so that it works for
// people outside: addresses with http://, cookies without Secure, orders to clear what is
// not the server's.  Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/http_fields.h"

namespace postern::wfd {

struct OutwardPlan {
  std::string_view cookie_name;          // our cookie's: no server may set it
  std::span<const std::string> domains;  // http://HOST at or below these becomes https://
};

// False: such a field goes on as it came.
bool changes_outward(std::string_view folded);

// The value with which a field of an answer goes on; nothing when the server must not say
// that at all (a cookie of our name, an order to clear all cookies).  `folded` is the name
// as fold_name makes it.
std::optional<std::string> outward_value(std::string_view folded, std::string_view value,
                                         const OutwardPlan& plan);

// True for a media type (Content-Type) that browsers show as a page.
bool is_page(std::string_view type);

// The policy to be added so that pages which name their images and scripts with http://
// load them all the same; empty when the answer is no page, or has a policy of its own.
std::string_view added_policy(const Fields& fields);

// `location` with "http://HOST[:80]" made "https://HOST" when HOST is at or below one of
// `domains`; anything else as it came.
std::string secure_location(std::string_view location, std::span<const std::string> domains);

}  // namespace postern::wfd
