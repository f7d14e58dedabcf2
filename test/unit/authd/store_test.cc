// The store: what it keeps over a close, a kill and a second opener, and its bounds.
#include "authd/store.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/authd/stored.h"

using namespace postern;
using namespace postern::authd;

TEST_CASE("a user comes back as he was added", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"), {});
  UserRow user = user_called("alice");
  user.disabled = true;
  user.token = {{TokenKind::hotp, Algorithm::sha512, 8, 3600}, 17, -3};
  REQUIRE(store.add_user(user));
  const UserRow back = store.find_user("alice").value().value();
  CHECK(back.name == "alice");
  CHECK(back.pin_hash == "hash of alice");
  CHECK(back.disabled);
  CHECK(back.created == Wall{1000});
  CHECK_FALSE(back.last_login);
  CHECK(back.failures == 0);
  CHECK(back.sealed_secret == bytes_of("sealed for alice"));
  CHECK(back.token.shape.kind == TokenKind::hotp);
  CHECK(back.token.shape.algorithm == Algorithm::sha512);
  CHECK(back.token.shape.digits == 8);
  CHECK(back.token.shape.period == 3600);
  CHECK(back.token.next == 17);
  CHECK(back.token.drift == -3);
  CHECK_FALSE(store.find_user("bob").value());
}

TEST_CASE("a second user of one name is an error and changes nothing", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  UserRow other = user_called("alice");
  other.pin_hash = "other";
  CHECK_FALSE(store.add_user(other));
  CHECK(store.find_user("alice").value()->pin_hash == "hash of alice");
  CHECK(store.spend("alice", 1, 0).value());  // and the store still works
}

TEST_CASE("a token out of bounds is not stored", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"), {});
  UserRow user = user_called("alice");
  user.token.shape.digits = 9;
  CHECK_FALSE(store.add_user(user));
  user.token.shape.digits = 6;
  user.token.next = -1;
  CHECK_FALSE(store.add_user(user));
  user.token.next = 0;
  user.token.drift = 21;
  CHECK_FALSE(store.add_user(user));
  CHECK_FALSE(store.find_user("alice").value());
}

TEST_CASE("a counter is spent once, with all below it", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"), {"alice", "bob"});
  CHECK(store.spend("alice", 100, 1).value());
  CHECK(store.find_user("alice").value()->token.next == 101);
  CHECK(store.find_user("alice").value()->token.drift == 1);
  for (const std::int64_t spent : {100, 99, 0}) CHECK_FALSE(store.spend("alice", spent, 0).value());
  CHECK(store.find_user("alice").value()->token.next == 101);
  CHECK(store.spend("alice", 101, 0).value());
  CHECK(store.spend("bob", 0, 0).value());
  CHECK_FALSE(store.spend("carol", 0, 0).value());
  CHECK_FALSE(store.spend("alice", -1, 0));
  CHECK_FALSE(store.spend("alice", max_counter, 0));
  CHECK_FALSE(store.spend("alice", 200, 21));  // the table refuses the drift
  CHECK(store.find_user("alice").value()->token.next == 102);
}

TEST_CASE("two handles cannot both spend: the second does not even open", "[store]") {
  Scratch scratch;
  {
    Store first = store_with(scratch.file("db"));
    CHECK(refusal(scratch.file("db")).find("locked") != std::string::npos);
    const pid_t other = ::fork();
    if (other == 0) {
      const auto second = Store::open(scratch.file("db"));
      ::_exit(second ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(other, &status, 0) == other);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 1));
    CHECK(first.spend("alice", 5, 0).value());
  }
  Store second = Store::open(scratch.file("db")).value();
  CHECK_FALSE(second.spend("alice", 5, 0).value());
}

TEST_CASE("a store that is opened again has kept everything", "[store]") {
  Scratch scratch;
  {
    Store store = store_with(scratch.file("db"));
    REQUIRE(store.spend("alice", 41, -2).value());
    REQUIRE(store.record_login(login_of("alice", 5000, "192.0.2.1", "ok")));
    REQUIRE(store.record_login(login_of("alice", 90'000, "192.0.2.9", "wrong-pin")));
  }
  Store store = Store::open(scratch.file("db")).value();
  const UserRow user = store.find_user("alice").value().value();
  CHECK(user.token.next == 42);
  CHECK(user.token.drift == -2);
  CHECK(user.last_login == Wall{5000});
  CHECK(user.last_source == "192.0.2.1");
  CHECK(user.failures == 1);
  CHECK(store.knows_place("alice", "192.0.2.1").value());
  CHECK(store.history("alice").value().size() == 2);
}

TEST_CASE("a process that is killed right after spending loses nothing", "[store]") {
  Scratch scratch;
  { Store store = store_with(scratch.file("db")); }
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = Store::open(scratch.file("db"));
    if (!store || !store->spend("alice", 7, 0).value_or(false)) ::_exit(1);
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  Store store = Store::open(scratch.file("db")).value();
  CHECK_FALSE(store.spend("alice", 7, 0).value());
  CHECK(store.find_user("alice").value()->token.next == 8);
}

TEST_CASE("history keeps the last fifty of each user, newest first", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"), {"alice", "bob"});
  REQUIRE(store.record_login(login_of("bob", 1, "192.0.2.1", "ok")));
  for (int i = 0; i < 120; ++i)
    REQUIRE(store.record_login(login_of("alice", i, "192.0.2.2", "wrong-pin")));
  const auto logins = store.history("alice").value();
  REQUIRE(logins.size() == 50);
  CHECK(logins.front().time == Wall{119});
  CHECK(logins.back().time == Wall{70});
  CHECK(logins.front().result == "wrong-pin");
  CHECK(logins.front().source == "192.0.2.2");
  CHECK(store.history("bob").value().size() == 1);
  CHECK(store.find_user("alice").value()->failures == 120);
}

TEST_CASE("failures do not make the last login or a known source forgotten", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  REQUIRE(store.record_login(login_of("alice", 10, "192.0.2.1", "ok")));
  for (int i = 0; i < 60; ++i)
    REQUIRE(store.record_login(login_of("alice", 20 + i, "198.51.100.1", "wrong-pin")));
  CHECK(store.find_user("alice").value()->last_login == Wall{10});
  CHECK(store.knows_place("alice", "192.0.2.1").value());
  CHECK_FALSE(store.knows_place("alice", "198.51.100.1").value());
  CHECK_FALSE(store.knows_place("bob", "192.0.2.1").value());
}

TEST_CASE("a place is remembered beside the source, which stands in the history", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  LoginRecord record = login_of("alice", 10, "2001:db8::1", "ok");
  record.place = "2001:db8::";
  REQUIRE(store.record_login(record));
  CHECK(store.knows_place("alice", "2001:db8::").value());
  CHECK_FALSE(store.knows_place("alice", "2001:db8::1").value());
  CHECK(store.history("alice").value().at(0).source == "2001:db8::1");
  CHECK(store.find_user("alice").value()->last_source == "2001:db8::1");
}

TEST_CASE("the sixteen latest places of a user are known", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  const auto source = [](int i) { return "2001:db8::" + std::to_string(i); };
  for (int i = 0; i < 16; ++i) REQUIRE(store.record_login(login_of("alice", i, source(i), "ok")));
  REQUIRE(store.record_login(login_of("alice", 100, source(0), "ok")));  // seen again
  REQUIRE(store.record_login(login_of("alice", 101, source(16), "ok")));
  CHECK(store.knows_place("alice", source(0)).value());
  CHECK_FALSE(store.knows_place("alice", source(1)).value());
  for (int i = 2; i <= 16; ++i) CHECK(store.knows_place("alice", source(i)).value());
}

TEST_CASE("what is used of a user's allowances stays until it is forgotten", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  const auto dues = [&] {
    const UserRow user = store.find_user("alice").value().value();
    return std::pair(user.strange_due, user.known_due);
  };
  LoginRecord record = login_of("alice", 10, "192.0.2.1", "wrong-pin");
  record.strange_due = 5000;
  record.known_due = 7000;
  REQUIRE(store.record_login(record));
  { Store closed = std::move(store); }
  store = Store::open(scratch.file("db")).value();
  CHECK(dues() == std::pair<std::int64_t, std::int64_t>(5000, 7000));
  record.granted = true;
  record.strange_due = record.known_due = 1;
  REQUIRE(store.record_login(record));
  CHECK(dues() == std::pair<std::int64_t, std::int64_t>(5000, 7000));  // a good login gives none back
  CHECK(store.forget_guesses("alice").value());
  CHECK(dues() == std::pair<std::int64_t, std::int64_t>(0, 0));
  record.granted = false;
  record.strange_due = -1;
  CHECK_FALSE(store.record_login(record));  // the table refuses it
}

TEST_CASE("removing a user removes his token, history and sources", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  REQUIRE(store.spend("alice", 500, 0).value());
  REQUIRE(store.record_login(login_of("alice", 10, "192.0.2.1", "ok")));
  CHECK(store.remove_user("alice", {}).value());
  CHECK_FALSE(store.remove_user("alice", {}).value());
  REQUIRE(store.add_user(user_called("alice")));
  CHECK(store.find_user("alice").value()->token.next == 0);
  CHECK(store.history("alice").value().empty());
  CHECK_FALSE(store.knows_place("alice", "192.0.2.1").value());
}

TEST_CASE("what concerns nobody is false, and a record of nobody an error", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  CHECK_FALSE(store.set_disabled("bob", true).value());
  CHECK_FALSE(store.set_pin("bob", "x").value());
  CHECK_FALSE(store.forget_guesses("bob").value());
  CHECK_FALSE(store.record_login(login_of("bob", 1, "192.0.2.1", "ok")));
  CHECK(store.set_disabled("alice", true).value());
  CHECK(store.set_pin("alice", "new").value());
  CHECK(store.find_user("alice").value()->disabled);
  CHECK(store.find_user("alice").value()->pin_hash == "new");
}

TEST_CASE("users are listed by name, page by page, without the vault's own row", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"), {"carol", "-", "alice", "bob"});
  const auto names = [&](std::string_view after, std::size_t most) {
    std::string all;
    const auto users = store.list_users(after, most).value();
    for (const UserRow& user : users) all += user.name + " ";
    return all;
  };
  CHECK(names("", 100) == "alice bob carol ");
  CHECK(names("", 2) == "alice bob ");
  CHECK(names("bob", 2) == "carol ");
  CHECK(names("carol", 2) == "");
}

TEST_CASE("text that looks like SQL is only text", "[store]") {
  Scratch scratch;
  Store store = store_with(scratch.file("db"));
  const std::string evil = "x' OR '1'='1";
  CHECK_FALSE(store.find_user(evil).value());
  CHECK_FALSE(store.remove_user(evil, {}).value());
  CHECK_FALSE(store.find_user(std::string("alice\0", 6)).value());
  CHECK(store.find_user("alice").value());
}
