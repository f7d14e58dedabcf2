// What a request may be, part by part.
#pragma once

#include <cstdint>

#include "unit/common/http_cases.h"

namespace postern::cases {

// Whole requests, with what is to be found in them.
struct GoodHead {
  std::string_view bytes, method, target;
  Framing framing;
  std::uint64_t length;
  bool keep_alive;
};
inline constexpr GoodHead good_heads[] = {
    {"GET / HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", "GET", "/", Framing::none, 0, true},
    {"GET / HTTP/1.0\r\nHost: a.corp.example\r\n\r\n", "GET", "/", Framing::none, 0, false},
    {"\r\nGET / HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", "GET", "/", Framing::none, 0, true},
    {"HEAD /x?y=z HTTP/1.1\r\nHOST:a.corp.example\r\n\r\n", "HEAD", "/x?y=z", Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nX: a:b\r\nhost: a.corp.example\r\n\r\n", "GET", "/", Framing::none, 0, true},
    {"GET / HTTP/1.1\r\nX_Forwarded.Host: b\r\nHost: a.corp.example\r\n\r\n", "GET", "/", Framing::none, 0, true},
    {"OPTIONS * HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", "OPTIONS", "*", Framing::none, 0, true},
    {"OPTIONS /* HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", "OPTIONS", "/*", Framing::none, 0, true},
    {"OPTIONS https://a.corp.example HTTP/1.1\r\nHost: a.corp.example\r\n\r\n", "OPTIONS", "*", Framing::none, 0, true},
    {"POST /f HTTP/1.1\r\nHost: a.corp.example\r\nContent-Length: 11\r\n\r\nhello world", "POST", "/f", Framing::length, 11, true},
    {"GET / HTTP/1.1\r\nHost: a.corp.example\r\nContent-Length: 3\r\n\r\nabc", "GET", "/", Framing::length, 3, true},
    {"PUT /u HTTP/1.1\r\nHost: a.corp.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "PUT", "/u",
     Framing::chunked, 0, true},
    {"GET / HTTP/1.1\r\nHost: a.corp.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: trailer\r\n\r\n", "GET", "/", Framing::chunked,
     0, true},
    {"PUT / HTTP/1.0\r\nHost: a.corp.example\r\ncontent-length:007\r\n\r\n1234567", "PUT", "/", Framing::length, 7, false},
};

// Targets in origin form: taken as they are.
inline constexpr std::string_view good_targets[] = {
    "/", "//", "//a", "///", "/.", "/..", "/./", "/../../etc/passwd", "/a/../b", "/a//b", "/;", "/a;b=c", "/a;/b", "/..;/x",
    "/%00", "/%2e%2E/", "/%2f", "/%5c", "/%fF", "/%0d%0a", "/%20", "/%c3%a9", "/%25", "/a%2Fb?c%2Fd", "/?", "/??", "/a?",
    "/a?b", "/a?b=c&d=e", "/a?b=c;d=e", "/a?b?c", "/a?/../b", "/a?q=100%", "/a?%", "/a?b=%u0041", "/a?%zz&c", "/a?b=%4",
    "/http://b.corp.example/", "/a:b", "/a@b", "/*", "/~user/", "/a,b", "/a+b", "/a'b", "/(a)", "/$a&b", "/a!",
    "/a?q={|}^[]`\"<>~!$&'()*+,;=:@", "/a\"b<c>d^e`f{g|h}i", "/[a]", "/a-b._~c", "/A/b/C", "/index.php/x", "/cgi-bin/x?a+b",
    "/a?b=https://c.example/d?e", "/%41", "/0", "/.well-known/x", "/a=b",
};

// An absolute form agrees with Host, and what goes on is its path.
struct GoodAbsolute {
  std::string_view target, host, path;
  std::uint16_t port;
};
inline constexpr GoodAbsolute good_absolutes[] = {
    {"https://a.corp.example/", "a.corp.example", "/", 0},
    {"https://a.corp.example", "a.corp.example", "/", 0},
    {"https://a.corp.example/b?c", "a.corp.example", "/b?c", 0},
    {"https://a.corp.example//b", "a.corp.example", "//b", 0},
    {"https://a.corp.example/?d=100%", "a.corp.example", "/?d=100%", 0},
    {"HTTPS://A.Corp.Example.:443/", "a.corp.example", "/", 0},
    {"https://a.corp.example/x", "A.Corp.Example:443", "/x", 443},
    {"https://a.corp.example:443/x", "a.corp.example:443", "/x", 443},
    {"https://a.corp.example./x", "a.corp.example", "/x", 0},
    {"https://a.corp.example:8443/x", "a.corp.example:8443", "/x", 8443},
    {"hTTps://a.corp.example/https://b.corp.example/", "a.corp.example", "/https://b.corp.example/", 0},
};

// Any token is a method as far as grammar goes.
inline constexpr std::string_view good_methods[] = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "TRACK", "DEBUG", "PROPFIND", "PROPPATCH", "MKCOL",
    "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "MKCALENDAR", "ACL", "BIND", "VERSION-CONTROL", "PRI", "QUERY", "get",
    "Get", "CONNECTED", "connect", "M-SEARCH", "!#$%&'*+-.^_`|~09azAZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF",  // 32 bytes
};

// Field lines that change nothing about where a request ends.
inline constexpr std::string_view good_fields[] = {
    "X:", "X: \t ", "X:y", "X: y", "X:\ty\t", "X:  y  z  ", "X: a:b", "X: :", "X: a, b,, c", "X: \"a b\"", "X: \"a", "X: a=b; c=d",
    "X: \x80\xff caf\xc3\xa9\tb", "X: \xc2\xa0", "X: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~", "X: %0d%0aY: z",
    "!#$%&'*+-.^_`|~9: x", "9: 9", "-: -", "_: _", "A: 1\r\nA: 2\r\na: 3", "X-A: 1\r\nX_A: 2\r\nX.A: 3",
    "Cookie: a=b; c=d", "Cookie: a=b\r\nCookie: c=d", "Cookie: $Version=1; a=\"b\"; $Path=/", "cookie:  a = b ;; c",
    "Cookie: sessionid=x; SessionID2=y", "Authorization: Basic YTpi", "Authorization: Negotiate YII=", "Accept: */*",
    "Accept: text/html;q=0.9, */*;q=0.1", "Accept-Encoding: gzip, br", "Range: bytes=0-1,2-", "If-Match: \"a\", W/\"b\"",
    "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", "Origin: https://b.corp.example", "Origin: null",
    "Referer: https://a.corp.example/x#y", "User-Agent: Mozilla/5.0 (X11; Linux x86_64)", "Content-Type: text/plain; charset=utf-8",
    "Content-Encoding: gzip", "Content-Lengthy: 7", "X-Content-Length: 7", "X-Transfer-Encoding: chunked", "Destination: /b",
    "Depth: infinity", "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty", "Via: 1.1 x", "Max-Forwards: 0", "Date: x",
};

// Field lines that are understood, or are ours to say, and go no further.
inline constexpr std::string_view good_dropped_fields[] = {
    "TE: trailers", "Trailer: X", "Trailer: Content-Length", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive",
    "Proxy-Authorization: Basic YTpi", "Proxy_Authorization: x", "Upgrade: h2c", "Upgrade: TLS/1.0, HTTP/1.1",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA", "HTTP2-Settings: AA",
    "Content_Length: 7", "Content.Length: 7", "CONTENT~LENGTH: 7", "Transfer_Encoding: chunked", "Transfer.Encoding: chunked",
    "Early-Data: 1", "Proxy: http://b.example", "Forwarded: for=1.2.3.4", "forwarded: for=1.2.3.4", "X-Forwarded-For: 1.2.3.4",
    "X_Forwarded_For: 1.2.3.4", "X.Forwarded.Proto: http", "X-ForwardedFor: 1.2.3.4", "X-Forwarded-Host: b",
    "X-Forwarded: 1.2.3.4", "X-Real-IP: 1.2.3.4", "x_real.ip: 1.2.3.4", "X-Postern-User: root", "x-postern-user: root",
    "X_POSTERN_USER: root", "X.Postern.Session: 1", "X!Postern|Assertion: e", "X-Postern-: x", "X-Original-URL: /admin",
    "X-Rewrite-URL: /admin", "Connection: X-A\r\nX-A: 1", "Connection: x-a, x-b\r\nX-A: 1\r\nX-B: 2",
};

struct GoodFraming {
  std::string_view fields, body;
  Framing framing;
  std::uint64_t length;
};
inline constexpr GoodFraming good_framings[] = {
    {"Content-Length: 0", "", Framing::length, 0},
    {"Content-Length: 00", "", Framing::length, 0},
    {"Content-Length: 5", "hello", Framing::length, 5},
    {"content-length:5", "hello", Framing::length, 5},
    {"CONTENT-LENGTH:   5  ", "hello", Framing::length, 5},
    {"Content-Length: 000000000000000005", "hello", Framing::length, 5},
    {"Content-Length: 5\r\nContent_Length: 7", "hello", Framing::length, 5},
    {"Content-Length: 5\r\nTransfer_Encoding: chunked", "hello", Framing::length, 5},
    {"Content-Length: 5\r\nConnection: Content-Length", "hello", Framing::length, 5},
    {"Content-Length: 9", "a\r\n0\r\n\r\n\n", Framing::length, 9},
    {"Transfer-Encoding: chunked", "0\r\n\r\n", Framing::chunked, 0},
    {"transfer-encoding:  CHUNKED ", "5\r\nhello\r\n0\r\n\r\n", Framing::chunked, 0},
    {"Transfer-Encoding: Chunked", "1\r\na\r\n01\r\nb\r\n0\r\n\r\n", Framing::chunked, 0},
    {"Transfer-Encoding: chunked\r\nContent_Length: 7", "0\r\n\r\n", Framing::chunked, 0},
    {"Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding", "0\r\nX: y\r\n\r\n", Framing::chunked, 0},
    {"Transfer-Encoding: chunked\r\nTrailer: X", "5\r\nhello\r\n0\r\nX: y\r\nContent-Length: 9\r\n\r\n", Framing::chunked, 0},
    {"", "", Framing::none, 0},
};

struct GoodConnection {
  std::string_view version, fields;
  bool keep_alive;
};
inline constexpr GoodConnection good_connections[] = {
    {"HTTP/1.1", "Connection: close", false},
    {"HTTP/1.1", "Connection: CLOSE", false},
    {"HTTP/1.1", "Connection: Upgrade, close", false},
    {"HTTP/1.1", "Connection: close, keep-alive", false},
    {"HTTP/1.1", "Connection: keep-alive\r\nConnection: close", false},
    {"HTTP/1.1", "Connection: close\r\nConnection: keep-alive", false},
    {"HTTP/1.1", "Connection: keep-alive", true},
    {"HTTP/1.1", "Connection: ,, x ,", true},
    {"HTTP/1.1", "Connection:", true},
    {"HTTP/1.1", "Connection: closed", true},
    {"HTTP/1.1", "Connection: Host, Cookie, Connection", true},
    {"HTTP/1.0", "Connection: Keep-Alive", true},
    {"HTTP/1.0", "Connection: keep-alive, close", false},
    {"HTTP/1.0", "Connection: x", false},
    {"HTTP/1.0", "Keep-Alive: timeout=5", false},
    {"HTTP/1.0", "Proxy-Connection: keep-alive", false},
};

}  // namespace postern::cases
