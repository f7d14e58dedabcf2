// Requests that must be accepted, and requests that must be refused: all families.
#pragma once

#include "common/http_head.h"
#include "unit/common/http_accept_cases.h"
#include "unit/common/http_field_cases.h"
#include "unit/common/http_host_cases.h"
#include "unit/common/http_line_cases.h"

#include <algorithm>

namespace postern::cases {

struct AcceptedRequest {
  std::string_view family;
  std::string bytes;
  std::string_view method = "GET", target = "/", host = "a.corp.example";
  std::uint16_t port = 0;
  Framing framing = Framing::none;
  std::uint64_t length = 0;
  bool keep_alive = true;
};

inline constexpr std::size_t refused_request_count =
    count_of(refused_field_families) + count_of(refused_line_families) + count_of(refused_request_field_families) +
    std::size(refused_hosts) + std::size(refused_addresses);
inline constexpr std::size_t accepted_request_count =
    std::size(good_heads) + std::size(good_targets) + std::size(good_absolutes) + std::size(good_methods) +
    std::size(good_fields) + std::size(good_dropped_fields) + std::size(accepted_hosts) + std::size(good_framings) +
    std::size(good_connections);
static_assert(refused_request_count >= 400);
static_assert(accepted_request_count >= 200);

// One byte, or one field, more than the usual limits allow.
inline std::vector<Refused> over_limits() {
  const HeadLimits usual;
  const std::string start = "GET / HTTP/1.1\r\nHost: a.corp.example\r\n";
  std::string many = start, large = start;
  for (std::size_t i = 0; i < usual.fields; ++i) many += "X: y\r\n";
  const std::string line = "X: " + std::string(usual.line_bytes / 2, 'y') + "\r\n";
  while (large.size() + line.size() < usual.head_bytes) large += line;
  large += "X: " + std::string(usual.head_bytes - large.size() - 6, 'z') + "\r\n\r\n";
  return {
      {"request line over the limit", "GET /" + std::string(usual.line_bytes - 13, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       HttpFault::target_too_long},
      {"method over the limit", std::string(usual.line_bytes, 'M') + " / HTTP/1.1\r\n", HttpFault::method_bad},
      {"line over the limit", start + "X: " + std::string(usual.line_bytes - 2, 'y') + "\r\n\r\n", HttpFault::line_too_long},
      {"name over the limit", start + std::string(usual.line_bytes + 1, 'N') + ": y\r\n\r\n", HttpFault::line_too_long},
      {"fields over the limit", many + "\r\n", HttpFault::too_many_fields},
      {"head over the limit", large, HttpFault::head_too_long},
  };
}

inline std::vector<Refused> refused_requests() {
  std::vector<Refused> all;
  constexpr std::string_view host = "Host: a.corp.example\r\n";
  add_refused(all, refused_line_families, "", host);
  add_refused(all, refused_field_families, "POST / HTTP/1.1\r\n", host);
  add_refused(all, refused_request_field_families, "POST / HTTP/1.1\r\n", host);
  const auto add_hosts = [&](std::string_view family, std::span<const std::string_view> hosts) {
    for (const std::string_view text : hosts)
      all.push_back({family, "GET / HTTP/1.1\r\nHost: " + std::string(text) + "\r\n\r\n", HttpFault::host_bad});
  };
  add_hosts("Host empty or malformed", refused_hosts);
  add_hosts("Host that is an address", refused_addresses);
  for (Refused& each : over_limits()) all.push_back(std::move(each));
  return all;
}

// "METHOD TARGET HTTP/1.1", Host and `fields` (lines; the last one without its CRLF).
inline std::string good_request(std::string_view method, std::string_view target, std::string_view fields = {},
                                std::string_view host = "a.corp.example", std::string_view version = "HTTP/1.1") {
  std::string text(method);
  text.append(" ").append(target).append(" ").append(version).append("\r\nHost: ").append(host).append("\r\n");
  if (!fields.empty()) text.append(fields).append("\r\n");
  return text + "\r\n";
}

inline std::vector<AcceptedRequest> accepted_requests() {
  std::vector<AcceptedRequest> all;
  for (const GoodHead& row : good_heads)
    all.push_back({.family = "whole head", .bytes = std::string(row.bytes), .method = row.method, .target = row.target,
                   .framing = row.framing, .length = row.length, .keep_alive = row.keep_alive});
  for (const std::string_view target : good_targets)
    all.push_back({.family = "target", .bytes = good_request("GET", target), .target = target});
  for (const GoodAbsolute& row : good_absolutes)
    all.push_back({.family = "absolute form", .bytes = good_request("GET", row.target, "", row.host), .target = row.path,
                   .port = row.port});
  for (const std::string_view method : good_methods)
    all.push_back({.family = "method", .bytes = good_request(method, "/"), .method = method});
  for (const std::string_view fields : good_fields)
    all.push_back({.family = "field", .bytes = good_request("GET", "/", fields)});
  for (const std::string_view fields : good_dropped_fields)
    all.push_back({.family = "field that stays here", .bytes = good_request("GET", "/", fields)});
  for (const AcceptedHost& row : accepted_hosts)
    all.push_back({.family = "Host", .bytes = good_request("GET", "/", "", row.text), .host = row.host, .port = row.port});
  for (const GoodFraming& row : good_framings)
    all.push_back({.family = "framing", .bytes = good_request("POST", "/", row.fields) + std::string(row.body),
                   .method = "POST", .framing = row.framing, .length = row.length});
  for (const GoodConnection& row : good_connections)
    all.push_back({.family = "persistence", .bytes = good_request("GET", "/", row.fields, "a.corp.example", row.version),
                   .keep_alive = row.keep_alive});
  return all;
}

}  // namespace postern::cases
