// Answers and chunked bodies that must be accepted, and those that must be refused.
#pragma once

#include "common/http_response.h"
#include "unit/common/http_cases.h"

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
