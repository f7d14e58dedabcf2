// Scripts of other origins.
#include "wfd/cross_origin.h"

#include <array>

#include "unit/heads.h"
#include "wfd/field_rules.h"
#include "wfd/forward.h"

using namespace postern;
using namespace postern::wfd;

namespace {

const std::array<std::string, 2> listed = {"b.lab.example", "c.lab.example"};

std::string origin_of(const std::string& fields) { return origin_host(get(fields)->head.fields); }

}  // namespace

TEST_CASE("an origin is https, a name, and nothing else", "[cross_origin]") {
  CHECK(origin_of("Origin: https://b.lab.example\r\n") == "b.lab.example");
  CHECK(origin_of("oRIGIN:   https://b.lab.example  \r\n") == "b.lab.example");
  for (const std::string bad :
       {"", "null", "b.lab.example", "http://b.lab.example", "https://", "https://B.lab.example", "https://b.lab.example.", "https://b.lab.example/",
        "https://b.lab.example:443", "https://b.lab.example:1", "https://u@b.lab.example", "https://10.0.0.1", "https://[::1]", "https://b..example",
        "https://-b.example", "https:// b.lab.example", "https://b.lab.example b", "https://b.lab.example,https://c.lab.example"}) {
    INFO(bad);
    CHECK(origin_of("Origin: " + bad + "\r\n").empty());
  }
  CHECK(origin_of("").empty());
  CHECK(origin_of("Origin: https://b.lab.example\r\nOrigin: https://b.lab.example\r\n").empty());
  CHECK(origin_of("X-Origin: https://b.lab.example\r\n").empty());
}

TEST_CASE("an origin is listed by its whole name", "[cross_origin]") {
  const auto of = [](const std::string& host) { return listed_origin(get("Origin: https://" + host + "\r\n")->head.fields, listed); };
  CHECK(of("b.lab.example") == "b.lab.example");
  CHECK(of("c.lab.example") == "c.lab.example");
  for (const char* other : {"a.b.lab.example", "lab.example", "xb.lab.example", "b.lab.example.net"}) CHECK(of(other).empty());
  CHECK(listed_origin(get("Origin: https://b.lab.example\r\n")->head.fields, {}).empty());
  CHECK(listed_origin(get("")->head.fields, listed).empty());
}

TEST_CASE("a script may read what the gate says, with the fields it needs", "[cross_origin]") {
  Reply reply;
  let_read(reply, "b.lab.example");
  using Pair = std::pair<std::string_view, std::string>;
  CHECK(reply.fields == std::vector<Pair>{{"Access-Control-Allow-Origin", "https://b.lab.example"},
                                          {"Access-Control-Allow-Credentials", "true"},
                                          {"Access-Control-Expose-Headers", "WWW-Authenticate, X-Postern-Error"},
                                          {"Vary", "Origin"}});
}

TEST_CASE("of a preflight only the question goes on", "[cross_origin]") {
  const auto asked = request("OPTIONS /api?x HTTP/1.1",
                             "Origin: https://b.lab.example\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a\r\n"
                             "Access-Control-Request-Private-Network: true\r\nCookie: SessionID=x; other=1\r\nAuthorization: Basic eA==\r\n"
                             "X-Any: y\r\nX-Postern-User: root\r\nUser-Agent: curl\r\nAccept: */*\r\n");
  ForwardPlan plan;
  plan.cookie_name = "SessionID";
  plan.client = *Address::parse("192.0.2.7");
  plan.preflight = true;
  CHECK(*forward_head(asked->head, plan) ==
        "OPTIONS /api?x HTTP/1.1\r\nHost: a.lab.example\r\nOrigin: https://b.lab.example\r\nAccess-Control-Request-Method: PUT\r\n"
        "Access-Control-Request-Headers: x-a\r\nAccess-Control-Request-Private-Network: true\r\n\r\n");
  for (const char* name : {"origin", "access-control-request-method", "access-control-request-headers"}) CHECK(is_of_preflight(name));
  for (const char* name : {"cookie", "authorization", "access-control-allow-origin", "x-origin", "host", "accept"}) CHECK_FALSE(is_of_preflight(name));
}
