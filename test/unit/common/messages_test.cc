// All messages through all that can happen to them, and all routes against the rules.
#include "common/messages.h"

#include <set>
#include <string>
#include <vector>

#include "unit/catch.h"
#include "unit/common/message_list.h"

using namespace postern;
using test::Amount;
using test::EveryMessage;

namespace {

template <class Visit>
void for_every_message(Visit visit) {
  [&]<class... M>(std::tuple<M...>*) { (visit.template operator()<M>(), ...); }(static_cast<EveryMessage*>(nullptr));
}

template <class M>
M filled(unsigned seed, Amount amount) {
  M message;
  test::Filler filler(seed, amount);
  filler.fill(message);
  return message;
}

template <class M>
std::vector<std::byte> written(const M& message) {
  std::vector<std::byte> bytes(max_message - 1);  // one byte is the kind's
  bytes.resize(encode(message, bytes));
  return bytes;
}

constexpr unsigned kinds = static_cast<unsigned>(Kind::last);
constexpr unsigned roles = static_cast<unsigned>(Role::last);

// Calls `visit` with every kind and every pair of roles that the table lets through.
template <class Visit>
void for_every_route(Visit visit) {
  for (unsigned k = 0; k <= kinds; ++k)
    for (unsigned f = 1; f <= roles; ++f)
      for (unsigned t = 1; t <= roles; ++t)
        if (const Route* row = find_route(static_cast<Kind>(k), static_cast<Role>(f), static_cast<Role>(t)))
          visit(static_cast<Kind>(k), static_cast<Role>(f), static_cast<Role>(t), *row);
}

}  // namespace

TEST_CASE("every kind of message is one struct, and is tried here", "[messages]") {
  std::set<Kind> seen;
  for_every_message([&]<class M>() { CHECK(seen.insert(M::kind).second); });
  CHECK(seen.size() == kinds);
  CHECK_FALSE(seen.contains(Kind::none));
}

TEST_CASE("every message comes back as it was sent", "[messages]") {
  const unsigned seed = GENERATE(range(1u, 21u));
  for_every_message([&]<class M>() {
    const std::vector<std::byte> bytes = written(filled<M>(seed, Amount::random));
    M back;
    INFO("kind " << static_cast<int>(M::kind));
    REQUIRE(decode(bytes, back));
    CHECK(written(back) == bytes);
  });
}

TEST_CASE("every message has room in a packet when all its fields are full", "[messages]") {
  for_every_message([]<class M>() {
    const std::vector<std::byte> bytes = written(filled<M>(1, Amount::full));
    INFO("kind " << static_cast<int>(M::kind));
    CHECK((!bytes.empty() || M::kind == Kind::ready || M::kind == Kind::retire || M::kind == Kind::need_syslog));
    M back;
    CHECK(decode(bytes, back));
  });
}

TEST_CASE("every truncation and every extension of a message is refused", "[messages]") {
  for_every_message([]<class M>() {
    for (const Amount amount : {Amount::random, Amount::full}) {
      std::vector<std::byte> bytes = written(filled<M>(7, amount));
      INFO("kind " << static_cast<int>(M::kind));
      std::size_t accepted = 0;
      for (std::size_t n = 0; n < bytes.size(); ++n) {
        M back;
        accepted += decode(std::span(bytes).first(n), back) ? 1 : 0;
      }
      CHECK(accepted == 0);
      for (const int extra : {0, 1, 255}) {
        bytes.push_back(static_cast<std::byte>(extra));
        M back;
        CHECK_FALSE(decode(bytes, back));
        bytes.pop_back();
      }
    }
  });
}

TEST_CASE("every enumerator and boolean above its last value is refused", "[messages]") {
  unsigned tried = 0;
  for_every_message([&]<class M>() {
    M message = filled<M>(3, Amount::random);
    test::Places places;
    message.fields(places);
    const std::vector<std::byte> bytes = written(message);
    for (const auto& place : places.bounded)
      for (unsigned value = 0; value <= 255; ++value) {
        if (place.last < value) ++tried;
        std::vector<std::byte> changed = bytes;
        changed[place.at] = static_cast<std::byte>(value);
        M back;
        if (decode(changed, back) != (value <= place.last))
          FAIL_CHECK("kind " << static_cast<int>(M::kind) << " at " << place.at << " value " << value);
      }
  });
  CHECK(tried > 5000);
}

TEST_CASE("every text above the room of its field is refused", "[messages]") {
  for_every_message([]<class M>() {
    M message = filled<M>(5, Amount::full);
    test::Places places;
    message.fields(places);
    for (const auto& place : places.sized)
      for (const std::size_t more : {std::size_t{1}, std::size_t{0xffff} - place.room}) {
        std::vector<std::byte> changed = written(message);
        const std::size_t size = place.room + more;
        changed[place.at] = static_cast<std::byte>(size & 0xff);
        changed[place.at + 1] = static_cast<std::byte>(size >> 8);
        changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(place.at + 2), more, std::byte{'x'});
        M back;
        INFO("kind " << static_cast<int>(M::kind) << " at " << place.at);
        CHECK_FALSE(decode(changed, back));
      }
  });
}

TEST_CASE("an address that no way in could have made arrives as none", "[messages]") {
  Judge judge = filled<Judge>(1, Amount::random);
  judge.ticket.client.address = Address::parse("192.0.2.7").value();
  std::vector<std::byte> bytes = written(judge);
  bytes[4 + 8 + 8 + 1 + 4] = std::byte{1};  // tag, connection, worker, family, IPv4: now not zero behind it
  Judge back;
  REQUIRE(decode(bytes, back));
  CHECK_FALSE(back.ticket.client.address);
}

TEST_CASE("every kind has a route, and no route stands twice or for nothing", "[routes]") {
  std::set<Kind> routed;
  std::set<std::tuple<Kind, Role, Role>> rows;
  for (const Route& row : routes) {
    routed.insert(row.kind);
    CHECK(rows.insert({row.kind, row.from, row.to}).second);
    CHECK(row.kind != Kind::none);
    CHECK((row.descriptors <= row.most && row.most <= max_descriptors));
    if (row.from == any_role) CHECK(row.to == Role::master);
    if (row.to == any_role) CHECK(row.from == Role::master);
  }
  CHECK(routed.size() == kinds);
}

TEST_CASE("who may speak to whom, with the master left out, is this and nothing else", "[routes]") {
  std::set<std::pair<Role, Role>> pairs;
  for_every_route([&](Kind, Role from, Role to, const Route&) {
    if (from != Role::master && to != Role::master) pairs.insert({from, to});
  });
  const std::set<std::pair<Role, Role>> drawn = {
      {Role::porter, Role::nursery},  {Role::nursery, Role::porter},  {Role::porter, Role::signer},
      {Role::porter, Role::broker},   {Role::porter, Role::sessions}, {Role::porter, Role::worker},
      {Role::worker, Role::porter},   {Role::worker, Role::signer},   {Role::signer, Role::worker},
      {Role::worker, Role::broker},   {Role::broker, Role::worker},   {Role::worker, Role::sessions},
      {Role::sessions, Role::worker}, {Role::broker, Role::sessions}, {Role::sessions, Role::broker},
      {Role::sessions, Role::vault},  {Role::vault, Role::sessions},  {Role::admin, Role::sessions},
      {Role::sessions, Role::admin}};
  CHECK(pairs == drawn);  // so no worker speaks to the vault, the nursery, or another worker
}

TEST_CASE("the routes keep the rules of the design", "[routes]") {
  const std::set<Kind> said_to_masters = {Kind::ready, Kind::failed, Kind::reloaded};
  for_every_route([&](Kind kind, Role from, Role to, const Route& row) {
    INFO("kind " << static_cast<int>(kind) << ": " << name_of(from) << " -> " << name_of(to));
    switch (kind) {
      case Kind::hand: case Kind::start: case Kind::reload: CHECK(from == Role::master); break;
      case Kind::retire: case Kind::trace: CHECK((from == Role::master || from == Role::porter)); break;
      case Kind::spawn: case Kind::spawn_plain: case Kind::kill: case Kind::enroll: case Kind::serve: case Kind::peer:
        CHECK(from == Role::porter); break;
      case Kind::dialled: CHECK(from == Role::broker); break;
      case Kind::signature: case Kind::taken_session: CHECK(from == Role::signer); break;
      case Kind::gate_hello: CHECK((from == Role::master && to == Role::sessions)); break;
      case Kind::remember: case Kind::forget: case Kind::refresh: case Kind::recall:
        CHECK((from == Role::sessions && to == Role::vault)); break;
      case Kind::noted: case Kind::recalled: case Kind::recall_end:
        CHECK((from == Role::vault && to == Role::sessions)); break;
      case Kind::check_passcode: case Kind::ask_places: CHECK((from == Role::sessions && to == Role::vault)); break;
      case Kind::passcode_result: case Kind::places: CHECK((from == Role::vault && to == Role::sessions)); break;
      case Kind::verdict: case Kind::login_result: case Kind::session_info: case Kind::own_sessions: case Kind::page: case Kind::ended:
      case Kind::assertion: case Kind::key_list: case Kind::verification:
        CHECK(from == Role::sessions); break;
      default: break;
    }
    if (from == Role::worker || from == Role::admin || from == Role::nursery || from == Role::signer)
      CHECK(row.most == 0);  // nobody takes a descriptor from them
    if (row.most != 0)
      CHECK((from == Role::master || from == Role::porter || kind == Kind::dialled || kind == Kind::page));
    if (to == Role::master)
      CHECK((said_to_masters.contains(kind) || (kind == Kind::need_syslog && from == Role::logger) ||
             (kind == Kind::kill_workers && from == Role::sessions)));
  });
}

TEST_CASE("a kind that does not exist has no route", "[routes]") {
  for (unsigned k = kinds + 1; k <= 255; ++k)
    for (unsigned f = 0; f <= roles; ++f)
      for (unsigned t = 0; t <= roles; ++t)
        if (find_route(static_cast<Kind>(k), static_cast<Role>(f), static_cast<Role>(t)) != nullptr)
          FAIL_CHECK("kind " << k);
  CHECK(find_route(Kind::none, Role::master, Role::worker) == nullptr);
}
