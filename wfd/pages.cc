// Loads the templates, fills them in, and puts the protecting fields on every page.
// Called by the nursery (load) and by the connection.
// The texts that depend on a status stand in one table here; all others stand in the
// templates.  Never put a secret into a page, nor tell which part of a login was wrong.
#include "wfd/pages.h"

#include <openssl/evp.h>

#include <algorithm>
#include <span>

#include "wfd/json.h"
#include "wfd/login_host.h"
#include "wfd/target.h"

namespace postern::wfd {
namespace {

using Names = std::span<const std::string_view>;
constexpr std::string_view error_places[] = {"status", "title", "text", "detail", "request_id"};
constexpr std::string_view login_places[] = {"user", "host", "path", "link", "destination", "error", "link_note"};
constexpr std::string_view portal_places[] = {"user", "sid", "login", "left", "idle_left", "last_login",
                                              "failures_note"};
constexpr std::string_view failures_places[] = {"failures_note", "last_login", "continue"};

struct PageRow {
  const char* file;
  Names places;
};
// In the order of Pages::Page.
constexpr PageRow page_table[] = {
    {"error.html", error_places},     {"login.html", login_places}, {"portal.html", portal_places},
    {"logged_out.html", Names{}}, {"failures.html", failures_places},
};

constexpr std::string_view no_store = "no-store";

// In the order of LoginTrouble.
constexpr std::string_view troubles[] = {
    "",
    "That did not work. Please check user name and PIN, and use a new passcode: each one works only once.",
    "Your browser does not send cookies back, and without them nobody can stay logged in. Please allow cookies for "
    "this site, and log in again; your passcode was not used.",
    "You logged in a moment ago, but your browser has not kept the cookie of that session: it may block cookies that "
    "are for several hosts, or delete them at once. Please allow them for this site, and log in again.",
};
static_assert(std::size(troubles) == static_cast<std::size_t>(LoginTrouble::last) + 1);

struct ErrorRow {
  unsigned status;
  unsigned retry_after;  // seconds; 0: not said
  std::string_view title;
  std::string_view text;
};
constexpr ErrorRow errors[] = {
    {500, 0, "Internal error", "Something went wrong inside the gate. It has been recorded."},
    {400, 0, "Bad request", "The gate could not read this request, so it went no further."},
    {401, 0, "Login needed", "This address is for those who have logged in."},
    {403, 0, "Not allowed", "This address may not be reached through the gate, or not in this way."},
    {404, 0, "Not found", "There is no such page here."},
    {405, 0, "Method not allowed", "This cannot be done with this address."},
    {408, 0, "Too slow", "The request did not arrive in time."},
    {413, 0, "Too large", "This request is larger than the gate takes."},
    {414, 0, "Address too long", "The address of this request is longer than the gate takes."},
    {417, 0, "Expectation failed", "The request expects something that the gate does not do."},
    {421, 0, "Not our name", "This gate does not answer for that name, or not on this connection."},
    {429, 10, "Too many requests", "There were too many requests from your address. Please wait a little."},
    {431, 0, "Request too large", "The fields of this request are more than the gate takes. "
                               "Deleting the cookies of this site may help."},
    {502, 0, "Server not reachable", "The server behind the gate could not be reached, or not safely."},
    {503, 2, "Not available now", "A part of the gate is not ready. Please try again in a few seconds."},
    {504, 0, "Server silent", "The server behind the gate did not answer in time."},
};

const ErrorRow& error_row(unsigned status) {
  const auto* row = std::find_if(std::begin(errors), std::end(errors),
                                 [&](const ErrorRow& r) { return r.status == status; });
  return row == std::end(errors) ? errors[0] : *row;
}

std::string error_text(const ErrorRow& row, std::string_view detail, std::string_view request_id) {
  std::string text = std::to_string(row.status);
  text.append(" ").append(row.title).append("\n").append(row.text).append("\n");
  if (!detail.empty()) text.append(detail).append("\n");
  return text.append("Request ").append(request_id).append("\n");
}

// RFC 9457, 3; `login` is left out when it is empty.
std::string error_json(const ErrorRow& row, std::string_view detail, std::string_view request_id,
                       std::string_view login) {
  std::string json = "{\"status\":" + std::to_string(row.status) + ",\"title\":";
  append_json(json, row.title);
  json += ",\"detail\":";
  append_json(json, std::string(row.text) + (detail.empty() ? "" : " " + std::string(detail)));
  json += ",\"id\":";
  append_json(json, request_id);
  if (!login.empty()) append_json(json += ",\"login\":", login);
  return json + "}\n";
}

// "'sha256-BASE64'" of an inline style (CSP 3, 2.3.1).
Result<std::string> style_source(std::string_view style) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(style.data(), style.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    return fail("cannot hash the style of a page");
  std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  std::string source = "'sha256-";
  std::for_each_n(text.begin(), length, [&](unsigned char c) { source += static_cast<char>(c); });
  return source + "'";
}

// Chromium applies form-action to the redirect after a form too, so the hosts that a
// login leads to are named.  "*.DOMAIN" does not include DOMAIN, which may be one.
std::string policy_with(const std::string& sources, const PageSettings& settings) {
  std::string policy = "default-src 'none'; " + sources + "form-action 'self'";
  for (const std::string& domain : settings.domains) policy += " https://*." + domain;
  for (const std::string& domain : settings.domains) policy += " https://" + domain;
  return policy + "; frame-ancestors 'none'; base-uri 'none'";
}

Result<std::string> policy_of(const Template& page, const PageSettings& settings) {
  if (page.style().empty()) return policy_with("style-src 'self'; img-src 'self'; ", settings);
  return policy_with("style-src " + TRY(style_source(page.style())) + "; ", settings);
}

std::string failures_note(std::uint32_t failures) {
  if (failures == 0) return {};
  if (failures == 1) return "There was 1 failed login with your name since your last login.";
  return "There were " + std::to_string(failures) + " failed logins with your name since your last login.";
}

std::string last_login(std::int64_t when, const Address& source) {
  if (when == 0) return "This is your first login.";
  return show_time({when}) + " from " + source.text();
}

}  // namespace

Result<Pages> Pages::load(int directory, PageSettings settings) {
  static_assert(std::size(page_table) == page_count);
  Pages pages;
  pages.settings_ = std::move(settings);
  for (std::size_t i = 0; i < page_count; ++i) {
    const PageRow& row = page_table[i];
    auto page = Template::parse(TRY(read_page_file(directory, row.file, max_page_bytes)), row.places);
    if (!page) return within(row.file, std::move(page.error()));
    pages.templates_[i] = std::move(*page);
    pages.policies_[i] = TRY(policy_of(pages.templates_[i], pages.settings_));
  }
  std::array<std::string_view, page_count> names;
  std::ranges::transform(page_table, names.begin(), [](const PageRow& row) { return std::string_view(row.file); });
  TRY_VOID(check_page_names(directory, names));
  pages.plain_policy_ = policy_with("", pages.settings_);
  pages.static_files_ = TRY(read_static_files(directory));
  return pages;
}

Reply Pages::bare(unsigned status, std::string_view type, std::string_view caching, std::string_view policy,
                  bool on_login_host) const {
  Reply reply;
  reply.status = status;
  reply.add("Content-Type", type);
  reply.add("Cache-Control", caching);
  reply.add("Content-Security-Policy", policy);
  reply.add("Referrer-Policy", "same-origin");
  reply.add("X-Content-Type-Options", "nosniff");
  reply.add("X-Frame-Options", "DENY");  // for browsers without frame-ancestors
  if (on_login_host) reply.add("Strict-Transport-Security", "max-age=31536000");
  return reply;
}

Reply Pages::html(unsigned status, Page page, bool on_login_host,
                  std::initializer_list<std::string_view> values) const {
  const auto i = static_cast<std::size_t>(page);
  Reply reply = bare(status, "text/html; charset=utf-8", no_store, policies_[i], on_login_host);
  reply.body = templates_[i].render({values.begin(), values.size()});
  return reply;
}

Reply Pages::error(unsigned status, Taste taste, bool on_login_host, std::string_view request_id,
                   std::string_view detail) const {
  const ErrorRow& row = error_row(status);
  Reply reply;
  if (taste == Taste::html) {
    reply = html(row.status, Page::error, on_login_host,
                 {std::to_string(row.status), row.title, row.text, detail, request_id});
  } else {
    const bool text = taste == Taste::text;
    const std::string_view type = text ? "text/plain; charset=utf-8"
                                  : taste == Taste::json ? "application/json" : "application/problem+json";
    reply = bare(row.status, type, no_store, plain_policy_, on_login_host);
    const std::string login = row.status == 401 ? login_address() : "";
    reply.body = text ? error_text(row, detail, request_id) : error_json(row, detail, request_id, login);
  }
  if (row.retry_after != 0) reply.add("Retry-After", std::to_string(row.retry_after));
  reply.add("X-Postern-Error", request_id);
  return reply;
}

std::string Pages::login_address() const { return "https://" + settings_.login_host + "/login"; }

Reply Pages::unauthorized(Taste taste, bool on_login_host, std::string_view request_id) const {
  const std::string login = login_address();
  Reply reply = error(401, taste, on_login_host, request_id, "Log in at " + login + " and try again.");
  reply.add("WWW-Authenticate", "Postern login=\"" + login + "\"");
  return reply;
}

Reply Pages::login_form(const LoginView& view) const {
  const std::string destination = return_address(view.host, view.path, settings_.domains);
  const bool known = !destination.empty();
  const std::string note = view.refused_address.empty()
                               ? std::string()
                               : "Your session is bound to another address. This login lets it be used from " +
                                     std::string(view.refused_address) + " too.";
  return html(view.status, Page::login, true,
              {view.user, known ? view.host : "", known ? view.path : "", view.link,
               known ? "to go on to " + destination : "",
               troubles[static_cast<std::size_t>(view.trouble)],
               note});
}

Reply Pages::portal(const SessionInfo& session) const {
  return html(200, Page::portal, true,
              {session.user.view(), session.sid.view(), show_time({session.login}), show_duration(session.left),
               show_duration(session.idle_left), last_login(session.last_login, session.last_source),
               failures_note(session.failures)});
}

// "cookies" is not said: it would take the cookies of every host of the domain along, of
// which ours is deleted by name.
Reply Pages::logged_out() const {
  Reply reply = html(200, Page::logged_out, true, {});
  reply.add("Clear-Site-Data", "\"cache\", \"storage\"");
  return reply;
}

Reply Pages::failures(const LoginResult& login, std::string_view go_on) const {
  return html(200, Page::failures, true,
              {failures_note(login.failures), last_login(login.last_login, login.last_source), go_on});
}

Reply Pages::session(const SessionInfo& session) const {
  Reply reply = bare(200, "application/json", no_store, plain_policy_, true);
  reply.body = session_json(session);
  return reply;
}

std::optional<Reply> Pages::static_file(std::string_view name) const {
  const auto file = std::find_if(static_files_.begin(), static_files_.end(),
                                 [&](const StaticFile& f) { return f.name == name; });
  if (file == static_files_.end()) return std::nullopt;
  Reply reply = bare(200, file->type, "public, max-age=300", plain_policy_, true);
  reply.body = file->content;
  return reply;
}

}  // namespace postern::wfd
