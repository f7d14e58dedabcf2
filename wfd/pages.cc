// Fills the pages in, and puts the protecting fields on every one.  Called by the nursery
// (load) and by the connection.
// Never put a secret into a page, nor tell which part of a login was wrong.
#include "wfd/pages.h"

#include <algorithm>

#include "wfd/json.h"
#include "wfd/language.h"
#include "wfd/login_host.h"
#include "wfd/navigation.h"
#include "wfd/target.h"

namespace postern::wfd {
namespace {

constexpr std::string_view no_store = "no-store";
constexpr ConstantFields every_page = ConstantFields::of<  // the last one for browsers without frame-ancestors
    "Referrer-Policy: same-origin\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n">();

// In the order of LoginTrouble.
constexpr Say troubles[] = {Say::nothing, Say::wrong, Say::no_cookies, Say::cookie_lost};
static_assert(std::size(troubles) == static_cast<std::size_t>(LoginTrouble::last) + 1);

// One error in the words of one language.
struct ErrorWords {
  unsigned status;
  const ErrorText& words;
  std::string detail;
};

std::string error_text(const ErrorWords& error, std::string_view request_id) {
  std::string text = std::to_string(error.status);
  text.append(" ").append(error.words.title).append("\n").append(error.words.text).append("\n");
  if (!error.detail.empty()) text.append(error.detail).append("\n");
  return text.append("Request ").append(request_id).append("\n");
}

// RFC 9457, 3; `login` is left out when it is empty.
std::string error_json(const ErrorWords& error, std::string_view request_id, std::string_view login) {
  std::string json = "{\"status\":" + std::to_string(error.status) + ",\"title\":";
  append_json(json, error.words.title);
  json += ",\"detail\":";
  append_json(json, error.words.text + (error.detail.empty() ? "" : " " + error.detail));
  json += ",\"id\":";
  append_json(json, request_id);
  if (!login.empty()) append_json(json += ",\"login\":", login);
  return json + "}\n";
}

std::string failures_note(const PageSet& set, std::uint32_t failures) {
  if (failures == 0) return {};
  const std::string number = std::to_string(failures);
  const std::string_view values[] = {number};
  return set.say(failures == 1 ? Say::failures_one : Say::failures_many, values);
}

std::string logouts_note(const PageSet& set, std::uint32_t logouts, std::int64_t last) {
  if (logouts == 0) return {};
  const std::string number = std::to_string(logouts), time = show_time({last});
  const std::string_view values[] = {number, time};
  return set.say(logouts == 1 ? Say::logouts_one : Say::logouts_many, values);
}

// How many there are beside those that are shown.
std::string more_note(const PageSet& set, const OwnSessions& own, std::size_t shown) {
  if (own.total <= shown) return {};
  const std::string number = std::to_string(own.total - shown);
  const std::string_view values[] = {number};
  return set.say(Say::more_sessions, values);
}

// In the order of the places of a row; see page_set.cc.
Row row_of(const OwnRow& session) {
  const auto yes_if = [](bool is_so) { return std::string(is_so ? "yes" : ""); };
  const auto text_of = [](const Address& a) { return a ? a.text() : std::string(); };
  return {std::string(session.sid.view()), show_time({session.login}), show_time({session.used}),
          text_of(session.client_v4), yes_if(session.client_v4 && session.client_v6), text_of(session.client_v6),
          yes_if(session.here), yes_if(!session.here)};
}

std::vector<Row> rows_of(const OwnSessions& own) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < own.count && i < own.rows.size(); ++i) rows.push_back(row_of(own.rows[i]));
  return rows;
}

std::string last_login(const PageSet& set, std::int64_t when, const Address& source) {
  if (when == 0) return set.say(Say::first_login);
  const std::string time = show_time({when}), from = source.text();
  const std::string_view values[] = {time, from};
  return set.say(Say::last_login, values);
}

}  // namespace

Result<Pages> Pages::load(int directory, PageSettings settings) {
  Pages pages;
  pages.settings_ = std::move(settings);
  pages.sets_ = TRY(read_page_sets(directory, pages.settings_));
  std::ranges::transform(pages.sets_, std::back_inserter(pages.tags_), &PageSet::tag);
  pages.english_ = static_cast<std::size_t>(std::ranges::find(pages.tags_, "en") - pages.tags_.begin());
  pages.plain_policy_ = policy_with("", pages.settings_);
  pages.static_files_ = TRY(read_static_files(directory));
  return pages;
}

std::size_t Pages::language_of(std::string_view accept_language) const {
  return choose_language(accept_language, tags_, 0);
}

const PageSet& Pages::set(std::size_t language) const { return sets_[language < sets_.size() ? language : 0]; }

Reply Pages::bare(unsigned status, std::string_view type, std::string_view caching, std::string_view policy,
                  bool on_login_host) const {
  Reply reply{status, every_page, {}, {}};
  reply.add<"Content-Type">(type);
  reply.add<"Cache-Control">(caching);
  reply.add<"Content-Security-Policy">(policy);
  if (on_login_host) reply.add<"Strict-Transport-Security">("max-age=31536000");
  return reply;
}

Reply Pages::html(unsigned status, Leaf page, std::size_t language, bool on_login_host,
                  std::initializer_list<std::string_view> values, std::span<const std::vector<Row>> lists) const {
  const PageSet& words = set(language);
  const auto i = static_cast<std::size_t>(page);
  Reply reply = bare(status, "text/html; charset=utf-8", no_store, words.policies[i], on_login_host);
  reply.add<"Content-Language">(words.tag);
  reply.add<"Vary">("Accept-Language");
  reply.body = words.pages[i].render({{values.begin(), values.size()}, lists});
  return reply;
}

Reply Pages::error(unsigned status, const Audience& reader, std::string_view request_id, const Detail& detail) const {
  const bool people = reader.taste == Taste::html;
  const PageSet& words = people ? set(reader.language) : sets_[english_];
  const std::size_t number = error_number(status);
  const ErrorRow& row = error_rows[number];
  const ErrorWords error{row.status, words.errors[number], words.say(detail.say, detail.values)};
  const std::string login = row.status == 401 ? login_address() : "";
  Reply reply;
  if (people) {
    reply = html(row.status, Leaf::error, reader.language, reader.on_login_host,
                 {std::to_string(row.status), error.words.title, error.words.text, error.detail, request_id, login});
  } else {
    const bool text = reader.taste == Taste::text;
    const std::string_view type = text ? "text/plain; charset=utf-8"
                                  : reader.taste == Taste::json ? "application/json" : "application/problem+json";
    reply = bare(row.status, type, no_store, plain_policy_, reader.on_login_host);
    reply.body = text ? error_text(error, request_id) : error_json(error, request_id, login);
  }
  reply.add<"Vary">("Accept");
  if (row.retry_after != 0) reply.add<"Retry-After">(std::to_string(row.retry_after));
  reply.add<"X-Postern-Error">(request_id);
  return reply;
}

std::string Pages::login_address() const { return "https://" + settings_.login_host + "/login"; }

Reply Pages::unauthorized(const Audience& reader, std::string_view request_id) const {
  const std::string login = login_address();
  Reply reply = error(401, reader, request_id, {Say::log_in_at, {login}});
  reply.add<"WWW-Authenticate">("Postern login=\"" + login + "\"");
  return reply;
}

Reply Pages::login_form(std::size_t language, const LoginView& view) const {
  const PageSet& words = set(language);
  const std::string destination = return_address(view.host, view.path, settings_.domains);
  const bool known = !destination.empty();
  const std::string_view host = known ? view.host : "", path = known ? view.path : "";
  Say trouble = troubles[static_cast<std::size_t>(view.trouble)];
  if (view.refused_address.empty())
    return html(view.status, Leaf::login, language, true,
                {view.user, view.user.empty() ? "yes" : "", host, path, destination, words.say(trouble)});
  if (trouble == Say::wrong) trouble = Say::wrong_passcode;
  const std::string anew = known ? login_location(settings_.login_host, host, path, no_link)
                                 : login_address() + "?link=" + std::string(no_link);
  return html(view.status, Leaf::link, language, true,
              {view.refused_address, view.link, host, path, destination, words.say(trouble), anew});
}

Reply Pages::portal(std::size_t language, const OwnSessions& own) const {
  const PageSet& words = set(language);
  const SessionInfo& session = own.session;
  const std::vector<Row> lists[] = {rows_of(own)};
  return html(200, Leaf::portal, language, true,
              {session.user.view(), session.sid.view(), show_time({session.login}), show_duration(session.left),
               show_duration(session.idle_left), last_login(words, session.last_login, session.last_source),
               failures_note(words, session.failures), logouts_note(words, session.logouts, session.last_logout),
               more_note(words, own, lists[0].size()), own.total > 1 ? "yes" : ""},
              lists);
}

// "cookies" is not said: it would take the cookies of every host of the domain along, of
// which ours is deleted by name.
Reply Pages::logged_out(std::size_t language) const {
  Reply reply = html(200, Leaf::logged_out, language, true, {});
  reply.add<"Clear-Site-Data">("\"cache\", \"storage\"");
  return reply;
}

Reply Pages::failures(std::size_t language, const LoginResult& login, std::string_view go_on) const {
  const PageSet& words = set(language);
  return html(200, Leaf::failures, language, true,
              {failures_note(words, login.failures), last_login(words, login.last_login, login.last_source), go_on,
               logouts_note(words, login.logouts, login.last_logout)});
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
