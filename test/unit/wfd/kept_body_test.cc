// The body of a request that may have to be sent twice: whole or not at all.
#include "wfd/kept_body.h"

#include <string>

#include "unit/catch.h"
#include "wfd/pump.h"

using namespace postern;
using namespace postern::wfd;

namespace {

// All that comes out of `body`, through a buffer with that much room.
std::string again(KeptBody& body, bool chunked, std::size_t room) {
  Buffer to(room);
  std::string out;
  body.begin_again();
  while (body.is_pending()) {
    if (!body.move_again(to, chunked) && body.is_pending()) FAIL("it does not move");
    out += to.view();
    to.drop(to.size());
  }
  return out;
}

std::string numbers(std::size_t size) {
  std::string text;
  for (unsigned n = 0; text.size() < size; ++n) text += std::to_string(n) + " ";
  return text.substr(0, size);
}

}  // namespace

TEST_CASE("what was sent is sent again, once, and then gone", "[kept_body]") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{65536}}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{65536}}) {
      if (piece == 1 && size > 1000) continue;
      CAPTURE(size, piece);
      const std::string text = numbers(size);
      KeptBody body;
      body.keep(65536);
      for (std::size_t at = 0; at < size; at += piece) body.sent(std::string_view(text).substr(at, piece));
      CHECK(body.whole());
      CHECK_FALSE(body.is_pending());
      CHECK(again(body, false, 5000) == text);
      CHECK_FALSE(body.whole());
      CHECK(again(body, false, 5000).empty());
    }
  }
}

TEST_CASE("sent again in chunks it is a body of chunks", "[kept_body]") {
  const std::string text = numbers(30000);
  KeptBody body;
  body.keep(30000);
  body.sent(text);
  const std::string chunks = again(body, true, 6000) + std::string(last_chunk);
  Buffer from(70000), to(70000);
  REQUIRE(from.append(chunks));
  BodyReader reader(Framing::chunked, 0);
  std::uint64_t payload = 0;
  bool fault = false;
  move_body(reader, from, to, false, payload, fault);
  CHECK((reader.ended() && !fault));
  CHECK(to.view() == text);
}

TEST_CASE("one byte too many, and nothing is kept", "[kept_body]") {
  for (const std::size_t most : {std::size_t{0}, std::size_t{1}, std::size_t{4096}}) {
    KeptBody body;
    body.keep(most);
    body.sent(std::string(most, 'x'));
    CHECK(body.whole());
    body.sent("x");
    CHECK_FALSE(body.whole());
    body.sent("y");  // nor is it begun anew in the middle
    CHECK_FALSE(body.whole());
    CHECK(again(body, false, 5000).empty());
  }
}

TEST_CASE("nothing is kept that nobody asked to keep", "[kept_body]") {
  KeptBody body;
  body.sent("x");
  CHECK_FALSE(body.whole());
  body.keep(10);
  body.sent("secret");
  body.forget();
  CHECK_FALSE(body.whole());
  CHECK(again(body, false, 5000).empty());
}

TEST_CASE("while it is sent again, what comes new is not added", "[kept_body]") {
  KeptBody body;
  body.keep(10);
  body.sent("old");
  body.begin_again();
  body.sent("new");
  Buffer to(100);
  CHECK(body.move_again(to, false));
  CHECK(to.view() == "old");
}

TEST_CASE("a full buffer makes it wait, and nothing is lost", "[kept_body]") {
  KeptBody body;
  body.keep(9000);
  body.sent(numbers(9000));
  body.begin_again();
  Buffer to(5000);
  REQUIRE(to.append(std::string(4990, 'x')));
  CHECK_FALSE(body.move_again(to, false));
  CHECK(body.is_pending());
  to.drop(to.size());
  std::string out;
  while (body.is_pending()) {
    body.move_again(to, false);
    out += to.view();
    to.drop(to.size());
  }
  CHECK(out == numbers(9000));
}
