// Tells a person navigating from everything else, and HTML's readers from programs.
// Called by the connection: with each request, and when one has no valid session.
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

// Takes the next member off the front of an Accept field: its media type, or nothing when it is weighed 0.
std::string_view take_media_type(std::string_view& accept) {
  const std::size_t comma = std::min(accept.find(','), accept.size());
  const std::string_view range = accept.substr(0, comma);
  const std::size_t semicolon = std::min(range.find(';'), range.size());
  const bool wanted = semicolon == range.size() || !weighs_nothing(range.substr(semicolon + 1));
  accept.remove_prefix(std::min(comma + 1, accept.size()));
  return wanted ? trim_blanks(range.substr(0, semicolon)) : std::string_view();
}

bool is_json(std::string_view type) {
  constexpr std::string_view suffix = "+json";
  if (equal_folded(type, "application/json")) return true;
  return type.size() > suffix.size() && equal_folded(type.substr(type.size() - suffix.size()), suffix);
}

Taste taste_of(std::string_view type) {
  if (equal_folded(type, "text/html")) return Taste::html;
  if (equal_folded(type, "application/problem+json")) return Taste::problem_json;
  return is_json(type) ? Taste::json : Taste::text;
}

}  // namespace

Taste taste_of(const Fields& fields) {
  Taste best = Taste::text;
  for (const Field& field : fields) {
    if (!equal_folded(field.name, "accept")) continue;
    for (std::string_view rest = field.value; !rest.empty() && best < Taste::html;) best = std::max(best, taste_of(take_media_type(rest)));
  }
  return best;
}

bool is_navigation(const RequestHead& head, Taste taste) {
  if (head.method != "GET" && head.method != "HEAD") return false;
  if (has_fetch_metadata(head.fields))
    return head.fields.only("sec-fetch-mode") == "navigate" &&
           head.fields.only("sec-fetch-dest") == "document";
  return taste == Taste::html && head.fields.find("x-requested-with") == nullptr;
}

Doing doing_of(const RequestHead& head, Taste taste) {
  if (is_navigation(head, taste)) return Doing::navigation;
  const bool changes = head.method != "GET" && head.method != "HEAD" && head.method != "OPTIONS";
  const bool clicked = head.fields.only("sec-fetch-mode") == "navigate" && head.fields.only("sec-fetch-user") == "?1";
  return changes || clicked ? Doing::use : Doing::background;
}

std::string login_location(std::string_view login_host, std::string_view host,
                           std::string_view target, std::string_view link) {
  std::string location;
  location.reserve(64 + login_host.size() + host.size() + 2 * target.size() + link.size());
  location.append("https://").append(login_host).append("/login?host=");
  append_percent_encoded(location, host);
  location.append("&path=");
  append_percent_encoded(location, is_return_path(target) ? target : "/");
  if (link.empty()) return location;
  location.append("&link=");
  append_percent_encoded(location, link);
  return location;
}

}  // namespace postern::wfd
