// EVERY message between processes, and EVERY permitted route.  Requests are verbs,
// answers are nouns.  A message lists its fields once (see wire.h).  A kind that is
// not in the route table for (from, to), or that brings another number of
// descriptors than its row says, makes the peer a broken peer.
#pragma once

#include <array>
#include <cstdint>

#include "common/address.h"
#include "common/roles.h"
#include "common/secret.h"
#include "common/ticket.h"
#include "common/wire.h"

namespace postern {

enum class Kind : std::uint8_t {
  none,
  // master and its roles
  hand, start, ready, failed, retire, need_syslog, trace, reload, reloaded, kill_worker,
  // porter, nursery, worker
  spawn, spawn_plain, spawned, gone, kill, enroll, serve, closed, peer,
  // signer
  sign, signature, keep_session, take_session, taken_session,
  // broker
  dial, dialled, dial_refused, learned,
  // sessions
  gate_hello, page, judge, verdict, touch, login, login_result, logout, logged_out, look,
  session_info, ended, ended_seen,
  // vault
  check_passcode, passcode_result,
  // authctl
  admin_ask, admin_row, admin_end,
  last = admin_end
};

using CookieValue = Secret<32>;   // 256 random bits
using UserName = Text<32>;        // [a-z][a-z0-9._-]{0,31}
using Sid = Text<16>;             // the public short name of a session
using HostName = Text<253>;

// ---- master and its roles -------------------------------------------------------

// What a descriptor is that a master hands to a role.
enum class Item : std::uint8_t {
  none, settings, log, log_in, log_page, syslog, listener, gate_listener, admin_listener,
  certificate, key, ca, channel, gate, reports, sealing_key, assertion_key,
  last = assertion_key
};

struct Hand {  // + 1 descriptor
  static constexpr Kind kind = Kind::hand;
  Item item = Item::none;
  Role role = Role::none;    // the peer, when it is a channel
  std::uint32_t index = 0;   // which of several (listeners, certificates)
  Text<255> text;            // its name, for messages to people
  template <class A> void fields(A& a) { a(item); a(role); a(index); a(text); }
};
struct Start {  // everything is handed over: enter the jail and serve
  static constexpr Kind kind = Kind::start;
  std::uint32_t uid = 0, gid = 0;
  std::uint64_t instance = 0;   // grows with every start; never reused in a master's life
  bool verbose = false, trace = false, foreground = false;
  bool log_must_record = true;  // [log] on_failure=deny
  Text<255> jail;               // the directory to be the root
  Secret<32> ticket_key;        // empty for roles that have no business with tickets
  template <class A> void fields(A& a) {
    a(uid); a(gid); a(instance); a(verbose); a(trace); a(foreground); a(log_must_record); a(jail); a(ticket_key);
  }
};
struct Ready {
  static constexpr Kind kind = Kind::ready;
  template <class A> void fields(A&) {}
};
struct Failed {  // the last word of a role that could not start
  static constexpr Kind kind = Kind::failed;
  std::uint8_t code = 0;  // the exit code that follows
  Text<1000> text;
  template <class A> void fields(A& a) { a(code); a(text); }
};
struct Retire {  // finish what you have, take nothing new, then leave
  static constexpr Kind kind = Kind::retire;
  template <class A> void fields(A&) {}
};
struct NeedSyslog {  // logger: the way to /dev/log is broken, open it again
  static constexpr Kind kind = Kind::need_syslog;
  template <class A> void fields(A&) {}
};
struct Trace {
  static constexpr Kind kind = Kind::trace;
  bool on = false;
  template <class A> void fields(A& a) { a(on); }
};
struct Reload {  // + 1 descriptor: the new settings
  static constexpr Kind kind = Kind::reload;
  Text<255> text;
  template <class A> void fields(A& a) { a(text); }
};
struct Reloaded {
  static constexpr Kind kind = Kind::reloaded;
  bool taken = false;
  Text<1000> reason;
  template <class A> void fields(A& a) { a(taken); a(reason); }
};
struct KillWorker {  // sessions, by way of the master, to the porter
  static constexpr Kind kind = Kind::kill_worker;
  std::uint64_t worker = 0;
  template <class A> void fields(A& a) { a(worker); }
};

// ---- porter, nursery, worker ----------------------------------------------------

struct Spawn {  // + 4 descriptors: the worker's ends to porter, signer, broker, sessions
  static constexpr Kind kind = Kind::spawn;
  std::uint64_t worker = 0;
  template <class A> void fields(A& a) { a(worker); }
};
struct SpawnPlain {  // + 1 descriptor: the worker's end to the porter
  static constexpr Kind kind = Kind::spawn_plain;
  std::uint64_t worker = 0;
  template <class A> void fields(A& a) { a(worker); }
};
struct Spawned {
  static constexpr Kind kind = Kind::spawned;
  std::uint64_t worker = 0;
  std::uint32_t pid = 0;
  template <class A> void fields(A& a) { a(worker); a(pid); }
};
struct Gone {
  static constexpr Kind kind = Kind::gone;
  std::uint64_t worker = 0;
  std::uint32_t status = 0;  // as waitpid gave it; 0xffffffff when it could not be forked
  template <class A> void fields(A& a) { a(worker); a(status); }
};
struct Kill {
  static constexpr Kind kind = Kind::kill;
  std::uint64_t worker = 0;
  template <class A> void fields(A& a) { a(worker); }
};
struct Enroll {  // + 1 descriptor: the end of a worker's channel, to signer, broker, sessions
  static constexpr Kind kind = Kind::enroll;
  std::uint64_t worker = 0;
  template <class A> void fields(A& a) { a(worker); }
};
struct Serve {  // + 1 descriptor: the connection
  static constexpr Kind kind = Kind::serve;
  Ticket ticket;
  template <class A> void fields(A& a) { a(ticket); }
};
enum class Cause : std::uint8_t {  // why a connection ended, for the source's account
  none, served, handshake, unparsable, slow, refused, login_failed, crashed, last = crashed
};
struct Closed {
  static constexpr Kind kind = Kind::closed;
  Ticket ticket;
  Cause cause = Cause::none;
  template <class A> void fields(A& a) { a(ticket); a(cause); }
};
struct Peer {  // + 1 descriptor: a new channel to a role that was replaced
  static constexpr Kind kind = Kind::peer;
  Role role = Role::none;
  template <class A> void fields(A& a) { a(role); }
};

// ---- signer ---------------------------------------------------------------------

struct Sign {
  static constexpr Kind kind = Kind::sign;
  std::uint32_t tag = 0;
  Ticket ticket;
  std::uint32_t certificate = 0;
  std::uint16_t scheme = 0;      // TLS SignatureScheme (RFC 8446, 4.2.3)
  Bytes<512> text;               // the whole text to be signed, not its digest
  template <class A> void fields(A& a) { a(tag); a(ticket); a(certificate); a(scheme); a(text); }
};
struct Signature {
  static constexpr Kind kind = Kind::signature;
  std::uint32_t tag = 0;
  Bytes<512> bytes;              // empty: refused
  template <class A> void fields(A& a) { a(tag); a(bytes); }
};
struct KeepSession {
  static constexpr Kind kind = Kind::keep_session;
  Ticket ticket;
  HostName sni;
  Bytes<32> id;
  Secret<1024> state;
  template <class A> void fields(A& a) { a(ticket); a(sni); a(id); a(state); }
};
struct TakeSession {
  static constexpr Kind kind = Kind::take_session;
  std::uint32_t tag = 0;
  Ticket ticket;
  HostName sni;
  Bytes<32> id;
  template <class A> void fields(A& a) { a(tag); a(ticket); a(sni); a(id); }
};
struct TakenSession {
  static constexpr Kind kind = Kind::taken_session;
  std::uint32_t tag = 0;
  Secret<1024> state;            // empty: there is none
  template <class A> void fields(A& a) { a(tag); a(state); }
};

// ---- broker ---------------------------------------------------------------------

enum class DialFault : std::uint8_t {  // why a destination was not dialled; zero is a "no"
  internal, no_session, forbidden, unknown_host, refused, unreachable, timeout, missing_peer,
  busy, last = busy
};
struct Dial {
  static constexpr Kind kind = Kind::dial;
  std::uint32_t tag = 0;
  Ticket ticket;
  CookieValue cookie;
  HostName host;                 // canonical Host of the request
  bool plain = false;            // port 80 now: 443 answered 404
  template <class A> void fields(A& a) { a(tag); a(ticket); a(cookie); a(host); a(plain); }
};
struct Dialled {  // + 1 descriptor: the connected socket
  static constexpr Kind kind = Kind::dialled;
  std::uint32_t tag = 0;
  bool tls = true;
  bool fixed = false;            // a server of [hosts]
  Endpoint reached;
  template <class A> void fields(A& a) { a(tag); a(tls); a(fixed); a(reached); }
};
struct DialRefused {
  static constexpr Kind kind = Kind::dial_refused;
  std::uint32_t tag = 0;
  DialFault fault = DialFault::internal;
  template <class A> void fields(A& a) { a(tag); a(fault); }
};
enum class Port : std::uint8_t { none, https_verified, https, http, last = http };
struct Learned {  // which port of the destination answered the request
  static constexpr Kind kind = Kind::learned;
  Ticket ticket;
  HostName host;
  Port port = Port::none;
  template <class A> void fields(A& a) { a(ticket); a(host); a(port); }
};

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
  template <class A> void fields(A& a) { a(as); a(ticket_key); }
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
  template <class A> void fields(A& a) { a(tag); a(ticket); a(cookie); }
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
  template <class A> void fields(A& a) {
    a(tag); a(standing); a(epoch); a(slot); a(generation); a(touch_after); a(user); a(sid);
  }
};
struct Touch {  // a request was served under this verdict
  static constexpr Kind kind = Kind::touch;
  Ticket ticket;
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  template <class A> void fields(A& a) { a(ticket); a(slot); a(generation); }
};
struct Login {
  static constexpr Kind kind = Kind::login;
  std::uint32_t tag = 0;
  Ticket ticket;
  Text<64> user;                 // as typed; the vault judges it
  Secret<64> pin;
  Secret<16> passcode;
  template <class A> void fields(A& a) { a(tag); a(ticket); a(user); a(pin); a(passcode); }
};
struct LoginResult {
  static constexpr Kind kind = Kind::login_result;
  std::uint32_t tag = 0;
  bool granted = false;
  CookieValue cookie;            // empty unless granted
  UserName user;
  Sid sid;
  std::int64_t last_login = 0;   // seconds since 1970; 0: this is the first
  Address last_source;
  std::uint32_t failures = 0;    // since the last login
  template <class A> void fields(A& a) {
    a(tag); a(granted); a(cookie); a(user); a(sid); a(last_login); a(last_source); a(failures);
  }
};
struct Logout {
  static constexpr Kind kind = Kind::logout;
  std::uint32_t tag = 0;
  Ticket ticket;
  CookieValue cookie;
  template <class A> void fields(A& a) { a(tag); a(ticket); a(cookie); }
};
struct LoggedOut {
  static constexpr Kind kind = Kind::logged_out;
  std::uint32_t tag = 0;
  bool done = false;
  template <class A> void fields(A& a) { a(tag); a(done); }
};
struct Look {  // as Judge, but never touches the idle clock
  static constexpr Kind kind = Kind::look;
  std::uint32_t tag = 0;
  Ticket ticket;
  CookieValue cookie;
  template <class A> void fields(A& a) { a(tag); a(ticket); a(cookie); }
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
  std::uint32_t failures = 0;    // between the two
  template <class A> void fields(A& a) {
    a(tag); a(standing); a(user); a(sid); a(login); a(idle_left); a(left); a(last_login);
    a(last_source); a(failures);
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
  store_error, last = store_error
};
struct CheckPasscode {
  static constexpr Kind kind = Kind::check_passcode;
  std::uint32_t tag = 0;
  Text<64> user;
  Secret<64> pin;
  Secret<16> passcode;
  Address source;
  template <class A> void fields(A& a) { a(tag); a(user); a(pin); a(passcode); a(source); }
};
struct PasscodeResult {
  static constexpr Kind kind = Kind::passcode_result;
  std::uint32_t tag = 0;
  LoginOutcome outcome = LoginOutcome::failed;
  UserName user;
  std::int64_t last_login = 0;
  Address last_source;
  std::uint32_t failures = 0;
  template <class A> void fields(A& a) {
    a(tag); a(outcome); a(user); a(last_login); a(last_source); a(failures);
  }
};

// ---- authctl --------------------------------------------------------------------

enum class AdminVerb : std::uint8_t {
  none, user_add, user_list, user_show, user_disable, user_enable, user_remove, user_set_pin,
  user_resync, user_unlock, session_list, session_kill, session_kill_user, status, last = status
};
struct AdminAsk {
  static constexpr Kind kind = Kind::admin_ask;
  std::uint32_t tag = 0;
  AdminVerb verb = AdminVerb::none;
  UserName user;
  Sid sid;
  bool hotp = false;
  std::uint8_t digits = 6;
  std::uint32_t period = 30;
  Text<8> algorithm;             // SHA1 SHA256 SHA512
  bool proof = false;            // `code1` is to be checked, and spent
  Secret<128> secret;            // Base32; empty: draw one
  Secret<64> pin;
  Secret<16> code1, code2;
  template <class A> void fields(A& a) {
    a(tag); a(verb); a(user); a(sid); a(hotp); a(digits); a(period); a(algorithm); a(proof);
    a(secret); a(pin); a(code1); a(code2);
  }
};
struct AdminRow {
  static constexpr Kind kind = Kind::admin_row;
  std::uint32_t tag = 0;
  Secret<2048> json;             // one object; a new user's secret may be in it
  template <class A> void fields(A& a) { a(tag); a(json); }
};
struct AdminEnd {
  static constexpr Kind kind = Kind::admin_end;
  std::uint32_t tag = 0;
  bool done = false;
  Text<400> reason;
  template <class A> void fields(A& a) { a(tag); a(done); a(reason); }
};

// ---- routes ---------------------------------------------------------------------

struct Route {
  Kind kind;
  Role from, to;
  unsigned descriptors;
};

inline constexpr Role any_role = Role::none;  // as `from` or `to` in a row with the master

inline constexpr Route routes[] = {
    // kind               from            to              descriptors
    {Kind::hand,          Role::master,   any_role,       1},
    {Kind::start,         Role::master,   any_role,       0},
    {Kind::ready,         any_role,       Role::master,   0},
    {Kind::failed,        any_role,       Role::master,   0},
    {Kind::retire,        Role::master,   any_role,       0},
    {Kind::trace,         Role::master,   any_role,       0},
    {Kind::reload,        Role::master,   any_role,       1},
    {Kind::reloaded,      any_role,       Role::master,   0},
    {Kind::need_syslog,   Role::logger,   Role::master,   0},
    {Kind::kill_worker,   Role::sessions, Role::master,   0},
    {Kind::kill_worker,   Role::master,   Role::porter,   0},

    {Kind::spawn,         Role::porter,   Role::nursery,  4},
    {Kind::spawn_plain,   Role::porter,   Role::nursery,  1},
    {Kind::kill,          Role::porter,   Role::nursery,  0},
    {Kind::retire,        Role::porter,   Role::nursery,  0},
    {Kind::spawned,       Role::nursery,  Role::porter,   0},
    {Kind::gone,          Role::nursery,  Role::porter,   0},
    {Kind::enroll,        Role::porter,   Role::signer,   1},
    {Kind::enroll,        Role::porter,   Role::broker,   1},
    {Kind::enroll,        Role::porter,   Role::sessions, 1},
    {Kind::serve,         Role::porter,   Role::worker,   1},
    {Kind::peer,          Role::porter,   Role::worker,   1},
    {Kind::retire,        Role::porter,   Role::worker,   0},
    {Kind::closed,        Role::worker,   Role::porter,   0},

    {Kind::sign,          Role::worker,   Role::signer,   0},
    {Kind::signature,     Role::signer,   Role::worker,   0},
    {Kind::keep_session,  Role::worker,   Role::signer,   0},
    {Kind::take_session,  Role::worker,   Role::signer,   0},
    {Kind::taken_session, Role::signer,   Role::worker,   0},

    {Kind::dial,          Role::worker,   Role::broker,   0},
    {Kind::dialled,       Role::broker,   Role::worker,   1},
    {Kind::dial_refused,  Role::broker,   Role::worker,   0},
    {Kind::learned,       Role::worker,   Role::broker,   0},

    {Kind::gate_hello,    Role::master,   Role::sessions, 0},
    {Kind::page,          Role::sessions, Role::worker,   1},
    {Kind::judge,         Role::worker,   Role::sessions, 0},
    {Kind::judge,         Role::broker,   Role::sessions, 0},
    {Kind::verdict,       Role::sessions, Role::worker,   0},
    {Kind::verdict,       Role::sessions, Role::broker,   0},
    {Kind::touch,         Role::worker,   Role::sessions, 0},
    {Kind::login,         Role::worker,   Role::sessions, 0},
    {Kind::login_result,  Role::sessions, Role::worker,   0},
    {Kind::logout,        Role::worker,   Role::sessions, 0},
    {Kind::logged_out,    Role::sessions, Role::worker,   0},
    {Kind::look,          Role::worker,   Role::sessions, 0},
    {Kind::session_info,  Role::sessions, Role::worker,   0},
    {Kind::ended,         Role::sessions, Role::worker,   0},
    {Kind::ended_seen,    Role::worker,   Role::sessions, 0},

    {Kind::check_passcode, Role::sessions, Role::vault,   0},
    {Kind::passcode_result, Role::vault,  Role::sessions, 0},
    {Kind::admin_ask,     Role::admin,    Role::sessions, 0},
    {Kind::admin_ask,     Role::sessions, Role::vault,    0},
    {Kind::admin_row,     Role::vault,    Role::sessions, 0},
    {Kind::admin_end,     Role::vault,    Role::sessions, 0},
    {Kind::admin_row,     Role::sessions, Role::admin,    0},
    {Kind::admin_end,     Role::sessions, Role::admin,    0},
};

// `row` names this end; any_role stands for the roles that a master starts, and so for
// no peer that is unknown yet, no operator's tool, and no other master.
constexpr bool is_end(Role row, Role role) {
  if (role == Role::none) return false;
  return row == any_role ? role != Role::master && role != Role::admin : row == role;
}
// The route of a kind between two roles; nullptr when there is none.
constexpr const Route* find_route(Kind kind, Role from, Role to) {
  for (const Route& row : routes)
    if (row.kind == kind && is_end(row.from, from) && is_end(row.to, to)) return &row;
  return nullptr;
}
inline constexpr std::size_t max_descriptors = 4;

constexpr bool may_send(Kind kind, Role from, Role to) {
  const Route* route = find_route(kind, from, to);
  return route != nullptr;
}
static_assert(may_send(Kind::dial, Role::worker, Role::broker));
static_assert(!may_send(Kind::sign, Role::broker, Role::signer));
static_assert(!may_send(Kind::check_passcode, Role::worker, Role::vault));
static_assert(!may_send(Kind::hand, Role::worker, Role::porter));

}  // namespace postern
