// Places: what counts as one, and which are remembered.
#include "authd/known_places.h"

#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

Address at(const char* text) { return Address::parse(text).value(); }

}  // namespace

TEST_CASE("a place is an IPv4 address, or the /64 of one of IPv6", "[places]") {
  CHECK(place_of(at("192.0.2.7")) == at("192.0.2.7"));
  CHECK(place_of(at("2001:db8:1:2:3:4:5:6")) == at("2001:db8:1:2::"));
  CHECK(place_of(Address()) == Address());
}

TEST_CASE("a pair of user and place is known, neither alone", "[places]") {
  KnownPlaces places;
  places.add("kate", at("192.0.2.1"));
  places.add("kate", at("192.0.2.1"));
  CHECK(places.size() == 1);
  CHECK(places.contains("kate", at("192.0.2.1")));
  CHECK_FALSE(places.contains("kate", at("192.0.2.2")));
  CHECK_FALSE(places.contains("hugo", at("192.0.2.1")));
}

TEST_CASE("the oldest pair goes when there is no room, and none that is older still comes in",
          "[places]") {
  KnownPlaces places;
  const auto user = [](std::size_t i) { return "user" + std::to_string(i); };
  for (std::size_t i = 0; i < KnownPlaces::most - 1; ++i) places.add(user(i), at("192.0.2.1"));
  places.add_older("older", at("192.0.2.1"));
  CHECK(places.contains("older", at("192.0.2.1")));
  places.add_older("oldest", at("192.0.2.1"));
  CHECK_FALSE(places.contains("oldest", at("192.0.2.1")));
  places.add("new", at("192.0.2.1"));
  CHECK_FALSE(places.contains("older", at("192.0.2.1")));
  CHECK(places.contains(user(0), at("192.0.2.1")));
  places.add("newer", at("192.0.2.1"));
  CHECK_FALSE(places.contains(user(0), at("192.0.2.1")));
  CHECK(places.size() == KnownPlaces::most);
}
