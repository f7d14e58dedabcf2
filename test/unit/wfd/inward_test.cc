#include "wfd/inward.h"

#include <array>

#include "unit/heads.h"
#include "wfd/forward.h"

using namespace postern;
using namespace postern::wfd;

namespace {

std::string forwarded(const std::string& fields, bool plain) {
  ForwardPlan plan;
  plan.cookie_name = "SessionID";
  plan.plain = plain;
  const auto head = forward_head(request("MOVE /a HTTP/1.1", fields)->head, plan);
  REQUIRE(head);
  return *head;
}

}  // namespace

TEST_CASE("the target of a MOVE loses its https on the way to a plain port", "[inward]") {
  struct Row { std::string in, out; };
  for (const auto& [in, out] :
       {Row{"https://a.lab.example/x?y", "http://a.lab.example/x?y"}, Row{"HTTPS://A.Lab.Example:443/", "http://a.lab.example/"},
        Row{"https://a.lab.example", "http://a.lab.example"}, Row{"https://a.lab.example:8443/", ""},
        Row{"https://b.lab.example/", ""}, Row{"https://u@a.lab.example/", ""}, Row{"http://a.lab.example/", ""},
        Row{"/x", ""}, Row{"https://", ""}, Row{"https:/a.lab.example/", ""}, Row{"", ""},
        Row{"https://a.lab.example\\@b.example/", ""}, Row{"https://a.lab.example.evil.example/", ""}}) {
    INFO(in);
    CHECK(inward_value("Destination", in, "a.lab.example").value_or("") == out);
  }
  for (const std::string name : {"Origin", "Referer", "X-Destination", "Location"})
    CHECK_FALSE(inward_value(name, "https://a.lab.example/", "a.lab.example"));
}

TEST_CASE("a server that speaks TLS gets the target as it came", "[inward][forward]") {
  const std::string fields = "Destination: https://a.lab.example/b\r\n";
  CHECK(contains(forwarded(fields, false), "\r\nDestination: https://a.lab.example/b\r\n"));
  CHECK(contains(forwarded(fields, true), "\r\nDestination: http://a.lab.example/b\r\n"));
  CHECK(contains(forwarded("Cookie: SessionID=x; a=b\r\nOrigin: https://a.lab.example\r\n", true),
                 "\r\nCookie: a=b\r\nOrigin: https://a.lab.example\r\n"));
}
