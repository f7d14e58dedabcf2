// What browsers must not keep.
#include "wfd/caching.h"

#include "unit/heads.h"
#include "wfd/answer.h"
#include "wfd/field_rules.h"

using namespace postern;
using namespace postern::wfd;

namespace {

std::string answered(const std::string& line, const std::string& fields, NoStore rule) {
  const auto made = response(line, fields);
  AnswerPlan plan;
  plan.cookie_name = "SessionID";
  plan.no_store = rule;
  const auto head = answer_head(made->head, plan, {Version::http_1_1, false, false}, {Framing::none, 0, false});
  REQUIRE(head);
  return *head;
}
unsigned count(const std::string& text, const std::string& part) {
  unsigned n = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("what must not be kept is told by the rule and by what the answer is", "[caching]") {
  struct Row {
    std::string line, type;
    bool html, all;
  };
  for (const Row& row : {Row{"HTTP/1.1 200 OK", "Content-Type: text/html\r\n", true, true},
                         Row{"HTTP/1.1 200 OK", "content-type: TEXT/HTML ;charset=utf-8\r\n", true, true},
                         Row{"HTTP/1.1 404 Not Found", "Content-Type: application/xhtml+xml\r\n", true, true},
                         Row{"HTTP/1.1 200 OK", "", true, true},                      // a browser guesses
                         Row{"HTTP/1.1 200 OK", "Content-Type: \r\n", true, true},
                         Row{"HTTP/1.1 304 Not Modified", "", true, true},
                         Row{"HTTP/1.1 200 OK", "Content-Type: image/png\r\n", false, true},
                         Row{"HTTP/1.1 200 OK", "Content-Type: text/htmlx\r\n", false, true},
                         Row{"HTTP/1.1 206 Partial Content", "Content-Type: application/pdf\r\n", false, true},
                         Row{"HTTP/1.1 103 Early Hints", "", false, false}}) {
    INFO(row.line << " " << row.type);
    const auto made = response(row.line, row.type + (row.line.find(" 103 ") == std::string::npos ? "Content-Length: 0\r\n" : ""));
    CHECK(must_not_be_kept(made->head, NoStore::html) == row.html);
    CHECK(must_not_be_kept(made->head, NoStore::all) == row.all);
    CHECK_FALSE(must_not_be_kept(made->head, NoStore::no));
  }
}

TEST_CASE("of the server's fields about caching none is left, in any spelling", "[caching]") {
  const std::string others = "ETag: e\r\nLast-Modified: x\r\nVary: a\r\n";
  const std::string all = "Cache-Control: public, max-age=9\r\nCACHE_CONTROL: public\r\ncache-control: immutable\r\nPragma: x\r\n"
                          "Expires: Thu, 01 Jan 2099 00:00:00 GMT\r\nSurrogate-Control: x\r\nCDN-Cache-Control: x\r\n";
  const std::string kept = answered("HTTP/1.1 200 OK", all + others + "Content-Length: 0\r\n", NoStore::all);
  CHECK(kept == "HTTP/1.1 200 OK\r\n" + others + "Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n");
  CHECK(count(kept, "ache") == 1);
  // Where the rule does not hold they go on as they came.
  const std::string as_it_came = answered("HTTP/1.1 200 OK", "Content-Type: image/png\r\n" + all + "Content-Length: 0\r\n", NoStore::html);
  CHECK(as_it_came == "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n" + all + "Content-Length: 0\r\n\r\n");
}

TEST_CASE("a server cannot have no-store taken away", "[caching]") {
  CHECK(count(answered("HTTP/1.1 200 OK", "Connection: cache-control\r\nCache-Control: public\r\nContent-Length: 0\r\n", NoStore::all),
              "Cache-Control: no-store\r\n") == 1);
  CHECK(answered("HTTP/1.1 200 OK", "Cache-Control: no-store\r\nContent-Length: 0\r\n", NoStore::html) ==
        "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("fields about caching are known by name", "[caching]") {
  for (const char* name : {"Cache-Control", "PRAGMA", "expires", "Surrogate_Control", "cdn.cache.control"})
    CHECK(is_about_caching(fold_name(name)));
  for (const char* name : {"etag", "last-modified", "age", "vary", "date", "x-cache", "cache"}) CHECK_FALSE(is_about_caching(fold_name(name)));
}
