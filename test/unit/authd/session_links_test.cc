// Handles for addresses that were refused: for whom they count, how long, and how many.
#include "authd/session_links.h"

#include <set>

#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr Mono t0{1'000'000};

Address at(const char* text) {
  const auto address = Address::parse(text);
  REQUIRE(address);
  return *address;
}

}  // namespace

TEST_CASE("a handle counts for its session, until its cookie is another one", "[sessions][link]") {
  SessionLinks links;
  const auto handle = links.make(7, 100, at("2001:db8::1"), t0);
  REQUIRE(handle);
  CHECK(handle->size() == 22);
  CHECK(handle->view().find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == handle->view().npos);
  CHECK(links.find(7, 100, handle->view(), t0) == at("2001:db8::1"));
  CHECK_FALSE(links.find(7, 101, handle->view(), t0));
  CHECK_FALSE(links.find(8, 100, handle->view(), t0));
  for (const std::string_view other : {"", "none", "AAAAAAAAAAAAAAAAAAAAAA"}) CHECK_FALSE(links.find(7, 100, other, t0));
  CHECK_FALSE(links.find(7, 100, handle->view().substr(0, 21), t0));
}

TEST_CASE("a handle lasts two minutes", "[sessions][link]") {
  SessionLinks links;
  const auto handle = links.make(1, 1, at("192.0.2.1"), t0);
  REQUIRE(handle);
  CHECK(links.find(1, 1, handle->view(), t0 + seconds(120) - Duration{1}));
  CHECK_FALSE(links.find(1, 1, handle->view(), t0 + seconds(120)));
}

TEST_CASE("a session has four handles, all different, and the oldest goes", "[sessions][link]") {
  SessionLinks links;
  std::vector<LinkHandle> all;
  std::set<std::string> values;
  for (std::int64_t i = 0; i < 6; ++i) {
    const auto made = links.make(3, 9, at("192.0.2.1"), t0 + seconds(i));
    REQUIRE(made);
    all.push_back(*made);
    values.insert(std::string(made->view()));
  }
  CHECK(values.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) CHECK(links.find(3, 9, all[i].view(), t0 + seconds(6)).has_value() == (i >= 2));
  // With a new cookie none of them is left, nor does one take room.
  for (int i = 0; i < 4; ++i) REQUIRE(links.make(3, 10, at("192.0.2.1"), t0 + seconds(7)));
  for (const LinkHandle& old : all) CHECK_FALSE(links.find(3, 9, old.view(), t0 + seconds(7)));
  CHECK(links.size() == 1);
}

TEST_CASE("there is a bound on sessions with handles, and time makes room", "[sessions][link]") {
  SessionLinks links;
  for (std::uint32_t slot = 0; slot < SessionLinks::most; ++slot) REQUIRE(links.make(slot, 1, at("192.0.2.1"), t0));
  CHECK_FALSE(links.make(SessionLinks::most, 1, at("192.0.2.1"), t0 + seconds(119)));
  CHECK(links.make(0, 1, at("192.0.2.1"), t0 + seconds(119)));  // who has some may have more
  CHECK(links.size() == SessionLinks::most);
  CHECK(links.make(SessionLinks::most, 1, at("192.0.2.1"), t0 + seconds(120)));
  CHECK(links.size() == 2);
}
