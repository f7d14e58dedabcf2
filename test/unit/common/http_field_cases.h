// Field lines that no request and no answer may have.
#pragma once

#include "unit/common/http_cases.h"

namespace postern::cases {

inline constexpr Part bad_field_names[] = {
    {"X", HttpFault::field_name_bad},
    {"X Y", HttpFault::field_name_bad},
    {"X Y: z", HttpFault::field_name_bad},
    {": y", HttpFault::field_name_bad},
    {":", HttpFault::field_name_bad},
    {"::", HttpFault::field_name_bad},
    {"=: z", HttpFault::field_name_bad},
    {"X(y): z", HttpFault::field_name_bad},
    {"X/y: z", HttpFault::field_name_bad},
    {"X@y: z", HttpFault::field_name_bad},
    {"X,y: z", HttpFault::field_name_bad},
    {"X;y: z", HttpFault::field_name_bad},
    {"X=y: z", HttpFault::field_name_bad},
    {"X?: z", HttpFault::field_name_bad},
    {"X\\y: z", HttpFault::field_name_bad},
    {"{X}: z", HttpFault::field_name_bad},
    {"[X]: z", HttpFault::field_name_bad},
    {"<X>: z", HttpFault::field_name_bad},
    {"\"X\": z", HttpFault::field_name_bad},
    {"GET / HTTP/1.1", HttpFault::field_name_bad},
    {"HTTP/1.1 200 OK", HttpFault::field_name_bad},
};

inline constexpr Part foreign_field_names[] = {
    {"X\x80: z", HttpFault::field_name_bad},
    {"\xef\xbb\xbfX: z", HttpFault::field_name_bad},
    {"H\xc3\xb6st: a", HttpFault::field_name_bad},
    {"\xc2\xa0X: z", HttpFault::field_name_bad},
    {"X\xc2\xa0: z", HttpFault::field_name_bad},
    {"X\xff: z", HttpFault::field_name_bad},
    {"Content\xe2\x80\x90Length: 3", HttpFault::field_name_bad},
    {"Transfer-Encod\xc4\xb1ng: chunked", HttpFault::field_name_bad},
};

inline constexpr Part blanks_before_colon[] = {
    {"X : y", HttpFault::field_name_bad},
    {"X  : y", HttpFault::field_name_bad},
    {"X\t: y", HttpFault::field_name_bad},
    {"Content-Length : 1", HttpFault::field_name_bad},
    {"Content-Length\t: 1", HttpFault::field_name_bad},
    {"Transfer-Encoding : chunked", HttpFault::field_name_bad},
    {"Transfer-Encoding\t: chunked", HttpFault::field_name_bad},
    {"Cookie : a=b", HttpFault::field_name_bad},
};

inline constexpr Part folded_lines[] = {
    {"X: a\r\n b", HttpFault::obs_fold},
    {"X: a\r\n\tb", HttpFault::obs_fold},
    {"X: a\r\n ", HttpFault::obs_fold},
    {"X: a\r\n \r\nY: b", HttpFault::obs_fold},
    {" X: a", HttpFault::obs_fold},
    {"\tX: a", HttpFault::obs_fold},
    {" ", HttpFault::obs_fold},
    {"X: y\r\n Transfer-Encoding: chunked", HttpFault::obs_fold},
    {"X: y\r\n\tContent-Length: 3", HttpFault::obs_fold},
    {"Transfer-Encoding:\r\n chunked", HttpFault::coding_bad},
    {"Content-Length:\r\n 3", HttpFault::length_bad},
};

inline constexpr Part bad_line_endings[] = {
    {"X: a\nY: b", HttpFault::bare_lf},
    {"X: a\n", HttpFault::bare_lf},
    {"\nX: a", HttpFault::bare_lf},
    {"X: a\n\nGET / HTTP/1.1", HttpFault::bare_lf},
    {"X: a\nTransfer-Encoding: chunked", HttpFault::bare_lf},
    {"X\n: a", HttpFault::bare_lf},
    {"X: a\rY: b", HttpFault::bare_cr},
    {"X: a\r", HttpFault::bare_cr},
    {"\rX: a", HttpFault::bare_cr},
    {"X: a\r\rY: b", HttpFault::bare_cr},
    {"X: a\rTransfer-Encoding: chunked", HttpFault::bare_cr},
    {"X\r: a", HttpFault::bare_cr},
    {"X:\ra", HttpFault::bare_cr},
};

inline constexpr Part control_bytes[] = {
    {"X\0: z"sv, HttpFault::control_byte},
    {"X\0Y: z"sv, HttpFault::control_byte},
    {"X: a\0b"sv, HttpFault::control_byte},
    {"X: \0"sv, HttpFault::control_byte},
    {"\0X: a"sv, HttpFault::control_byte},
    {"X: \x01", HttpFault::control_byte},
    {"X: \x08", HttpFault::control_byte},
    {"X: \x0b", HttpFault::control_byte},
    {"X: \x0c", HttpFault::control_byte},
    {"X\x0b: y", HttpFault::control_byte},
    {"X: \x1b[0m", HttpFault::control_byte},
    {"X: \x1f", HttpFault::control_byte},
    {"X: \x7f", HttpFault::control_byte},
    {"Content-Length: 1\0"sv, HttpFault::control_byte},
    {"Transfer-Encoding: chunked\0"sv, HttpFault::control_byte},
    {"Transfer-Encoding: \x0b" "chunked", HttpFault::control_byte},
    {"Transfer-Encoding: chunked\x0c", HttpFault::control_byte},
};

inline constexpr Part bad_lengths[] = {
    {"Content-Length:", HttpFault::length_bad},
    {"Content-Length: \t ", HttpFault::length_bad},
    {"Content-Length:\t1", HttpFault::length_bad},
    {"Content-Length: 1\t", HttpFault::length_bad},
    {"Content-Length: \t1 \t", HttpFault::length_bad},
    {"Content-Length: x", HttpFault::length_bad},
    {"Content-Length: -1", HttpFault::length_bad},
    {"Content-Length: -0", HttpFault::length_bad},
    {"Content-Length: +1", HttpFault::length_bad},
    {"Content-Length: 1 2", HttpFault::length_bad},
    {"Content-Length: 1\t2", HttpFault::length_bad},
    {"Content-Length: 1,1", HttpFault::length_bad},
    {"Content-Length: 1, 1", HttpFault::length_bad},
    {"Content-Length: 1, 2", HttpFault::length_bad},
    {"Content-Length: 1,", HttpFault::length_bad},
    {"Content-Length: ,1", HttpFault::length_bad},
    {"Content-Length: 0x10", HttpFault::length_bad},
    {"Content-Length: a", HttpFault::length_bad},
    {"Content-Length: 0b1", HttpFault::length_bad},
    {"Content-Length: 1e3", HttpFault::length_bad},
    {"Content-Length: 1.0", HttpFault::length_bad},
    {"Content-Length: 1_0", HttpFault::length_bad},
    {"Content-Length: \"1\"", HttpFault::length_bad},
    {"Content-Length: '1'", HttpFault::length_bad},
    {"Content-Length: 1;", HttpFault::length_bad},
    {"Content-Length: 1; a=b", HttpFault::length_bad},
    {"Content-Length: %31", HttpFault::length_bad},
    {"Content-Length: \xc2\xb2", HttpFault::length_bad},
    {"Content-Length: 1\xa0", HttpFault::length_bad},
    {"Content-Length: \xd9\xa1", HttpFault::length_bad},
    {"Content-Length: 1000000000000000000", HttpFault::length_bad},
    {"Content-Length: 9223372036854775808", HttpFault::length_bad},
    {"Content-Length: 18446744073709551616", HttpFault::length_bad},
    {"Content-Length: 18446744073709551617", HttpFault::length_bad},
    {"Content-Length: 0000000000000000001", HttpFault::length_bad},
};

inline constexpr Part repeated_lengths[] = {
    {"Content-Length: 1\r\nContent-Length: 2", HttpFault::length_twice},
    {"Content-Length: 1\r\nContent-Length: 1", HttpFault::length_twice},
    {"Content-Length: 1\r\ncontent-length: 1", HttpFault::length_twice},
    {"Content-Length: 0\r\nCONTENT-LENGTH: 0", HttpFault::length_twice},
    {"Content-Length: 1\r\nX: y\r\nContent-Length: 1", HttpFault::length_twice},
    {"Content-Length: 1\r\nContent-Length:", HttpFault::length_twice},
};

inline constexpr Part lengths_and_codings[] = {
    {"Content-Length: 1\r\nTransfer-Encoding: chunked", HttpFault::length_and_coding},
    {"Content-Length: 1\r\nTransfer-Encoding: identity", HttpFault::length_and_coding},
    {"Content-Length: 1\r\nTransfer-Encoding:", HttpFault::length_and_coding},
    {"Transfer-Encoding: chunked\r\nContent-Length: 1", HttpFault::length_and_coding},
    {"Transfer-Encoding: chunked\r\nContent-Length: 0", HttpFault::length_and_coding},
    {"Transfer-Encoding: chunked\r\nContent-Length: x", HttpFault::length_and_coding},
    {"Transfer-Encoding: chunked\r\nX: y\r\ncontent-length: 5", HttpFault::length_and_coding},
};

inline constexpr Part bad_codings[] = {
    {"Transfer-Encoding:", HttpFault::coding_bad},
    {"Transfer-Encoding:\tchunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked\t", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked \t ", HttpFault::coding_bad},
    {"Transfer-Encoding: identity", HttpFault::coding_bad},
    {"Transfer-Encoding: gzip", HttpFault::coding_bad},
    {"Transfer-Encoding: deflate", HttpFault::coding_bad},
    {"Transfer-Encoding: gzip, chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked, gzip", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked, chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked, identity", HttpFault::coding_bad},
    {"Transfer-Encoding: identity, chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked,", HttpFault::coding_bad},
    {"Transfer-Encoding: ,chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: ,", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked;q=1", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked; a=b", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked;", HttpFault::coding_bad},
    {"Transfer-Encoding: xchunked", HttpFault::coding_bad},
    {"Transfer-Encoding: x-chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunkedx", HttpFault::coding_bad},
    {"Transfer-Encoding: chunke", HttpFault::coding_bad},
    {"Transfer-Encoding: \"chunked\"", HttpFault::coding_bad},
    {"Transfer-Encoding: 'chunked'", HttpFault::coding_bad},
    {"Transfer-Encoding: chun ked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked\xff", HttpFault::coding_bad},
    {"Transfer-Encoding: \xc2\xa0" "chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chun\xe2\x84\xaa" "ed", HttpFault::coding_bad},
    {"Transfer-Encoding: : chunked", HttpFault::coding_bad},
    {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", HttpFault::coding_twice},
    {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", HttpFault::coding_twice},
    {"Transfer-Encoding: chunked\r\ntransfer-encoding:", HttpFault::coding_twice},
};

inline constexpr Part bad_connections[] = {
    {"Connection: a b", HttpFault::connection_bad},
    {"Connection: close\t", HttpFault::connection_bad},
    {"Connection: keep-alive,\tclose", HttpFault::connection_bad},
    {"Connection: close;", HttpFault::connection_bad},
    {"Connection: \"close\"", HttpFault::connection_bad},
    {"Connection: close, a=b", HttpFault::connection_bad},
    {"Connection: close/1", HttpFault::connection_bad},
    {"Connection: close\r\nConnection: (x)", HttpFault::connection_bad},
    {"Connection: keep-alive, {", HttpFault::connection_bad},
    {"Connection: \x80", HttpFault::connection_bad},
};

inline constexpr Family refused_field_families[] = {
    {"field name", Place::field, bad_field_names},
    {"field name outside ASCII", Place::field, foreign_field_names},
    {"blank before the colon", Place::field, blanks_before_colon},
    {"folded line", Place::field, folded_lines},
    {"bare CR or LF", Place::field, bad_line_endings},
    {"control byte", Place::field, control_bytes},
    {"Content-Length", Place::field, bad_lengths},
    {"Content-Length repeated", Place::field, repeated_lengths},
    {"Content-Length and Transfer-Encoding", Place::field, lengths_and_codings},
    {"Transfer-Encoding", Place::field, bad_codings},
    {"Connection", Place::field, bad_connections},
};

}  // namespace postern::cases
