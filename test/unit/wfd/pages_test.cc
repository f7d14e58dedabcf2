#include "wfd/pages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "common/unique_fd.h"
#include "unit/heads.h"

using namespace postern;
using namespace postern::wfd;

namespace {

const std::string shipped = "chroot-skel/wfd/worker/pages";

Result<Pages> load_from(const std::string& path) {
  const UniqueFd directory = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(directory);
  return Pages::load(directory.get(), {"login.lab.example", {"lab.example", "lab2.example"}});
}
Pages load() {
  auto pages = load_from(shipped);
  REQUIRE(pages);
  return std::move(*pages);
}
std::string field(const Reply& reply, const std::string& name) {
  for (const auto& [n, v] : reply.fields)
    if (n == name) return v;
  return "(none)";
}

// A copy of the shipped pages that a test may spoil.
class Copy {
 public:
  Copy() {
    char name[] = "/tmp/postern-pages-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
    std::filesystem::copy(shipped, path, std::filesystem::copy_options::recursive);
  }
  ~Copy() { std::filesystem::remove_all(path); }
  void write(const std::string& file, const std::string& text) const { std::ofstream(path + "/" + file) << text; }
  std::string path;
};

SessionInfo session_of(const std::string& user) {
  SessionInfo session;
  session.user = UserName(user);
  session.sid = Sid("0123456789abcdef");
  session.login = 784111777;
  session.idle_left = 1800;
  session.left = 27000;
  session.last_login = 784000000;
  session.last_source = *Address::parse("192.0.2.9");
  return session;
}

}  // namespace

TEST_CASE("every page protects itself", "[pages]") {
  const Pages pages = load();
  LoginResult login;
  login.failures = 2;
  for (const Reply& reply : {pages.login_form({}), pages.portal(session_of("ada")), pages.logged_out(),
                             pages.failures(login, "https://a.lab.example/"), pages.error(404, Taste::html, true, "1"),
                             pages.error(404, Taste::text, true, "1"), pages.error(404, Taste::json, true, "1"), pages.unauthorized(Taste::html, true, "1"), pages.session(session_of("ada"))}) {
    const std::string policy = field(reply, "Content-Security-Policy");
    CHECK(policy.starts_with("default-src 'none'; "));
    CHECK(contains(policy, "form-action 'self' https://*.lab.example https://*.lab2.example"));
    CHECK(contains(policy, "frame-ancestors 'none'"));
    CHECK_FALSE(contains(policy, "unsafe"));
    CHECK_FALSE(contains(policy, "script-src"));
    CHECK(field(reply, "Referrer-Policy") == "same-origin");
    CHECK(field(reply, "Cache-Control") == "no-store");
    CHECK(field(reply, "X-Content-Type-Options") == "nosniff");
    CHECK(field(reply, "Strict-Transport-Security").starts_with("max-age="));
    CHECK_FALSE(contains(reply.body, "{{"));
    CHECK_FALSE(contains(reply.body, "<script"));
    CHECK_FALSE(contains(reply.body, " style="));
  }
}

TEST_CASE("an error page stands alone: its own style by hash, nothing fetched, no HSTS elsewhere", "[pages]") {
  const Reply reply = load().error(502, Taste::html, false, "0123456789abcdef", "the name of its certificate is another");
  CHECK(reply.status == 502);
  CHECK(contains(field(reply, "Content-Security-Policy"), "style-src 'sha256-"));
  CHECK_FALSE(contains(field(reply, "Content-Security-Policy"), "style-src 'self'"));
  CHECK(field(reply, "Strict-Transport-Security") == "(none)");
  CHECK(contains(reply.body, "0123456789abcdef"));
  CHECK(contains(reply.body, "the name of its certificate is another"));
  for (const std::string fetched : {"<link", "<img", "src=", "href=", "url("}) CHECK_FALSE(contains(reply.body, fetched));
}

TEST_CASE("the hash in the policy is that of the inline style", "[pages]") {
  const Copy copy;
  copy.write("error.html", "<style>p{}</style>{{status}}");
  const auto pages = load_from(copy.path);
  REQUIRE(pages);
  // printf 'p{}' | openssl dgst -sha256 -binary | base64
  CHECK(contains(field(pages->error(400, Taste::html, false, ""), "Content-Security-Policy"),
                 "style-src 'sha256-gG2yISYereRMiG2lMXrbiUgi0Ubw9p7QCeWcroOvy9Y='"));
}

TEST_CASE("errors are text for those who do not read HTML", "[pages]") {
  const Reply reply = load().error(503, Taste::text, false, "0123456789abcdef");
  CHECK(field(reply, "Content-Type") == "text/plain; charset=utf-8");
  CHECK(reply.body.starts_with("503 Not available now\n"));
  CHECK(contains(reply.body, "\nRequest 0123456789abcdef\n"));
  CHECK(field(reply, "Retry-After") == "2");
}

TEST_CASE("errors are JSON for programs that read that", "[pages]") {
  const Pages pages = load();
  const Reply reply = pages.error(502, Taste::json, false, "0123456789abcdef", "tls-\"<expired>\"");
  CHECK(reply.status == 502);
  CHECK(field(reply, "Content-Type") == "application/json");
  CHECK(reply.body ==
        "{\"status\":502,\"title\":\"Server not reachable\",\"detail\":\"The server behind the gate could not be reached, or not "
        "safely. tls-\\u0022\\u003cexpired>\\u0022\",\"id\":\"0123456789abcdef\"}\n");
  CHECK(field(pages.error(502, Taste::problem_json, false, "1"), "Content-Type") == "application/problem+json");
  CHECK(field(pages.error(503, Taste::json, false, "1"), "Retry-After") == "2");
}

TEST_CASE("an error tells that the gate said it, whoever reads it", "[pages]") {
  const Pages pages = load();
  for (const Taste taste : {Taste::text, Taste::json, Taste::problem_json, Taste::html}) {
    const Reply reply = pages.error(421, taste, false, "0123456789abcdef");
    CHECK(field(reply, "X-Postern-Error") == "0123456789abcdef");
    CHECK(contains(reply.body, "0123456789abcdef"));
    CHECK(contains(reply.body, "421"));
    CHECK(field(reply, "Cache-Control") == "no-store");
    CHECK(field(reply, "WWW-Authenticate") == "(none)");
  }
}

TEST_CASE("401 says where to log in, to people and to programs", "[pages]") {
  const Pages pages = load();
  for (const Taste taste : {Taste::text, Taste::json, Taste::problem_json, Taste::html}) {
    const Reply reply = pages.unauthorized(taste, false, "0123456789abcdef");
    CHECK(reply.status == 401);
    CHECK(field(reply, "WWW-Authenticate") == "Postern login=\"https://login.lab.example/login\"");
    CHECK(field(reply, "X-Postern-Error") == "0123456789abcdef");
    CHECK(field(reply, "Location") == "(none)");
    CHECK(contains(reply.body, "Log in at https://login.lab.example/login and try again."));
  }
  CHECK(contains(pages.unauthorized(Taste::json, false, "1").body, "\"id\":\"1\",\"login\":\"https://login.lab.example/login\"}"));
  CHECK_FALSE(contains(pages.error(403, Taste::json, false, "1").body, "login"));
}

TEST_CASE("every status of ours has its page", "[pages]") {
  const Pages pages = load();
  for (const unsigned status : {400u, 401u, 403u, 404u, 405u, 408u, 413u, 414u, 417u, 421u, 429u, 431u, 500u, 502u, 503u, 504u}) {
    CHECK(pages.error(status, Taste::html, false, "1").status == status);
    CHECK(contains(pages.error(status, Taste::html, false, "1").body, "<title>" + std::to_string(status) + " "));
  }
  CHECK(pages.error(200, Taste::html, false, "1").status == 500);
}

TEST_CASE("the form keeps who and where, escaped, and never another host", "[pages]") {
  const Pages pages = load();
  const Reply form = pages.login_form({.status = 403, .user = "a\"><script>'&", .host = "a.lab.example",
                                       .path = "/x?a=\"><b>&c", .link = "h\"", .trouble = LoginTrouble::wrong});
  CHECK(form.status == 403);
  CHECK(contains(form.body, "value=\"a&quot;&gt;&lt;script&gt;&#39;&amp;\""));
  CHECK(contains(form.body, "name=\"host\" value=\"a.lab.example\""));
  CHECK(contains(form.body, "name=\"path\" value=\"/x?a=&quot;&gt;&lt;b&gt;&amp;c\""));
  CHECK(contains(form.body, "name=\"link\" value=\"h&quot;\""));
  CHECK(contains(form.body, "That did not work."));
  CHECK_FALSE(contains(form.body, "<b>"));
  const Reply evil = pages.login_form({.host = "evil.net", .path = "/"});
  CHECK_FALSE(contains(evil.body, "evil"));
  CHECK_FALSE(contains(evil.body, "That did not work."));
}

TEST_CASE("the form can be filled in by people, password managers and phones", "[pages]") {
  const std::string body = load().login_form({}).body;
  for (const std::string part :
       {"<html lang=\"en\">", "<label for=\"user\">", "<label for=\"pin\">", "<label for=\"passcode\">",
        "autocomplete=\"username\"", "autocomplete=\"one-time-code\"", "inputmode=\"numeric\"", "method=\"post\"",
        "action=\"/login\"", "name=\"viewport\"", "role=\"alert\""})
    CHECK(contains(body, part));
}

TEST_CASE("the form says what was in the way, and asks for the mark", "[pages]") {
  const Pages pages = load();
  CHECK(contains(pages.login_form({}).body, "<input type=\"hidden\" name=\"marked\" value=\"yes\">"));
  CHECK(contains(pages.login_form({.trouble = LoginTrouble::no_cookies}).body, "does not send cookies back"));
  CHECK(contains(pages.login_form({.trouble = LoginTrouble::no_cookies}).body, "your passcode was not used"));
  CHECK(contains(pages.login_form({.trouble = LoginTrouble::cookie_lost}).body, "has not kept the cookie of that session"));
}

TEST_CASE("a login for another address says which", "[pages]") {
  CHECK(contains(load().login_form({.link = "x", .refused_address = "2001:db8::1"}).body, "2001:db8::1"));
}

TEST_CASE("the portal says who, how long, and what happened before", "[pages]") {
  SessionInfo session = session_of("ada");
  session.failures = 3;
  const std::string body = load().portal(session).body;
  for (const std::string part : {"Hello, ada", "7 h 30 min", "30 min", "1994-11-05 01:46 UTC from 192.0.2.9",
                                 "3 failed logins", "1994-11-06 08:49 UTC", "0123456789abcdef", "action=\"/logout\""})
    CHECK(contains(body, part));
  CHECK_FALSE(contains(load().portal(session_of("ada")).body, "failed login"));
  session.last_login = 0;
  CHECK(contains(load().portal(session).body, "first login"));
}

TEST_CASE("failures before a login are shown with a way on", "[pages]") {
  LoginResult login;
  login.failures = 1;
  login.last_login = 784000000;
  login.last_source = *Address::parse("2001:db8::9");
  const Reply reply = load().failures(login, "https://a.lab.example/x?a&b");
  CHECK(reply.status == 200);
  CHECK(contains(reply.body, "1 failed login "));
  CHECK(contains(reply.body, "2001:db8::9"));
  CHECK(contains(reply.body, "href=\"https://a.lab.example/x?a&amp;b\""));
}

TEST_CASE("static files come from memory, by their exact name, with their type", "[pages]") {
  const Pages pages = load();
  const auto css = pages.static_file("postern.css");
  REQUIRE(css);
  CHECK(field(*css, "Content-Type") == "text/css; charset=utf-8");
  CHECK(contains(css->body, "prefers-color-scheme: dark"));
  CHECK(field(*pages.static_file("postern.svg"), "Content-Type") == "image/svg+xml");
  for (const std::string absent : {"", "x", "../login.html", "POSTERN.CSS", "postern.css/", "./postern.css"})
    CHECK_FALSE(pages.static_file(absent));
}

TEST_CASE("pages that cannot be right stop the start", "[pages]") {
  struct Row { std::string file, text; };
  for (const auto& [file, text] :
       {Row{"login.html", "{{password}}"}, Row{"login.html", "{{user"}, Row{"login.html", "{{ user }}"},
        Row{"portal.html", "{{host}}"}, Row{"error.html", "a\r\nb"}, Row{"error.html", "<style>{{title}}</style>"},
        Row{"error.html", std::string(max_page_bytes + 1, 'a')}, Row{"static/run.js", "1"}, Row{"static/a b.css", ""},
        Row{"static/.hidden.css", ""}, Row{"static/noextension", ""}, Row{"extra.html", "<p>"}}) {
    INFO(file << ": " << text.substr(0, 40));
    const Copy copy;
    copy.write(file, text);
    CHECK_FALSE(load_from(copy.path));
  }
  const Copy missing;
  std::filesystem::remove(missing.path + "/failures.html");
  CHECK_FALSE(load_from(missing.path));
  const Copy linked;
  std::filesystem::rename(linked.path + "/login.html", linked.path + "/other.html");
  CHECK_FALSE(load_from(linked.path));
  std::filesystem::create_symlink("other.html", linked.path + "/login.html");
  CHECK_FALSE(load_from(linked.path));
  const Copy piped;
  std::filesystem::remove(piped.path + "/login.html");
  REQUIRE(::mkfifo((piped.path + "/login.html").c_str(), 0600) == 0);
  CHECK_FALSE(load_from(piped.path));
}

TEST_CASE("a template puts escaped values into their places, as often as they stand there", "[pages]") {
  constexpr std::string_view names[] = {"a", "b"};
  const auto page = Template::parse("{{b}}-{{a}}-{{b}}{}}{", names);
  REQUIRE(page);
  const std::string_view values[] = {"<{{b}}>", "\x01\n"};
  CHECK(page->render(values) == "?\n-&lt;{{b}}&gt;-?\n{}}{");
  CHECK(page->render({}) == "--{}}{");
  CHECK(Template::parse("", names)->render(values).empty());
}
