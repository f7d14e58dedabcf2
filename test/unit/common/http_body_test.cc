#include "common/http_body.h"

#include "unit/catch.h"
#include "unit/common/http_checks.h"
#include "unit/common/http_chunk_cases.h"

using namespace postern;
using namespace postern::cases;
using namespace postern::checks;

namespace {

BodyRun chunked(std::string_view bytes, std::size_t piece = 1 << 20) {
  return run_body(BodyReader(Framing::chunked, 0), bytes, piece);
}

}  // namespace

TEST_CASE("chunked bodies are read exactly, or refused for their reason", "[http][body]") {
  for (const ChunkedCase& wanted : chunked_cases) {
    CAPTURE(wanted.bytes);
    const BodyRun run = chunked(wanted.bytes);
    CHECK_FALSE(run.stuck);
    CHECK(word_of(run.fault) == word_of(wanted.fault));
    CHECK(run.payload == wanted.payload);
    CHECK(run.end == (wanted.fault == HttpFault::none));
    if (run.end) CHECK(wanted.bytes.substr(run.used) == wanted.left);
    CHECK(body_properties_hold(Framing::chunked, 0, wanted.bytes));
  }
}

TEST_CASE("a fault is seen ahead exactly where reading would meet it", "[http][body]") {
  for (const ChunkedCase& one : chunked_cases) {
    CAPTURE(one.bytes);
    CHECK(fault_ahead(BodyReader(Framing::chunked, 0), one.bytes) == one.fault);
    const std::string_view body = one.bytes.substr(0, one.bytes.size() - one.left.size());
    BodyReader reader(Framing::chunked, 0);
    if (one.fault == HttpFault::none)
      for (std::size_t n = 0; n < body.size(); ++n) CHECK(fault_ahead(reader, body.substr(0, n)) == HttpFault::none);
  }
  CHECK(fault_ahead(BodyReader(Framing::length, 3), "5;x") == HttpFault::none);
  CHECK(fault_ahead(BodyReader(), "5;x") == HttpFault::none);
}

TEST_CASE("every beginning of a chunked body waits for more, and a hang-up there cuts it", "[http][body]") {
  const std::string_view whole = "5\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t n = 0; n < whole.size(); ++n) {
    BodyReader reader(Framing::chunked, 0);
    std::string_view rest = whole.substr(0, n);
    while (!rest.empty()) {
      const BodyStep step = reader.next(rest);
      REQUIRE(step.fault == HttpFault::none);
      REQUIRE_FALSE(step.end);
      rest.remove_prefix(step.skip + step.payload);
    }
    CHECK(reader.hang_up().fault == HttpFault::body_cut);
    CHECK(reader.next("0\r\n\r\n").fault == HttpFault::body_cut);
  }
}

TEST_CASE("any single byte put into a chunked body is judged alike, however it is cut", "[http][body]") {
  const std::string good = "5\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t place = 0; place < good.size(); ++place)
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string changed = good;
      changed[place] = static_cast<char>(byte);
      if (!body_properties_hold(Framing::chunked, 0, changed)) FAIL("changed: " << changed);
    }
}

TEST_CASE("the largest chunk size has 15 digits and is taken at its word", "[http][body][limits]") {
  BodyReader reader(Framing::chunked, 0);
  const BodyStep step = reader.next("fffffffffffffff\r\nab");
  CHECK(step.fault == HttpFault::none);
  CHECK(step.skip == 17);
  CHECK(step.payload == 2);
  CHECK(reader.due() == 0xfffffffffffffff - 2);
}

TEST_CASE("trailers are dropped, up to 32 fields and 8192 bytes", "[http][body][limits]") {
  const auto fields = [](std::size_t n) {
    std::string text = "0\r\n";
    for (std::size_t i = 0; i < n; ++i) text += "X: y\r\n";
    return text + "\r\n";
  };
  CHECK(chunked(fields(32)).end);
  CHECK(chunked(fields(33)).fault == HttpFault::trailer_too_long);
  const auto sized = [](std::size_t bytes) {  // "X:" value CRLF CRLF
    return "0\r\nX:" + std::string(bytes - 6, 'v') + "\r\n\r\n";
  };
  CHECK(chunked(sized(8192)).end);
  CHECK(chunked(sized(8192), 1).end);
  CHECK(chunked(sized(8193)).fault == HttpFault::trailer_too_long);
  CHECK(chunked(sized(8193), 1).fault == HttpFault::trailer_too_long);
}

TEST_CASE("a body of a known length ends there, to the byte", "[http][body]") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{100}}) {
    const BodyRun run = run_body(BodyReader(Framing::length, 5), "helloGET /", piece);
    CHECK(run.payload == "hello");
    CHECK(run.used == 5);
    CHECK(run.end);
  }
  BodyReader reader(Framing::length, 5);
  CHECK(reader.next("hell").payload == 4);
  CHECK(reader.due() == 1);
  CHECK_FALSE(reader.ended());
  CHECK(reader.hang_up().fault == HttpFault::body_cut);
}

TEST_CASE("no body is at its end from the start", "[http][body]") {
  BodyReader bare, none(Framing::none, 9), empty(Framing::length, 0);
  for (BodyReader* reader : {&bare, &none, &empty}) {
    CHECK(reader->ended());
    const BodyStep step = reader->next("GET /");
    CHECK((step.end && step.skip == 0 && step.payload == 0 && step.fault == HttpFault::none));
    CHECK(reader->hang_up().end);
  }
}

TEST_CASE("a body until close ends when the peer closes, and only then", "[http][body]") {
  BodyReader reader(Framing::until_close, 0);
  const BodyStep step = reader.next("0\r\n\r\n");
  CHECK((step.payload == 5 && step.skip == 0 && !step.end));
  CHECK(reader.next("").fault == HttpFault::none);
  CHECK(reader.hang_up().end);
  CHECK(reader.next("x").payload == 0);
}

TEST_CASE("a reader that failed stays failed", "[http][body]") {
  BodyReader reader(Framing::chunked, 0);
  CHECK(reader.next("5;x").fault == HttpFault::chunk_extension);
  CHECK(reader.next("0\r\n\r\n").fault == HttpFault::chunk_extension);
  CHECK(reader.next("").fault == HttpFault::chunk_extension);
  CHECK(reader.hang_up().fault == HttpFault::chunk_extension);
  CHECK_FALSE(reader.ended());
}
