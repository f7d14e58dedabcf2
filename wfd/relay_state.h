// The life of a client's connection: states, events, and what follows from what.  An
// event that is not in the table closes the connection.  The compiler proves that no
// intranet server is dialled but after a verdict for the request at hand (R2), or because
// the operator wants this very request to go on without one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::wfd {

enum class State : std::uint8_t {
  closed,      // the zero: nothing goes on
  handshake,   // TLS with the client
  read_head,   // waiting for a request, or in the middle of its head
  read_form,   // the body of a login
  ask,         // sessions was asked
  dial,        // the broker was asked
  reach,       // TLS with the intranet server
  vouch,       // sessions was asked for an assertion, for a server that is proved
  exchange,    // request up, answer down
  tunnel,      // a WebSocket: bytes both ways, until somebody ends it
  answer,      // an answer, ours or a server's, is whole, and its rest goes down
  linger,      // everything said; the client may still be sending
  last = linger
};

enum class Event : std::uint8_t {
  none,
  secured,          // the handshake is done
  refused,          // an answer of ours says no
  page_wanted,      // an answer of ours that needs nobody else
  form_wanted,      // a login form comes in the body
  asked,            // a question went to sessions
  answered,         // sessions answered; our page says what
  verdict_good,     // sessions said yes to this request
  verdict_stands,   // the generation page says that its last yes still holds
  public_request,   // no session, and the settings ask for none (open_ground.h)
  dialled,          // a connection to the server is here
  still_connected,  // the server of the request before is still connected
  kept_answer,      // the first 404 is the answer after all
  reached,          // the server is who it should be
  vouch_wanted,     // it may know for certain who asks, and must, before the request
  vouched,          // the assertion is here
  other_port,       // try the server's other port
  relayed,          // the server's answer is here to its last byte
  upgraded,         // the server agreed to the WebSocket that was asked for
  finished,         // the answer went out whole, and the connection goes on
  finished_last,    // the answer went out whole, and it was the last
  last = finished_last
};

struct Transition {
  State from;
  Event on;
  State to;
};

inline constexpr Transition transitions[] = {
    {State::handshake, Event::secured,         State::read_head},
    {State::read_head, Event::refused,         State::answer},
    {State::read_head, Event::page_wanted,     State::answer},
    {State::read_head, Event::form_wanted,     State::read_form},
    {State::read_head, Event::asked,           State::ask},
    {State::read_head, Event::verdict_stands,  State::dial},
    {State::read_head, Event::public_request,  State::dial},
    {State::read_form, Event::refused,         State::answer},
    {State::read_form, Event::asked,           State::ask},
    {State::ask,       Event::refused,         State::answer},
    {State::ask,       Event::answered,        State::answer},
    {State::ask,       Event::verdict_good,    State::dial},
    {State::ask,       Event::public_request,  State::dial},
    {State::dial,      Event::refused,         State::answer},
    {State::dial,      Event::dialled,         State::reach},
    {State::dial,      Event::still_connected, State::exchange},
    {State::dial,      Event::vouch_wanted,    State::vouch},
    {State::dial,      Event::kept_answer,     State::exchange},
    {State::reach,     Event::refused,         State::answer},
    {State::reach,     Event::reached,         State::exchange},
    {State::reach,     Event::vouch_wanted,    State::vouch},
    {State::reach,     Event::kept_answer,     State::exchange},
    {State::vouch,     Event::refused,         State::answer},
    {State::vouch,     Event::vouched,         State::exchange},
    {State::exchange,  Event::refused,         State::answer},
    {State::exchange,  Event::other_port,      State::dial},
    {State::exchange,  Event::kept_answer,     State::exchange},
    {State::exchange,  Event::relayed,         State::answer},
    {State::exchange,  Event::upgraded,        State::tunnel},
    {State::answer,    Event::finished,        State::read_head},
    {State::answer,    Event::finished_last,   State::linger},
};

// What follows; `closed` for anything that is not in the table.
constexpr State next_state(State from, Event on) {
  for (const Transition& t : transitions)
    if (t.from == from && t.on == on) return t.to;
  return State::closed;
}

constexpr std::string_view name_of(State s) {
  constexpr std::array<std::string_view, 12> names = {"closed", "handshake", "read_head", "read_form", "ask", "dial",
                                                      "reach",  "vouch",     "exchange",  "tunnel",    "answer", "linger"};
  return names[static_cast<std::size_t>(s)];
}

// The states that deal with a server: what goes on in them goes on under a verdict, or
// on open ground.
constexpr bool is_inside(State s) {
  return s == State::dial || s == State::reach || s == State::vouch || s == State::exchange || s == State::tunnel;
}

namespace proof {

constexpr bool is_verdict(Event e) { return e == Event::verdict_good || e == Event::verdict_stands; }

// Into the states that deal with a server there is no way from outside but a verdict, and
// the one exception.
constexpr bool one_door_to_the_inside() {
  for (const Transition& t : transitions)
    if (is_inside(t.to) && !is_inside(t.from) && !is_verdict(t.on) && t.on != Event::public_request) return false;
  return true;
}
// The exception is made where a request was judged just now, and leads to where the broker
// judges it again; nothing inside becomes public afterwards.
constexpr bool exceptions_are_judged() {
  for (const Transition& t : transitions)
    if (t.on == Event::public_request && (t.to != State::dial || (t.from != State::read_head && t.from != State::ask)))
      return false;
  return true;
}
// A new request always comes in by read_head, which is outside, and to there leads only
// an answer that is out to its last byte.
constexpr bool every_request_is_judged() {
  for (const Transition& t : transitions)
    if (t.to == State::read_head && t.from != State::handshake && t.from != State::answer) return false;
  return !is_inside(State::read_head);
}
// Where bytes are no longer parsed one gets only by an answer to a request that was, and
// there is no way back to a request.
constexpr bool a_tunnel_only_ends() {
  for (const Transition& t : transitions)
    if (t.from == State::tunnel || (t.to == State::tunnel && t.from != State::exchange)) return false;
  return true;
}
constexpr bool no_duplicate_rows() {
  for (const Transition& a : transitions)
    for (const Transition& b : transitions)
      if (&a != &b && a.from == b.from && a.on == b.on) return false;
  return true;
}
constexpr bool every_state_reachable() {
  std::array<bool, static_cast<std::size_t>(State::last) + 1> seen{};
  seen[static_cast<std::size_t>(State::closed)] = seen[static_cast<std::size_t>(State::handshake)] = true;
  for (std::size_t round = 0; round < seen.size(); ++round)
    for (const Transition& t : transitions)
      if (seen[static_cast<std::size_t>(t.from)]) seen[static_cast<std::size_t>(t.to)] = true;
  for (const bool s : seen)
    if (!s) return false;
  return true;
}
static_assert(one_door_to_the_inside());
static_assert(exceptions_are_judged());
static_assert(every_request_is_judged());
static_assert(a_tunnel_only_ends());
static_assert(no_duplicate_rows());
static_assert(every_state_reachable());

}  // namespace proof

}  // namespace postern::wfd
