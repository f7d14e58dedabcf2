// Makes the bytes that redird's worker sends back.  Called once per connection.
// It must stay boring: no field of the request is looked at beyond what the parser found,
// nothing is remembered, and nothing is answered but these few pages.
#include "redird/answer.h"

#include "common/host.h"

#include <algorithm>
#include <iterator>

namespace postern::redird {
namespace {

struct Phrase {
  int status;
  std::string_view reason;
  std::string_view text;
};
constexpr Phrase phrases[] = {
    {400, "Bad Request", "This server does not answer to that."},
    {301, "Moved Permanently", "This page is here:"},
    {308, "Permanent Redirect", "This page is here:"},
    {408, "Request Timeout", "The request did not arrive in time."},
    {414, "URI Too Long", "The address is too long."},
    {417, "Expectation Failed", "The request expects what cannot be done here."},
    {431, "Request Header Fields Too Large", "The request is too large."},
    {503, "Service Unavailable", "Please try again in a few seconds."},
};

const Phrase& phrase_of(int status) {
  const auto* found = std::find_if(std::begin(phrases), std::end(phrases),
                                   [&](const Phrase& p) { return p.status == status; });
  return found == std::end(phrases) ? phrases[0] : *found;
}

// A target may hold what HTML takes for markup.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
      out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    else
      out += c;
  }
  return out;
}

std::string page(const Phrase& phrase, std::string_view location) {
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>";
  html.append(phrase.reason).append("</title>\n<p>").append(phrase.text);
  if (!location.empty()) {
    const std::string address = escaped(location);
    html += " <a href=\"" + address + "\">" + address + "</a>";
  }
  return html + "</p>\n</html>\n";
}

std::string answer(int status, std::string_view location, bool with_body) {
  const Phrase& phrase = phrase_of(status);
  const std::string body = page(phrase, location);
  std::string bytes = "HTTP/1.1 " + std::to_string(phrase.status) + " ";
  bytes.append(phrase.reason).append("\r\n");
  if (!location.empty()) bytes.append("Location: ").append(location).append("\r\n");
  if (phrase.status == 503) bytes += "Retry-After: 2\r\n";
  bytes +=
      "Content-Type: text/html; charset=utf-8\r\n"
      "Cache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
      "Content-Length: " + std::to_string(body.size()) + "\r\n"
      "Connection: close\r\n\r\n";
  if (with_body) bytes += body;
  return bytes;
}

}  // namespace

std::string answer_request(const RequestHead& head, std::span<const std::string> domains) {
  const bool is_head = head.method == "HEAD";
  if (!is_at_or_below(head.host, domains)) return answer(400, {}, !is_head);
  std::string location = "https://" + head.host;
  location += head.target == "*" ? std::string_view("/") : head.target;
  return answer(is_head || head.method == "GET" ? 301 : 308, location, !is_head);
}

std::string answer_refusal(int status) {
  return answer(status == 301 || status == 308 ? 400 : status, {}, true);
}

}  // namespace postern::redird
