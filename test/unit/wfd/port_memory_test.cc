// What is remembered of a server's ports, for how long, and what is never forgotten.
#include "wfd/port_memory.h"

#include <string>

#include "unit/workbench.h"

using namespace postern;
using namespace postern::wfd;
using namespace workbench;

namespace {

constexpr Mono start{1'000'000'000};
constexpr Duration minute = seconds(60);
constexpr Duration hour = seconds(3600);

Endpoint server(unsigned n) {
  const std::array<std::uint8_t, 4> bytes = {10, 1, static_cast<std::uint8_t>(n >> 8),
                                             static_cast<std::uint8_t>(n & 255)};
  return {Address::v4(bytes), 443};
}

DialPlan plan_for(const Endpoint& to) {
  DialPlan plan;
  plan.targets = {DialTarget{to, true}, DialTarget{{to.address, 80}, false}};
  plan.count = 2;
  plan.key = to;
  return plan;
}

// "SP": TLS first, then plain.
std::string order(const PortMemory& memory, const DialPlan& plan, Mono now) {
  std::string text;
  for (const DialTarget& target : memory.arrange(plan, now).tries()) text += target.tls ? 'S' : 'P';
  return text;
}

}  // namespace

TEST_CASE("a port that answered is tried first for ten minutes", "[port_memory]") {
  PortMemory memory;
  const DialPlan plan = plan_for(server(1));
  CHECK(order(memory, plan, start) == "SP");
  memory.learn(server(1), Port::http, start);
  CHECK(order(memory, plan, start) == "PS");
  CHECK(order(memory, plan, start + seconds(599)) == "PS");
  CHECK(order(memory, plan, start + seconds(600)) == "SP");
  CHECK(order(memory, plan_for(server(2)), start) == "SP");
  memory.learn(server(1), Port::http, start);
  memory.learn(server(1), Port::https, start);
  CHECK(order(memory, plan, start) == "SP");
}

TEST_CASE("a server that proved itself has no other port for a day", "[port_memory]") {
  PortMemory memory;
  const DialPlan plan = plan_for(server(1));
  memory.learn(server(1), Port::https_verified, start);
  CHECK(order(memory, plan, start) == "S");
  CHECK(order(memory, plan, start + hour + hour) == "S");
  CHECK(order(memory, plan, start + seconds(86399)) == "S");
  CHECK(order(memory, plan, start + seconds(86400)) == "SP");
}

TEST_CASE("nothing that is learned later weakens a proof", "[port_memory]") {
  const Port later = GENERATE(Port::none, Port::https, Port::http);
  PortMemory memory;
  memory.learn(server(1), Port::https_verified, start);
  memory.learn(server(1), later, start + minute);
  CHECK(order(memory, plan_for(server(1)), start + minute) == "S");
  CHECK(order(memory, plan_for(server(1)), start + seconds(86399)) == "S");
}

TEST_CASE("forgetting the port leads back to TLS first", "[port_memory]") {
  PortMemory memory;
  memory.learn(server(1), Port::http, start);
  memory.learn(server(1), Port::none, start);
  CHECK(order(memory, plan_for(server(1)), start) == "SP");
  memory.learn(server(2), Port::none, start);
  CHECK(memory.size() == 1);
}

TEST_CASE("what is known need not be told again for a minute", "[port_memory]") {
  const Port port = GENERATE(Port::http, Port::https, Port::https_verified);
  const bool tls = port != Port::http;
  PortMemory memory;
  CHECK(memory.known(server(1), tls, start) == Port::none);
  memory.learn(server(1), port, start);
  CHECK(memory.known(server(1), tls, start) == port);
  CHECK(memory.known(server(1), !tls, start) == Port::none);  // that one was reached, and may answer, too
  CHECK(memory.known(server(1), tls, start + seconds(59)) == port);
  CHECK(memory.known(server(1), tls, start + minute) == Port::none);
  CHECK(memory.known(server(2), tls, start) == Port::none);
  memory.learn(server(1), port, start + minute);
  CHECK(memory.known(server(1), tls, start + seconds(119)) == port);
  memory.learn(server(1), Port::none, start + minute);
  CHECK(memory.known(server(1), tls, start + minute) == Port::none);
}

TEST_CASE("what need not be told is remembered as if it had been", "[port_memory]") {
  const Port port = GENERATE(Port::http, Port::https_verified);
  const Duration lifetime = port == Port::http ? PortMemory::port_lifetime : PortMemory::proof_lifetime;
  const Mono last = start + seconds(59);
  const std::string then = port == Port::http ? "PS" : "S";
  PortMemory memory;
  memory.learn(server(1), port, start);
  REQUIRE(memory.known(server(1), port != Port::http, last) == port);
  CHECK(memory.known(server(1), port != Port::http, last + seconds(1)) == Port::none);  // that is no news
  CHECK(order(memory, plan_for(server(1)), last + lifetime - Duration{1}) == then);
  CHECK(order(memory, plan_for(server(1)), last + lifetime) == "SP");
}

TEST_CASE("who is reached by the other port is remembered no longer for it", "[port_memory]") {
  const Port port = GENERATE(Port::http, Port::https_verified);
  const Duration lifetime = port == Port::http ? PortMemory::port_lifetime : PortMemory::proof_lifetime;
  PortMemory memory;
  memory.learn(server(1), port, start);
  CHECK(memory.known(server(1), port == Port::http, start + seconds(59)) == Port::none);
  CHECK(order(memory, plan_for(server(1)), start + lifetime) == "SP");
}

TEST_CASE("strangers do not drive out a server that is in use", "[port_memory]") {
  PortMemory memory(4);
  memory.learn(server(1), Port::https_verified, start);
  for (unsigned i = 1; i < 60; ++i) {  // each second somebody dials it, and a stranger answers
    const Mono now = start + seconds(i);
    CHECK(memory.known(server(1), true, now) == Port::https_verified);
    memory.learn(server(100 + i), Port::http, now);
    CHECK(order(memory, plan_for(server(1)), now) == "S");
  }
}

TEST_CASE("a plan with one target stays what it is", "[port_memory]") {
  PortMemory memory;
  DialPlan plain = plan_for(server(1));
  plain.targets[0] = plain.targets[1];
  plain.count = 1;
  memory.learn(server(1), Port::https_verified, start);
  CHECK(order(memory, plain, start) == "P");
  memory.learn(server(1), Port::http, start);
  CHECK(order(memory, plain, start) == "P");
}

TEST_CASE("a port that was silent is known to be so for a minute, or until it is not", "[port_memory]") {
  const bool tls = GENERATE(true, false);
  PortMemory memory;
  memory.learn(server(1), Port::http, start);
  CHECK_FALSE(memory.is_silent(server(1), tls, start));
  memory.note(server(1), tls, false, start);
  CHECK_FALSE(memory.is_silent(server(1), tls, start));
  memory.note(server(1), tls, true, start);
  CHECK(memory.is_silent(server(1), tls, start + seconds(59)));
  CHECK_FALSE(memory.is_silent(server(1), !tls, start));
  CHECK_FALSE(memory.is_silent(server(2), tls, start));
  CHECK_FALSE(memory.is_silent(server(1), tls, start + seconds(60)));
  CHECK(order(memory, plan_for(server(1)), start) == "PS");  // and the order is what it was
  memory.note(server(1), tls, false, start + seconds(1));
  CHECK_FALSE(memory.is_silent(server(1), tls, start + seconds(1)));
}

TEST_CASE("silent strangers take nobody's place", "[port_memory]") {
  PortMemory memory(3);
  for (unsigned n = 1; n <= 3; ++n) memory.learn(server(n), Port::https_verified, start);
  for (unsigned n = 4; n <= 99; ++n) memory.note(server(n), true, true, start);
  CHECK(memory.size() == 3);
  for (unsigned n = 1; n <= 3; ++n) CHECK(order(memory, plan_for(server(n)), start) == "S");
}

TEST_CASE("of too many servers the one learned of longest ago is forgotten", "[port_memory]") {
  PortMemory memory(3);
  for (unsigned n = 1; n <= 3; ++n) memory.learn(server(n), Port::http, start);
  memory.learn(server(1), Port::http, start);  // news of it
  memory.learn(server(4), Port::http, start);
  CHECK(memory.size() == 3);
  CHECK(order(memory, plan_for(server(1)), start) == "PS");
  CHECK(order(memory, plan_for(server(2)), start) == "SP");
  CHECK(order(memory, plan_for(server(3)), start) == "PS");
  CHECK(order(memory, plan_for(server(4)), start) == "PS");
}
