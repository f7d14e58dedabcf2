#include "common/http_response.h"

#include "unit/catch.h"
#include "unit/common/http_checks.h"
#include "unit/common/http_response_cases.h"

using namespace postern;
using namespace postern::cases;
using namespace postern::checks;

namespace {

const HeadLimits usual;

HeadResult parse(std::string_view bytes, ResponseHead& head) {
  return parse_response(bytes, usual, false, head);
}

}  // namespace

TEST_CASE("a good response head means what it says", "[http][response]") {
  for (const AcceptedResponse& wanted : accepted_responses) {
    CAPTURE(wanted.bytes, wanted.to_head);
    ResponseHead head;
    const HeadResult result = parse_response(wanted.bytes, usual, wanted.to_head, head);
    CHECK(word_of(result.fault) == word_of(HttpFault::none));
    REQUIRE(result.state == Parse::done);
    CHECK(head.status == wanted.status);
    CHECK(head.reason == wanted.reason);
    CHECK(head.framing == wanted.framing);
    CHECK(head.length == wanted.length);
    CHECK(head.keep_alive == wanted.keep_alive);
    CHECK(wanted.bytes.substr(0, head.size).ends_with("\r\n\r\n"));
    CHECK(response_properties_hold(wanted.bytes, usual, wanted.to_head));
  }
}

TEST_CASE("a bad response head is refused for its reason, whole and byte by byte", "[http][response]") {
  for (const Refused& refused : refused_responses()) {
    CAPTURE(refused.bytes);
    ResponseHead head;
    const HeadResult result = parse(refused.bytes, head);
    CHECK(result.state == Parse::bad);
    CHECK(word_of(result.fault) == word_of(refused.fault));
    CHECK(response_properties_hold(refused.bytes, usual, false));
  }
}

TEST_CASE("a status is three digits from 100 to 599", "[http][response]") {
  for (int status = 0; status <= 999; ++status) {
    const std::string digits = std::to_string(1000 + status).substr(1);
    const std::string text = "HTTP/1.1 " + digits + " x\r\nContent-Length: 0\r\n\r\n";
    ResponseHead head;
    const HeadResult result = parse(text, head);
    CAPTURE(digits);
    CHECK((result.state == Parse::done) == (status >= 100 && status <= 599));
    if (result.state == Parse::done) CHECK(head.status == status);
  }
}

TEST_CASE("the announced length is told where there is no body", "[http][response]") {
  ResponseHead head;
  REQUIRE(parse("HTTP/1.1 304 x\r\nContent-Length: 12\r\n\r\n", head).state == Parse::done);
  CHECK(head.content_length == 12u);
  CHECK(head.length == 0);
  REQUIRE(parse("HTTP/1.1 304 x\r\n\r\n", head).state == Parse::done);
  CHECK_FALSE(head.content_length);
}

TEST_CASE("any single byte put into a good answer is judged alike, however it is cut", "[http][response]") {
  const std::string good = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX-Y: z z\r\n\r\n";
  for (std::size_t place = 0; place < good.size(); ++place)
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string changed = good;
      changed[place] = static_cast<char>(byte);
      CAPTURE(place, byte);
      if (!response_properties_hold(changed, usual, false)) FAIL("changed: " << changed);
    }
}

TEST_CASE("an answer keeps the limits of a head", "[http][response][limits]") {
  ResponseHead head;
  HeadLimits limits{64, 32, 2};
  const auto with = [](const std::string& reason, const std::string& fields) {
    return "HTTP/1.1 200 " + reason + "\r\n" + fields + "\r\n";
  };
  CHECK(parse_response(with(std::string(19, 'r'), ""), limits, false, head).state == Parse::done);
  CHECK(parse_response(with(std::string(20, 'r'), ""), limits, false, head).fault == HttpFault::line_too_long);
  CHECK(parse_response(with("", "A: b\r\nC: d\r\n"), limits, false, head).state == Parse::done);
  CHECK(parse_response(with("", "A: b\r\nC: d\r\nE: f\r\n"), limits, false, head).fault == HttpFault::too_many_fields);
  const std::string full = with("", "A: " + std::string(17, 'a') + "\r\nB: " + std::string(19, 'b') + "\r\n");
  REQUIRE(full.size() == 63);
  CHECK(parse_response(full, limits, false, head).state == Parse::done);
  limits.head_bytes = 62;
  CHECK(parse_response(full, limits, false, head).fault == HttpFault::head_too_long);
}

TEST_CASE("a head object that served one answer tells the next nothing of it", "[http][response]") {
  ResponseHead head, fresh;
  REQUIRE(parse("HTTP/1.1 206 Some\r\nContent-Length: 5\r\n\r\n", head).state == Parse::done);
  const std::string plain = "HTTP/1.0 404\r\n\r\n";
  REQUIRE(parse(plain, head).state == Parse::done);
  REQUIRE(parse(plain, fresh).state == Parse::done);
  CHECK(same_head(head, fresh));
}
