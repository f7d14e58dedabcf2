// Addresses, endpoints and networks: what is read, what is refused, what is special.
#include "common/address.h"

#include <netinet/in.h>

#include <array>
#include <cstring>
#include <string>

#include "unit/catch.h"

using namespace postern;

namespace {
Address at(std::string_view text) { return Address::parse(text).value(); }
Network net(std::string_view text) { return Network::parse(text).value(); }
}  // namespace

TEST_CASE("an address is read and written in one spelling", "[address]") {
  struct Row { const char* in; const char* out; Family family; };
  const Row row = GENERATE(values<Row>({
      {"192.0.2.1", "192.0.2.1", Family::v4},
      {"255.255.255.255", "255.255.255.255", Family::v4},
      {"2001:DB8:0:0::1", "2001:db8::1", Family::v6},
      {"::", "::", Family::v6},
      {"::ffff:10.1.2.3", "10.1.2.3", Family::v4},
      {"::ffff:a01:203", "10.1.2.3", Family::v4},
      {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Family::v6}}));
  CHECK(at(row.in).text() == row.out);
  CHECK(at(row.in).family() == row.family);
  CHECK(at(at(row.in).text()) == at(row.in));
}

TEST_CASE("each byte of an IPv4 address is written as a number, wherever it stands", "[address]") {
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 4; ++place) {
      std::array<std::uint8_t, 4> bytes = {1, 22, 203, 0};
      bytes[place] = static_cast<std::uint8_t>(byte);
      std::string text;
      for (const std::uint8_t b : bytes) text += (text.empty() ? "" : ".") + std::to_string(b);
      CHECK(Address::v4(bytes).text() == text);
    }
  }
}

TEST_CASE("what is not exactly an address is refused", "[address]") {
  const std::string text = GENERATE("", " 10.0.0.1", "10.0.0.1 ", "10.0.0", "10.0.0.256", "010.0.0.1", "0x7f.1",
                                    "1.2.3.4.5", "fe80::1%eth0", "[::1]", "::1::", "1:2:3:4:5:6:7:8:9", "host",
                                    "0000:0000:0000:0000:0000:ffff:255.255.255.2555");
  CHECK_FALSE(Address::parse(text).has_value());
  CHECK_FALSE(Address::parse(std::string_view("10.0.0.1\0x", 10)).has_value());
}

TEST_CASE("special addresses are known in both families", "[address]") {
  struct Row { const char* text; bool loopback, link_local, multicast, unspecified; };
  const Row row = GENERATE(values<Row>({
      {"127.0.0.1", true, false, false, false},   {"127.255.255.255", true, false, false, false},
      {"::1", true, false, false, false},         {"::ffff:127.0.0.1", true, false, false, false},
      {"128.0.0.1", false, false, false, false},  {"::2", false, false, false, false},
      {"169.254.0.1", false, true, false, false}, {"fe80::1", false, true, false, false},
      {"febf::1", false, true, false, false},     {"fec0::1", false, false, false, false},
      {"224.0.0.1", false, false, true, false},   {"239.255.255.255", false, false, true, false},
      {"240.0.0.1", false, false, false, false},  {"ff02::1", false, false, true, false},
      {"0.0.0.0", false, false, false, true},     {"0.1.2.3", false, false, false, true},
      {"::", false, false, false, true},          {"10.0.0.1", false, false, false, false}}));
  CAPTURE(row.text);
  CHECK(at(row.text).is_loopback() == row.loopback);
  CHECK(at(row.text).is_link_local() == row.link_local);
  CHECK(at(row.text).is_multicast() == row.multicast);
  CHECK(at(row.text).is_unspecified() == row.unspecified);
}

TEST_CASE("none is nothing: no address, no network, no sockaddr", "[address]") {
  const Address none;
  sockaddr_storage room{};
  CHECK_FALSE(none);
  CHECK(none.text() == "-");
  CHECK(none != at("0.0.0.0"));
  CHECK_FALSE((none.is_loopback() || none.is_link_local() || none.is_multicast() || none.is_unspecified()));
  CHECK_FALSE(net("0.0.0.0/0").contains(none));
  CHECK_FALSE(Network{}.contains(none));
  CHECK_FALSE(Network{}.contains(at("10.0.0.1")));
  CHECK(to_sockaddr({none, 80}, room) == 0);
}

TEST_CASE("an endpoint survives text and sockaddr", "[address]") {
  const std::string text = GENERATE("192.0.2.1:80", "[2001:db8::1]:443", "[::]:65535", "0.0.0.0:1");
  const Endpoint endpoint = Endpoint::parse(text).value();
  CHECK(endpoint.text() == text);
  sockaddr_storage room{};
  const socklen_t size = to_sockaddr(endpoint, room);
  CHECK(from_sockaddr(reinterpret_cast<const sockaddr*>(&room), size) == endpoint);
  CHECK_FALSE(from_sockaddr(reinterpret_cast<const sockaddr*>(&room), size - 1));
}

TEST_CASE("an endpoint takes the default port only when there is one", "[address]") {
  CHECK(Endpoint::parse("10.0.0.1", 443).value().text() == "10.0.0.1:443");
  CHECK(Endpoint::parse("10.0.0.1:8443", 443).value().text() == "10.0.0.1:8443");
  CHECK(Endpoint::parse("2001:db8::1", 443).value().text() == "[2001:db8::1]:443");
  CHECK(Endpoint::parse("[2001:db8::1]", 443).value().text() == "[2001:db8::1]:443");
  const std::string bad = GENERATE("10.0.0.1", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:080",
                                   "10.0.0.1:+80", "10.0.0.1:-1", "[10.0.0.1]:80", "[::1", "[::1]80", "[::1]x:80",
                                   "[::1]:", ":80", "", "a:80");
  CHECK_FALSE(Endpoint::parse(bad).has_value());
}

TEST_CASE("a mapped sockaddr gives an IPv4 endpoint", "[address]") {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(80);
  in.sin6_addr.s6_addr[10] = in.sin6_addr.s6_addr[11] = 0xff;
  in.sin6_addr.s6_addr[12] = 10;
  CHECK(from_sockaddr(reinterpret_cast<const sockaddr*>(&in), sizeof in).text() == "10.0.0.0:80");
  in.sin6_family = AF_UNIX;
  CHECK_FALSE(from_sockaddr(reinterpret_cast<const sockaddr*>(&in), sizeof in));
  CHECK_FALSE(from_sockaddr(nullptr, 16));
  CHECK_FALSE(from_sockaddr(reinterpret_cast<const sockaddr*>(&in), 1));
}

TEST_CASE("a network contains exactly its own addresses", "[address]") {
  struct Row { const char* network; const char* address; bool in; };
  const Row row = GENERATE(values<Row>({
      {"10.1.0.0/16", "10.1.0.0", true},         {"10.1.0.0/16", "10.1.255.255", true},
      {"10.1.0.0/16", "10.2.0.0", false},        {"10.1.0.0/16", "10.0.255.255", false},
      {"0.0.0.0/0", "203.0.113.9", true},        {"0.0.0.0/0", "::1", false},
      {"::/0", "10.0.0.1", false},               {"::/0", "2001:db8::", true},
      {"192.0.2.1/32", "192.0.2.1", true},       {"192.0.2.1/32", "192.0.2.0", false},
      {"192.0.2.128/25", "192.0.2.127", false},  {"192.0.2.128/25", "192.0.2.255", true},
      {"2001:db8::/33", "2001:db8:7fff::", true}, {"2001:db8::/33", "2001:db8:8000::", false},
      {"10.1.0.0/16", "::ffff:10.1.2.3", true},  {"2001:db8::1/128", "2001:db8::1", true}}));
  CAPTURE(row.network, row.address);
  CHECK(net(row.network).contains(at(row.address)) == row.in);
  CHECK(NetworkSet({net("198.51.100.0/24"), net(row.network)}).contains(at(row.address)) == row.in);
  CHECK_FALSE(NetworkSet().contains(at(row.address)));
  CHECK(net(row.network).text() == row.network);
}

TEST_CASE("a network with host bits, or a length too long, is refused", "[address]") {
  const std::string bad = GENERATE("10.1.0.1/16", "10.0.0.0/6", "0.0.0.1/0", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33",
                                   "::/129", "::1/127", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8", "/8",
                                   "::ffff:10.0.0.0/104", "10.0.0.0/999999999999");
  CAPTURE(bad);
  CHECK_FALSE(Network::parse(bad).has_value());
  CHECK(Network::parse("10.1.0.1/16").error().what == "host bits are set (the network would be 10.1.0.0/16)");
}

TEST_CASE("masking keeps the first bits", "[address]") {
  CHECK(at("255.255.255.255").masked(9).text() == "255.128.0.0");
  CHECK(at("255.255.255.255").masked(0).text() == "0.0.0.0");
  CHECK(at("10.1.2.3").masked(200) == at("10.1.2.3"));
  CHECK(at("2001:db8:1:2:3:4:5:6").masked(64).text() == "2001:db8:1:2::");
}
