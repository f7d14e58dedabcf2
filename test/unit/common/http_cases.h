// What HTTP parsers must accept and must refuse: the tables of the unit tests, and the
// seeds of the fuzzers.  Every refusal names its one reason.  Here: what requests and
// answers have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http_grammar.h"

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

}  // namespace postern::cases
