// Routes requests for the login host, and refuses a POST from elsewhere.  Called by the
// connection when the canonical host is the login host.
// Siblings below one domain are "same site", so SameSite does not stop their forms: that
// is why Origin is looked at.  Never add an action to GET: a link must not do anything.
#include "wfd/login_host.h"

#include "common/http_grammar.h"
#include "wfd/json.h"

namespace postern::wfd {
namespace {

struct Row {
  std::string_view path;
  bool is_prefix;
  LoginAction get;   // not_found: there is no GET here
  LoginAction post;  // not_found: there is no POST here
  std::string_view allow;
};
constexpr Row table[] = {
    {"/", false, LoginAction::portal, LoginAction::not_found, "GET, HEAD"},
    {"/login", false, LoginAction::login_form, LoginAction::login_post, "GET, HEAD, POST"},
    {"/logout", false, LoginAction::not_found, LoginAction::logout_post, "POST"},
    {"/sessions/end", false, LoginAction::not_found, LoginAction::end_post, "POST"},
    {"/session", false, LoginAction::session_json, LoginAction::not_found, "GET, HEAD"},
    {"/verify", false, LoginAction::verify, LoginAction::not_found, "GET, HEAD"},
    {"/.well-known/jwks.json", false, LoginAction::key_list, LoginAction::not_found, "GET, HEAD"},
    {"/static/", true, LoginAction::static_file, LoginAction::not_found, "GET, HEAD"},
};

const Row* find_row(std::string_view path) {
  for (const Row& row : table)
    if (path == row.path || (row.is_prefix && path.starts_with(row.path))) return &row;
  return nullptr;
}

}  // namespace

LoginRoute route_login_host(const RequestHead& head, std::string_view login_host) {
  LoginRoute route;
  const std::size_t mark = head.target.find('?');
  const std::string_view path = head.target.substr(0, mark);
  if (mark != head.target.npos) route.query = head.target.substr(mark + 1);
  const Row* row = find_row(path);
  if (row == nullptr) return route;
  if (row->is_prefix) route.name = path.substr(row->path.size());
  if (head.method == "GET" || head.method == "HEAD")
    route.action = row->get;
  else if (head.method == "POST")
    route.action = row->post;
  if (route.action == LoginAction::not_found) {
    route.action = LoginAction::bad_method;
    route.allow = row->allow;
  } else if (head.method == "POST" && !is_own_post(head.fields, login_host)) {
    route.action = LoginAction::forbidden;
  }
  return route;
}

bool is_own_post(const Fields& fields, std::string_view login_host) {
  if (fields.find("origin") != nullptr)
    return fields.only("origin") == "https://" + std::string(login_host);
  return fields.find("sec-fetch-site") == nullptr || fields.only("sec-fetch-site") == "same-origin";
}

std::string session_json(const SessionInfo& session) {
  std::string json = "{\"user\":";
  append_json(json, session.user.view());
  json += ",\"sid\":";
  append_json(json, session.sid.view());
  json += ",\"login\":" + std::to_string(session.login);
  json += ",\"idle_left\":" + std::to_string(session.idle_left);
  json += ",\"left\":" + std::to_string(session.left) + "}\n";
  return json;
}

}  // namespace postern::wfd
