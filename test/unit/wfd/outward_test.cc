// Answers that were written for people inside, turned for people outside.

#include "wfd/outward.h"

#include <array>
#include <string>

#include "unit/heads.h"
#include "wfd/answer.h"

using namespace postern;
using namespace postern::wfd;

namespace {

const std::array<std::string, 1> ours = {"lab.example"};
const OutwardPlan plan{"SessionID", ours};
constexpr std::string_view gone = "(not sent)";

struct Case {
  std::string_view name, value, becomes;
};

}  // namespace

TEST_CASE("each field of an answer goes out as its rule says", "[outward]") {
  const Case c = GENERATE(values<Case>({
      {"location", "http://a.lab.example/x?y", "https://a.lab.example/x?y"},
      {"location", "HTTP://A.lab.example:80/x", "https://a.lab.example/x"},
      {"location", "http://a.lab.example:8080/x", "http://a.lab.example:8080/x"},
      {"location", "http://evil.example/", "http://evil.example/"},
      {"location", "http://evillab.example/", "http://evillab.example/"},
      {"location", "http://user@a.lab.example/", "http://user@a.lab.example/"},
      {"location", "/x", "/x"},
      {"content-location", "http://lab.example/x", "https://lab.example/x"},
      {"refresh", "5; url=http://a.lab.example/x", "5; url=https://a.lab.example/x"},
      {"refresh", "0;URL='http://a.lab.example/x'", "0;URL='https://a.lab.example/x'"},
      {"refresh", "0, url=\"http://a.lab.example\"", "0, url=\"https://a.lab.example\""},
      {"refresh", "0; url='http://a.lab.example/x' y", "0; url='https://a.lab.example/x' y"},
      {"refresh", "0; url=\"http://a.lab.example", "0; url=\"https://a.lab.example"},
      {"refresh", "0; url=\"", "0; url=\""},
      {"refresh", "0; url=''", "0; url=''"},
      {"refresh", "0; url='http://evil.example' http://a.lab.example/", "0; url='http://evil.example' http://a.lab.example/"},
      {"refresh", "5", "5"},
      {"refresh", "5; url=", "5; url="},
      {"refresh", "5; url=http://evil.example/", "5; url=http://evil.example/"},
      {"set-cookie", "a=b", "a=b; Secure"},
      {"set-cookie", "a=b; Path=/; HttpOnly", "a=b; Path=/; HttpOnly; Secure"},
      {"set-cookie", "a=b; secure", "a=b; secure"},
      {"set-cookie", "a=b; SECURE ; Path=/", "a=b; SECURE ; Path=/"},
      {"set-cookie", "a=secure", "a=secure; Secure"},
      {"set-cookie", "a=b; Path=/secure", "a=b; Path=/secure; Secure"},
      {"set-cookie", "SessionID=x; Path=/", gone},
      {"set-cookie", "=SessionID=x", gone},
      {"clear-site-data", "\"cookies\"", gone},
      {"clear-site-data", "\"*\"", gone},
      {"clear-site-data", "\"cache\", \"cookies\"", "\"cache\""},
      {"clear-site-data", "\"Cookies\" , \"storage\",\"cache\"", "\"storage\", \"cache\""},
      {"clear-site-data", "\"cache\"", "\"cache\""},
      {"www-authenticate", "NTLM", "NTLM"},
      {"www-authenticate", "Negotiate TlRMTVNT==", "Negotiate TlRMTVNT=="},
      {"www-authenticate", "Basic realm=\"Postern login\"", "Basic realm=\"Postern login\""},
      {"www-authenticate", "Digest realm=\"x\", postern=1", "Digest realm=\"x\", postern=1"},
      {"www-authenticate", "Posterns x=y", "Posterns x=y"},
      {"www-authenticate", "Postern login=\"https://evil.example/login\"", gone},
      {"www-authenticate", "POSTERN", gone},
      {"www-authenticate", "Basic realm=\"x\", postern  login=\"https://evil.example/\"", gone},
      {"x-any", "http://a.lab.example/", "http://a.lab.example/"},
  }));
  INFO(c.name << ": " << c.value);
  CHECK(outward_value(c.name, c.value, plan).value_or(std::string(gone)) == c.becomes);
}

TEST_CASE("a page without a policy is told to ask for its parts by https", "[outward]") {
  struct Page {
    std::string fields;
    bool added;
  };
  const Page page = GENERATE(values<Page>({
      {"Content-Type: text/html\r\n", true},
      {"content-type: Text/HTML ; charset=utf-8\r\n", true},
      {"Content-Type: application/xhtml+xml\r\n", true},
      {"Content-Type: text/plain\r\n", false},
      {"", false},
      {"Content-Type: text/html\r\nContent-Security-Policy: default-src 'self'\r\n", false},
  }));
  const auto made = response("HTTP/1.1 200 OK", page.fields + "Content-Length: 0\r\n");
  const auto head = answer_head(made->head, {"SessionID", ours, {}, false}, {Version::http_1_1, false, false}, {});
  REQUIRE(head);
  CHECK((head->find("Content-Security-Policy: upgrade-insecure-requests\r\n") != head->npos) == page.added);
}

TEST_CASE("what a server says in the gate's name is withheld, and named for the log", "[outward]") {
  const auto made = response("HTTP/1.1 200 OK",
                             "Set-Cookie: SessionID=x\r\nSet-Cookie: a=b\r\nX-Postern-User: eve\r\nAlt-Svc: h3\r\n"
                             "Clear-Site-Data: \"*\"\r\nX_Postern_Any: y\r\nWWW-Authenticate: Postern x=y\r\n"
                             "X-Postern-Error: 0123456789abcdef\r\n"
                             "x.postern.user: mallory\r\nSet-Cookie: SessionID=y\r\nContent-Length: 0\r\n");
  const AnswerPlan answer_plan{"SessionID", ours, {}, false};
  const std::vector<std::string> names = withheld_fields(made->head, answer_plan);
  CHECK(names == std::vector<std::string>{"set-cookie", "x-postern-user", "alt-svc", "clear-site-data", "x-postern-any",
                                          "www-authenticate", "x-postern-error"});
  const auto head = answer_head(made->head, answer_plan, {Version::http_1_1, false, false}, {});
  REQUIRE(head);
  CHECK(head->find("eve") == head->npos);
  CHECK(head->find("SessionID") == head->npos);
  CHECK(head->find("Set-Cookie: a=b; Secure\r\n") != head->npos);
  const auto clean = response("HTTP/1.1 200 OK", "Set-Cookie: a=b\r\nClear-Site-Data: \"cache\"\r\nContent-Length: 0\r\n");
  CHECK(withheld_fields(clean->head, answer_plan).empty());
}
