// Chunked bodies that must be accepted, and those that must be refused.
#pragma once

#include "unit/common/http_cases.h"

namespace postern::cases {

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
    {"5\r\nhello\r\n0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", "hello", "", HttpFault::none},
    {"0\r\nTransfer-Encoding: chunked\r\n\r\n", "", "", HttpFault::none},
    {"0\r\nX:\r\n\r\n\r\n", "", "\r\n", HttpFault::none},
    {"fF\r\n" "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\r\n0\r\n\r\n",
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde", "", HttpFault::none},
    {"\r\n", "", "", HttpFault::chunk_bad},
    {"\n", "", "", HttpFault::chunk_bad},
    {"\r\n5\r\nhello\r\n", "", "", HttpFault::chunk_bad},
    {"\t5\r\n", "", "", HttpFault::chunk_bad},
    {"5\x0b\r\n", "", "", HttpFault::chunk_bad},
    {"5\x0c\r\n", "", "", HttpFault::chunk_bad},
    {"5\xa0\r\n", "", "", HttpFault::chunk_bad},
    {"0X5\r\n", "", "", HttpFault::chunk_bad},
    {"x5\r\n", "", "", HttpFault::chunk_bad},
    {"5h\r\n", "", "", HttpFault::chunk_bad},
    {"5.0\r\n", "", "", HttpFault::chunk_bad},
    {"5e\0\r\n"sv, "", "", HttpFault::chunk_bad},
    {"\"5\"\r\n", "", "", HttpFault::chunk_bad},
    {"-0\r\n\r\n", "", "", HttpFault::chunk_bad},
    {"+0\r\n\r\n", "", "", HttpFault::chunk_bad},
    {"0 \r\n\r\n", "", "", HttpFault::chunk_bad},
    {"0\n\n", "", "", HttpFault::chunk_bad},
    {"0\r\r\n", "", "", HttpFault::chunk_bad},
    {"8000000000000000\r\n", "", "", HttpFault::chunk_bad},
    {"ffffffffffffffff\r\n", "", "", HttpFault::chunk_bad},
    {"10000000000000005\r\nhello\r\n", "", "", HttpFault::chunk_bad},
    {"5 ;a=b\r\nhello\r\n", "", "", HttpFault::chunk_bad},
    {"5;a=\"\r\n\"\r\nhello\r\n", "", "", HttpFault::chunk_extension},
    {"5;\n\r\nhello\r\n", "", "", HttpFault::chunk_extension},
    {"5\r\nhello\r\n5;x\r\n", "hello", "", HttpFault::chunk_extension},
    {"5\r\nhello\r\n-1\r\n", "hello", "", HttpFault::chunk_bad},
    {"5\r\nhello\r\r\n", "hello", "", HttpFault::chunk_bad},
    {"5\r\nhello \r\n", "hello", "", HttpFault::chunk_bad},
    {"5\r\nhelloXX\r\n", "hello", "", HttpFault::chunk_bad},
    {"0\r\nX: y\r\n\tz\r\n", "", "", HttpFault::trailer_bad},
    {"0\r\nX\t: y\r\n", "", "", HttpFault::trailer_bad},
    {"0\r\n\xc3\xa9: y\r\n", "", "", HttpFault::trailer_bad},
    {"0\r\nX: a\x7f\r\n", "", "", HttpFault::trailer_bad},
    {"0\r\n\0"sv, "", "", HttpFault::trailer_bad},
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
static_assert(std::size(chunked_cases) >= 80);

}  // namespace postern::cases
