// Role vault over a real channel, with a real vault behind it; and sessions in front.

#include "authd/vault.h"

#include "unit/authd/house.h"
#include "unit/authd/town.h"

using namespace postern;
using namespace postern::authd;

namespace {

// A vault with alice and bob that hears `town`'s questions in the same loop.
struct Served {
  House house;
  Town town;
  VaultService service;

  Served() : service({town.loop, town.log, [] { return noon; }}, house.vault) {
    auto ends = make_channel();
    REQUIRE(ends);
    town.sessions.take_vault(std::move(ends->first));
    service.take_sessions(std::move(ends->second));
  }
  // Asks as an operator; the rows' texts, or the reason why not.
  std::pair<std::vector<std::string>, std::string> ask(AdminAsk& question) {
    auto ends = make_channel();
    REQUIRE(ends);
    town.sessions.add_admin(std::move(ends->second));
    Channel channel(std::move(ends->first), Role::admin, Role::sessions);
    REQUIRE(channel.send(question) == Told::sent);
    std::vector<std::string> rows;
    for (int i = 0; i < 500; ++i) {
      town.run(2);
      Packet packet;
      while (channel.receive(packet) == Heard::packet) {
        AdminRow row;
        AdminEnd end;
        if (packet.read(row)) rows.emplace_back(row.json.text());
        if (packet.read(end)) return {rows, end.done ? "" : std::string(end.reason.view())};
      }
    }
    return {rows, "no answer"};
  }
  std::pair<std::vector<std::string>, std::string> ask(AdminVerb verb, const char* user = "") {
    AdminAsk question;
    question.verb = verb;
    question.user = UserName(user);
    return ask(question);
  }
  bool log_in(Channel& worker, const Ticket& ticket, const char* user, const char* pin,
              const std::string& code) {
    Login login = Town::login_of(ticket, user);
    REQUIRE(login.pin.assign(pin));
    REQUIRE(login.passcode.assign(code));
    REQUIRE(worker.send(login) == Told::sent);
    for (int i = 0; i < 500; ++i) {
      town.run(2);
      if (const auto result = town.next<LoginResult>(worker)) return result->granted;
    }
    FAIL("no answer to a login");
    return false;
  }
};

}  // namespace

TEST_CASE("a passcode opens once, all the way from worker to database", "[vault][sessions]") {
  Served served;
  Town& town = served.town;
  Wfd wfd = town.wfd(1);
  Channel worker = town.worker(wfd, 5);
  const auto tries = [&](const char* user, const char* pin, const std::string& code, const char* line) {
    const bool granted = served.log_in(worker, wfd.ticket(5, "192.0.2.1"), user, pin, code);
    CHECK(town.logged(line));
    return granted;
  };
  CHECK(tries("alice", "1234", code_now(), "user=alice src=192.0.2.1 result=ok reason=-"));
  CHECK_FALSE(tries("alice", "1234", code_now(), "result=fail reason=spent-passcode"));
  CHECK_FALSE(tries("nobody", "1234", code_now(), "user=nobody src=192.0.2.1 result=fail reason=unknown-user"));
  CHECK_FALSE(tries("bob", "9999", code_at(0), "user=bob src=192.0.2.1 result=fail reason=wrong-pin"));
  CHECK(tries("bob", "1234", code_at(1), "user=bob src=192.0.2.1 result=ok"));
}

TEST_CASE("the operator's verbs reach the vault and come back", "[vault][sessions]") {
  Served served;
  CHECK(served.ask(AdminVerb::user_list).first.size() == 2);
  const auto shown = served.ask(AdminVerb::user_show, "alice");
  REQUIRE(shown.first.size() == 1);
  CHECK(shown.first[0].starts_with(
      R"({"user":"alice","token":"totp","algorithm":"SHA1","digits":6,"period":30,"disabled":false,)"));
  CHECK(served.ask(AdminVerb::user_show, "carol").second == "there is no user carol");
  CHECK(served.ask(AdminVerb::user_disable, "alice").second.empty());
  CHECK(served.ask(AdminVerb::user_show, "alice").first[0].find(R"("disabled":true)") != std::string::npos);
  CHECK(served.ask(AdminVerb::user_enable, "alice").second.empty());
  CHECK(served.ask(AdminVerb::user_unlock, "alice").second.empty());
  CHECK(served.ask(AdminVerb::user_remove, "alice").second.empty());
  CHECK(served.ask(AdminVerb::user_remove, "alice").second == "there is no user alice");
  CHECK(served.ask(AdminVerb::user_list).first.size() == 1);

  AdminAsk pin;
  pin.verb = AdminVerb::user_set_pin;
  pin.user = UserName("bob");
  REQUIRE(pin.pin.assign("12"));
  CHECK_FALSE(served.ask(pin).second.empty());
  REQUIRE(pin.pin.assign("8642"));
  CHECK(served.ask(pin).second.empty());

  AdminAsk resync;
  resync.verb = AdminVerb::user_resync;
  resync.user = UserName("bob");
  REQUIRE(resync.code1.assign(code_at(500)));
  REQUIRE(resync.code2.assign(code_at(501)));
  CHECK(served.ask(resync).second.empty());
  CHECK_FALSE(served.ask(resync).second.empty());
  CHECK(served.house.word("bob", "8642", code_at(502)) == "ok");
}

TEST_CASE("a new user's proof is checked and spent", "[vault][sessions]") {
  Served served;
  AdminAsk add;
  add.verb = AdminVerb::user_add;
  add.user = UserName("carol");
  add.algorithm = Text<8>("SHA1");
  add.proof = true;
  REQUIRE(add.secret.assign(key_base32));
  REQUIRE(add.pin.assign("1234"));
  REQUIRE(add.code1.assign("000000"));
  CHECK_FALSE(served.ask(add).second.empty());
  REQUIRE(add.code1.assign(code_now()));
  const auto added = served.ask(add);
  REQUIRE(added.first.size() == 1);
  const auto row = read_flat_json(added.first[0]);
  REQUIRE(row);
  REQUIRE(row->size() == 3);
  CHECK((*row)[0] == std::pair<std::string, std::string>("user", "carol"));
  CHECK((*row)[1].second.starts_with("otpauth://totp/"));
  CHECK((*row)[2] == std::pair<std::string, std::string>("secret", std::string(key_base32)));
  CHECK(served.house.word("carol", "1234", code_now()) == "spent-passcode");
  CHECK_FALSE(served.ask(add).second.empty());
  add.user = UserName("dave");
  add.algorithm = Text<8>("MD5");
  CHECK(served.ask(add).second == "the algorithm must be SHA1, SHA256 or SHA512");
}

TEST_CASE("users are listed in parts, the next beginning behind the last", "[vault][sessions]") {
  Served served;
  for (int i = 0; i < 70; ++i) served.house.add("user" + std::to_string(100 + i), {});
  const auto first = served.ask(AdminVerb::user_list);
  REQUIRE(first.first.size() == users_per_answer);
  const auto last = read_flat_json(first.first.back());
  REQUIRE(last);
  const auto second = served.ask(AdminVerb::user_list, last->front().second.c_str());
  CHECK(second.first.size() == 72 - users_per_answer);
}

TEST_CASE("the vault hears only what sessions may say", "[vault]") {
  House house;
  Town town;
  VaultService service({town.loop, town.log, [] { return noon; }}, house.vault);
  for (const AdminVerb verb : {AdminVerb::none, AdminVerb::session_list, AdminVerb::status}) {
    auto ends = make_channel();
    REQUIRE(ends);
    service.take_sessions(std::move(ends->second));
    Channel sessions(std::move(ends->first), Role::sessions, Role::vault);
    AdminAsk ask;
    ask.verb = verb;
    REQUIRE(sessions.send(ask) == Told::sent);
    town.run();
    CHECK(town.is_closed(sessions));
  }
}
