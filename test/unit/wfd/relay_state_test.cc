#include "wfd/relay_state.h"

#include <set>
#include <utility>

#include "unit/catch.h"

using namespace postern::wfd;

namespace {

constexpr int states = static_cast<int>(State::last) + 1;
constexpr int events = static_cast<int>(Event::last) + 1;

// Written down a second time, by hand, from DESIGN 3: what the table may contain at most.
const std::set<std::pair<State, Event>> intended = {
    {State::handshake, Event::secured},
    {State::read_head, Event::refused},     {State::read_head, Event::page_wanted},
    {State::read_head, Event::form_wanted}, {State::read_head, Event::asked},
    {State::read_head, Event::verdict_stands}, {State::read_head, Event::public_request},
    {State::read_form, Event::refused},     {State::read_form, Event::asked},
    {State::ask, Event::refused},           {State::ask, Event::answered},
    {State::ask, Event::verdict_good},      {State::ask, Event::public_request},
    {State::dial, Event::refused},          {State::dial, Event::dialled},
    {State::dial, Event::still_connected},  {State::dial, Event::kept_answer},
    {State::reach, Event::refused},         {State::reach, Event::reached},
    {State::reach, Event::kept_answer},     {State::reach, Event::vouch_wanted},
    {State::dial, Event::vouch_wanted},     {State::vouch, Event::refused},
    {State::vouch, Event::vouched},
    {State::exchange, Event::refused},      {State::exchange, Event::other_port},
    {State::exchange, Event::kept_answer},  {State::exchange, Event::relayed},
    {State::exchange, Event::upgraded},
    {State::answer, Event::finished},       {State::answer, Event::finished_last},
};

}  // namespace

TEST_CASE("every state and event that is not listed closes", "[relay_state]") {
  int open = 0;
  for (int s = 0; s < states; ++s)
    for (int e = 0; e < events; ++e) {
      const auto state = static_cast<State>(s);
      const auto event = static_cast<Event>(e);
      INFO(name_of(state) << " on event " << e);
      const bool listed = intended.contains({state, event});
      CHECK((next_state(state, event) != State::closed) == listed);
      open += listed;
    }
  CHECK(open == static_cast<int>(std::size(transitions)));
}

TEST_CASE("nothing leads out of the closed state, and `none` leads nowhere", "[relay_state]") {
  for (int e = 0; e < events; ++e) CHECK(next_state(State::closed, static_cast<Event>(e)) == State::closed);
  for (int s = 0; s < states; ++s) CHECK(next_state(static_cast<State>(s), Event::none) == State::closed);
}

TEST_CASE("a server is reached through a verdict or the one exception, by every way there is", "[relay_state]") {
  // All pairs (state, was there a verdict since the last head?) that any row of events can lead to.
  std::set<std::pair<State, bool>> seen = {{State::handshake, false}};
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& [state, judged] : std::set(seen))
      for (const Transition& t : transitions) {
        if (t.from != state) continue;
        const bool verdict = t.on == Event::verdict_good || t.on == Event::verdict_stands || t.on == Event::public_request;
        grown |= seen.insert({t.to, t.to != State::read_head && (judged || verdict)}).second;
      }
  }
  for (const State inside : {State::dial, State::reach, State::vouch, State::exchange, State::tunnel}) {
    CHECK(seen.contains({inside, true}));
    CHECK_FALSE(seen.contains({inside, false}));
  }
}

TEST_CASE("each state has a name of its own", "[relay_state]") {
  std::set<std::string_view> names;
  for (int s = 0; s < states; ++s) names.insert(name_of(static_cast<State>(s)));
  CHECK(names.size() == states);
}
