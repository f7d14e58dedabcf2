// Who has to leave, and by when.
#include "common/leavers.h"

#include "unit/catch.h"

using namespace postern;

namespace {

constexpr Mono at(std::int64_t s) { return Mono{} + seconds(s); }
using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("who is not gone in time is named once", "[leavers]") {
  Leavers leavers;
  CHECK_FALSE(leavers.next());
  leavers.expect(1, at(5));
  leavers.expect(2, at(7));
  leavers.expect(3, at(5));
  leavers.gone(3);
  CHECK(leavers.next() == at(5));
  CHECK(leavers.take_overdue(at(4)).empty());
  CHECK(leavers.take_overdue(at(5)) == Numbers{1});
  CHECK(leavers.next() == at(7));
  CHECK(leavers.take_overdue(at(9)) == Numbers{2});
  CHECK(leavers.take_overdue(at(9)).empty());
  CHECK_FALSE(leavers.next());
}

TEST_CASE("an earlier time stays when a later one is said", "[leavers]") {
  Leavers leavers;
  leavers.expect(1, at(5));
  leavers.expect(1, at(8));
  CHECK(leavers.next() == at(5));
  leavers.expect(1, at(3));
  CHECK(leavers.next() == at(3));
}
