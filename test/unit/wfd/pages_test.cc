#include "wfd/pages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "common/unique_fd.h"
#include "unit/heads.h"
#include "wfd/language.h"

using namespace postern;
using namespace postern::wfd;

namespace {

const std::string shipped = "chroot-skel/wfd/worker/pages";

Result<Pages> load_from(const std::string& path, const std::string& language = "en") {
  const UniqueFd directory = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(directory);
  return Pages::load(directory.get(), {"login.lab.example", {"lab.example", "lab2.example"}, language});
}
std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}
Pages load() {
  auto pages = load_from(shipped);
  REQUIRE(pages);
  return std::move(*pages);
}
std::string field(const Reply& reply, const std::string& name) {
  for (const auto& [n, v] : reply.fields)
    if (n == name) return v;
  const std::string lines = "\r\n" + std::string(reply.constant.view()), start = "\r\n" + name + ": ";
  const std::size_t at = lines.find(start);
  if (at == lines.npos) return "(none)";
  return lines.substr(at + start.size(), lines.find("\r\n", at + 2) - at - start.size());
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

// The portal of that session: of which there is this one, and another one.
OwnSessions own_of(const SessionInfo& session) {
  OwnSessions own;
  own.session = session;
  own.total = own.count = 2;
  own.rows[0] = {.sid = session.sid, .here = true, .login = session.login, .used = session.login + 60,
                 .client_v4 = *Address::parse("192.0.2.9"), .client_v6 = *Address::parse("2001:db8::9")};
  own.rows[1] = {.sid = Sid(std::string_view("other<sid>")), .login = 784111777, .used = 784115377, .client_v4 = {},
                 .client_v6 = *Address::parse("2001:db8::77")};
  return own;
}

}  // namespace

// Every page in one language, with hostile values wherever one can get in.
std::vector<Reply> all_pages(const Pages& pages, std::size_t language) {
  LoginResult login;
  login.failures = 2;
  SessionInfo session = session_of("ada");
  session.failures = 3;
  const Audience reader{Taste::html, language, true};
  const std::string evil = "</style><script>'\"&{{user}}";
  return {pages.login_form(language, {}),
          pages.login_form(language, {.status = 403, .user = evil, .host = "a.lab.example", .path = "/?" + evil, .trouble = LoginTrouble::wrong}),
          pages.login_form(language, {.host = "a.lab.example", .path = "/?" + evil, .refused_address = evil, .link = evil}),
          pages.portal(language, own_of(session)), pages.logged_out(language),
          pages.failures(language, login, "https://a.lab.example/" + evil),
          pages.error(404, reader, evil), pages.error(502, reader, evil, {Say::server_unproved, {evil}}),
          pages.error(403, reader, evil, {Say::login_loop, {evil, evil}}), pages.unauthorized(reader, evil)};
}

TEST_CASE("every page protects itself, in every language", "[pages]") {
  const Pages pages = load();
  std::vector<Reply> replies = {pages.error(404, {Taste::text, 0, true}, "1"), pages.error(404, {Taste::json, 0, true}, "1"),
                                pages.session(session_of("ada"))};
  for (const std::size_t language : {0u, 1u})
    for (Reply& reply : all_pages(pages, language)) replies.push_back(std::move(reply));
  for (const Reply& reply : replies) {
    INFO(reply.body);
    const std::string policy = field(reply, "Content-Security-Policy");
    CHECK(policy.starts_with("default-src 'none'; "));
    CHECK(contains(policy, "form-action 'self' https://*.lab.example https://*.lab2.example"));
    CHECK(contains(policy, "frame-ancestors 'none'"));
    CHECK_FALSE(contains(policy, "unsafe"));
    CHECK_FALSE(contains(policy, "script-src"));
    CHECK(field(reply, "Referrer-Policy") == "same-origin");
    CHECK(field(reply, "Cache-Control") == "no-store");
    CHECK(field(reply, "X-Content-Type-Options") == "nosniff");
    CHECK(field(reply, "X-Frame-Options") == "DENY");
    CHECK(field(reply, "Strict-Transport-Security").starts_with("max-age="));
    CHECK_FALSE(contains(reply.body, "{{="));
    CHECK_FALSE(contains(reply.body, "{{?"));
    CHECK_FALSE(contains(reply.body, "<script"));
    CHECK_FALSE(contains(reply.body, " style="));
  }
}

TEST_CASE("a page is in the language of its reader, and says so", "[pages]") {
  const Pages pages = load();
  struct Row { std::size_t language; std::string tag, login, not_found; };
  for (const Row& row : {Row{0, "en", "Log in", "Not found"}, Row{1, "de", "Anmelden", "Nicht gefunden"},
                         Row{2, "en", "Log in", "Not found"}}) {
    INFO(row.language);
    for (const Reply& reply : all_pages(pages, row.language)) {
      CHECK(contains(reply.body, "<html lang=\"" + row.tag + "\" dir=\"ltr\">"));
      CHECK(field(reply, "Content-Language") == row.tag);
      CHECK(field(reply, "Vary") == "Accept-Language");
    }
    CHECK(contains(pages.login_form(row.language, {}).body, "<h1>" + row.login + "</h1>"));
    CHECK(contains(pages.error(404, {Taste::html, row.language, false}, "1").body, "<h1>" + row.not_found + "</h1>"));
  }
}

TEST_CASE("what is said for the case at hand is translated, too", "[pages]") {
  const Pages pages = load();
  SessionInfo session = session_of("ada");
  session.failures = 3;
  const std::string portal = pages.portal(1, own_of(session)).body;
  for (const std::string part : {"Hallo, ada", "7 h 30 min", "1994-11-05 01:46 UTC von 192.0.2.9", "3 fehlgeschlagene Anmeldungen"})
    CHECK(contains(portal, part));
  const Audience german{Taste::html, 1, false};
  CHECK(contains(pages.error(403, german, "1", {Say::login_loop, {"a.lab.example", "lab.example"}}).body,
                 "erlauben Sie Cookies für lab.example"));
  CHECK(contains(pages.error(502, german, "1", {Say::server_unproved, {"tls-host-mismatch"}}).body, "kein TLS: tls-host-mismatch."));
  CHECK(contains(pages.unauthorized(german, "1").body, "Melden Sie sich unter https://login.lab.example/login an"));
  for (const LoginTrouble trouble : {LoginTrouble::wrong, LoginTrouble::no_cookies, LoginTrouble::cookie_lost})
    CHECK(pages.login_form(1, {.trouble = trouble}).body != pages.login_form(0, {.trouble = trouble}).body);
  CHECK(contains(pages.login_form(1, {.trouble = LoginTrouble::no_cookies}).body, "wurde nicht verbraucht"));
  CHECK(contains(pages.login_form(1, {.refused_address = "2001:db8::1"}).body, "Sie haben eine neue Adresse"));
}

TEST_CASE("programs are answered in English, whatever they ask for", "[pages]") {
  const Pages pages = load();
  for (const Taste taste : {Taste::text, Taste::json, Taste::problem_json}) {
    const Reply reply = pages.error(404, {taste, 1, false}, "1");
    CHECK(contains(reply.body, "Not found"));
    CHECK(field(reply, "Content-Language") == "(none)");
    CHECK(field(reply, "Vary") == "Accept");
  }
}

TEST_CASE("the language is what the request asks for, else that of the configuration", "[pages]") {
  struct Row { std::string configured, accept, tag; };
  for (const Row& row :
       {Row{"en", "", "en"}, Row{"de", "", "de"}, Row{"en", "Accept-Language: de-AT,de;q=0.9,en;q=0.8\r\n", "de"},
        Row{"de", "Accept-Language: en-GB\r\n", "en"}, Row{"de", "Accept-Language: fr\r\n", "de"},
        Row{"de", "Accept-Language: en;;\r\n", "de"}, Row{"en", "Accept-Language: fr\r\naccept-language: de;q=0.1\r\n", "de"}}) {
    INFO(row.accept);
    const auto pages = load_from(shipped, row.configured);
    REQUIRE(pages);
    const auto request = get(row.accept);
    CHECK(field(pages->login_form(pages->language_of(accept_language(request->head.fields)), {}), "Content-Language") == row.tag);
  }
  for (const std::string absent : {"fr", "EN", "en-us", ""}) CHECK_FALSE(load_from(shipped, absent));
}

TEST_CASE("a language is added by one more file, and nothing else", "[pages]") {
  const Copy copy;
  std::string texts = read_file(shipped + "/texts.en");
  texts.replace(texts.find("login.title = Log in"), 20, "login.title = Přihlášení");
  texts.replace(texts.find("direction = ltr"), 15, "direction = rtl");
  copy.write("texts.cs", texts);
  const auto pages = load_from(copy.path);
  REQUIRE(pages);
  const auto request = get("Accept-Language: cs-CZ\r\n");
  const Reply reply = pages->login_form(pages->language_of(accept_language(request->head.fields)), {});
  CHECK(contains(reply.body, "<h1>Přihlášení</h1>"));
  CHECK(contains(reply.body, "<html lang=\"cs\" dir=\"rtl\">"));
}

TEST_CASE("a language that lacks a text, has one more, or other places in one stops the start", "[pages]") {
  struct Row { std::string old_text, new_text, complaint; };
  for (const Row& row :
       {Row{"login.title = ", "login.titel = ", "texts.de: cannot take texts: there is no login.title"},
        Row{"direction = ltr", "direction = ltr\nmore = x", "texts.de: cannot take texts: nobody else has more"},
        Row{"Hallo, {{user}}", "Hallo", "portal.hello has not the places"},
        Row{"Hallo, {{user}}", "Hallo, {{name}}", "portal.hello has not the places"},
        Row{"{{time}} von", "{{time}} {{user}} von", "last_login.some has not the places"},
        Row{"Hallo, {{user}}", "Hallo, {{user}", "line "}, Row{"Hallo, {{user}}", "Hallo, {{?user}}", "line "},
        Row{"direction = ltr", "direction = ltr\ndirection = ltr", "direction stands here twice"},
        Row{"für ", "f\xfcr ", "not UTF-8"}, Row{"direction = ltr", "direction =", "direction is empty"},
        Row{"direction = ltr", "direction", "not KEY = TEXT"}, Row{"direction = ltr", "language = xx", "language stands here twice"}}) {
    INFO(row.new_text);
    const Copy copy;
    std::string texts = read_file(shipped + "/texts.de");
    const std::size_t at = texts.find(row.old_text);
    REQUIRE(at != texts.npos);
    copy.write("texts.de", texts.replace(at, row.old_text.size(), row.new_text));
    const auto pages = load_from(copy.path);
    REQUIRE_FALSE(pages);
    INFO(pages.error().what);
    CHECK(contains(pages.error().what, row.complaint));
    CHECK(pages.error().what.starts_with("texts.de: "));
  }
}

TEST_CASE("a text of all languages cannot ask for what its page has not", "[pages]") {
  const Copy copy;
  for (const std::string tag : {"en", "de"}) {
    std::string texts = read_file(shipped + "/texts." + tag);
    copy.write("texts." + tag, texts.replace(texts.find("login.button = "), 15, "login.button = {{sid}}"));
  }
  const auto pages = load_from(copy.path);
  REQUIRE_FALSE(pages);
  CHECK(contains(pages.error().what, "login.html: cannot read template: unknown place {{sid}}"));
}

TEST_CASE("a text is never markup", "[pages]") {
  const Copy copy;
  std::string texts = read_file(shipped + "/texts.en");
  copy.write("texts.en", texts.replace(texts.find("login.button = "), 15, "login.button = \"><script>&"));
  const auto pages = load_from(copy.path);
  REQUIRE(pages);
  CHECK(contains(pages->login_form(0, {}).body, "&quot;&gt;&lt;script&gt;&amp;Log in"));
}

TEST_CASE("an error page stands alone: its own style by hash, nothing fetched, no HSTS elsewhere", "[pages]") {
  const Reply reply = load().error(502, {Taste::html, 0, false}, "0123456789abcdef",
                                    {Say::server_unproved, {"tls-host-mismatch"}});
  CHECK(reply.status == 502);
  CHECK(contains(field(reply, "Content-Security-Policy"), "style-src 'sha256-"));
  CHECK_FALSE(contains(field(reply, "Content-Security-Policy"), "style-src 'self'"));
  CHECK(field(reply, "Strict-Transport-Security") == "(none)");
  CHECK(contains(reply.body, "0123456789abcdef"));
  CHECK(contains(reply.body, "or speaks no TLS: tls-host-mismatch."));
  for (const std::string fetched : {"<link", "<img", "src=", "href=", "url("}) CHECK_FALSE(contains(reply.body, fetched));
}

TEST_CASE("an error page has the colours of the others", "[pages]") {
  const std::string css = read_file(shipped + "/static/postern.css"), page = read_file(shipped + "/error.html");
  std::size_t lines = 0;
  for (std::size_t at = page.find("  --"); at != page.npos; at = page.find("  --", at + 1)) {
    const std::string line = page.substr(at, page.find('\n', at) - at);
    INFO(line);
    CHECK(contains(css, line));
    ++lines;
  }
  CHECK(lines == 4);
}

TEST_CASE("people are told of a certificate in their own words", "[pages]") {
  const Pages pages = load();
  struct Row { Say say; std::string english, german; };
  for (const Row& row : {Row{Say::certificate_expired, "is no longer valid", "ist abgelaufen"},
                         Row{Say::certificate_unknown, "signed by nobody whom the gate trusts", "niemand unterschrieben"},
                         Row{Say::certificate_of_another, "is for another name", "gilt für einen anderen Namen"}}) {
    const Detail detail{row.say, {"tls-x"}};
    CHECK(contains(pages.error(502, {Taste::html, 0, false}, "1", detail).body, row.english));
    CHECK(contains(pages.error(502, {Taste::html, 1, false}, "1", detail).body, row.german));
    CHECK(contains(pages.error(502, {Taste::html, 1, false}, "1", detail).body, "(tls-x)"));
    CHECK(contains(pages.error(502, {Taste::text, 1, false}, "1", detail).body, row.english));
  }
}

TEST_CASE("the hash in the policy is that of the inline style", "[pages]") {
  const Copy copy;
  copy.write("error.html", "<style>p{}</style>{{status}}");
  const auto pages = load_from(copy.path);
  REQUIRE(pages);
  // printf 'p{}' | openssl dgst -sha256 -binary | base64
  CHECK(contains(field(pages->error(400, {Taste::html, 0, false}, ""), "Content-Security-Policy"),
                 "style-src 'sha256-gG2yISYereRMiG2lMXrbiUgi0Ubw9p7QCeWcroOvy9Y='"));
}

TEST_CASE("errors are text for those who do not read HTML", "[pages]") {
  const Reply reply = load().error(503, {Taste::text, 0, false}, "0123456789abcdef");
  CHECK(field(reply, "Content-Type") == "text/plain; charset=utf-8");
  CHECK(reply.body.starts_with("503 Not available now\n"));
  CHECK(contains(reply.body, "\nRequest 0123456789abcdef\n"));
  CHECK(field(reply, "Retry-After") == "2");
}

TEST_CASE("errors are JSON for programs that read that", "[pages]") {
  const Pages pages = load();
  const Reply reply = pages.error(502, {Taste::json, 0, false}, "0123456789abcdef", {Say::server_unproved, {"\"<expired>\""}});
  CHECK(reply.status == 502);
  CHECK(field(reply, "Content-Type") == "application/json");
  CHECK(reply.body ==
        "{\"status\":502,\"title\":\"Server not reachable\",\"detail\":\"The server behind the gate could not be reached, or not "
        "safely. The intranet server could not prove who it is, or speaks no TLS: \\u0022\\u003cexpired>\\u0022.\",\"id\":\"0123456789abcdef\"}\n");
  CHECK(field(pages.error(502, {Taste::problem_json, 0, false}, "1"), "Content-Type") == "application/problem+json");
  CHECK(field(pages.error(503, {Taste::json, 0, false}, "1"), "Retry-After") == "2");
}

TEST_CASE("an error tells that the gate said it, whoever reads it", "[pages]") {
  const Pages pages = load();
  for (const Taste taste : {Taste::text, Taste::json, Taste::problem_json, Taste::html}) {
    const Reply reply = pages.error(421, {taste, 0, false}, "0123456789abcdef");
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
    const Reply reply = pages.unauthorized({taste, 0, false}, "0123456789abcdef");
    CHECK(reply.status == 401);
    CHECK(field(reply, "WWW-Authenticate") == "Postern login=\"https://login.lab.example/login\"");
    CHECK(field(reply, "X-Postern-Error") == "0123456789abcdef");
    CHECK(field(reply, "Location") == "(none)");
    CHECK(contains(reply.body, "Log in at https://login.lab.example/login and try again."));
  }
  CHECK(contains(pages.unauthorized({Taste::json, 0, false}, "1").body, "\"id\":\"1\",\"login\":\"https://login.lab.example/login\"}"));
  CHECK_FALSE(contains(pages.error(403, {Taste::json, 0, false}, "1").body, "login"));
}

TEST_CASE("every status of ours has its page", "[pages]") {
  const Pages pages = load();
  for (const unsigned status : {400u, 401u, 403u, 404u, 405u, 408u, 413u, 414u, 417u, 421u, 429u, 431u, 500u, 502u, 503u, 504u}) {
    CHECK(pages.error(status, {Taste::html, 0, false}, "1").status == status);
    CHECK(contains(pages.error(status, {Taste::html, 0, false}, "1").body, "<title>" + std::to_string(status) + " "));
  }
  CHECK(pages.error(200, {Taste::html, 0, false}, "1").status == 500);
}

TEST_CASE("the form keeps who and where, escaped, and never another host", "[pages]") {
  const Pages pages = load();
  const Reply form = pages.login_form(0, {.status = 403, .user = "a\"><script>'&", .host = "a.lab.example",
                                       .path = "/x?a=\"><b>&c", .trouble = LoginTrouble::wrong});
  CHECK(form.status == 403);
  CHECK(contains(form.body, "value=\"a&quot;&gt;&lt;script&gt;&#39;&amp;\""));
  CHECK(contains(form.body, "name=\"host\" value=\"a.lab.example\""));
  CHECK(contains(form.body, "name=\"path\" value=\"/x?a=&quot;&gt;&lt;b&gt;&amp;c\""));
  CHECK(contains(form.body, "That did not work."));
  CHECK_FALSE(contains(form.body, "<b>"));
  const Reply evil = pages.login_form(0, {.host = "evil.net", .path = "/"});
  CHECK_FALSE(contains(evil.body, "evil"));
  CHECK_FALSE(contains(evil.body, "That did not work."));
}

TEST_CASE("the form can be filled in by people, password managers and phones", "[pages]") {
  const std::string body = load().login_form(0, {}).body;
  for (const std::string part :
       {"<html lang=\"en\" dir=\"ltr\">", "<label for=\"user\">", "<label for=\"pin\">", "<label for=\"passcode\">",
        "autocomplete=\"username\"", "autocomplete=\"one-time-code\"", "inputmode=\"numeric\"", "method=\"post\"",
        "action=\"/login\"", "name=\"viewport\"", "aria-describedby=\"passcode-hint\""})
    CHECK(contains(body, part));
}

TEST_CASE("the form says what was in the way, and asks for the mark", "[pages]") {
  const Pages pages = load();
  CHECK(contains(pages.login_form(0, {}).body, "<input type=\"hidden\" name=\"marked\" value=\"yes\">"));
  CHECK(contains(pages.login_form(0, {.trouble = LoginTrouble::no_cookies}).body, "does not send cookies back"));
  CHECK(contains(pages.login_form(0, {.trouble = LoginTrouble::no_cookies}).body, "your passcode was not used"));
  CHECK(contains(pages.login_form(0, {.trouble = LoginTrouble::cookie_lost}).body, "has not kept the cookie of that session"));
}

TEST_CASE("the form for another address says which, and asks for a passcode only", "[pages]") {
  const Pages pages = load();
  const Reply form = pages.login_form(0, {.status = 403, .host = "a.lab.example", .path = "/x?\"><b>&y",
                                          .refused_address = "2001:db8::1", .link = "h\"", .trouble = LoginTrouble::wrong});
  CHECK(form.status == 403);
  for (const std::string part :
       {"2001:db8::1", "name=\"link\" value=\"h&quot;\"", "name=\"host\" value=\"a.lab.example\"",
        "name=\"path\" value=\"/x?&quot;&gt;&lt;b&gt;&amp;y\"", "<label for=\"passcode\">", "autocomplete=\"one-time-code\"",
        "name=\"marked\" value=\"yes\"", "That did not work. Please use a new passcode", "https://a.lab.example/x?",
        "href=\"https://login.lab.example/login?host=a.lab.example&amp;path=%2Fx%3F%22%3E%3Cb%3E%26y&amp;link=none\""})
    CHECK(contains(form.body, part));
  for (const std::string part : {"name=\"pin\"", "name=\"user\"", "<b>"}) CHECK_FALSE(contains(form.body, part));
  const std::string placeless = pages.login_form(0, {.host = "evil.net", .path = "/", .refused_address = "2001:db8::1", .link = "h"}).body;
  CHECK(contains(placeless, "href=\"https://login.lab.example/login?link=none\""));
  CHECK_FALSE(contains(placeless, "evil"));
  // Without an address there is nothing to add.
  CHECK(contains(pages.login_form(0, {.link = "h"}).body, "name=\"pin\""));
}

TEST_CASE("the portal says who, how long, and what happened before", "[pages]") {
  SessionInfo session = session_of("ada");
  session.failures = 3;
  const std::string body = load().portal(0, own_of(session)).body;
  for (const std::string part : {"Hello, ada", "7 h 30 min", "30 min", "1994-11-05 01:46 UTC from 192.0.2.9",
                                 "3 failed logins", "1994-11-06 08:49 UTC", "0123456789abcdef", "action=\"/logout\""})
    CHECK(contains(body, part));
  CHECK_FALSE(contains(load().portal(0, own_of(session_of("ada"))).body, "failed login"));
  session.last_login = 0;
  CHECK(contains(load().portal(0, own_of(session)).body, "first login"));
}

TEST_CASE("the portal shows all sessions, and a way to end each but this one", "[pages]") {
  OwnSessions own = own_of(session_of("ada"));
  own.session.logouts = 2;
  own.session.last_logout = 784111777;
  const std::string body = load().portal(0, own).body;
  for (const std::string part :
       {"This one", "192.0.2.9, 2001:db8::9", "<dd>2001:db8::77</dd>", "1994-11-06 09:49 UTC", "action=\"/sessions/end\"",
        "name=\"sid\" value=\"other&lt;sid&gt;\"", "End session other&lt;sid&gt;", "name=\"others\" value=\"yes\"",
        "2 logouts with your name since then, the last one on 1994-11-06 08:49 UTC"})
    CHECK(contains(body, part));
  CHECK_FALSE(contains(body, "value=\"0123456789abcdef\""));
  CHECK_FALSE(contains(body, "more, used longer ago"));
  own.total = 35;
  CHECK(contains(load().portal(0, own).body, "There are 33 more"));
  own.total = own.count = 1;
  own.session.logouts = 1;
  const std::string alone = load().portal(0, own).body;
  CHECK_FALSE(contains(alone, "/sessions/end"));
  CHECK(contains(alone, "1 logout with your name since then, on 1994-11-06 08:49 UTC"));
  own.count = 4'000'000'000;  // a number that no peer of ours says
  CHECK(contains(load().portal(0, own).body, "</html>"));
}

TEST_CASE("failures before a login are shown with a way on", "[pages]") {
  LoginResult login;
  login.failures = 1;
  login.last_login = 784000000;
  login.last_source = *Address::parse("2001:db8::9");
  const Reply reply = load().failures(0, login, "https://a.lab.example/x?a&b");
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
        Row{"static/.hidden.css", ""}, Row{"static/noextension", ""}, Row{"extra.html", "<p>"},
        Row{"login.html", "{{=no.such}}"}, Row{"login.html", "{{=login.title"}, Row{"login.html", "{{?user}}"},
        Row{"login.html", "{{/user}}"}, Row{"login.html", "{{?user}}{{?host}}{{/user}}{{/host}}"}, Row{"login.html", "{{*rows}}{{/rows}}"},
        Row{"texts.de", ""}, Row{"texts.en", ""}, Row{"texts.", ""}, Row{"texts.DE", ""}, Row{"texts.x", ""}, Row{"texts.de-", ""},
        Row{"texts.de~", ""}, Row{"texts.de.bak", ""}, Row{"texts", ""}, Row{"texts.english", ""}}) {
    INFO(file << ": " << text.substr(0, 40));
    const Copy copy;
    copy.write(file, text);
    CHECK_FALSE(load_from(copy.path));
  }
  for (const std::string needed : {"failures.html", "texts.en"}) {
    const Copy missing;
    std::filesystem::remove(missing.path + "/" + needed);
    CHECK_FALSE(load_from(missing.path));
  }
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
