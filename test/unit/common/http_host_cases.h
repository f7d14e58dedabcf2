// Hosts that Host may name, and all the others.
#pragma once

#include <cstdint>

#include "unit/common/http_cases.h"

namespace postern::cases {

inline constexpr std::string_view refused_hosts[] = {
    "", ".", "..", "a..b", ".a", "a..", "-a", "a-", "a.-b", "a-.b", "a_b", "a b", "a\tb", "a,b", "a/b", "a@b", "u:p@b",
    "a?b", "a#b", "a%62", "a*", "*", "*.a", "a:", "a:0", "a:00443", "a:0443", "a:65536", "a:99999", "a:100000", "a:-1",
    "a:+1", "a:4 4", "a:443:443", "a:x", "a:443x", "a: 443", "a :443", "a:0x1bb", "a:\xd9\xa1", ":443", ":", "a.:",
    "https://a", "//a", "a.corp.example, b.corp.example", "a.corp.example b.corp.example", "a\xc2\xb7" "corp", "\"a\"",
    "a!b", "a$b", "a&b", "a'b", "(a)", "a+b", "a|b", "a~b", "a`b", "a^b", "{a}", "\xc3\xa9", "a\xff", "\xe3\x80\x82", "a\\b", "a;b",
    "a\"", "<a>", "a=b",
};

// An address in any spelling names no host of ours.
inline constexpr std::string_view refused_addresses[] = {
    "127.0.0.1", "127.0.0.1:443", "127.0.0.1.", "10.1.0.63", "1", "0", "a.1", "a.corp.example.1", "127.1", "0177.0.0.1",
    "0x7f000001", "0x7f.0x1", "a.0x", "a.0X1f", "2130706433", "[::1]", "[::1]:443", "::1", "[", "[]", "[::ffff:10.1.0.63]",
    "[v1.a]", "fe80::1%eth0", "[fe80::1%25eth0]",
};

struct AcceptedHost {
  std::string_view text, host;
  std::uint16_t port;
};
inline constexpr AcceptedHost accepted_hosts[] = {
    {"a.corp.example", "a.corp.example", 0},
    {"corp.example", "corp.example", 0},
    {"A.Corp.EXAMPLE", "a.corp.example", 0},
    {"a.corp.example.", "a.corp.example", 0},
    {"a.corp.example:443", "a.corp.example", 443},
    {"a.corp.example.:443", "a.corp.example", 443},
    {" \t a.corp.example:1 \t", "a.corp.example", 1},
    {"a.corp.example:65535", "a.corp.example", 65535},
    {"xn--bcher-kva.corp.example", "xn--bcher-kva.corp.example", 0},
    {"1.2.3.4.corp.example", "1.2.3.4.corp.example", 0},
    {"0x7f.corp.example", "0x7f.corp.example", 0},
    {"a--b.c-d.corp.example", "a--b.c-d.corp.example", 0},
    {"9.corp.example", "9.corp.example", 0},
    {"a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-u-v-w-x-y-z-0-1-2-3-4-5.corp.example",
     "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-u-v-w-x-y-z-0-1-2-3-4-5.corp.example", 0},  // 63 bytes
    {"a", "a", 0},
    {"0xg", "0xg", 0},
    {"3com", "3com", 0},
    {"evilcorp.example", "evilcorp.example", 0},
    {"a.corp.example.evil.example", "a.corp.example.evil.example", 0},
};

inline constexpr Part repeated_hosts[] = {
    {"Host: a.corp.example", HttpFault::host_twice},
    {"host: b.corp.example", HttpFault::host_twice},
    {"HOST: a.corp.example", HttpFault::host_twice},
    {"Host:", HttpFault::host_twice},
    {"X: y\r\nHost: a.corp.example", HttpFault::host_twice},
    {"Host: a.corp.example\r\nHost: a.corp.example", HttpFault::host_twice},
};

inline constexpr Part bad_expectations[] = {
    {"Expect: 200-ok", HttpFault::expectation_unknown},
    {"Expect:", HttpFault::expectation_unknown},
    {"Expect: 100", HttpFault::expectation_unknown},
    {"Expect: 100-continue, x", HttpFault::expectation_unknown},
    {"Expect: 100-continue;q=1", HttpFault::expectation_unknown},
    {"Expect: 100-continue\r\nExpect: 100-continue", HttpFault::expectation_unknown},
};

inline constexpr Family refused_request_field_families[] = {
    {"Host twice", Place::field, repeated_hosts},
    {"Expect", Place::field, bad_expectations},
};

}  // namespace postern::cases
