// Requests that must be accepted, and requests that must be refused.
#pragma once

#include "common/http_head.h"
#include "unit/common/http_cases.h"

namespace postern::cases {

struct AcceptedRequest {
  std::string_view bytes;
  std::string_view method, target, host;
  std::uint16_t port;
  Framing framing;
  std::uint64_t length;
  bool keep_alive;
};

inline constexpr AcceptedRequest accepted_requests[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, true},
    {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, false},
    {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, true},
    {"HEAD /x?y=z HTTP/1.1\r\nHost: www.example.com\r\n\r\n", "HEAD", "/x?y=z", "www.example.com", 0,
     Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHOST: WWW.Example.COM.\r\n\r\n", "GET", "/", "www.example.com", 0, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nhost:a.b:443\r\n\r\n", "GET", "/", "a.b", 443, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: \t a.b.:1 \t\r\n\r\n", "GET", "/", "a.b", 1, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: a:65535\r\n\r\n", "GET", "/", "a", 65535, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: xn--bcher-kva.example\r\n\r\n", "GET", "/", "xn--bcher-kva.example", 0,
     Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: 1.2.3.4.a\r\n\r\n", "GET", "/", "1.2.3.4.a", 0, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: 0xg\r\n\r\n", "GET", "/", "0xg", 0, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: 3com\r\n\r\n", "GET", "/", "3com", 0, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: a--b.c-d\r\n\r\n", "GET", "/", "a--b.c-d", 0, Framing::none, 0, true},
    {"GET //a HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "//a", "a", 0, Framing::none, 0, true},
    {"GET /%00%fF HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/%00%fF", "a", 0, Framing::none, 0, true},
    {"GET /a?q={|}^[]`\"<>~!$&'()*+,;=:@ HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/a?q={|}^[]`\"<>~!$&'()*+,;=:@", "a", 0,
     Framing::none, 0, true},
    {"GET /http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/http://b/", "a", 0, Framing::none, 0, true},
    {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS", "*", "a", 0, Framing::none, 0, true},
    {"OPTIONS /* HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS", "/*", "a", 0, Framing::none, 0, true},
    {"GET https://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/b?c", "a", 0, Framing::none, 0, true},
    {"GET HTTPS://A.B.:443/ HTTP/1.1\r\nHost: a.b\r\n\r\n", "GET", "/", "a.b", 0, Framing::none, 0, true},
    {"GET https://a.b/x HTTP/1.1\r\nHost: A.b:443\r\n\r\n", "GET", "/x", "a.b", 443, Framing::none, 0, true},
    {"GET https://a:8443/x HTTP/1.1\r\nHost: a:8443\r\n\r\n", "GET", "/x", "a", 8443, Framing::none, 0, true},
    {"GET https://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, true},
    {"OPTIONS https://a HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS", "*", "a", 0, Framing::none, 0, true},
    {"get / HTTP/1.1\r\nHost: a\r\n\r\n", "get", "/", "a", 0, Framing::none, 0, true},
    {"PRI / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI", "/", "a", 0, Framing::none, 0, true},
    {"!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\nHost: a\r\n\r\n", "!#$%&'*+-.^_`|~09azAZ", "/", "a", 0, Framing::none, 0, true},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST", "/", "a", 0, Framing::length, 0, true},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "POST", "/", "a", 0, Framing::length, 5, true},
    {"PUT / HTTP/1.0\r\nHost: a\r\ncontent-length:007\r\n\r\n", "PUT", "/", "a", 0, Framing::length, 7, false},
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "GET", "/", "a", 0, Framing::length, 3, true},
    {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999\r\n\r\n", "PUT", "/", "a", 0, Framing::length,
     999999999999999999, true},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "POST", "/", "a", 0, Framing::chunked, 0,
     true},
    {"POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding:\t CHUNKED \r\n\r\n", "POST", "/", "a", 0, Framing::chunked, 0, true},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, false},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, CLOSE\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, false},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0,
     false},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: ,, x ,\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection:\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, true},
    {"GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, true},
    {"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, false},
    {"GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Blank: \t \r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: \x80\xff caf\xc3\xa9\tb\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~9: x\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: a:b\r\n\r\nGET / HTTP/9", "GET", "/", "a", 0, Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nX_Forwarded.Host: b\r\nHost: a\r\n\r\n", "GET", "/", "a", 0, Framing::none, 0, true},
    {"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n", "POST", "/", "a", 0, Framing::length,
     1, true},
};

// Heads that are wrong before or in their request line, or as a whole.
inline constexpr Part refused_heads[] = {
    {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", HttpFault::request_line_bad},
    {"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", HttpFault::bare_lf},
    {"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", HttpFault::bare_cr},
    {"\0GET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, HttpFault::control_byte},
    {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv, HttpFault::control_byte},  // TLS hello
    {"\x80\x2e\x01\x03\x01"sv, HttpFault::method_bad},                            // SSL 2 hello
    {"SSH-2.0-OpenSSH_9.2\r\n", HttpFault::request_line_bad},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HttpFault::target_bad},
    {"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", HttpFault::target_bad},
    {"GET / HTTP/1.1\nHost: a\n\n", HttpFault::bare_lf},
    {"GET / HTTP/1.1\rHost: a\r\r", HttpFault::bare_cr},
    {"GET / HTTP/1.1\r\nHost: a\n\r\n", HttpFault::bare_lf},
    {"GET / HTTP/1.1\r\nHost: a\r\n\n", HttpFault::bare_lf},
    {"GET / HTTP/1.1\r\nHost: a\r\n\r", HttpFault::none},  // not complete
    {"GET / HTTP/1.1\r\nHost: a\r\n\rX", HttpFault::bare_cr},
    {"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", HttpFault::bare_cr},
    {"GET / HTTP/1.1\r\n\r\n", HttpFault::host_missing},
    {"GET / HTTP/1.0\r\n\r\n", HttpFault::host_missing},
    {"GET / HTTP/1.1\r\nX-Host: a\r\n\r\n", HttpFault::host_missing},
    {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", HttpFault::obs_fold},
    {"GET https://a/ HTTP/1.1\r\n\r\n", HttpFault::host_missing},
    {"GET https://b/ HTTP/1.1\r\nHost: a\r\n\r\n", HttpFault::host_differs},
    {"GET https://b HTTP/1.1\r\nHost: a\r\n\r\n", HttpFault::host_differs},
    {"GET https://a:444/ HTTP/1.1\r\nHost: a\r\n\r\n", HttpFault::host_differs},
    {"GET https://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n", HttpFault::host_differs},
    {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", HttpFault::coding_bad},
};

// Request lines; "Host: a" follows.
inline constexpr Part refused_request_lines[] = {
    {"GET", HttpFault::request_line_bad},
    {"GET ", HttpFault::request_line_bad},
    {"GET /", HttpFault::request_line_bad},
    {"GET  / HTTP/1.1", HttpFault::request_line_bad},
    {"GET /  HTTP/1.1", HttpFault::version_bad},
    {"GET / HTTP/1.1 ", HttpFault::version_bad},
    {"GET /\tHTTP/1.1", HttpFault::target_bad},
    {"GET\t/ HTTP/1.1", HttpFault::method_bad},
    {" GET / HTTP/1.1", HttpFault::method_bad},
    {"\tGET / HTTP/1.1", HttpFault::method_bad},
    {"GET/ / HTTP/1.1", HttpFault::method_bad},
    {"G(T / HTTP/1.1", HttpFault::method_bad},
    {"G\"T / HTTP/1.1", HttpFault::method_bad},
    {"G\xe9T / HTTP/1.1", HttpFault::method_bad},
    {"{} / HTTP/1.1", HttpFault::method_bad},
    {"GET\0 / HTTP/1.1"sv, HttpFault::control_byte},
    {"CONNECT a:443 HTTP/1.1", HttpFault::method_bad},
    {"CONNECT / HTTP/1.1", HttpFault::method_bad},
    {"GET a:443 HTTP/1.1", HttpFault::target_bad},
    {"GET a HTTP/1.1", HttpFault::target_bad},
    {"GET ?x HTTP/1.1", HttpFault::target_bad},
    {"GET h HTTP/1.1", HttpFault::target_bad},
    {"GET https: HTTP/1.1", HttpFault::target_bad},
    {"GET https:/a/ HTTP/1.1", HttpFault::target_bad},
    {"GET https:// HTTP/1.1", HttpFault::target_bad},
    {"GET https:/// HTTP/1.1", HttpFault::target_bad},
    {"GET https://? HTTP/1.1", HttpFault::target_bad},
    {"GET https://a?x HTTP/1.1", HttpFault::target_bad},
    {"GET https://a#x HTTP/1.1", HttpFault::target_bad},
    {"GET https://a\\@b/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://u@a/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://u:p@a/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://a:/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://a..b/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://[::1]/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://10.1.2.3/ HTTP/1.1", HttpFault::target_bad},
    {"GET https://%61/ HTTP/1.1", HttpFault::target_bad},
    {"GET http://a/ HTTP/1.1", HttpFault::target_bad},
    {"GET ftp://a/ HTTP/1.1", HttpFault::target_bad},
    {"GET httpsx://a/ HTTP/1.1", HttpFault::target_bad},
    {"GET * HTTP/1.1", HttpFault::target_bad},
    {"OPTIONS ** HTTP/1.1", HttpFault::target_bad},
    {"OPTIONS */ HTTP/1.1", HttpFault::target_bad},
    {"options * HTTP/1.1", HttpFault::target_bad},
    {"GET /#x HTTP/1.1", HttpFault::target_bad},
    {"GET /a# HTTP/1.1", HttpFault::target_bad},
    {"GET /\\ HTTP/1.1", HttpFault::target_bad},
    {"GET \\ HTTP/1.1", HttpFault::target_bad},
    {"GET /\xc3\xa9 HTTP/1.1", HttpFault::target_bad},
    {"GET /\x80 HTTP/1.1", HttpFault::target_bad},
    {"GET /\x7f HTTP/1.1", HttpFault::control_byte},
    {"GET /\0 HTTP/1.1"sv, HttpFault::control_byte},
    {"GET /\x0b HTTP/1.1", HttpFault::control_byte},
    {"GET /% HTTP/1.1", HttpFault::target_bad},
    {"GET /%1 HTTP/1.1", HttpFault::target_bad},
    {"GET /%g0 HTTP/1.1", HttpFault::target_bad},
    {"GET /%0g HTTP/1.1", HttpFault::target_bad},
    {"GET /%%41 HTTP/1.1", HttpFault::target_bad},
    {"GET /a?b=%u0041 HTTP/1.1", HttpFault::target_bad},
    {"GET /a b HTTP/1.1", HttpFault::version_bad},
    {"GET / ", HttpFault::version_bad},
    {"GET / HTTP", HttpFault::version_bad},
    {"GET / HTTP/", HttpFault::version_bad},
    {"GET / HTTP/1", HttpFault::version_bad},
    {"GET / HTTP/1.", HttpFault::version_bad},
    {"GET / HTTP/1.2", HttpFault::version_bad},
    {"GET / HTTP/1.10", HttpFault::version_bad},
    {"GET / HTTP/1.1.", HttpFault::version_bad},
    {"GET / HTTP/01.1", HttpFault::version_bad},
    {"GET / HTTP/0.9", HttpFault::version_bad},
    {"GET / HTTP/2.0", HttpFault::version_bad},
    {"GET / HTTP/2", HttpFault::version_bad},
    {"GET / HTTP/3.0", HttpFault::version_bad},
    {"GET / HTTP/1,1", HttpFault::version_bad},
    {"GET / HTTP/+1.1", HttpFault::version_bad},
    {"GET / http/1.1", HttpFault::version_bad},
    {"GET / HTTPS/1.1", HttpFault::version_bad},
    {"GET / HTTP/1.1\t", HttpFault::version_bad},
    {"GET / ICY/1.1", HttpFault::version_bad},
};

// Field lines of requests only.
inline constexpr Part refused_request_field_lines[] = {
    {"Host: a", HttpFault::host_twice},
    {"host: b", HttpFault::host_twice},
    {"Host:", HttpFault::host_twice},
    {"Expect: 200-ok", HttpFault::expectation_unknown},
    {"Expect:", HttpFault::expectation_unknown},
    {"Expect: 100-continue, x", HttpFault::expectation_unknown},
    {"Expect: 100-continue\r\nExpect: 100-continue", HttpFault::expectation_unknown},
};

// What may not stand in Host.
inline constexpr std::string_view refused_hosts[] = {
    "", ".", "..", "a..b", ".a", "a..", "-a", "a-", "a.-b", "a-.b", "a_b", "a b", "a\tb", "a,b", "a/b",
    "a@b", "u:p@b", "a?b", "a#b", "a%62", "a*", "*", "*.a", "a:", "a:0", "a:00443", "a:0443", "a:65536",
    "a:99999", "a:100000", "a:-1", "a:+1", "a:4 4", "a:443:443", "a:x", ":443", ":", "a.:", "127.0.0.1",
    "127.0.0.1:443", "127.0.0.1.", "1", "a.1", "127.1", "0x7f000001", "0x7f.0x1", "a.0x", "a.0X1f", "2130706433",
    "[::1]", "[::1]:443", "::1", "[", "fe80::1%eth0", "\xc3\xa9", "a\xff", "a\\b", "a;b", "a\"", "<a>", "a=b",
};

inline std::vector<Refused> refused_requests() {
  std::vector<Refused> all;
  const auto good = [](std::string_view line, std::string_view fields) {
    return std::string(line) + "\r\n" + std::string(fields) + "\r\n\r\n";
  };
  for (const Part& part : refused_heads)
    if (part.fault != HttpFault::none) all.push_back({std::string(part.text), part.fault});
  for (const Part& part : refused_request_lines) all.push_back({good(part.text, "Host: a"), part.fault});
  for (const Part& part : refused_field_lines)
    all.push_back({good("POST / HTTP/1.1", "Host: a\r\n" + std::string(part.text)), part.fault});
  for (const Part& part : refused_request_field_lines)
    all.push_back({good("POST / HTTP/1.1", "Host: a\r\n" + std::string(part.text)), part.fault});
  for (const std::string_view host : refused_hosts)
    all.push_back({good("GET / HTTP/1.1", "Host: " + std::string(host)), HttpFault::host_bad});
  return all;
}

}  // namespace postern::cases
