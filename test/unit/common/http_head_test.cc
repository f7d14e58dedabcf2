#include "common/http_head.h"

#include <map>
#include <set>

#include "unit/catch.h"
#include "unit/common/http_checks.h"
#include "unit/common/http_request_cases.h"

using namespace postern;
using namespace postern::cases;
using namespace postern::checks;

namespace {

const HeadLimits usual;

HeadResult parse(std::string_view bytes, RequestHead& head) { return parse_request(bytes, usual, head); }

// The first fault that longer and longer beginnings of `bytes` meet.
HeadResult parse_slowly(std::string_view bytes, std::size_t& used) {
  RequestHead head;
  std::string room;
  return fed_slowly(parse, bytes, room, head, used);
}

std::string request_with(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

}  // namespace

TEST_CASE("a good request head means what it says", "[http][request]") {
  for (const AcceptedRequest& wanted : accepted_requests()) {
    CAPTURE(wanted.bytes);
    RequestHead head;
    const HeadResult result = parse(wanted.bytes, head);
    CHECK(word_of(result.fault) == word_of(HttpFault::none));
    REQUIRE(result.state == Parse::done);
    CHECK(head.method == wanted.method);
    CHECK(head.target == wanted.target);
    CHECK(head.host == wanted.host);
    CHECK(head.port == wanted.port);
    CHECK(head.framing == wanted.framing);
    CHECK(head.length == wanted.length);
    CHECK(head.keep_alive == wanted.keep_alive);
    CHECK(std::string_view(wanted.bytes).substr(0, head.size).ends_with("\r\n\r\n"));
    CHECK(request_properties_hold(wanted.bytes, usual));
  }
}

TEST_CASE("a bad request head is refused for its reason, whole and byte by byte", "[http][request]") {
  for (const Refused& refused : refused_requests()) {
    CAPTURE(refused.bytes);
    RequestHead head;
    const HeadResult result = parse(refused.bytes, head);
    CHECK(result.state == Parse::bad);
    CHECK(word_of(result.fault) == word_of(refused.fault));
    CHECK(request_properties_hold(refused.bytes, usual));
  }
}

TEST_CASE("every way to make two parsers disagree has its cases", "[http][request]") {
  std::map<std::string_view, std::size_t> refused;
  for (const Refused& each : refused_requests()) ++refused[each.family];
  for (const std::string_view family :
       {"Content-Length", "Content-Length repeated", "Content-Length and Transfer-Encoding", "Transfer-Encoding",
        "Transfer-Encoding in HTTP/1.0", "bare CR or LF", "bare CR or LF around the head", "folded line",
        "blank before the colon", "field name", "field name outside ASCII", "control byte", "request line", "method",
        "target", "target with a fragment", "target with a blank", "target with a backslash", "target with other bytes",
        "target with a bad escape", "HTTP/0.9", "HTTP/2", "version", "Host missing", "Host twice",
        "Host empty or malformed", "Host that is an address", "absolute form", "absolute form that differs from Host",
        "Connection", "Expect", "beginning"}) {
    INFO(family);
    CHECK(refused[family] >= 3);
  }
  for (const std::string_view family : {"request line over the limit", "method over the limit", "line over the limit",
                                        "name over the limit", "fields over the limit", "head over the limit"})
    CHECK(refused[family] == 1);
  std::set<std::string> all;
  for (const Refused& each : refused_requests()) CHECK(all.insert(each.bytes).second);
  for (const AcceptedRequest& each : accepted_requests()) {
    INFO(each.bytes);
    CHECK((all.insert(each.bytes).second || each.family == "framing" || each.family == "Host" || each.family == "target" ||
           each.family == "method"));
  }
}

TEST_CASE("every beginning of a good head asks for more", "[http][request]") {
  for (const AcceptedRequest& wanted : accepted_requests()) {
    RequestHead head;
    REQUIRE(parse(wanted.bytes, head).state == Parse::done);
    const std::size_t size = head.size;
    for (std::size_t n = 0; n < size; ++n) {
      CAPTURE(wanted.bytes, n);
      CHECK(parse(std::string_view(wanted.bytes).substr(0, n), head).state == Parse::more);
    }
  }
}

TEST_CASE("any single byte put into a good head is judged alike, however it is cut", "[http][request]") {
  const std::string good = "PUT /a%20b HTTP/1.1\r\nHost: a.b:443\r\nContent-Length: 12\r\nX-Y: z z\r\n\r\n";
  for (std::size_t place = 0; place < good.size(); ++place)
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string changed = good;
      changed[place] = static_cast<char>(byte);
      std::string longer = good;
      longer.insert(place, 1, static_cast<char>(byte));
      CAPTURE(place, byte);
      // Looked at without REQUIRE for each, which would take longer than the parsing.
      if (!request_properties_hold(changed, usual)) FAIL("changed: " << changed);
      if (!request_properties_hold(longer, usual)) FAIL("longer: " << longer);
    }
}

TEST_CASE("a hopeless beginning is refused at its first hopeless byte", "[http][request]") {
  struct Early {
    std::string_view bytes;
    std::size_t used;
  };
  const Early early[] = {
      {"\x16\x03\x01"sv, 1}, {"\0"sv, 1}, {"\n", 1}, {"PRI * HTTP/2.0", 5}, {"GET / HTTP/2.0", 12},
      {"GET a:443", 5}, {"GET http://a/", 9}, {"CONNECT a:443", 8}, {"GET /a#b", 7}, {"GET / HTTP/1.1\r\n X", 17},
      {"GET / HTTP/1.1\r\nA b", 18}, {"GET / HTTP/1.1\r\nContent-Length: x\r\nHost: a\r\n\r\n", 35},
      {"GET / HTTP/1.1\r\nHost: a_b\r\nX: y", 27},
  };
  for (const Early& row : early) {
    CAPTURE(row.bytes);
    std::size_t used = 0;
    CHECK(parse_slowly(row.bytes, used).state == Parse::bad);
    CHECK(used == row.used);
  }
}

TEST_CASE("the method has at most 32 bytes", "[http][request][limits]") {
  RequestHead head;
  const std::string rest = " / HTTP/1.1\r\nHost: a\r\n\r\n";
  CHECK(parse(std::string(32, 'M') + rest, head).state == Parse::done);
  CHECK(parse(std::string(33, 'M') + rest, head).fault == HttpFault::method_bad);
  CHECK(parse(std::string(33, 'M'), head).fault == HttpFault::method_bad);
}

TEST_CASE("a line is refused at one byte over its limit, complete or not", "[http][request][limits]") {
  HeadLimits limits;
  limits.line_bytes = 64;
  RequestHead head;
  const std::string ends = "GET / HTTP/1.1";
  const auto request_line = [&](std::size_t bytes) {
    return "GET /" + std::string(bytes - ends.size(), 'a') + " HTTP/1.1";
  };
  const std::string host = "\r\nHost: a\r\n\r\n";
  CHECK(parse_request(request_line(64) + host, limits, head).state == Parse::done);
  CHECK(parse_request(request_line(65) + host, limits, head).fault == HttpFault::target_too_long);
  CHECK(parse_request("GET /" + std::string(59, 'a'), limits, head).state == Parse::more);
  CHECK(parse_request("GET /" + std::string(60, 'a'), limits, head).fault == HttpFault::target_too_long);

  const auto with_line = [&](std::size_t bytes) {
    return request_with("X: " + std::string(bytes - 3, 'x') + "\r\n");
  };
  CHECK(parse_request(with_line(64), limits, head).state == Parse::done);
  CHECK(parse_request(with_line(65), limits, head).fault == HttpFault::line_too_long);
  CHECK(request_properties_hold(with_line(64), limits));
  CHECK(request_properties_hold(with_line(65), limits));
  CHECK(request_properties_hold(request_line(65) + host, limits));
}

TEST_CASE("a head is refused when it cannot end within its limit", "[http][request][limits]") {
  const std::string good = request_with("X: yyyyyyyy\r\n");
  RequestHead head;
  HeadLimits limits;
  limits.head_bytes = good.size();
  CHECK(parse_request(good, limits, head).state == Parse::done);
  CHECK(parse_request(good + "more", limits, head).state == Parse::done);
  limits.head_bytes = good.size() - 1;
  CHECK(parse_request(good, limits, head).fault == HttpFault::head_too_long);
  const std::string_view cut = std::string_view(good).substr(0, good.size() - 1);
  CHECK(parse_request(cut, limits, head).fault == HttpFault::head_too_long);
  CHECK(parse_request(cut.substr(0, cut.size() - 1), limits, head).state == Parse::more);
  CHECK(request_properties_hold(good, limits));
}

TEST_CASE("fields are counted, and one over the limit is refused", "[http][request][limits]") {
  const auto with_fields = [](std::size_t all) {
    std::string fields;
    for (std::size_t i = 1; i < all; ++i) fields += "X: y\r\n";
    return request_with(fields);
  };
  RequestHead head;
  CHECK(parse(with_fields(100), head).state == Parse::done);
  CHECK(head.fields.size() == 100);
  CHECK(parse(with_fields(101), head).fault == HttpFault::too_many_fields);
  HeadLimits wide;
  wide.fields = 1000;
  CHECK(parse_request(with_fields(Fields::capacity), wide, head).state == Parse::done);
  CHECK(parse_request(with_fields(Fields::capacity + 1), wide, head).fault == HttpFault::too_many_fields);
  HeadLimits narrow;
  narrow.fields = 2;
  CHECK(request_properties_hold(with_fields(2), narrow));
  CHECK(request_properties_hold(with_fields(3), narrow));
}

TEST_CASE("limits of nothing let nothing through", "[http][request][limits]") {
  const std::string good = request_with("");
  RequestHead head;
  CHECK(parse_request(good, HeadLimits{0, 8192, 100}, head).fault == HttpFault::head_too_long);
  CHECK(parse_request(good, HeadLimits{32768, 0, 100}, head).fault == HttpFault::target_too_long);
  CHECK(parse_request(good, HeadLimits{32768, 8192, 0}, head).fault == HttpFault::too_many_fields);
}

TEST_CASE("a host label has at most 63 bytes, and a host 253", "[http][request][limits]") {
  const auto label = [](std::size_t n) { return std::string(n, 'a'); };
  const std::string three = label(63) + "." + label(63) + "." + label(63) + ".";
  HostPort out;
  CHECK(parse_host(label(63), out));
  CHECK_FALSE(parse_host(label(64), out));
  CHECK(parse_host(three + label(61), out));
  CHECK(out.host.size() == 253);
  CHECK(parse_host(three + label(61) + ".:443", out));
  CHECK_FALSE(parse_host(three + label(62), out));
}

TEST_CASE("a refused host leaves what was there", "[http][request]") {
  HostPort out{"before", 1};
  CHECK_FALSE(parse_host("a_b:2", out));
  CHECK((out.host == "before" && out.port == 1));
}

TEST_CASE("a head object that served one request tells the next nothing of it", "[http][request]") {
  RequestHead head, fresh;
  const std::string rich =
      "POST https://a.b/x HTTP/1.1\r\nHost: a.b:443\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
  const std::string plain = "GET / HTTP/1.0\r\nHost: b\r\n\r\n";
  REQUIRE(parse(rich, head).state == Parse::done);
  CHECK(head.expect_continue);
  REQUIRE(parse(plain, head).state == Parse::done);
  REQUIRE(parse(plain, fresh).state == Parse::done);
  CHECK(same_head(head, fresh));
  CHECK(head.size == fresh.size);
}

TEST_CASE("an absolute target has the scheme with which the request came", "[http][request]") {
  struct Row {
    std::string_view target, host;
    HttpFault over_tls, plain;
  };
  for (const Row& row : {Row{"https://a.b/x", "a.b", HttpFault::none, HttpFault::target_bad},
                         Row{"http://a.b/x", "a.b", HttpFault::target_bad, HttpFault::none},
                         Row{"HTTP://A.B.:80/x", "a.b", HttpFault::target_bad, HttpFault::none},
                         Row{"http://a.b/x", "a.b:80", HttpFault::target_bad, HttpFault::none},
                         Row{"http://a.b/x", "a.b:443", HttpFault::target_bad, HttpFault::host_differs},
                         Row{"http://c.b/x", "a.b", HttpFault::target_bad, HttpFault::host_differs},
                         Row{"http://u@a.b/x", "a.b", HttpFault::target_bad, HttpFault::target_bad},
                         Row{"/x", "a.b", HttpFault::none, HttpFault::none}}) {
    const std::string bytes = good_request("GET", row.target, "", row.host);
    CAPTURE(bytes);
    RequestHead head;
    CHECK(parse_request(bytes, usual, head, Transport::tls).fault == row.over_tls);
    CHECK(parse_request(bytes, usual, head, Transport::plain).fault == row.plain);
    if (row.plain == HttpFault::none) CHECK((head.target == "/x" && head.host == "a.b"));
  }
}

TEST_CASE("the expectation of a 100 counts in HTTP/1.1 only", "[http][request]") {
  RequestHead head;
  REQUIRE(parse("PUT / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", head).state == Parse::done);
  CHECK_FALSE(head.expect_continue);
  REQUIRE(parse("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", head).state == Parse::done);
  CHECK(head.expect_continue);
}

TEST_CASE("fields are found by name without regard to case, and counted", "[http][fields]") {
  RequestHead head;
  const std::string text = request_with("Cookie: a=1\r\ncookie: b=2\r\nX: p, Q ,r\r\nx:s\r\n");
  REQUIRE(parse(text, head).state == Parse::done);
  CHECK(head.fields.count("COOKIE") == 2);
  REQUIRE(head.fields.find("cookie") != nullptr);
  CHECK(head.fields.find("cookie")->value == "a=1");
  CHECK(head.fields.find("cooki") == nullptr);
  CHECK_FALSE(head.fields.only("cookie"));
  CHECK_FALSE(head.fields.only("absent"));
  CHECK(head.fields.only("HOST") == "a");
  for (const std::string_view token : {"p", "q", "R", "s"}) CHECK(head.fields.lists("x", token));
  CHECK_FALSE(head.fields.lists("x", "pq"));
  CHECK_FALSE(head.fields.lists("y", "p"));
}

TEST_CASE("every fault has a word of its own and an answer", "[http][faults]") {
  std::set<std::string_view> words;
  for (unsigned i = 1; i <= static_cast<unsigned>(HttpFault::last); ++i) {
    const auto fault = static_cast<HttpFault>(i);
    CHECK(words.insert(word_of(fault)).second);
    CHECK(word_of(fault).find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
    CHECK((status_of(fault) >= 400 && status_of(fault) < 500));
  }
  CHECK(status_of(HttpFault::none) == 0);
  CHECK(status_of(HttpFault::target_too_long) == 414);
  CHECK(status_of(HttpFault::expectation_unknown) == 417);
  for (const HttpFault fault : {HttpFault::line_too_long, HttpFault::head_too_long, HttpFault::too_many_fields})
    CHECK(status_of(fault) == 431);
}

TEST_CASE("each byte belongs to the classes that RFC 9110 gives it", "[http][grammar]") {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool graphic = byte > 0x20 && byte < 0x7f;
    const bool separator = graphic && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) != std::string_view::npos;
    CAPTURE(byte);
    CHECK(is_a(c, byte_class::token) == (graphic && !separator));
    CHECK(is_a(c, byte_class::value) == (graphic || c == ' ' || c == '\t' || byte >= 0x80));
    CHECK(is_a(c, byte_class::target) == (graphic && c != '#' && c != '\\'));
    CHECK(is_a(c, byte_class::digit) == (byte >= '0' && byte <= '9'));
  }
}
