// What masters say to their roles, and porters, nurseries and workers to each other.
#pragma once

#include <cstdint>

#include "common/message_kind.h"
#include "common/roles.h"
#include "common/ticket.h"

namespace postern {

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
inline constexpr std::size_t kills_in_one = 32;
struct KillWorkers {  // sessions, by way of the master, to the porter
  static constexpr Kind kind = Kind::kill_workers;
  std::array<std::uint64_t, kills_in_one> workers{};  // by number, which is never 0
  template <class A> void fields(A& a) {
    for (std::uint64_t& number : workers) a(number);
  }
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
inline constexpr std::size_t serves_in_one = 4;
struct Serve : Several<Ticket, serves_in_one> {  // + as many descriptors, in the same order: the connections
  static constexpr Kind kind = Kind::serve;
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
inline constexpr std::size_t closings_in_one = 32;
struct ClosedMany : Several<Closed, closings_in_one> {  // those of some moments, by a worker of many connections
  static constexpr Kind kind = Kind::closed_many;
};
struct Peer {  // + 1 descriptor: a new channel to a role that was replaced
  static constexpr Kind kind = Kind::peer;
  Role role = Role::none;
  template <class A> void fields(A& a) { a(role); }
};

}  // namespace postern
