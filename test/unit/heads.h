// Heads for tests, made by the real parsers: what they would refuse cannot be tested with.
#pragma once

#include <memory>
#include <string>

#include "common/http_head.h"
#include "common/http_response.h"
#include "unit/catch.h"

struct Request {  // the views of `head` point into `bytes`
  std::string bytes;
  postern::RequestHead head;
};
// `fields` are whole lines with their CRLF.
inline std::unique_ptr<Request> request(const std::string& line, const std::string& fields,
                                        const std::string& host = "a.lab.example") {
  auto made = std::make_unique<Request>();
  made->bytes = line + "\r\nHost: " + host + "\r\n" + fields + "\r\n";
  const auto result = postern::parse_request(made->bytes, {}, made->head);
  INFO(made->bytes);
  REQUIRE(result.state == postern::Parse::done);
  return made;
}
inline std::unique_ptr<Request> get(const std::string& fields, const std::string& target = "/") {
  return request("GET " + target + " HTTP/1.1", fields);
}

struct Response {
  std::string bytes;
  postern::ResponseHead head;
};
inline std::unique_ptr<Response> response(const std::string& line, const std::string& fields,
                                          bool to_head = false) {
  auto made = std::make_unique<Response>();
  made->bytes = line + "\r\n" + fields + "\r\n";
  const auto result = postern::parse_response(made->bytes, {}, to_head, made->head);
  INFO(made->bytes);
  REQUIRE(result.state == postern::Parse::done);
  return made;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
