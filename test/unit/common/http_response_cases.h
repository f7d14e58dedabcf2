// Answers that must be accepted, and answers that must be refused.
#pragma once

#include "common/http_response.h"
#include "unit/common/http_field_cases.h"

namespace postern::cases {

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
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false, 200, "OK", Framing::chunked, 0, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false, 200, "OK", Framing::chunked, 0, false},
    {"HTTP/1.1 200 OK\r\n\r\nhello", false, 200, "OK", Framing::until_close, 0, false},
    {"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\nhello", false, 200, "OK", Framing::until_close, 0, false},
    {"HTTP/1.0 200 OK\r\n\r\nhello", false, 200, "OK", Framing::until_close, 0, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n!", false, 200, "OK", Framing::length, 1, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\n!", false, 200, "OK", Framing::length, 1, true},
    {"HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\n!", false, 200, "", Framing::length, 1, true},
    {"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n!", false, 200, "", Framing::length, 1, true},
    {"HTTP/1.1 404 Not \t Found\r\nContent-Length: 1\r\n\r\n!", false, 404, "Not \t Found", Framing::length, 1, true},
    {"HTTP/1.1 200 \xc3\x9c" "berall\r\nContent-Length: 1\r\n\r\n!", false, 200, "\xc3\x9c" "berall", Framing::length, 1, true},
    {"HTTP/1.1 599 x:y\r\nContent-Length: 1\r\n\r\n!", false, 599, "x:y", Framing::length, 1, true},
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
    {"HTTP/1.1 200 OK\r\nContent-Length: 0000\r\n\r\n", false, 200, "OK", Framing::length, 0, true},
    {"HTTP/1.1 200 OK\r\nCONTENT-LENGTH:   2  \r\n\r\nhi", false, 200, "OK", Framing::length, 2, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\n", false, 200, "OK", Framing::length, 999999999999999999, true},
    {"HTTP/1.1 200 OK\r\nContent_Length: 9\r\nContent-Length: 2\r\n\r\nhi", false, 200, "OK", Framing::length, 2, true},
    {"HTTP/1.1 200 OK\r\nTransfer_Encoding: chunked\r\nContent-Length: 2\r\n\r\nhi", false, 200, "OK", Framing::length, 2, true},
    {"HTTP/1.1 200 OK\r\ntransfer-encoding:  CHUNKED  \r\n\r\n0\r\n\r\n", false, 200, "OK", Framing::chunked, 0, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\nX: y\r\n\r\n", false, 200, "OK", Framing::chunked, 0,
     true},
    {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", false, 200, "OK", Framing::length, 2, false},
    {"HTTP/1.1 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 0\r\n\r\n", false, 200, "OK", Framing::length, 0, false},
    {"HTTP/1.1 200 OK\r\nConnection: Content-Length\r\nContent-Length: 2\r\n\r\nhi", false, 200, "OK", Framing::length, 2, true},
    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", false, 200, "OK", Framing::until_close, 0, false},
    {"HTTP/1.0 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false, 404, "No", Framing::length, 0, false},
    {"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nhi", false, 206, "Partial", Framing::length, 2,
     true},
    {"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d; Path=/\r\nContent-Length: 0\r\n\r\n", false, 200, "OK", Framing::length,
     0, true},
    {"HTTP/1.1 200 OK\r\nX:\r\nY: \t \r\nZ: \xe9\tz\r\nContent-Length: 0\r\n\r\n", false, 200, "OK", Framing::length, 0, true},
    {"HTTP/1.1 302 Found\r\nLocation: http://a.corp.example/x?y#z\r\nContent-Length: 0\r\n\r\n", false, 302, "Found",
     Framing::length, 0, true},
    {"HTTP/1.1 299 HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", false, 299, "HTTP/1.1 500 No", Framing::length, 0, true},
    {"HTTP/1.1 500   two  blanks  \r\nContent-Length: 0\r\n\r\n", false, 500, "two  blanks", Framing::length, 0, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 ", false, 200, "OK", Framing::length, 9, true},
    {"HTTP/1.1 102 Processing\r\n\r\n", false, 102, "Processing", Framing::none, 0, true},
    {"HTTP/1.1 199 x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", false, 199, "x", Framing::none, 0, true},
    {"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", false, 204, "No Content", Framing::none, 0, false},
    {"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nConnection: close\r\n\r\n", true, 304, "Not Modified", Framing::none, 0, false},
    {"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n", true, 404, "No", Framing::none, 0, true},
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
    {"\r\nHTTP/1.1 200 OK", HttpFault::version_bad},
    {"\nHTTP/1.1 200 OK", HttpFault::bare_lf},
    {"\rHTTP/1.1 200 OK", HttpFault::bare_cr},
    {"\xef\xbb\xbfHTTP/1.1 200 OK", HttpFault::version_bad},
    {"HTTP/1.1\xa0" "200 OK", HttpFault::version_bad},
    {"HTTP/1.1:200 OK", HttpFault::version_bad},
    {"HTTP/1.1 2 00 OK", HttpFault::status_bad},
    {"HTTP/1.1 200.0 OK", HttpFault::status_bad},
    {"HTTP/1.1 0x1 OK", HttpFault::status_bad},
    {"HTTP/1.1 \xb2\xb0\xb0 OK", HttpFault::status_bad},
    {"HTTP/1.1 200 O\rK", HttpFault::bare_cr},
    {"HTTP/1.1 200 O\x7fK", HttpFault::control_byte},
    {"GET / HTTP/1.1", HttpFault::version_bad},
    {"hello", HttpFault::version_bad},  // what is left of a body
};

inline constexpr Part refused_answers[] = {
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HttpFault::coding_bad},
    {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", HttpFault::bare_lf},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n", HttpFault::bare_lf},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\rX", HttpFault::bare_cr},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n", HttpFault::bare_lf},
    {"HTTP/1.1 200 OK\r\n Content-Length: 0\r\n\r\n", HttpFault::obs_fold},
    {"HTTP/1.1 100 Continue\r\nContent-Length: x\r\n\r\n", HttpFault::length_bad},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", HttpFault::length_twice},
    {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: gzip\r\n\r\n", HttpFault::coding_bad},
};

inline constexpr Family refused_answer_families[] = {
    {"status line", Place::start_line, refused_status_lines},
    {"whole answer", Place::head, refused_answers},
};

inline constexpr std::size_t refused_response_count = count_of(refused_answer_families) + count_of(refused_field_families);
static_assert(std::size(accepted_responses) >= 50);
static_assert(std::size(accepted_responses) + refused_response_count >= 200);

inline std::vector<Refused> refused_responses() {
  std::vector<Refused> all;
  add_refused(all, refused_answer_families, "", "Content-Length: 0\r\n");
  add_refused(all, refused_field_families, "HTTP/1.1 200 OK\r\n", "");
  return all;
}

}  // namespace postern::cases
