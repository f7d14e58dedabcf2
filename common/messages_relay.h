// What workers ask the signer and the broker, and what these answer.
#pragma once

#include <cstdint>

#include "common/address.h"
#include "common/message_kind.h"
#include "common/ticket.h"

namespace postern {

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
  busy, misdirected, last = misdirected
};
// Why a server may be dialled.  A session is asked about with sessions; the others the
// broker finds in its settings, or refuses.
enum class Ground : std::uint8_t { session, public_path, preflight, last = preflight };
// Which of a server's two ports will do: any, in the order that the broker knows to be
// best, or only the one that has not answered 404 yet.
enum class Ports : std::uint8_t { both, https, http, last = http };
struct Dial {
  static constexpr Kind kind = Kind::dial;
  std::uint32_t tag = 0;
  Ticket ticket;
  CookieValue cookie;
  HostName host;                 // canonical Host of the request
  Ports ports = Ports::both;
  Ground ground = Ground::session;
  Text<512> subject;             // public_path: the path; preflight: the origin's host
  template <class A> void fields(A& a) {
    a(tag); a(ticket); a(cookie); a(host); a(ports); a(ground); a(subject);
  }
};
enum class Port : std::uint8_t { none, https_verified, https, http, last = http };
struct Dialled {  // + 1 descriptor: the connected socket
  static constexpr Kind kind = Kind::dialled;
  std::uint32_t tag = 0;
  bool tls = true;
  bool fixed = false;            // a server of [hosts]
  bool other_away = false;       // its other port was tried before, in vain
  Port known = Port::none;       // that is known to answer: there is no need to say so again
  Endpoint reached;
  template <class A> void fields(A& a) { a(tag); a(tls); a(fixed); a(other_away); a(known); a(reached); }
};
struct DialRefused {
  static constexpr Kind kind = Kind::dial_refused;
  std::uint32_t tag = 0;
  DialFault fault = DialFault::internal;
  template <class A> void fields(A& a) { a(tag); a(fault); }
};
struct Learned {  // which port of the destination answered the request
  static constexpr Kind kind = Kind::learned;
  Ticket ticket;
  HostName host;
  Port port = Port::none;
  template <class A> void fields(A& a) { a(ticket); a(host); a(port); }
};

}  // namespace postern
