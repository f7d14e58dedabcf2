// A login that goes round in circles.
#include "wfd/way_mark.h"

#include "unit/heads.h"

using namespace postern;
using namespace postern::wfd;

namespace {

constexpr Wall now{1'700'000'000};
const std::string here = "https://a.lab.example/x", there = "https://b.lab.example/";

WayMark brought(const std::string& value, Wall at = now) {
  return read_way_mark(get("Cookie: " + value + "\r\n")->head.fields, at);
}
// As a browser brings back what was set.
WayMark back(const WayMark& mark, Wall at = now) {
  const std::string line = write_way_mark(mark);
  return brought(line.substr(0, line.find(';')), at);
}

}  // namespace

TEST_CASE("a mark comes back as it was written, and no other host gets it", "[way_mark]") {
  const WayMark mark = counted(counted(WayMark(), here, now), here, {now.s + 5});
  CHECK(write_way_mark(mark).starts_with("__Host-postern-way=2.2.1700000000."));
  CHECK(write_way_mark(mark).ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"));
  CHECK(write_way_mark(mark).find("Domain") == std::string::npos);
  CHECK(write_way_mark(mark).find("lab") == std::string::npos);  // not even where somebody went
  const WayMark same = back(mark);
  CHECK(same.brought);
  CHECK(same.total == 2);
  CHECK(same.same == 2);
  CHECK(same.place == mark.place);
  CHECK(same.since == now.s);
  CHECK_FALSE(read_way_mark(get("")->head.fields, now).brought);
  CHECK_FALSE(read_way_mark(get("Cookie: other=1\r\n")->head.fields, now).brought);
}

TEST_CASE("what we would not have written counts nothing", "[way_mark]") {
  for (const std::string value :
       {"", "1", "1.1", "1.1.1700000000", "1.1.1700000000.", "1.1.1700000000.1.", "1.1.1700000000.1x", "x.1.1700000000.1", "-1.1.1700000000.1",
        " 1.1.1700000000.1", "+1.1.1700000000.1", "1..1700000000.1", "1.1.99999999999999999999.1", "99999999999.1.1700000000.1",
        "1.1.1700000000.99999999999", "1.1.1700000001.1", "1.1.1699999940.1", "0x1.1.1700000000.1"}) {
    INFO(value);
    const WayMark mark = brought("__Host-postern-way=" + value);
    CHECK(mark.brought);
    CHECK(mark.total == 0);
    CHECK(mark.same == 0);
    CHECK(mark.since == 0);
  }
  CHECK(brought("__Host-postern-way=1.1.1699999941.1").total == 1);
  // A clock of before anything was ever written, and a difference that no number holds.
  CHECK(brought("__Host-postern-way=1.1.-5.1", {10}).total == 0);
  CHECK(brought("__Host-postern-way=1.1.-9223372036854775808.1").total == 0);
  CHECK(brought("__Host-postern-way=1.1.5.1", {10}).total == 1);
  CHECK_FALSE(brought("__Host-postern-way=1.1.1700000000.1; __Host-postern-way=1.1.1700000000.1").brought);  // which one is it?
  CHECK_FALSE(brought("__host-postern-way=1.1.1700000000.1").brought);
  CHECK_FALSE(brought("x__Host-postern-way=1.1.1700000000.1").brought);
}

TEST_CASE("the third way in a row to one place is a circle", "[way_mark]") {
  WayMark mark = WayMark();
  CHECK_FALSE(goes_round(mark, here));
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(goes_round(mark, here));
    mark = back(counted(mark, here, now));
  }
  CHECK(goes_round(mark, here));
  CHECK_FALSE(goes_round(mark, there));  // another tab wants somewhere else
  CHECK_FALSE(goes_round(back(mark, {now.s + 60}), here));
}

TEST_CASE("tabs that want to different places are no circle, two that are sent back in turn are", "[way_mark]") {
  WayMark mark = WayMark();
  int ways = 0;
  while (!goes_round(mark, ways % 2 == 0 ? here : there) && ways < 100) mark = back(counted(mark, ways++ % 2 == 0 ? here : there, now));
  CHECK(ways == 12);
}

TEST_CASE("a minute later all is forgotten", "[way_mark]") {
  const WayMark mark = counted(counted(WayMark(), here, now), here, now);
  CHECK(back(mark, {now.s + 59}).total == 2);
  CHECK(back(mark, {now.s + 60}).total == 0);
  CHECK(back(mark, {now.s - 1}).total == 0);  // the clock was set back
  const WayMark later = counted(mark, here, {now.s + 60});
  CHECK(later.total == 1);
  CHECK(later.since == now.s + 60);
}
