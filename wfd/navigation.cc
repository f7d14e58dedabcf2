// Tells a person navigating from everything else, and sends the one to the login page
// and the other a 401.  Called by the connection when a request has no valid session.
// Never answer a script, an image or a form's POST with a redirect: a login page in place
// of data breaks the page that asked, and a POST would come back as a GET.
#include "wfd/navigation.h"

#include <algorithm>

#include "common/http_grammar.h"
#include "wfd/target.h"

namespace postern::wfd {
namespace {

constexpr std::string_view family = "sec-fetch-";

bool has_fetch_metadata(const Fields& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const Field& field) {
    return equal_folded(field.name.substr(0, family.size()), family);
  });
}

// True for "q=0", "q=0.0", ... among the parameters of a media range (RFC 9110, 12.4.2).
bool weighs_nothing(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = parameters.find(';');
    const std::string_view one = trim_blanks(parameters.substr(0, end));
    if (one.size() > 2 && lower(one[0]) == 'q' && one[1] == '=')
      return one.substr(2).find_first_not_of("0.") == one.npos;
    if (end == parameters.npos) break;
    parameters.remove_prefix(end + 1);
  }
  return false;
}

bool lists_html(std::string_view accept) {
  while (true) {
    const std::size_t comma = accept.find(',');
    const std::string_view range = accept.substr(0, comma);
    const std::size_t semicolon = std::min(range.find(';'), range.size());
    if (equal_folded(trim_blanks(range.substr(0, semicolon)), "text/html"))
      return semicolon == range.size() || !weighs_nothing(range.substr(semicolon + 1));
    if (comma == accept.npos) return false;
    accept.remove_prefix(comma + 1);
  }
}

}  // namespace

bool accepts_html(const Fields& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const Field& field) {
    return equal_folded(field.name, "accept") && lists_html(field.value);
  });
}

bool is_navigation(const RequestHead& head) {
  if (head.method != "GET" && head.method != "HEAD") return false;
  if (has_fetch_metadata(head.fields))
    return head.fields.only("sec-fetch-mode") == "navigate" &&
           head.fields.only("sec-fetch-dest") == "document";
  return accepts_html(head.fields) && head.fields.find("x-requested-with") == nullptr;
}

std::string login_location(std::string_view login_host, std::string_view host,
                           std::string_view target, std::string_view link) {
  std::string location = "https://";
  location.append(login_host).append("/login?host=").append(percent_encode(host));
  location.append("&path=").append(percent_encode(is_return_path(target) ? target : "/"));
  if (!link.empty()) location.append("&link=").append(percent_encode(link));
  return location;
}

Reply demand_login(const RequestHead& head, std::string_view login_host, std::string_view link) {
  if (!is_navigation(head)) return unauthorized_reply(login_host);
  return redirect_reply(302, login_location(login_host, head.host, head.target, link));
}

Reply unauthorized_reply(std::string_view login_host) {
  const std::string login = "https://" + std::string(login_host) + "/login";
  Reply reply = text_reply(401, "Log in at " + login + " and try again.\n");
  reply.add("WWW-Authenticate", "Postern login=\"" + login + "\"");
  return reply;
}

}  // namespace postern::wfd
