// What HTTP parsers must accept and must refuse: the tables of the unit tests, and the
// seeds of the fuzzers.  Every refusal names its one reason.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http_body.h"
#include "common/http_head.h"
#include "common/http_response.h"

namespace postern::cases {

using namespace std::string_view_literals;

struct Refused {
  std::string bytes;
  HttpFault fault;
};
struct Part {  // a line, or a part of one, without its CRLF
  std::string_view text;
  HttpFault fault;
};

// ---- requests -----------------------------------------------------------------

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

// Field lines of requests and of answers alike.
inline constexpr Part refused_field_lines[] = {
    {"X", HttpFault::field_name_bad},
    {"X Y", HttpFault::field_name_bad},
    {"X : y", HttpFault::field_name_bad},
    {"X\t: y", HttpFault::field_name_bad},
    {": y", HttpFault::field_name_bad},
    {":", HttpFault::field_name_bad},
    {"X(y): z", HttpFault::field_name_bad},
    {"X/y: z", HttpFault::field_name_bad},
    {"X@y: z", HttpFault::field_name_bad},
    {"\"X\": z", HttpFault::field_name_bad},
    {"X\x80: z", HttpFault::field_name_bad},
    {"\xef\xbb\xbfX: z", HttpFault::field_name_bad},
    {"GET / HTTP/1.1", HttpFault::field_name_bad},
    {"X\0: z"sv, HttpFault::control_byte},
    {"X: a\0b"sv, HttpFault::control_byte},
    {"X: \x01", HttpFault::control_byte},
    {"X: \x08", HttpFault::control_byte},
    {"X: \x0b", HttpFault::control_byte},
    {"X: \x0c", HttpFault::control_byte},
    {"X: \x1b[0m", HttpFault::control_byte},
    {"X: \x7f", HttpFault::control_byte},
    {"X: a\nY: b", HttpFault::bare_lf},
    {"X: a\rY: b", HttpFault::bare_cr},
    {"X: a\r", HttpFault::bare_cr},
    {"X: a\r\n b", HttpFault::obs_fold},
    {"X: a\r\n\tb", HttpFault::obs_fold},
    {"X: a\r\n ", HttpFault::obs_fold},
    {" X: a", HttpFault::obs_fold},
    {"Content-Length:", HttpFault::length_bad},
    {"Content-Length: x", HttpFault::length_bad},
    {"Content-Length: -1", HttpFault::length_bad},
    {"Content-Length: +1", HttpFault::length_bad},
    {"Content-Length: 1 2", HttpFault::length_bad},
    {"Content-Length: 1,1", HttpFault::length_bad},
    {"Content-Length: 1, 2", HttpFault::length_bad},
    {"Content-Length: 0x10", HttpFault::length_bad},
    {"Content-Length: 1e3", HttpFault::length_bad},
    {"Content-Length: 1.0", HttpFault::length_bad},
    {"Content-Length: \"1\"", HttpFault::length_bad},
    {"Content-Length: 1;", HttpFault::length_bad},
    {"Content-Length: \xc2\xb2", HttpFault::length_bad},
    {"Content-Length: 1\xa0", HttpFault::length_bad},
    {"Content-Length: 1000000000000000000", HttpFault::length_bad},
    {"Content-Length: 18446744073709551617", HttpFault::length_bad},
    {"Content-Length: 0000000000000000001", HttpFault::length_bad},
    {"Content-Length: 1\r\nContent-Length: 2", HttpFault::length_twice},
    {"Content-Length: 1\r\ncontent-length: 1", HttpFault::length_twice},
    {"Content-Length: 1\r\nX: y\r\nContent-Length: 1", HttpFault::length_twice},
    {"Content-Length: 1\r\nTransfer-Encoding: chunked", HttpFault::length_and_coding},
    {"Transfer-Encoding: chunked\r\nContent-Length: 1", HttpFault::length_and_coding},
    {"Transfer-Encoding: chunked\r\nContent-Length: 0", HttpFault::length_and_coding},
    {"Transfer-Encoding: chunked\r\nContent-Length: x", HttpFault::length_and_coding},
    {"Content-Length : 1", HttpFault::field_name_bad},
    {"Transfer-Encoding:", HttpFault::coding_bad},
    {"Transfer-Encoding: identity", HttpFault::coding_bad},
    {"Transfer-Encoding: gzip", HttpFault::coding_bad},
    {"Transfer-Encoding: gzip, chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked, chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked, identity", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked,", HttpFault::coding_bad},
    {"Transfer-Encoding: ,chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked;q=1", HttpFault::coding_bad},
    {"Transfer-Encoding: xchunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunkedx", HttpFault::coding_bad},
    {"Transfer-Encoding: \"chunked\"", HttpFault::coding_bad},
    {"Transfer-Encoding: chun ked", HttpFault::coding_bad},
    {"Transfer-Encoding: \x0b" "chunked", HttpFault::control_byte},
    {"Transfer-Encoding: chunked\xff", HttpFault::coding_bad},
    {"Transfer-Encoding : chunked", HttpFault::field_name_bad},
    {"Transfer-Encoding\t: chunked", HttpFault::field_name_bad},
    {"X: y\r\n Transfer-Encoding: chunked", HttpFault::obs_fold},
    {"Transfer-Encoding:\r\n chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", HttpFault::coding_twice},
    {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", HttpFault::coding_twice},
    {"Connection: a b", HttpFault::connection_bad},
    {"Connection: close;", HttpFault::connection_bad},
    {"Connection: \"close\"", HttpFault::connection_bad},
    {"Connection: close, a=b", HttpFault::connection_bad},
    {"Connection: \x80", HttpFault::connection_bad},
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

// ---- answers ------------------------------------------------------------------

struct AcceptedResponse {
  std::string_view bytes;
  bool to_head;
  int status;
  std::string_view reason;
  Framing framing;
  std::uint64_t length;
  bool keep_alive;
};

inline constexpr AcceptedResponse accepted_responses[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, 200, "OK", Framing::length, 2, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, 200, "OK", Framing::length, 0, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, 200, "OK", Framing::chunked, 0, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n", false, 200, "OK", Framing::chunked, 0, false},
    {"HTTP/1.1 200 OK\r\n\r\n", false, 200, "OK", Framing::until_close, 0, false},
    {"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", false, 200, "OK", Framing::until_close, 0, false},
    {"HTTP/1.0 200 OK\r\n\r\n", false, 200, "OK", Framing::until_close, 0, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", false, 200, "OK", Framing::length, 1, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\n", false, 200, "OK", Framing::length, 1, true},
    {"HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\n", false, 200, "", Framing::length, 1, true},
    {"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n", false, 200, "", Framing::length, 1, true},
    {"HTTP/1.1 404 Not \t Found\r\nContent-Length: 1\r\n\r\n", false, 404, "Not \t Found", Framing::length, 1, true},
    {"HTTP/1.1 200 \xc3\x9c" "berall\r\nContent-Length: 1\r\n\r\n", false, 200, "\xc3\x9c" "berall", Framing::length, 1, true},
    {"HTTP/1.1 599 x:y\r\nContent-Length: 1\r\n\r\n", false, 599, "x:y", Framing::length, 1, true},
    {"HTTP/1.1 100 Continue\r\n\r\n", false, 100, "Continue", Framing::none, 0, true},
    {"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n", false, 103, "Early Hints", Framing::none, 0, true},
    {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", false, 101,
     "Switching Protocols", Framing::none, 0, true},
    {"HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\n", false, 100, "Continue", Framing::none, 0, false},
    {"HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n", false, 100, "Continue", Framing::none, 0, false},
    {"HTTP/1.1 204 No Content\r\n\r\n", false, 204, "No Content", Framing::none, 0, true},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", false, 204, "No Content", Framing::none, 0, true},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", false, 204, "No Content", Framing::none, 0, false},
    {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false, 204, "No Content", Framing::none, 0, false},
    {"HTTP/1.1 304 Not Modified\r\n\r\n", false, 304, "Not Modified", Framing::none, 0, true},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false, 304, "Not Modified", Framing::none, 0, true},
    {"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", false, 304, "Not Modified", Framing::none, 0, true},
    {"HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", false, 205, "Reset", Framing::length, 0, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true, 200, "OK", Framing::none, 0, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, 200, "OK", Framing::none, 0, true},
    {"HTTP/1.1 200 OK\r\n\r\n", true, 200, "OK", Framing::none, 0, true},
    {"HTTP/1.0 200 OK\r\n\r\n", true, 200, "OK", Framing::none, 0, false},
    {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", true, 200, "OK", Framing::none, 0, false},
    {"HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", false, 301, "Moved", Framing::length, 0, true},
    {"HTTP/1.1 401 No\r\nWWW-Authenticate: a\r\nWWW-Authenticate: b\r\nContent-Length: 0\r\n\r\n", false, 401, "No",
     Framing::length, 0, true},
};

// Status lines; "Content-Length: 0" follows.
inline constexpr Part refused_status_lines[] = {
    {"", HttpFault::version_bad},
    {"HTTP", HttpFault::version_bad},
    {"HTTP/1.1", HttpFault::version_bad},
    {"HTTP/1.1 ", HttpFault::status_bad},
    {"HTTP/1.1 2", HttpFault::status_bad},
    {"HTTP/1.1 20", HttpFault::status_bad},
    {"HTTP/1.1  200 OK", HttpFault::status_bad},
    {"HTTP/1.1\t200 OK", HttpFault::version_bad},
    {"HTTP/1.1 2000 OK", HttpFault::status_bad},
    {"HTTP/1.1 20x OK", HttpFault::status_bad},
    {"HTTP/1.1 099 OK", HttpFault::status_bad},
    {"HTTP/1.1 000 OK", HttpFault::status_bad},
    {"HTTP/1.1 600 OK", HttpFault::status_bad},
    {"HTTP/1.1 999 OK", HttpFault::status_bad},
    {"HTTP/1.1 -20 OK", HttpFault::status_bad},
    {"HTTP/1.1 +20 OK", HttpFault::status_bad},
    {"HTTP/1.1 200OK", HttpFault::status_bad},
    {"HTTP/1.1 200\tOK", HttpFault::status_bad},
    {"HTTP/1.1 OK", HttpFault::status_bad},
    {"HTTP/1.2 200 OK", HttpFault::version_bad},
    {"HTTP/1.10 200 OK", HttpFault::version_bad},
    {"HTTP/2.0 200 OK", HttpFault::version_bad},
    {"HTTP/2 200", HttpFault::version_bad},
    {"HTTP/0.9 200 OK", HttpFault::version_bad},
    {"http/1.1 200 OK", HttpFault::version_bad},
    {"ICY 200 OK", HttpFault::version_bad},
    {" HTTP/1.1 200 OK", HttpFault::version_bad},
    {"<html>", HttpFault::version_bad},
    {"HTTP/1.1 200 O\0K"sv, HttpFault::control_byte},
    {"HTTP/1.1 200 O\x1bK", HttpFault::control_byte},
    {"HTTP/1.1 200 OK\nX: y", HttpFault::bare_lf},
    {"HTTP/1.1 200 OK\r", HttpFault::bare_cr},
    {"HTTP/1.1 200 OK\r\n Folded", HttpFault::obs_fold},
    {"\0HTTP/1.1 200 OK"sv, HttpFault::control_byte},
};

inline std::vector<Refused> refused_responses() {
  std::vector<Refused> all;
  for (const Part& part : refused_status_lines)
    all.push_back({std::string(part.text) + "\r\nContent-Length: 0\r\n\r\n", part.fault});
  for (const Part& part : refused_field_lines)
    all.push_back({"HTTP/1.1 200 OK\r\n" + std::string(part.text) + "\r\n\r\n", part.fault});
  all.push_back({"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HttpFault::coding_bad});
  return all;
}

// ---- chunked bodies -----------------------------------------------------------

struct ChunkedCase {
  std::string_view bytes;
  std::string_view payload;
  std::string_view left;  // behind the end
  HttpFault fault;
};

inline constexpr ChunkedCase chunked_cases[] = {
    {"0\r\n\r\n", "", "", HttpFault::none},
    {"000\r\n\r\n", "", "", HttpFault::none},
    {"5\r\nhello\r\n0\r\n\r\n", "hello", "", HttpFault::none},
    {"00000000000000a\r\n0123456789\r\n0\r\n\r\n", "0123456789", "", HttpFault::none},
    {"A\r\n0123456789\r\n0\r\n\r\nGET /", "0123456789", "GET /", HttpFault::none},
    {"1\r\n\r\r\n1\r\n\n\r\n2\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n", "", HttpFault::none},
    {"1\r\na\r\n1\r\nb\r\n0\r\nX: y\r\nZ:\r\n\r\n0\r\n", "ab", "0\r\n", HttpFault::none},
    {"0\r\nX: \x80\t y\r\n\r\n", "", "", HttpFault::none},
    {"0\r\nContent-Length: 9\r\nHost: b\r\n\r\n", "", "", HttpFault::none},
    {"\r\n", "", "", HttpFault::chunk_bad},
    {" 5\r\n", "", "", HttpFault::chunk_bad},
    {"5 \r\n", "", "", HttpFault::chunk_bad},
    {"5\t\r\n", "", "", HttpFault::chunk_bad},
    {"-5\r\n", "", "", HttpFault::chunk_bad},
    {"+5\r\n", "", "", HttpFault::chunk_bad},
    {"0x5\r\n", "", "", HttpFault::chunk_bad},
    {"g\r\n", "", "", HttpFault::chunk_bad},
    {"5_0\r\n", "", "", HttpFault::chunk_bad},
    {"5\n", "", "", HttpFault::chunk_bad},
    {"5\rhello", "", "", HttpFault::chunk_bad},
    {"5\r\r\n", "", "", HttpFault::chunk_bad},
    {"5,5\r\n", "", "", HttpFault::chunk_bad},
    {"5\0\r\n"sv, "", "", HttpFault::chunk_bad},
    {"\xb5\r\n", "", "", HttpFault::chunk_bad},
    {"1000000000000000\r\n", "", "", HttpFault::chunk_bad},
    {"0000000000000000\r\n", "", "", HttpFault::chunk_bad},
    {"fffffffffffffffff\r\n", "", "", HttpFault::chunk_bad},
    {"5;a=b\r\nhello\r\n", "", "", HttpFault::chunk_extension},
    {"5;\r\nhello\r\n", "", "", HttpFault::chunk_extension},
    {"0;x\r\n\r\n", "", "", HttpFault::chunk_extension},
    {"5\r\nhello0\r\n", "hello", "", HttpFault::chunk_bad},
    {"5\r\nhello\n0\r\n", "hello", "", HttpFault::chunk_bad},
    {"5\r\nhello\r0\r\n", "hello", "", HttpFault::chunk_bad},
    {"5\r\nhello\r\n\r\n", "hello", "", HttpFault::chunk_bad},
    {"4\r\nhello\r\n", "hell", "", HttpFault::chunk_bad},
    {"0\r\n\n", "", "", HttpFault::trailer_bad},
    {"0\r\n\rX", "", "", HttpFault::trailer_bad},
    {"0\r\n X: y\r\n", "", "", HttpFault::trailer_bad},
    {"0\r\nX: y\r\n z\r\n", "", "", HttpFault::trailer_bad},
    {"0\r\n: y\r\n", "", "", HttpFault::trailer_bad},
    {"0\r\nX y\r\n", "", "", HttpFault::trailer_bad},
    {"0\r\nX : y\r\n", "", "", HttpFault::trailer_bad},
    {"0\r\nX\r\n", "", "", HttpFault::trailer_bad},
    {"0\r\nX: y\n", "", "", HttpFault::trailer_bad},
    {"0\r\nX: y\rZ", "", "", HttpFault::trailer_bad},
    {"0\r\nX: \0\r\n"sv, "", "", HttpFault::trailer_bad},
    {"0\r\nGET / HTTP/1.1\r\n", "", "", HttpFault::trailer_bad},
};

}  // namespace postern::cases
