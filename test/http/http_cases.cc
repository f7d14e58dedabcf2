// http_cases: prints the tables of the unit tests, one JSON object a line, for the tests
// that are no C++: the bytes of each message and what is to come of it.  Texts that may
// hold any byte are written in hexadecimal.
#include <cstdio>

#include "test/http/json_line.h"
#include "unit/common/http_chunk_cases.h"
#include "unit/common/http_request_cases.h"
#include "unit/common/http_response_cases.h"

namespace {

using namespace postern;
using namespace postern::cases;

void print_requests() {
  for (const Refused& row : refused_requests())
    JsonLine("request").text("family", row.family).bytes("bytes", row.bytes).text("fault", word_of(row.fault))
        .number("status", static_cast<std::uint64_t>(status_of(row.fault))).print();
  for (const AcceptedRequest& row : accepted_requests())
    JsonLine("request").text("family", row.family).bytes("bytes", row.bytes).bytes("method", row.method)
        .bytes("target", row.target).text("host", row.host).number("port", row.port)
        .text("framing", framing_word(row.framing)).number("length", row.length).number("keep_alive", row.keep_alive)
        .print();
}

void print_chunks() {
  for (const ChunkedCase& row : chunked_cases)
    JsonLine("chunks").bytes("bytes", row.bytes).bytes("payload", row.payload).bytes("left", row.left)
        .text("fault", word_of(row.fault)).print();
}

void print_answers() {
  for (const Refused& row : refused_responses())
    JsonLine("answer").text("family", row.family).bytes("bytes", row.bytes).text("fault", word_of(row.fault)).print();
  for (const AcceptedResponse& row : accepted_responses)
    JsonLine("answer").bytes("bytes", row.bytes).number("to_head", row.to_head)
        .number("status", static_cast<std::uint64_t>(row.status)).bytes("reason", row.reason)
        .text("framing", framing_word(row.framing)).number("length", row.length).print();
}

}  // namespace

int main() {
  print_requests();
  print_chunks();
  print_answers();
  return std::fflush(stdout) == 0 ? 0 : 111;
}
