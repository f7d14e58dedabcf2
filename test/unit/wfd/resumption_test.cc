// The signer's store of TLS sessions.
#include "wfd/resumption.h"

#include <vector>

#include "unit/catch.h"

using namespace postern;
using namespace postern::wfd;

namespace {

constexpr Mono start{1'000'000};

SessionId id(int n) {
  SessionId made{};
  made[0] = static_cast<std::byte>(n);
  return made;
}

Address client(int n) {
  const std::array<std::uint8_t, 4> bytes{192, 0, 2, static_cast<std::uint8_t>(n)};
  return Address::v4(bytes);
}

std::vector<std::byte> blob(std::size_t size, int fill = 7) {
  return std::vector<std::byte>(size, static_cast<std::byte>(fill));
}

}  // namespace

TEST_CASE("a session is handed out once, whole", "[resumption]") {
  ResumptionStore store;
  REQUIRE(store.keep(id(1), blob(1024, 3), client(1), "www.example.test", start));
  const auto taken = store.take(id(1), client(1), "www.example.test", start);
  REQUIRE(taken);
  CHECK(same_secret(taken->bytes(), blob(1024, 3)));
  CHECK(store.size() == 0);
  CHECK_FALSE(store.take(id(1), client(1), "www.example.test", start));
}

TEST_CASE("another address or name gets nothing and spoils nothing", "[resumption]") {
  ResumptionStore store;
  REQUIRE(store.keep(id(1), blob(100), client(1), "www.example.test", start));
  CHECK_FALSE(store.take(id(1), client(2), "www.example.test", start));
  CHECK_FALSE(store.take(id(1), client(1), "other.example.test", start));
  CHECK_FALSE(store.take(id(1), client(1), "", start));
  CHECK_FALSE(store.take(id(2), client(1), "www.example.test", start));
  CHECK(store.take(id(1), client(1), "www.example.test", start));
}

TEST_CASE("a session lives two hours and not a microsecond longer", "[resumption]") {
  const Duration lifetime = seconds(7200);
  ResumptionStore store;
  REQUIRE(store.keep(id(1), blob(100), client(1), "", start));
  REQUIRE(store.keep(id(2), blob(100), client(1), "", start));
  CHECK(store.take(id(1), client(1), "", start + lifetime - Duration{1}));
  CHECK_FALSE(store.take(id(2), client(1), "", start + lifetime));
  CHECK(store.size() == 0);
}

TEST_CASE("what is empty, too long or there already is not kept", "[resumption]") {
  ResumptionStore store;
  CHECK_FALSE(store.keep(id(1), {}, client(1), "", start));
  CHECK_FALSE(store.keep(id(1), blob(1025), client(1), "", start));
  CHECK_FALSE(store.keep(id(1), blob(10), client(1), std::string(254, 'a'), start));
  const std::string longest(253, 'a');
  CHECK(store.keep(id(1), blob(10, 1), client(1), longest, start));
  CHECK_FALSE(store.keep(id(1), blob(10, 2), client(2), "", start));
  const auto taken = store.take(id(1), client(1), longest, start);
  REQUIRE(taken);
  CHECK(same_secret(taken->bytes(), blob(10, 1)));
}

TEST_CASE("a client that fills its share loses its own oldest", "[resumption]") {
  ResumptionStore store({.entries = 100, .per_client = 3, .lifetime = seconds(7200)});
  REQUIRE(store.keep(id(50), blob(10), client(2), "", start));
  for (int i = 0; i < 5; ++i) REQUIRE(store.keep(id(i), blob(10), client(1), "", start));
  CHECK(store.size() == 4);
  CHECK_FALSE(store.take(id(0), client(1), "", start));
  CHECK_FALSE(store.take(id(1), client(1), "", start));
  for (int i = 2; i < 5; ++i) CHECK(store.take(id(i), client(1), "", start));
  CHECK(store.take(id(50), client(2), "", start));
}

TEST_CASE("a full store loses its oldest", "[resumption]") {
  ResumptionStore store({.entries = 3, .per_client = 3, .lifetime = seconds(7200)});
  for (int i = 0; i < 5; ++i) REQUIRE(store.keep(id(i), blob(10), client(i), "", start));
  CHECK(store.size() == 3);
  CHECK_FALSE(store.take(id(1), client(1), "", start));
  CHECK(store.take(id(2), client(2), "", start));
}

TEST_CASE("limits of zero keep nothing", "[resumption]") {
  ResumptionStore none({.entries = 0, .per_client = 3, .lifetime = seconds(7200)});
  ResumptionStore nobody({.entries = 3, .per_client = 0, .lifetime = seconds(7200)});
  CHECK_FALSE(none.keep(id(1), blob(10), client(1), "", start));
  CHECK_FALSE(nobody.keep(id(1), blob(10), client(1), "", start));
}
