// The order before the vault: who goes first, who must go, and what the clock shows.
#include "authd/login_queue.h"

#include <set>
#include <vector>

#include "authd/known_places.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

Address place(unsigned number) {
  const std::array<std::uint8_t, 4> bytes = {198, 51, static_cast<std::uint8_t>(number >> 8),
                                             static_cast<std::uint8_t>(number)};
  return Address::v4(bytes);
}
WaitingLogin login(std::uint32_t tag, unsigned number, const std::string& user = "kate") {
  return {tag, user, place(number)};
}
std::vector<std::uint32_t> all(LoginQueue& queue) {
  std::vector<std::uint32_t> tags;
  while (const auto tag = queue.next()) tags.push_back(*tag);
  return tags;
}
// Strangers, one from each of so many places, with tags from 1000 on.
void fill(LoginQueue& queue, std::size_t count, unsigned first_place = 0) {
  for (unsigned i = 0; i < count; ++i)
    REQUIRE(queue.admit(login(1000 + first_place + i, first_place + i), false).admitted);
}

using Tags = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("those at places of their own go first, each line in its order", "[queue]") {
  LoginQueue queue;
  for (std::uint32_t tag = 1; tag <= 6; ++tag)
    REQUIRE(queue.admit(login(tag, tag), tag % 2 == 0).admitted);
  CHECK(queue.size() == 6);
  CHECK(all(queue) == Tags{2, 4, 6, 1, 3, 5});
  CHECK_FALSE(queue.next());
}

TEST_CASE("strangers cannot fill the line of those who are known", "[queue]") {
  LoginQueue queue;
  fill(queue, LoginQueue::most);
  CHECK_FALSE(queue.admit(login(1, 500), false).admitted);
  REQUIRE(queue.admit(login(2, 501), true).admitted);
  CHECK(queue.next() == 2);
}

TEST_CASE("a place with more than its share makes room for another one", "[queue]") {
  LoginQueue queue;
  for (std::uint32_t tag = 1; tag <= LoginQueue::most; ++tag)
    REQUIRE(queue.admit(login(tag, tag % 3), false).admitted);  // eight from each of three
  std::set<std::uint32_t> displaced;
  for (std::uint32_t tag = 100; tag < 106; ++tag) {
    const auto admission = queue.admit(login(tag, tag), false);
    REQUIRE(admission.admitted);
    REQUIRE(admission.displaced);
    CHECK(*admission.displaced > 15);  // the latest of theirs, not those who waited long
    displaced.insert(*admission.displaced);
  }
  CHECK(displaced.size() == 6);
  CHECK(queue.size() == LoginQueue::most);
  for (const std::uint32_t tag : all(queue)) CHECK_FALSE(displaced.contains(tag));
}

TEST_CASE("nobody is displaced by a place that has as much already", "[queue]") {
  LoginQueue queue;
  for (std::uint32_t tag = 0; tag < LoginQueue::most; ++tag)
    REQUIRE(queue.admit(login(tag + 1, tag / 2), false).admitted);  // two from each of twelve
  CHECK_FALSE(queue.admit(login(100, 3), false).admitted);
  CHECK(queue.admit(login(101, 700), false).displaced);
  CHECK_FALSE(queue.admit(login(102, 700), false).admitted);
}

// A /48 of IPv6 has 65,536 places.
TEST_CASE("one site of IPv6 cannot fill the strangers' line from many places", "[queue]") {
  const auto at = [](std::uint32_t tag, const std::string& text) {
    return WaitingLogin{tag, "kate", place_of(Address::parse(text).value())};
  };
  LoginQueue queue;
  for (std::uint32_t tag = 1; tag <= LoginQueue::most; ++tag)
    REQUIRE(queue.admit(at(tag, "2001:db8:1:" + std::to_string(tag) + "::1"), false).admitted);
  CHECK_FALSE(queue.admit(at(90, "2001:db8:1:ff::1"), false).admitted);
  Tags displaced;
  for (std::uint32_t tag = 100; tag < 112; ++tag) {
    const bool v4 = tag % 2 == 0;
    const auto admission = queue.admit(
        v4 ? login(tag, tag) : at(tag, "2001:db8:" + std::to_string(tag) + ":1::1"), false);
    REQUIRE(admission.admitted);
    REQUIRE(admission.displaced);
    displaced.push_back(*admission.displaced);
  }
  CHECK(displaced == Tags{24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13});
}

TEST_CASE("within a site a place with more than its share makes room", "[queue]") {
  const auto at = [](std::uint32_t tag, const std::string& text) {
    return WaitingLogin{tag, "kate", place_of(Address::parse(text).value())};
  };
  LoginQueue queue;
  for (std::uint32_t tag = 1; tag <= LoginQueue::most; ++tag)
    REQUIRE(queue.admit(at(tag, "2001:db8:1:1::" + std::to_string(tag)), false).admitted);
  CHECK_FALSE(queue.admit(at(90, "2001:db8:1:1::90"), false).admitted);
  const auto neighbour = queue.admit(at(91, "2001:db8:1:2::1"), false);
  REQUIRE(neighbour.admitted);
  CHECK(neighbour.displaced == 24);
  const auto other = queue.admit(login(92, 1), false);
  REQUIRE(other.admitted);
  CHECK(other.displaced == 23);  // not the lonely neighbour
}

TEST_CASE("one user fills only his part of the first line, and then waits with the strangers",
          "[queue]") {
  LoginQueue queue;
  fill(queue, 1, 900);
  for (std::uint32_t tag = 1; tag <= 5; ++tag) REQUIRE(queue.admit(login(tag, tag, "hugo"), true).admitted);
  REQUIRE(queue.admit(login(6, 6, "kate"), true).admitted);
  CHECK(all(queue) == Tags{1, 2, 3, 4, 6, 1900, 5});
}

TEST_CASE("the first line is bounded too", "[queue]") {
  LoginQueue queue;
  fill(queue, LoginQueue::most);
  for (std::uint32_t tag = 1; tag <= LoginQueue::most; ++tag)
    REQUIRE(queue.admit(login(tag, 900, "user" + std::to_string(tag)), true).admitted);
  CHECK_FALSE(queue.admit(login(99, 5, "late"), true).admitted);
  CHECK(queue.size() == 2 * LoginQueue::most);
}

TEST_CASE("who does not wait any more is out of both lines", "[queue]") {
  LoginQueue queue;
  for (std::uint32_t tag = 1; tag <= 4; ++tag) REQUIRE(queue.admit(login(tag, tag), tag > 2).admitted);
  queue.remove(1);
  queue.remove(3);
  queue.remove(77);
  CHECK(all(queue) == Tags{4, 2});
}

TEST_CASE("the vault's pace is that of its latest answers, each in its turn", "[queue]") {
  Pace pace;
  CHECK(pace.draw() == milliseconds(100));
  CHECK(pace.draw() == milliseconds(100));
  for (int i = 1; i <= 3; ++i) pace.note(milliseconds(i));
  std::multiset<std::int64_t> drawn;
  for (int i = 0; i < 6; ++i) drawn.insert(pace.draw().ms());
  CHECK(drawn == std::multiset<std::int64_t>{1, 1, 2, 2, 3, 3});
  for (int i = 0; i < 40; ++i) pace.note(milliseconds(50));
  for (int i = 0; i < 40; ++i) CHECK(pace.draw() == milliseconds(50));
}

TEST_CASE("a no is said at the next full step since the question", "[queue]") {
  constexpr Mono asked{1'000'000'000};
  const auto [took, said] = GENERATE(table<std::int64_t, std::int64_t>(
      {{0, 0}, {1, 20'000}, {19'999, 20'000}, {20'000, 20'000}, {20'001, 40'000}, {71'234, 80'000}}));
  CHECK((refusal_time(asked, asked + Duration{took}) - asked).us == said);
}
