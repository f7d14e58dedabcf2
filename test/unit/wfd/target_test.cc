#include "wfd/target.h"

#include <array>
#include <string>

#include "unit/catch.h"

using namespace postern;
using namespace postern::wfd;

namespace {
const std::array<std::string, 2> ours = {"lab.example", "intra.example.org"};
}

TEST_CASE("only a canonical name is a host", "[target]") {
  for (const std::string good : {"lab.example", "a", "a.b.c", "xn--bcher-kva.example", "0a.example",
                                 "10.in-addr.arpa", "1.2.3.4a", "0xg.example"})
    CHECK(is_canonical_host(good));
  for (const std::string bad :
       {"", ".", "a.", ".a", "a..b", "A.example", "-a.example", "a-.example", "a_b.example", "a b",
        "a\t", "a@b", "a:443", "[::1]", "127.0.0.1", "1", "a.0x7f", "a.0x", "a/b", "a\\b", "a%2e",
        "b\xc3\xbc" "cher.example"})
    CHECK_FALSE(is_canonical_host(bad));
  CHECK_FALSE(is_canonical_host(std::string("a\0b", 3)));
  CHECK(is_canonical_host(std::string(63, 'a')));
  CHECK_FALSE(is_canonical_host(std::string(64, 'a')));
  std::string longest;
  while (longest.size() < 252) longest += "a.";
  longest += "a";
  CHECK(longest.size() == 253);
  CHECK(is_canonical_host(longest));
  CHECK_FALSE(is_canonical_host("a" + longest.substr(0, 1) + "." + longest));
}

TEST_CASE("a host is ours at or below a domain, and a dot stands between", "[target]") {
  for (const std::string good : {"lab.example", "a.lab.example", "a.b.lab.example", "x.intra.example.org"})
    CHECK(is_host_of_ours(good, ours));
  for (const std::string bad :
       {"evil-lab.example", "evillab.example", "lab.example.evil.net", "example", "lab.example.",
        "LAB.example", "lab.example@evil.net", "lab.example:8443", "evil.net/lab.example", ".lab.example",
        "lab.example\r\nx: y", "", "example.org"})
    CHECK_FALSE(is_host_of_ours(bad, ours));
  CHECK_FALSE(is_host_of_ours("lab.example", {}));
  CHECK_FALSE(postern::is_at_or_below("lab.example", ""));
}

TEST_CASE("a path has one leading slash and nothing that a browser reads in another way", "[target]") {
  for (const std::string good : {"/", "/a", "/a//b", "/a?b=c&d=%2F", "/..//evil.net", "/@evil.net",
                                 "/a?u=https://evil.net/", "/%5Cevil.net", "/%2F%2Fevil.net", "/{|}^`\"<>"})
    CHECK(is_return_path(good));
  for (const std::string bad :
       {"", "a", "//evil.net", "///evil.net", "/\\evil.net", "\\/evil.net", "/a\\b", "/a#b", "/a b",
        "/a\tb", "/a\r\nSet-Cookie: x", "/\xc3\xbc", "/\x7f", "https://evil.net/", "@evil.net", "?a",
        ".evil.net/", ":443/", " /a", "\t//evil.net", "/\t/evil.net"})
    CHECK_FALSE(is_return_path(bad));
  CHECK_FALSE(is_return_path(std::string("/a\0", 3)));
  CHECK(is_return_path("/" + std::string(2047, 'a')));
  CHECK_FALSE(is_return_path("/" + std::string(2048, 'a')));
}

TEST_CASE("an address is built from judged parts or not at all", "[target]") {
  CHECK(return_address("a.lab.example", "/x?y=z", ours) == "https://a.lab.example/x?y=z");
  CHECK(return_address("evil.net", "/", ours).empty());
  CHECK(return_address("a.lab.example", "//evil.net", ours).empty());
  CHECK(return_address("a.lab.example", ".evil.net/", ours).empty());
  CHECK(return_address("", "", ours).empty());
}

TEST_CASE("everything but the unreserved characters is percent-encoded", "[target]") {
  std::string text = "x=";
  append_percent_encoded(text, "aZ09-._~");
  CHECK(text == "x=aZ09-._~");
  append_percent_encoded(text, "/a?b=c&d=%2F +");
  CHECK(text == "x=aZ09-._~%2Fa%3Fb%3Dc%26d%3D%252F%20%2B");
  append_percent_encoded(text, std::string("\0\r\n\xff", 4));
  CHECK(text.ends_with("%2B%00%0D%0A%FF"));
}
