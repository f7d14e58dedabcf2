#include "redird/answer.h"

#include <array>
#include <string>

#include "unit/heads.h"

using namespace postern;
using namespace postern::redird;

namespace {

const std::array<std::string, 2> ours = {"lab.example", "intra.example.org"};

std::string line_of(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }
std::string field(const std::string& answer, const std::string& name) {
  const std::size_t at = answer.find("\r\n" + name + ": ");
  if (at == answer.npos) return "(none)";
  const std::size_t from = at + name.size() + 4;
  return answer.substr(from, answer.find("\r\n", from) - from);
}
std::string body(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

}  // namespace

TEST_CASE("GET and HEAD move for good, other methods keep their method", "[redird][answer]") {
  struct Row { std::string method, status; };
  for (const auto& [method, status] : {Row{"GET", "301 Moved Permanently"}, Row{"HEAD", "301 Moved Permanently"},
                                       Row{"POST", "308 Permanent Redirect"}, Row{"PUT", "308 Permanent Redirect"},
                                       Row{"OPTIONS", "308 Permanent Redirect"}, Row{"get", "308 Permanent Redirect"}}) {
    const auto made = request(method + " /a//b?c=%2F HTTP/1.1", "");
    const std::string answer = answer_request(made->head, ours);
    CHECK(line_of(answer) == "HTTP/1.1 " + status);
    CHECK(field(answer, "Location") == "https://a.lab.example/a//b?c=%2F");
    CHECK(field(answer, "Cache-Control") == "no-store");
    CHECK(field(answer, "Connection") == "close");
    CHECK(body(answer).empty() == (method == "HEAD"));
    if (method != "HEAD") CHECK(field(answer, "Content-Length") == std::to_string(body(answer).size()));
  }
}

TEST_CASE("HEAD is told the length that GET would get", "[redird][answer]") {
  const std::string to_get = answer_request(request("GET /x HTTP/1.1", "")->head, ours);
  const std::string to_head = answer_request(request("HEAD /x HTTP/1.1", "")->head, ours);
  CHECK(to_get == to_head + body(to_get));
}

TEST_CASE("the host is made canonical and loses its port", "[redird][answer]") {
  for (const std::string host : {"A.Lab.Example", "a.lab.example:80", "a.lab.example.", "a.lab.example:8080"})
    CHECK(field(answer_request(request("GET / HTTP/1.1", "", host)->head, ours), "Location") == "https://a.lab.example/");
  CHECK(field(answer_request(request("GET / HTTP/1.1", "", "lab.example")->head, ours), "Location") == "https://lab.example/");
}

TEST_CASE("a host that is not ours is sent nowhere", "[redird][answer]") {
  for (const std::string host : {"evil.net", "evil-lab.example", "lab.example.evil.net", "example", "evillab.example"}) {
    const auto made = request("GET / HTTP/1.1", "X-Forwarded-Host: a.lab.example\r\n", host);
    const std::string answer = answer_request(made->head, ours);
    CHECK(line_of(answer) == "HTTP/1.1 400 Bad Request");
    CHECK(field(answer, "Location") == "(none)");
    CHECK_FALSE(contains(answer, host));
  }
  CHECK(line_of(answer_request(get("")->head, {})) == "HTTP/1.1 400 Bad Request");
}

TEST_CASE("a target can neither leave the host nor become markup", "[redird][answer]") {
  CHECK(field(answer_request(get("", "//evil.net/")->head, ours), "Location") == "https://a.lab.example//evil.net/");
  CHECK(field(answer_request(request("OPTIONS * HTTP/1.1", "")->head, ours), "Location") == "https://a.lab.example/");
  const std::string marked = answer_request(get("", "/\"><script>alert('1')</script>&")->head, ours);
  CHECK_FALSE(contains(body(marked), "<script>"));
  CHECK(contains(body(marked), "/&#34;&#62;&#60;script&#62;"));
}

TEST_CASE("what is no request is told so and never redirected", "[redird][answer]") {
  for (const int status : {400, 408, 414, 417, 431, 503}) {
    const std::string answer = answer_refusal(status);
    CHECK(line_of(answer).starts_with("HTTP/1.1 " + std::to_string(status) + " "));
    CHECK(field(answer, "Content-Length") == std::to_string(body(answer).size()));
    CHECK(field(answer, "Connection") == "close");
  }
  for (const int status : {0, 200, 301, 308, 999}) CHECK(line_of(answer_refusal(status)) == "HTTP/1.1 400 Bad Request");
}
