// The vault as the memory of sessions, over a real channel and with a real database.

#include "authd/vault.h"

#include "unit/authd/house.h"
#include "unit/authd/rows.h"
#include "unit/authd/town.h"

using namespace postern;
using namespace postern::authd;

namespace {

// A vault with alice and bob; the test speaks as role sessions.
struct Memory {
  House house;
  Town town;
  VaultService service;
  Channel sessions;

  Memory() : service({town.loop, town.log, [] { return noon; }}, house.vault) {
    auto ends = make_channel();
    REQUIRE(ends);
    sessions = Channel(std::move(ends->first), Role::sessions, Role::vault);
    service.take_sessions(std::move(ends->second));
  }
  bool noted(const auto& order) {
    const auto answer = town.ask<Noted>(sessions, order);
    REQUIRE(answer);
    CHECK(answer->tag == order.tag);
    return answer->done;
  }
  // All rows of one answer, and its end.
  std::pair<std::vector<SessionRow>, RecallEnd> recall(std::uint32_t from = 0) {
    REQUIRE(sessions.send(Recall{31, from}) == Told::sent);
    std::vector<SessionRow> rows;
    for (int i = 0; i < 100; ++i) {
      town.run();
      Packet packet;
      while (sessions.receive(packet) == Heard::packet) {
        Recalled row;
        RecallEnd end;
        if (packet.read(row)) rows.push_back(row.row);
        else if (packet.read(end)) {
          CHECK(end.tag == 31);
          return {rows, end};
        }
      }
    }
    FAIL("no end of a recall");
    return {};
  }
  static Forget forget_of(const SessionRow& row, bool logout) {
    Forget order;
    order.tag = 6;
    order.slot = row.slot;
    order.sid = row.sid;
    order.logout = logout;
    order.user = row.user;
    order.source = addr("203.0.113.5");
    order.time = noon.s;
    return order;
  }
};

}  // namespace

TEST_CASE("the vault remembers, refreshes, recalls and forgets sessions", "[vault][persist]") {
  Memory memory;
  CHECK(memory.recall().first.empty());
  CHECK(memory.noted(Remember{5, row_of(1, "alice")}));
  CHECK(memory.noted(Remember{6, row_of(2, "bob")}));
  CHECK_FALSE(memory.noted(Remember{7, row_of(3, "carol")}));
  CHECK(memory.town.logged("event=fault role=vault pid=- what=\"cannot remember a session: "));
  Refresh use;
  use.tag = 8;
  use.now = stamp_of(1, 9000, 900);
  use.count = 1;
  use.rows[0] = {2, 8000, 800};
  CHECK(memory.noted(use));
  auto [rows, end] = memory.recall();
  CHECK(end.done);
  CHECK_FALSE(end.more);
  CHECK(end.last == use.now);
  REQUIRE(rows.size() == 2);
  CHECK(same_row(rows[0], row_of(1, "alice")));
  CHECK(rows[1].used == stamp_of(1, 8000, 800));
  CHECK(memory.noted(Memory::forget_of(rows[0], false)));
  CHECK(memory.recall().first.size() == 1);
  CHECK(memory.house.vault.history("alice")->empty());
  CHECK(memory.noted(Memory::forget_of(rows[1], true)));
  CHECK(memory.recall().first.empty());
  REQUIRE(memory.house.vault.history("bob")->size() == 1);
  CHECK(memory.house.vault.history("bob")->at(0).source == "203.0.113.5");
  const LoginAnswer login = memory.house.login("bob", "1234", code_at(0));
  CHECK(login.granted());
  CHECK(login.logouts == 1);
  CHECK(login.last_logout == noon);
}

TEST_CASE("the vault forgets all sessions at once, and records no logout for that", "[vault][persist]") {
  Memory memory;
  CHECK(memory.noted(Remember{5, row_of(1, "alice")}));
  CHECK(memory.noted(Remember{6, row_of(2, "bob")}));
  Forget all = Memory::forget_of(row_of(1, "alice"), true);
  all.all = true;
  CHECK(memory.noted(all));
  CHECK(memory.recall().first.empty());
  CHECK(memory.house.vault.history("alice")->empty());
}

TEST_CASE("a logout of somebody who is no user, or from nowhere, hurts nobody", "[vault][persist]") {
  Memory memory;
  Forget odd = Memory::forget_of(row_of(1, "alice"), true);
  for (const char* user : {"", "-", "Alice", "nosuch"}) {
    odd.user = UserName(user);
    CHECK(memory.noted(odd));
  }
  odd.user = UserName("alice");
  odd.source = Address();
  CHECK(memory.noted(odd));
  CHECK(memory.house.vault.history("alice")->size() == 1);
}

TEST_CASE("many sessions are recalled in parts that the channel holds", "[vault][persist]") {
  Memory memory;
  const std::uint32_t many = 3 * sessions_per_answer + 5;
  for (std::uint32_t slot = 0; slot < many; ++slot)
    REQUIRE(memory.house.vault.remember_session(row_of(slot, "alice")));
  std::uint32_t from = 0;
  std::size_t seen = 0;
  for (;;) {
    const auto [rows, end] = memory.recall(from);
    REQUIRE(end.done);
    for (const SessionRow& row : rows) REQUIRE(row.slot == seen++);
    if (!end.more) break;
    REQUIRE(end.next > from);
    from = end.next;
  }
  CHECK(seen == many);
}

TEST_CASE("a refresh with more rows than it has room for breaks the rules", "[vault][persist]") {
  Memory memory;
  Refresh lie;
  lie.count = use_rows + 1;
  REQUIRE(memory.sessions.send(lie) == Told::sent);
  memory.town.run();
  CHECK(memory.town.is_closed(memory.sessions));
}
