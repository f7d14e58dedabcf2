// Which requests may go on without a session: everything else must not.
#include "wfd/open_ground.h"

#include <array>

#include "unit/heads.h"

using namespace postern;
using namespace postern::wfd;

namespace {

HostPolicy policy_with(std::vector<std::string> paths, std::vector<std::string> origins = {}) {
  HostPolicy policy;
  policy.methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "MOVE"};
  policy.public_paths = std::move(paths);
  policy.cors_origins = std::move(origins);
  return policy;
}
const std::string ask = "Origin: https://b.lab.example\r\nAccess-Control-Request-Method: PUT\r\n";

Opening opening(const std::string& line, const std::string& fields, const HostPolicy& policy) {
  return find_opening(request(line, fields)->head, policy);
}

}  // namespace

TEST_CASE("a public path is the path itself, or what is below it", "[open_ground]") {
  struct Row { std::string open, path; bool is; };
  for (const Row& row : {
           Row{"/pub", "/pub", true}, Row{"/pub", "/pub/", true}, Row{"/pub", "/pub/a/b.css", true},
           Row{"/pub", "/public", false}, Row{"/pub", "/pu", false}, Row{"/pub", "/", false}, Row{"/pub", "/pub.html", false},
           Row{"/pub", "/Pub", false}, Row{"/pub", "/PUB/a", false}, Row{"/pub", "/a/pub", false}, Row{"/pub", "/pub-a", false},
           Row{"/pub/", "/pub/", true}, Row{"/pub/", "/pub/a", true}, Row{"/pub/", "/pub", false}, Row{"/pub/", "/public/", false},
           Row{"/", "/", true}, Row{"/", "/anything/at/all", true}, Row{"/", "/a//b", false}, Row{"/", "*", false},
           Row{"/a/b", "/a/b/c", true}, Row{"/a/b", "/a", false}, Row{"/a/b", "/a/c", false}, Row{"/a/b", "/a/bc", false}}) {
    INFO(row.open << " " << row.path);
    const std::array<std::string, 1> open = {row.open};
    CHECK(is_public(open, row.path) == row.is);
  }
  CHECK_FALSE(is_public({}, "/"));
  CHECK_FALSE(is_public({}, ""));
  const std::array<std::string, 2> two = {"/a", "/b"};
  CHECK(is_public(two, "/b/x"));
}

TEST_CASE("a target that could be read in another way is never public", "[open_ground]") {
  const HostPolicy policy = policy_with({"/pub"});
  for (const std::string target :
       {"/%70ub", "/pub/%61", "/pub/%2e%2e/x", "/pub/%2E%2E/x", "/pub/%2e./x", "/pub/..%2fx", "/pub/..%2Fx", "/pub/..%5cx",
        "/pub/../x", "/pub/..", "/pub/./x", "/pub/.", "/pub/..;/x", "/pub;/../x", "/pub;a=b/x", "/pub/x;y", "/pub//x", "//pub", "//pub/x",
        "/./pub", "/../pub", "/x/../pub", "/PUB", "/Pub/x", "/pub/.../x", "/pub/%00", "/pub%00/x", "/pub%2f", "/pub%20", "/pub/x%", "/pub/%c0%ae",
        "/pub/%ef%bc%8f", "/pub:80/x", "/pub/x:y", "/pub/a*b", "/pub/(S(a))/x", "/pub|x", "/pub/%252e%252e/x", "/pub/\"x"}) {
    INFO(target);
    if (target == "/pub/x%") continue;  // the parser has refused that one
    CHECK(opening("GET " + target + " HTTP/1.1", "", policy).ground == Ground::session);
  }
}

TEST_CASE("the query plays no part in it", "[open_ground]") {
  const HostPolicy policy = policy_with({"/pub"});
  for (const std::string target : {"/pub?x", "/pub?", "/pub/a?b=/../c&d=%2f;e", "/pub/a?b?c", "/pub/?a//b"}) {
    INFO(target);
    const Opening found = opening("GET " + target + " HTTP/1.1", "", policy);
    CHECK(found.ground == Ground::public_path);
    CHECK(found.subject == target.substr(0, target.find('?')));
  }
  for (const std::string target : {"/x?/pub", "/x?a=/pub/", "/?/pub", "/pu?b", "/x/?pub"})
    CHECK(opening("GET " + target + " HTTP/1.1", "", policy).ground == Ground::session);
}

TEST_CASE("only methods of every web application go to a public path", "[open_ground]") {
  const HostPolicy policy = policy_with({"/pub"});
  for (const std::string method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    CHECK(opening(method + " /pub HTTP/1.1", "", policy).ground == Ground::public_path);
  for (const std::string method : {"PROPFIND", "MOVE", "get", "TRACE", "TRACK"})
    CHECK(opening(method + " /pub HTTP/1.1", "", policy).ground == Ground::session);
  CHECK(opening("OPTIONS * HTTP/1.1", "", policy_with({"/"})).ground == Ground::session);
}

TEST_CASE("a preflight of a listed origin needs no session", "[open_ground]") {
  const HostPolicy policy = policy_with({}, {"b.lab.example", "spa.other.example"});
  const Opening found = opening("OPTIONS /api/x?y HTTP/1.1", ask, policy);
  CHECK(found.ground == Ground::preflight);
  CHECK(found.subject == "b.lab.example");
  CHECK(opening("OPTIONS /api/%2e%2e/x HTTP/1.1", ask, policy).ground == Ground::preflight);
  struct Row { const char* what; std::string line, fields; };
  for (const Row& row : {
           Row{"another method", "GET / HTTP/1.1", ask}, Row{"another method", "options / HTTP/1.1", ask},
           Row{"no path", "OPTIONS * HTTP/1.1", ask},
           Row{"no method asked for", "OPTIONS / HTTP/1.1", "Origin: https://b.lab.example\r\n"},
           Row{"an empty one", "OPTIONS / HTTP/1.1", "Origin: https://b.lab.example\r\nAccess-Control-Request-Method:\r\n"},
           Row{"two of them", "OPTIONS / HTTP/1.1", ask + "Access-Control-Request-Method: GET\r\n"},
           Row{"a list", "OPTIONS / HTTP/1.1", "Origin: https://b.lab.example\r\nAccess-Control-Request-Method: GET, PUT\r\n"},
           Row{"one that is not let through", "OPTIONS / HTTP/1.1", "Origin: https://b.lab.example\r\nAccess-Control-Request-Method: TRACE\r\n"},
           Row{"one that is not let through", "OPTIONS / HTTP/1.1", "Origin: https://b.lab.example\r\nAccess-Control-Request-Method: MKCOL\r\n"},
           Row{"a body", "OPTIONS / HTTP/1.1", ask + "Content-Length: 1\r\n"},
           Row{"a body", "OPTIONS / HTTP/1.1", ask + "Transfer-Encoding: chunked\r\n"},
           Row{"no origin", "OPTIONS / HTTP/1.1", "Access-Control-Request-Method: PUT\r\n"}}) {
    INFO(row.what << ": " << row.line << " " << row.fields);
    CHECK(opening(row.line, row.fields, policy).ground == Ground::session);
  }
}

TEST_CASE("an origin is listed by its whole host, or not at all", "[open_ground]") {
  const HostPolicy policy = policy_with({}, {"b.lab.example"});
  for (const std::string origin :
       {"null", "", "http://b.lab.example", "https://b.lab.example/", "https://b.lab.example:443", "https://b.lab.example:8443",
        "https://B.lab.example", "HTTPS://b.lab.example", "https://b.lab.example.", "https://xb.lab.example", "https://a.b.lab.example",
        "https://lab.example", "https://b.lab.example.evil.net", "https://b.lab.example@evil.net", "b.lab.example", "https://",
        "https://b.lab.example, https://b.lab.example", "https://b.lab.example https://evil.net"}) {
    INFO(origin);
    const std::string fields = "Origin: " + origin + "\r\nAccess-Control-Request-Method: PUT\r\n";
    CHECK(opening("OPTIONS / HTTP/1.1", fields, policy).ground == Ground::session);
  }
  CHECK(opening("OPTIONS / HTTP/1.1", ask + "Origin: https://b.lab.example\r\n", policy).ground == Ground::session);
  CHECK(opening("OPTIONS / HTTP/1.1", ask, policy_with({})).ground == Ground::session);
}

TEST_CASE("what a request says is compared with the policy alone", "[open_ground]") {
  const HostPolicy policy = policy_with({"/pub"}, {"b.lab.example"});
  CHECK(is_open(policy, Ground::public_path, "/pub/x"));
  CHECK(is_open(policy, Ground::preflight, "b.lab.example"));
  // One ground's subject does not stand on the other.
  CHECK_FALSE(is_open(policy, Ground::preflight, "/pub"));
  CHECK_FALSE(is_open(policy, Ground::public_path, "b.lab.example"));
  for (const std::string_view subject : {"/pub", "b.lab.example", ""}) CHECK_FALSE(is_open(policy, Ground::session, subject));
  for (const Ground ground : {Ground::session, Ground::public_path, Ground::preflight})
    for (const std::string_view subject : {"", "/", "/pub", "b.lab.example", "*"}) CHECK_FALSE(is_open(HostPolicy(), ground, subject));
}
