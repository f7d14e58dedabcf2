#include "wfd/origin.h"

#include <string>

#include "unit/catch.h"

using namespace postern::wfd;

namespace {
Attempt answered(Way way, unsigned status, bool loops = false) {
  return {way, Outcome::answered, status, loops};
}
Attempt ended(Way way, Outcome outcome) { return {way, outcome, 0, false}; }
}  // namespace

TEST_CASE("a request without a body goes to 443 first and to 80 after a 404", "[origin]") {
  const OriginFacts first{.plain_allowed = true};
  const OriginFacts second{.plain_allowed = true, .other_tried = true, .kept_404 = true};
  CHECK(decide(answered(Way::https, 200), first) == Next::deliver);
  CHECK(decide(answered(Way::https, 500), first) == Next::deliver);
  CHECK(decide(answered(Way::https, 404), first) == Next::keep_and_dial_other);
  CHECK(decide(answered(Way::http, 200), second) == Next::deliver);
  CHECK(decide(answered(Way::http, 302), second) == Next::deliver);
  CHECK(decide(answered(Way::http, 404), second) == Next::deliver_kept);
  CHECK(decide(answered(Way::http, 301, true), second) == Next::deliver_kept);
  CHECK(decide(ended(Way::http, Outcome::unreachable), second) == Next::deliver_kept);
  CHECK(decide(ended(Way::http, Outcome::broken), second) == Next::deliver_kept);
}

TEST_CASE("a 443 that cannot be reached leads to 80, also with a body, of which nothing was sent", "[origin]") {
  for (const bool body : {false, true}) {
    const OriginFacts first{.plain_allowed = true, .has_body = body};
    CHECK(decide(ended(Way::https, Outcome::unreachable), first) == Next::dial_other);
  }
  const OriginFacts second{.plain_allowed = true, .other_tried = true};
  CHECK(decide(answered(Way::http, 200), second) == Next::deliver);
  CHECK(decide(answered(Way::http, 404), second) == Next::deliver);
  CHECK(decide(ended(Way::http, Outcome::unreachable), second) == Next::fail);
}

TEST_CASE("a redirect into a circle is never delivered", "[origin]") {
  for (const bool kept : {false, true})
    for (const bool tried : {false, true})
      for (const bool body : {false, true})
        for (const bool body_kept : {false, true})
          for (const bool plain : {false, true}) {
            const OriginFacts facts{.plain_allowed = plain, .other_tried = tried, .kept_404 = kept,
                                    .has_body = body, .body_kept = body_kept};
            CHECK(decide(answered(Way::http, 301, true), facts) != Next::deliver);
            CHECK(decide(answered(Way::http, 301, true), facts) != Next::keep_and_dial_other);
          }
}

TEST_CASE("with plain=never nothing leads from 443 to 80", "[origin]") {
  const OriginFacts never{};
  CHECK(decide(answered(Way::https, 404), never) == Next::deliver);
  CHECK(decide(ended(Way::https, Outcome::unreachable), never) == Next::fail);
}

TEST_CASE("a TLS failure never falls back, whatever else is true", "[origin]") {
  for (unsigned bits = 0; bits < 64; ++bits) {
    const OriginFacts facts{(bits & 1) != 0, (bits & 2) != 0,  (bits & 4) != 0,
                            (bits & 8) != 0, (bits & 16) != 0, (bits & 32) != 0};
    CHECK(decide(ended(Way::https, Outcome::tls_failed), facts) == Next::fail);
    CHECK(decide(ended(Way::https, Outcome::broken), facts) == Next::fail);
    CHECK(decide(ended(Way::http, Outcome::tls_failed), facts) == Next::fail);
  }
}

TEST_CASE("a refusal of a server known for its TLS never falls back, its 404 does", "[origin]") {
  const OriginFacts known{.plain_allowed = true, .tls_known = true};
  CHECK(decide(ended(Way::https, Outcome::unreachable), known) == Next::fail);
  CHECK(decide(answered(Way::https, 404), known) == Next::keep_and_dial_other);
}

TEST_CASE("a body goes from 80 to 443 when it is kept, and never from 443 to 80", "[origin]") {
  for (const bool kept : {false, true}) {
    const OriginFacts body{.plain_allowed = true, .has_body = true, .body_kept = kept};
    CHECK(decide(answered(Way::https, 404), body) == Next::deliver);
  }
  const OriginFacts lost{.plain_allowed = true, .has_body = true};
  const OriginFacts kept{.plain_allowed = true, .has_body = true, .body_kept = true};
  CHECK(decide(answered(Way::http, 404), lost) == Next::deliver);
  CHECK(decide(answered(Way::http, 404), kept) == Next::keep_and_dial_other);
  CHECK(decide(answered(Way::http, 308, true), kept) == Next::dial_other);
  CHECK(decide(answered(Way::http, 308, true), lost) == Next::fail);
}

TEST_CASE("80 that was remembered as first gives way to 443", "[origin]") {
  const OriginFacts first{.plain_allowed = true};
  const OriginFacts second{.plain_allowed = true, .other_tried = true, .kept_404 = true};
  CHECK(decide(answered(Way::http, 404), first) == Next::keep_and_dial_other);
  CHECK(decide(ended(Way::http, Outcome::unreachable), first) == Next::dial_other);
  CHECK(decide(answered(Way::https, 200), second) == Next::deliver);
  CHECK(decide(answered(Way::https, 404), second) == Next::deliver);
  CHECK(decide(ended(Way::https, Outcome::unreachable), second) == Next::deliver_kept);
}

TEST_CASE("no chain of answers dials more than twice", "[origin]") {
  for (const Way way : {Way::https, Way::http})
    for (const Outcome outcome : {Outcome::unreachable, Outcome::tls_failed, Outcome::broken, Outcome::answered})
      for (const unsigned status : {200u, 301u, 404u})
        for (const bool loops : {false, true})
          for (const bool kept : {false, true}) {
            const Next next = decide({way, outcome, status, loops},
                                     {.plain_allowed = true, .other_tried = true, .kept_404 = kept});
            CHECK(next != Next::dial_other);
            CHECK(next != Next::keep_and_dial_other);
            if (!kept) CHECK(next != Next::deliver_kept);
          }
}

TEST_CASE("a redirect to https on the same host and target is known in every spelling", "[origin]") {
  for (const std::string same : {"https://a.lab.example/x?y", "HTTPS://A.Lab.Example/x?y", "https://a.lab.example:443/x?y",
                                 "https://a.lab.example./x?y", "https://a.lab.example:/x?y", "https://a.lab.example/x?y#z"})
    for (const unsigned status : {301u, 302u, 303u, 307u, 308u})
      CHECK(redirects_to_itself(status, same, "GET", "a.lab.example", "/x?y"));
  for (const std::string root : {"https://a.lab.example", "https://a.lab.example/"})
    CHECK(redirects_to_itself(301, root, "GET", "a.lab.example", "/"));
  CHECK(redirects_to_itself(301, "https://a.lab.example?q", "GET", "a.lab.example", "/?q"));
}

TEST_CASE("another address is another address", "[origin]") {
  for (const std::string other :
       {"http://a.lab.example/x", "https://b.lab.example/x", "https://a.lab.example/X", "https://a.lab.example/x/",
        "https://a.lab.example:8443/x", "https://a.lab.example.evil.net/x", "/x", "//a.lab.example/x", "", "https://",
        "https://a.lab.example", "https:a.lab.example/x", "https://a.lab.example:443443/x", "https://u@a.lab.example/x"})
    CHECK_FALSE(redirects_to_itself(301, other, "GET", "a.lab.example", "/x"));
  CHECK_FALSE(redirects_to_itself(200, "https://a.lab.example/x", "GET", "a.lab.example", "/x"));
  CHECK_FALSE(redirects_to_itself(304, "https://a.lab.example/x", "GET", "a.lab.example", "/x"));
}

TEST_CASE("the answer to a form is no circle, a redirect that repeats the form is", "[origin]") {
  const std::string self = "https://a.lab.example/x";
  for (const unsigned status : {302u, 303u}) CHECK_FALSE(redirects_to_itself(status, self, "POST", "a.lab.example", "/x"));
  for (const unsigned status : {301u, 307u, 308u}) CHECK(redirects_to_itself(status, self, "POST", "a.lab.example", "/x"));
}
