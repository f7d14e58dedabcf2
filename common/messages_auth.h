// What is asked of sessions, of the vault, and by authctl, and what they answer.
#pragma once

#include <array>
#include <cstdint>

#include "common/address.h"
#include "common/message_kind.h"
#include "common/roles.h"
#include "common/ticket.h"

namespace postern {

// ---- sessions -------------------------------------------------------------------

enum class Standing : std::uint8_t {  // zero is a "no"
  unknown,        // no such session
  expired, wrong_address, not_ready,
  good,
  last = good
};
struct GateHello {  // the first message on a gate connection
  static constexpr Kind kind = Kind::gate_hello;
  Role as = Role::none;          // master, porter or broker of wfd
  Secret<32> ticket_key;
  HostName login_host;           // [login] host of wfd
  Text<255> verify_networks;     // [verify] networks, separated by commas
  template <class A> void fields(A& a) { a(as); a(ticket_key); a(login_host); a(verify_networks); }
};
struct Page {  // + 1 descriptor: the generation page, read-only
  static constexpr Kind kind = Kind::page;
  HostName domain;               // [session] domain: that of our cookie
  template <class A> void fields(A& a) { a(domain); }
};
struct Judge {
  static constexpr Kind kind = Kind::judge;
  std::uint32_t tag = 0;
  Ticket ticket;
  CookieValue cookie;
  Doing doing = Doing::background;
  template <class A> void fields(A& a) { a(tag); a(ticket); a(cookie); a(doing); }
};
struct Verdict {
  static constexpr Kind kind = Kind::verdict;
  std::uint32_t tag = 0;
  Standing standing = Standing::unknown;
  std::uint64_t epoch = 0;
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  std::uint32_t touch_after = 0; // milliseconds between two Touch messages: min(60 s, idle/20)
  UserName user;
  Sid sid;
  LinkHandle link;               // for a person at a wrong address: it can be added
  template <class A> void fields(A& a) {
    a(tag); a(standing); a(epoch); a(slot); a(generation); a(touch_after); a(user); a(sid);
    a(link);
  }
};
struct Touch {  // a request was served under this verdict
  static constexpr Kind kind = Kind::touch;
  Ticket ticket;
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  Doing doing = Doing::background;
  template <class A> void fields(A& a) { a(ticket); a(slot); a(generation); a(doing); }
};
struct Login {
  static constexpr Kind kind = Kind::login;
  std::uint32_t tag = 0;
  Ticket ticket;
  Text<64> user;                 // as typed; the vault judges it
  Secret<64> pin;
  Secret<16> passcode;
  CookieValue cookie;            // that the browser has from before, if any
  LinkHandle link;               // not empty: of the session of that cookie; no user, no PIN
  template <class A> void fields(A& a) {
    a(tag); a(ticket); a(user); a(pin); a(passcode); a(cookie); a(link);
  }
};
struct LoginResult {
  static constexpr Kind kind = Kind::login_result;
  std::uint32_t tag = 0;
  bool granted = false;
  bool unheard = false;          // nobody has looked at it: it may come again later
  CookieValue cookie;            // empty unless granted
  UserName user;
  Sid sid;
  std::int64_t last_login = 0;   // seconds since 1970; 0: this is the first
  Address last_source;
  std::uint32_t failures = 0, logouts = 0;  // since the last login
  std::int64_t last_logout = 0;  // 0: none since
  Address refused;               // of a link that may be tried again
  template <class A> void fields(A& a) {
    a(tag); a(granted); a(unheard); a(cookie); a(user); a(sid); a(last_login); a(last_source);
    a(failures); a(logouts); a(last_logout); a(refused);
  }
};
struct Logout {
  static constexpr Kind kind = Kind::logout;
  std::uint32_t tag = 0;
  Ticket ticket;
  CookieValue cookie;
  Sid sid;                       // not empty: end this session of the same user instead
  bool others = false;           // or all of his but the cookie's
  template <class A> void fields(A& a) { a(tag); a(ticket); a(cookie); a(sid); a(others); }
};
struct LoggedOut {
  static constexpr Kind kind = Kind::logged_out;
  std::uint32_t tag = 0;
  bool done = false;             // there was a session, and it is over
  bool here = false;             // it was the cookie's
  bool for_good = false;         // no new start of authd can bring one back
  Standing standing = Standing::unknown;  // of the cookie's, when it was asked
  template <class A> void fields(A& a) { a(tag); a(done); a(here); a(for_good); a(standing); }
};
struct Look {  // as Judge, but never touches the idle clock
  static constexpr Kind kind = Kind::look;
  std::uint32_t tag = 0;
  Ticket ticket;
  CookieValue cookie;
  bool link_wanted = false;      // if only the address is wrong
  LinkHandle link;               // tell of this one
  template <class A> void fields(A& a) { a(tag); a(ticket); a(cookie); a(link_wanted); a(link); }
};
struct SessionInfo {
  static constexpr Kind kind = Kind::session_info;
  std::uint32_t tag = 0;
  Standing standing = Standing::unknown;
  UserName user;
  Sid sid;
  std::int64_t login = 0;        // seconds since 1970
  std::uint32_t idle_left = 0, left = 0;  // seconds
  std::int64_t last_login = 0;   // the login before this one
  Address last_source;
  std::uint32_t failures = 0, logouts = 0;  // between the two
  std::int64_t last_logout = 0;  // 0: none
  LinkHandle link;               // asked for, or as asked
  Address refused;               // what it would add; none: there is no such link
  template <class A> void fields(A& a) {
    a(tag); a(standing); a(user); a(sid); a(login); a(idle_left); a(left); a(last_login);
    a(last_source); a(failures); a(logouts); a(last_logout); a(link); a(refused);
  }
};
struct ListOwn {  // as Look, and for all sessions of the same user
  static constexpr Kind kind = Kind::list_own;
  std::uint32_t tag = 0;
  Ticket ticket;
  CookieValue cookie;
  bool link_wanted = false;
  template <class A> void fields(A& a) { a(tag); a(ticket); a(cookie); a(link_wanted); }
};
struct OwnRow {
  Sid sid;
  bool here = false;             // the cookie's
  std::int64_t login = 0, used = 0;  // seconds since 1970
  Address client_v4, client_v6;  // from where it may be used; none: not from there
  template <class A> void fields(A& a) {
    a(sid); a(here); a(login); a(used); a(client_v4); a(client_v6);
  }
};
inline constexpr std::size_t own_rows = 32;
struct OwnSessions {  // those used last, the latest first
  static constexpr Kind kind = Kind::own_sessions;
  std::uint32_t tag = 0;
  SessionInfo session;           // the cookie's
  std::uint32_t total = 0;       // how many he has
  std::uint32_t count = 0;       // how many are told here
  std::array<OwnRow, own_rows> rows{};
  template <class A> void fields(A& a) {
    a(tag); a(session); a(total); a(count);
    for (OwnRow& row : rows) a(row);
  }
};
struct Ended {  // the session behind a verdict is over: close all that stands on it
  static constexpr Kind kind = Kind::ended;
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  template <class A> void fields(A& a) { a(slot); a(generation); }
};
struct EndedSeen {
  static constexpr Kind kind = Kind::ended_seen;
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  template <class A> void fields(A& a) { a(slot); a(generation); }
};

// ---- vault ----------------------------------------------------------------------

// What became of a login; the word goes to the log only, a person hears yes or no.
enum class LoginOutcome : std::uint8_t {
  failed, granted, unknown_user, wrong_pin, wrong_passcode, spent_passcode, throttled, disabled,
  store_error, ceiling, last = ceiling
};
struct CheckPasscode {
  static constexpr Kind kind = Kind::check_passcode;
  std::uint32_t tag = 0;
  Text<64> user;
  Secret<64> pin;
  Secret<16> passcode;
  Address source;
  bool without_pin = false;      // who asks has a session of the user's
  template <class A> void fields(A& a) {
    a(tag); a(user); a(pin); a(passcode); a(source); a(without_pin);
  }
};
struct PasscodeResult {
  static constexpr Kind kind = Kind::passcode_result;
  std::uint32_t tag = 0;
  LoginOutcome outcome = LoginOutcome::failed;
  UserName user;
  std::int64_t last_login = 0;
  Address last_source;
  std::uint32_t failures = 0, logouts = 0;  // since the last login
  std::int64_t last_logout = 0;             // 0: none since
  template <class A> void fields(A& a) {
    a(tag); a(outcome); a(user); a(last_login); a(last_source); a(failures); a(logouts);
    a(last_logout);
  }
};

struct AskPlaces {  // where users logged in from of late
  static constexpr Kind kind = Kind::ask_places;
  std::uint32_t from = 0;        // so many were told already
  template <class A> void fields(A& a) { a(from); }
};
struct PlaceRow {
  UserName user;
  Address place;                 // an IPv4 address, or a /64
  template <class A> void fields(A& a) { a(user); a(place); }
};
inline constexpr std::size_t place_rows = 64;
struct Places {  // the newest first; none: these were all
  static constexpr Kind kind = Kind::places;
  std::uint32_t from = 0;        // as asked
  std::uint32_t count = 0;
  std::array<PlaceRow, place_rows> rows{};
  template <class A> void fields(A& a) {
    a(from); a(count);
    for (PlaceRow& row : rows) a(row);
  }
};

// ---- authctl --------------------------------------------------------------------

enum class AdminVerb : std::uint8_t {
  none, user_add, user_list, user_show, user_disable, user_enable, user_remove, user_set_pin,
  user_resync, user_unlock, user_export, backup, restore_chunk, restore, restore_report,
  session_list, session_kill, session_kill_user, status, last = status
};
struct AdminAsk {
  static constexpr Kind kind = Kind::admin_ask;
  std::uint32_t tag = 0;
  AdminVerb verb = AdminVerb::none;
  UserName user;
  Sid sid;
  bool hotp = false;
  std::uint64_t counter = 0;     // of a new HOTP token: the one that comes next
  std::uint8_t digits = 6;
  std::uint32_t period = 30;
  Text<8> algorithm;             // SHA1 SHA256 SHA512
  bool proof = false;            // `code1` is to be checked, and spent
  bool disabled = false;         // the new user cannot log in yet
  bool without_pin = false;      // nor before he has a PIN
  Secret<128> secret;            // Base32; empty: draw one
  Secret<64> pin;
  Secret<16> code1, code2;
  std::uint64_t transfer = 0;    // which backup or restore it is about
  std::uint32_t place = 0;       // where in it to go on
  bool dry_run = false;
  template <class A> void fields(A& a) {
    a(tag); a(verb); a(user); a(sid); a(hotp); a(counter); a(digits); a(period); a(algorithm);
    a(proof); a(disabled); a(without_pin); a(secret); a(pin); a(code1); a(code2);
    a(transfer); a(place); a(dry_run);
  }
};
struct AdminRow {
  static constexpr Kind kind = Kind::admin_row;
  std::uint32_t tag = 0;
  Secret<2048> json;             // one object; a new user's secret may be in it
  template <class A> void fields(A& a) { a(tag); a(json); }
};
struct AdminChunk {  // of a backup, sealed; both ways
  static constexpr Kind kind = Kind::admin_chunk;
  std::uint32_t tag = 0;
  std::uint64_t transfer = 0;
  std::uint32_t place = 0;
  bool last = false;
  Bytes<3088> bytes;
  template <class A> void fields(A& a) { a(tag); a(transfer); a(place); a(last); a(bytes); }
};
struct AdminEnd {
  static constexpr Kind kind = Kind::admin_end;
  std::uint32_t tag = 0;
  bool done = false;
  Text<400> reason;
  template <class A> void fields(A& a) { a(tag); a(done); a(reason); }
};

}  // namespace postern
