// What the gate itself shows to people: login, portal, errors.  Templates come from the
// worker's chroot and are filled in here; every value is HTML-escaped.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/messages.h"
#include "common/result.h"
#include "wfd/page_files.h"
#include "wfd/reply.h"
#include "wfd/template.h"

namespace postern::wfd {

struct PageSettings {
  std::string login_host;
  std::vector<std::string> domains;  // [domain] name
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
  std::string_view link = {};    // handle of a request that was refused for its address
  std::string_view refused_address = {};  // the address of that request
  LoginTrouble trouble = LoginTrouble::none;
};

class Pages {
 public:
  // Reads *.html and static/* of `directory` (borrowed), the worker's /pages.  A missing
  // or overlong file, and a template with an unknown place, is an error: the start stops.
  static Result<Pages> load(int directory, PageSettings settings);

  // A small complete page for a status of ours (an unknown one becomes 500), as HTML, JSON
  // (RFC 9457: title, status, detail, id) or plain text.  `detail` is one more sentence, or
  // empty.  It names nothing outside itself: a host behind the gate has no stylesheet of
  // ours, so its own inline <style> is allowed by its hash.  HSTS is added for the login
  // host only.  X-Postern-Error, which no server can send, has the id: so a program can
  // tell the gate's word from a server's.
  Reply error(unsigned status, Taste taste, bool on_login_host, std::string_view request_id,
              std::string_view detail = {}) const;
  // 401: the same, with where to log in, also in WWW-Authenticate (DESIGN 8).
  Reply unauthorized(Taste taste, bool on_login_host, std::string_view request_id) const;
  Reply login_form(const LoginView& view) const;
  Reply portal(const SessionInfo& session) const;
  Reply logged_out() const;
  // "Was that you?", after a login with failures since the last one; Set-Cookie is the
  // caller's to add.  `go_on` is an address from target.h.
  Reply failures(const LoginResult& login, std::string_view go_on) const;
  Reply session(const SessionInfo& session) const;  // GET /session
  // GET /static/NAME; none if there is no such file.
  std::optional<Reply> static_file(std::string_view name) const;

 private:
  enum class Page : std::uint8_t { error, login, portal, logged_out, failures, last = failures };
  static constexpr std::size_t page_count = static_cast<std::size_t>(Page::last) + 1;

  std::string login_address() const;
  Reply html(unsigned status, Page page, bool on_login_host,
             std::initializer_list<std::string_view> values) const;
  Reply bare(unsigned status, std::string_view type, std::string_view caching, std::string_view policy,
             bool on_login_host) const;

  PageSettings settings_;
  std::array<Template, page_count> templates_;
  std::array<std::string, page_count> policies_;  // Content-Security-Policy of each
  std::string plain_policy_;                      // of what is no HTML
  std::vector<StaticFile> static_files_;
};

}  // namespace postern::wfd
