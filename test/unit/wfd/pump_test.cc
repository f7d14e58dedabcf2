#include "wfd/pump.h"

#include <string>

#include "unit/catch.h"

using namespace postern;
using namespace postern::wfd;

namespace {

// `body` in the framing of `reader`, moved through a small buffer in pieces of `piece`
// bytes, with the end that the caller writes.
std::string moved(BodyReader reader, const std::string& body, bool chunked, std::size_t piece, bool& fault,
                  std::uint64_t& payload, std::size_t room = 8192) {
  Buffer from(70000), to(room);
  std::string out;
  std::size_t at = 0;
  while (!reader.ended() && !fault) {
    const std::string part = body.substr(at, std::min(piece, from.left()));
    at += part.size();
    REQUIRE(from.append(part));
    const bool some = move_body(reader, from, to, chunked, payload, fault);
    if (!some && part.empty()) break;
    if (reader.ended() && chunked && !fault) REQUIRE(to.append(last_chunk));
    out += to.view();
    to.drop(to.size());
  }
  return out;
}

}  // namespace

TEST_CASE("a body comes out in the other framing, however its bytes were cut", "[pump]") {
  const std::string text(20000, 'x');
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{70000}}) {
    bool fault = false;
    std::uint64_t payload = 0;
    CHECK(moved(BodyReader(Framing::length, 20000), text, false, piece, fault, payload) == text);
    CHECK((!fault && payload == 20000));
    CHECK(moved(BodyReader(Framing::chunked, 0), "5\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n", false, piece, fault, payload) ==
          "hello world");
    CHECK(!fault);
  }
}

TEST_CASE("what comes out in chunks is a body of chunks again", "[pump]") {
  bool fault = false;
  std::uint64_t payload = 0;
  const std::string text(30000, 'x');
  const std::string out = moved(BodyReader(Framing::length, 30000), text, true, 70000, fault, payload);
  REQUIRE((!fault && payload == 30000));
  bool fault_back = false;
  std::uint64_t back = 0;
  CHECK(moved(BodyReader(Framing::chunked, 0), out, false, 70000, fault_back, back, 40000) == text);
  CHECK(!fault_back);
}

TEST_CASE("a full buffer stops the moving and nothing is lost", "[pump]") {
  Buffer from(70000), to(5000);
  BodyReader reader(Framing::length, 60000);
  REQUIRE(from.append(std::string(60000, 'x')));
  bool fault = false;
  std::uint64_t payload = 0;
  CHECK(move_body(reader, from, to, true, payload, fault));
  CHECK_FALSE(move_body(reader, from, to, true, payload, fault));
  CHECK(from.size() == 60000 - payload);
  CHECK(to.size() <= 5000);
  CHECK(!fault);
}

TEST_CASE("broken framing is a fault, and what came before it is out", "[pump]") {
  for (const char* bad : {"5\r\nhelloX", "g\r\n", "5;x=y\r\nhello\r\n", "5\nhello", "-1\r\n"}) {
    bool fault = false;
    std::uint64_t payload = 0;
    (void)moved(BodyReader(Framing::chunked, 0), bad, true, 70000, fault, payload);
    INFO(bad);
    CHECK(fault);
  }
}
