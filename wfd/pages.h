// What the gate itself shows to people: login, portal, errors, each in the reader's
// language.  Templates and texts come from the worker's chroot (page_set.h) and are filled
// in here; every value is HTML-escaped.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/messages.h"
#include "common/result.h"
#include "wfd/page_files.h"
#include "wfd/page_set.h"
#include "wfd/reply.h"

namespace postern::wfd {

// Who reads an answer of ours.
struct Audience {
  Taste taste = Taste::text;
  std::size_t language = 0;    // number of one of our languages; 0 is the default
  bool on_login_host = false;  // he is there, and gets its HSTS
};

// One more sentence on an error page, and what it tells of.
struct Detail {
  Say say = Say::nothing;
  std::array<std::string_view, 2> values = {};
};

// What the login form has to say about the try before it.
enum class LoginTrouble : std::uint8_t {
  none,
  wrong,          // user, PIN or passcode were not right
  no_cookies,     // the browser brought back no cookie at all
  cookie_lost,    // it logged in, and keeps our cookies, but not the session's
  last = cookie_lost
};

struct LoginView {
  unsigned status = 200;         // 403 after a failed login
  std::string_view user = {};    // as typed before, shown again
  std::string_view host = {};    // where to afterwards: shown and kept only if
  std::string_view path = {};    // the two make an address of ours
  std::string_view refused_address = {};  // where the session is to be used, too; empty: log in
  std::string_view link = {};    // the handle for that
  LoginTrouble trouble = LoginTrouble::none;
};

class Pages {
 public:
  // Reads all files of `directory` (borrowed), the worker's /pages.  One that is missing,
  // too long or malformed is an error (page_set.h says more): the start stops.
  static Result<Pages> load(int directory, PageSettings settings);

  // The language that Accept-Language asks for, as far as we have it.
  std::size_t language_of(std::string_view accept_language) const;

  // A small complete page for a status of ours (an unknown one becomes 500), as HTML in the
  // reader's language, or in English as JSON (RFC 9457: title, status, detail, id) or plain
  // text.  It names nothing that would be fetched: a host behind the gate has no stylesheet
  // of ours, so its own inline <style> is allowed by its hash.  HSTS is added for the login
  // host only.  X-Postern-Error, which no server can send, has the id: so a program can
  // tell the gate's word from a server's.
  Reply error(unsigned status, const Audience& reader, std::string_view request_id, const Detail& detail = {}) const;
  // 401: the same, with where to log in, also in WWW-Authenticate (DESIGN 8).
  Reply unauthorized(const Audience& reader, std::string_view request_id) const;
  // The form of a login; or, with an address that was refused, of one passcode for it.
  Reply login_form(std::size_t language, const LoginView& view) const;
  // `own.session` is a good one; at most own_rows rows are shown.
  Reply portal(std::size_t language, const OwnSessions& own) const;
  Reply logged_out(std::size_t language) const;
  // "Was that you?", after a login with failures since the last one; Set-Cookie is the
  // caller's to add.  `go_on` is an address from target.h.
  Reply failures(std::size_t language, const LoginResult& login, std::string_view go_on) const;
  Reply session(const SessionInfo& session) const;  // GET /session
  // GET /static/NAME; none if there is no such file.
  std::optional<Reply> static_file(std::string_view name) const;

 private:
  std::string login_address() const;
  const PageSet& set(std::size_t language) const;
  Reply html(unsigned status, Leaf page, std::size_t language, bool on_login_host,
             std::initializer_list<std::string_view> values, std::span<const std::vector<Row>> lists = {}) const;
  Reply bare(unsigned status, std::string_view type, std::string_view caching, std::string_view policy,
             bool on_login_host) const;

  PageSettings settings_;
  std::vector<PageSet> sets_;       // one for each language, the default first
  std::vector<std::string> tags_;   // of the same
  std::size_t english_ = 0;
  std::string plain_policy_;        // of what is no HTML
  std::vector<StaticFile> static_files_;
};

}  // namespace postern::wfd
