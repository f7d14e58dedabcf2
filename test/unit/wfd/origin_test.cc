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

// Each row of the table in origin.h, in its order, but for those of the broker, which
// are in broker_dial_test.cc and port_memory_test.cc.
TEST_CASE("the table of origin.h, row by row", "[origin]") {
  const OriginFacts first{.two_ports = true};                               // nothing was tried yet
  const OriginFacts second{.two_ports = true, .other_tried = true, .kept_404 = true};
  const OriginFacts after_circle{.two_ports = true, .other_tried = true};   // nothing is kept
  const OriginFacts one_port{};
  const OriginFacts body_kept{.two_ports = true, .body_sent = true, .body_kept = true};
  const OriginFacts body_lost{.two_ports = true, .body_sent = true};
  const OriginFacts second_body{.two_ports = true, .other_tried = true, .kept_404 = true, .body_sent = true};
  struct Case { Attempt now; OriginFacts facts; Next wanted; };
  const Attempt found_443 = answered(Way::https, 200), found_80 = answered(Way::http, 200);
  const Attempt not_found_443 = answered(Way::https, 404), not_found_80 = answered(Way::http, 404);
  const Attempt circle = answered(Way::http, 301, true);
  const Case cases[] = {
      // The first answer.
      {found_443, first, Next::deliver},
      {found_80, first, Next::deliver},
      {answered(Way::https, 500), first, Next::deliver},
      {answered(Way::http, 302), first, Next::deliver},
      {answered(Way::https, 410), first, Next::deliver},
      {found_80, body_kept, Next::deliver},
      {not_found_443, first, Next::keep_and_dial_other},
      {not_found_80, first, Next::keep_and_dial_other},
      {not_found_80, body_kept, Next::keep_and_dial_other},
      {circle, first, Next::dial_other},
      {circle, body_kept, Next::dial_other},
      {not_found_443, one_port, Next::deliver},
      {not_found_80, one_port, Next::deliver},
      {not_found_443, body_lost, Next::deliver},
      {not_found_443, body_kept, Next::deliver},
      {not_found_80, body_lost, Next::deliver},
      {circle, one_port, Next::fail},
      {circle, body_lost, Next::fail},
      {ended(Way::https, Outcome::tls_failed), first, Next::fail},
      {ended(Way::https, Outcome::broken), first, Next::fail},
      {ended(Way::http, Outcome::broken), first, Next::fail},
      {ended(Way::https, Outcome::unreachable), first, Next::fail},  // the broker had tried both
      // The second.
      {found_443, second, Next::deliver},
      {found_80, second, Next::deliver},
      {answered(Way::http, 302), second, Next::deliver},
      {found_443, second_body, Next::deliver},
      {not_found_80, second, Next::deliver_kept},
      {circle, second, Next::deliver_kept},
      {not_found_443, second, Next::deliver_kept},
      {not_found_443, second_body, Next::deliver_kept},
      {not_found_443, after_circle, Next::deliver},
      {ended(Way::https, Outcome::unreachable), second, Next::deliver_kept},
      {ended(Way::http, Outcome::unreachable), second, Next::deliver_kept},
      {ended(Way::https, Outcome::tls_failed), second, Next::deliver_kept},
      {ended(Way::https, Outcome::broken), second, Next::deliver_kept},
      {ended(Way::http, Outcome::broken), second, Next::deliver_kept},
      {ended(Way::https, Outcome::broken), second_body, Next::deliver_kept},
      {ended(Way::https, Outcome::unreachable), after_circle, Next::fail},
      {ended(Way::https, Outcome::tls_failed), after_circle, Next::fail},
  };
  for (const Case& one : cases) {
    CAPTURE(&one - cases);
    CHECK(decide(one.now, one.facts) == one.wanted);
  }
}

// What must hold whatever else is true.
TEST_CASE("the promises of the table hold in every case there is", "[origin]") {
  for (unsigned bits = 0; bits < 32; ++bits) {
    const OriginFacts facts{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0};
    for (const Way way : {Way::https, Way::http})
      for (unsigned outcome = 0; outcome <= static_cast<unsigned>(Outcome::last); ++outcome)
        for (const unsigned status : {200u, 301u, 404u, 417u, 500u})
          for (const bool loops : {false, true}) {
            CAPTURE(bits, static_cast<int>(way), outcome, status, loops);
            const Attempt now{way, static_cast<Outcome>(outcome), status, loops};
            const Next next = decide(now, facts);
            const bool goes_on = next == Next::dial_other || next == Next::keep_and_dial_other;
            const bool circle = loops && way == Way::http;
            // Without an answer nothing leads to the other port, TLS that failed least of all.
            if (now.outcome != Outcome::answered) CHECK_FALSE((goes_on || next == Next::deliver));
            // A body that went to 443 never goes to 80; one that is kept no more goes nowhere.
            if (facts.body_sent && way == Way::https) CHECK_FALSE(goes_on);
            if (facts.body_sent && !facts.body_kept) CHECK_FALSE(goes_on);
            // At most two attempts, and none at a port that is not allowed.
            if (facts.other_tried || !facts.two_ports) CHECK_FALSE(goes_on);
            // A circle is neither shown nor kept.
            if (circle) CHECK_FALSE((next == Next::deliver || next == Next::keep_and_dial_other));
            // Only a 404 is kept, and only one that is there is given.
            if (next == Next::keep_and_dial_other) CHECK(status == 404);
            if (next == Next::deliver_kept) CHECK(facts.kept_404);
            // What is no 404 is never held back.
            if (now.outcome == Outcome::answered && status != 404 && !circle) CHECK(next == Next::deliver);
          }
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
