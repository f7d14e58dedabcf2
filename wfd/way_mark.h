// How a login that goes round in circles is noticed and named, by a cookie of the login
// host's own.  Pure.
//
//   Set-Cookie: __Host-postern-way=TOTAL.SAME.SINCE.PLACE; Path=/; Secure; HttpOnly; SameSite=Lax
//
// It says how often this browser was sent on from the login host within the minute that
// began at SINCE, and how often in a row to the same PLACE (a short hash).  It is no
// secret and proves nothing: no other host gets it or can set it (__Host-), and a browser
// that makes one up misleads nobody but itself.
//
//   GET /login    brings no mark: it gets one (0.0.0.0), and the form says so ("marked").
//   POST /login   of a marked form without a mark: the browser keeps no cookies.  That is
//                 said at once, and the passcode is not spent.
//                 Right: sent on to the host, and counted.
//   GET /login    again.  With a session that stands it is sent on at once (another tab
//                 has logged in), and counted; but the third time in a row to one place
//                 there is no sense in it: the cookie comes here and not there.
//                 With a mark that counts a login, but no session cookie at all: the
//                 browser keeps this host's cookie, and not the domain's.
//   POST /logout  begins anew: it is no wonder then that the session cookie is gone.
//
// Nothing of it stands in an address, so nothing of it can be passed on or get into a log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/http_fields.h"

namespace postern::wfd {

struct WayMark {  // of zeros: counts nothing
  bool brought = false;        // the browser had one
  unsigned total = 0, same = 0;
  std::int64_t since = 0;      // seconds since 1970; 0 while nothing is counted
  std::uint32_t place = 0;
};

// What the request brings; counts that are older than a minute are forgotten.  A mark
// that we would not have written is one without counts.
WayMark read_way_mark(const Fields& fields, Wall now);
// The value of Set-Cookie.
std::string write_way_mark(const WayMark& mark);

// The mark of a browser that is sent on to `address` now.
WayMark counted(WayMark mark, std::string_view address, Wall now);
// True when being sent on to `address` once more would only bring the browser back.
bool goes_round(const WayMark& mark, std::string_view address);

}  // namespace postern::wfd
