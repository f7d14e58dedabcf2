#include "wfd/methods.h"

#include <vector>

#include "common/methods.h"
#include "common/settings.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::wfd;

namespace {

Result<WfdSettings> with_methods(const std::string& line) {
  return parse_wfd("[tls]\ncertificate=/c\nkey=/k\n[domain]\nname=example.org\n[intranet]\nnetworks=10.0.0.0/8\n"
                   "[login]\nhost=login.example.org\n" + line, "f");
}

}  // namespace

TEST_CASE("without a word of the operator's the seven usual methods are let through", "[methods]") {
  const auto settings = with_methods("");
  REQUIRE(settings);
  const std::vector<std::string>& listed = settings->policy_for("a.example.org").methods;
  CHECK(allow_value(listed) == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  for (const std::string& method : listed) {
    CHECK(may_use(listed, method));
    CHECK(is_usual_method(method));
  }
  for (const char* other : {"PROPFIND", "MKCOL", "get", "Get", "GETS", "GE", "", "PRI", "LINK", "QUERY"}) {
    INFO(other);
    CHECK_FALSE(may_use(listed, other));
    CHECK_FALSE(is_usual_method(other));
  }
}

TEST_CASE("some methods no list can allow", "[methods]") {
  const std::vector<std::string> listed = {"GET", "TRACE", "TRACK", "DEBUG", "CONNECT", "PROPFIND"};
  for (const char* never : {"TRACE", "TRACK", "DEBUG", "CONNECT"}) {
    INFO(never);
    CHECK(is_forbidden_method(never));
    CHECK_FALSE(may_use(listed, never));
  }
  CHECK(may_use(listed, "PROPFIND"));
  CHECK(allow_value(listed) == "GET, PROPFIND");
  CHECK_FALSE(may_use({}, "GET"));
  CHECK(allow_value({}).empty());
}

TEST_CASE("a list is read as it stands, and one with a forbidden method stops the start", "[methods]") {
  const auto dav = with_methods("[policy]\nmethods=GET, PROPFIND,VERSION-CONTROL\n[host b.example.org]\nmethods=PUT\n");
  REQUIRE(dav);
  CHECK(allow_value(dav->policy_for("a.example.org").methods) == "GET, PROPFIND, VERSION-CONTROL");
  CHECK(allow_value(dav->policy_for("b.example.org").methods) == "PUT");
  for (const char* never : {"TRACE", "TRACK", "DEBUG", "CONNECT"}) {
    INFO(never);
    const std::string list = std::string("methods=GET,") + never + "\n";
    const std::string why = "\"" + std::string(never) + "\" is not allowed: write a method in capitals; "
                            "CONNECT, TRACE, TRACK and DEBUG are never allowed";
    const auto general = with_methods("[policy]\n" + list), host = with_methods("[host a.example.org]\n" + list);
    REQUIRE_FALSE(general);
    REQUIRE_FALSE(host);
    CHECK(general.error().what == "f:11: [policy] methods: " + why);
    CHECK(host.error().what == "f:11: [host NAME] methods: " + why);
  }
  for (const char* bad : {"get", "GET POST", "GET,,PUT", "GET,GET", "*", "", "M\xc3\x9cLL"}) {
    INFO(bad);
    CHECK_FALSE(with_methods(std::string("[policy]\nmethods=") + bad + "\n"));
  }
}
