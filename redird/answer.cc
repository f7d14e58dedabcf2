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

constexpr std::size_t page_room = 512, head_room = 512;  // mostly enough without growing

// A target may hold what HTML takes for markup.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
      out.append("&#").append(std::to_string(static_cast<int>(c))).append(";");
    else
      out += c;
  }
}

std::string page(const Phrase& phrase, std::string_view location) {
  std::string html;
  html.reserve(page_room + 2 * location.size());
  html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>");
  html.append(phrase.reason).append("</title>\n<p>").append(phrase.text);
  if (!location.empty()) {
    html.append(" <a href=\"");
    append_escaped(html, location);
    html.append("\">");
    append_escaped(html, location);
    html.append("</a>");
  }
  html.append("</p>\n</html>\n");
  return html;
}

std::string answer(int status, std::string_view location, bool with_body) {
  const Phrase& phrase = phrase_of(status);
  const std::string body = page(phrase, location);
  std::string bytes;
  bytes.reserve(head_room + location.size() + body.size());
  bytes.append("HTTP/1.1 ").append(std::to_string(phrase.status)).append(" ").append(phrase.reason).append("\r\n");
  if (!location.empty()) bytes.append("Location: ").append(location).append("\r\n");
  if (phrase.status == 503) bytes.append("Retry-After: 2\r\n");
  bytes.append(
      "Content-Type: text/html; charset=utf-8\r\n"
      "Cache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
      "Content-Length: ");
  bytes.append(std::to_string(body.size())).append("\r\nConnection: close\r\n\r\n");
  if (with_body) bytes.append(body);
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
