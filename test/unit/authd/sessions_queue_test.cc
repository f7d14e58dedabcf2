// Logins on their way through sessions: one before the vault at a time, known places
// first, and no word of a refusal before its time.
#include "unit/authd/town.h"

using namespace postern;
using namespace postern::authd;

namespace {

// A town whose vault answers when it is told to.
struct Queueing : Town {
  Wfd gate = wfd(1);
  std::uint64_t last_worker = 0;

  explicit Queueing(Duration patience = seconds(10)) : Town(town_settings(), patience) {}

  // A login from its own worker, so that no bound but the queue's counts.
  Channel begin(const char* user, const std::string& source) {
    const std::uint64_t number = ++last_worker;
    Channel channel = worker(gate, number);
    REQUIRE(channel.send(login_of(gate.ticket(number, source.c_str()), user)) == Told::sent);
    run();
    return channel;
  }
  // The vault's next question; it answers `outcome`.
  std::string serve(LoginOutcome outcome = LoginOutcome::wrong_passcode) {
    const auto question = next<CheckPasscode>(vault);
    if (!question) return "";
    PasscodeResult result;
    result.tag = question->tag;
    result.outcome = outcome;
    result.user = UserName(question->user.view());
    REQUIRE(vault.send(result) == Told::sent);
    run();
    return std::string(question->user.view());
  }
  // From now on a no without work is held back for long.
  void make_slow() {
    Channel slow = begin("anna", "203.0.113.1");
    run(1500);
    CHECK(serve() == "anna");
  }
  // So many logins from one place, whose no is held back.
  Channel hold(unsigned count, const std::string& source) {
    const std::uint64_t number = ++last_worker;
    Channel channel = worker(gate, number);
    for (unsigned i = 0; i < count; ++i)
      REQUIRE(channel.send(login_of(gate.ticket(number, source.c_str()), "guess")) == Told::sent);
    run();
    for (unsigned i = 0; i < count; ++i) CHECK(serve(LoginOutcome::throttled) == "guess");
    return channel;
  }
  void make_known(const char* user, const char* source) {
    Channel once = begin(user, source);
    CHECK(serve(LoginOutcome::granted) == user);
  }
  // How long the answer to `channel` takes from now on, in milliseconds.
  std::int64_t answered_after(Channel& channel, int most = 400) {
    const Mono begun = read_mono();
    for (int i = 0; i < most; ++i) {
      run(1);
      if (next<LoginResult>(channel)) return (read_mono() - begun).ms();
    }
    return -1;
  }
};

std::string elsewhere(int number) { return "198.51.100." + std::to_string(number); }

}  // namespace

TEST_CASE("the vault has one login at a time, in the order of their coming", "[sessions][queue]") {
  Queueing town;
  Channel a = town.begin("anna", elsewhere(1)), b = town.begin("bert", elsewhere(2));
  CHECK(town.serve() == "anna");
  CHECK(town.serve() == "bert");
  CHECK(town.serve() == "");
}

TEST_CASE("a user at a place of his own passes the strangers", "[sessions][queue]") {
  Queueing town;
  town.make_known("kate", "192.0.2.1");
  std::vector<Channel> crowd;
  for (int i = 0; i < 10; ++i) crowd.push_back(town.begin("guess", elsewhere(i)));
  Channel kate = town.begin("kate", "192.0.2.1"), away = town.begin("kate", "192.0.2.2");
  Channel other = town.begin("hugo", "192.0.2.1");
  CHECK(town.serve() == "guess");  // was before the vault already
  CHECK(town.serve(LoginOutcome::granted) == "kate");
  const auto granted = town.next<LoginResult>(kate);
  REQUIRE(granted);
  CHECK(granted->granted);
  CHECK(town.serve() == "guess");
}

TEST_CASE("a crowd from many places does not keep a known user out", "[sessions][queue]") {
  Queueing town;
  town.make_known("kate", "192.0.2.1");
  std::vector<Channel> crowd;
  for (int i = 0; i < 60; ++i) crowd.push_back(town.begin("guess", elsewhere(i)));
  CHECK(town.logged("reason=busy"));
  Channel kate = town.begin("kate", "192.0.2.1");
  CHECK(town.serve() == "guess");
  CHECK(town.serve(LoginOutcome::granted) == "kate");
  REQUIRE(town.next<LoginResult>(kate));
}

TEST_CASE("who was known before sessions began is asked of the vault", "[sessions][queue]") {
  Queueing town;
  town.vault.close();
  town.run();
  Places known;
  known.count = 2;
  known.rows[0] = {UserName("kate"), addr("192.0.2.1")};
  known.rows[1] = {UserName("hugo"), addr("2001:db8:1:2::")};
  town.bring_vault(known);
  Channel first = town.begin("guess", elsewhere(1)), second = town.begin("guess", elsewhere(2));
  Channel kate = town.begin("kate", "192.0.2.1"), hugo = town.begin("hugo", "2001:db8:1:2:3:4:5:6");
  CHECK(town.serve() == "guess");
  CHECK(town.serve() == "kate");
  CHECK(town.serve() == "hugo");
}

TEST_CASE("a vault that tells more places than there is room for is left", "[sessions][queue]") {
  Queueing town;
  Places wrong;
  wrong.count = place_rows + 1;
  REQUIRE(town.vault.send(wrong) == Told::sent);
  town.run();
  CHECK(town.is_closed(town.vault));
}

TEST_CASE("a no comes at a full step since the question, whatever it was about", "[sessions][queue]") {
  Queueing town;
  Channel a = town.begin("anna", elsewhere(1));
  CHECK(town.serve() == "anna");  // within the first step
  CHECK(town.is_silent(a));
  CHECK(town.answered_after(a) >= 5);
  CHECK(town.logged("reason=wrong-passcode"));
}

TEST_CASE("what the vault refuses without work is held back as long as its work takes",
          "[sessions][queue]") {
  Queueing town;
  for (int i = 0; i < 20; ++i) {  // each takes the vault some 60 ms
    Channel one = town.begin("anna", elsewhere(i));
    town.run(60);
    CHECK(town.serve() == "anna");
    CHECK(town.answered_after(one) >= 0);
  }
  town.lines();
  Channel slowed = town.begin("anna", elsewhere(50)), next = town.begin("bert", elsewhere(51));
  CHECK(town.serve(LoginOutcome::throttled) == "anna");
  CHECK(town.serve() == "bert");  // and nobody waits for that
  CHECK(town.answered_after(slowed) >= 50);
  CHECK(town.logged("user=anna src=198.51.100.50 result=fail reason=throttled"));
}

TEST_CASE("a login that waited too long is refused, and not put to the vault later", "[sessions][queue]") {
  Queueing town(milliseconds(60));
  Channel a = town.begin("anna", elsewhere(1)), b = town.begin("bert", elsewhere(2));
  CHECK(town.answered_after(b) >= 0);
  CHECK(town.logged("user=bert src=198.51.100.2 result=fail reason=timeout"));
  Channel c = town.begin("carl", elsewhere(3));
  CHECK(town.serve() == "anna");  // late, but only then is the vault free again
  CHECK(town.serve() == "carl");
}

TEST_CASE("a login whose worker is gone is not put to the vault", "[sessions][queue]") {
  Queueing town;
  Channel a = town.begin("anna", elsewhere(1)), b = town.begin("bert", elsewhere(2));
  b.close();
  Channel c = town.begin("carl", elsewhere(3));
  CHECK(town.serve() == "anna");
  CHECK(town.serve() == "carl");
  CHECK(town.logged("user=bert src=198.51.100.2 result=fail reason=gone"));
}

TEST_CASE("when the vault goes, what waits is refused, and what was refused keeps its reason",
          "[sessions][queue]") {
  Queueing town;
  Channel a = town.begin("anna", elsewhere(1)), b = town.begin("bert", elsewhere(2));
  CHECK(town.serve(LoginOutcome::throttled) == "anna");
  town.vault.close();
  CHECK(town.answered_after(b) >= 0);
  CHECK(town.answered_after(a) >= 0);
  const auto lines = town.lines();
  const auto says = [&](const char* part) {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.find(part) != line.npos; });
  };
  CHECK(says("user=bert src=198.51.100.2 result=fail reason=missing-peer"));
  CHECK(says("user=anna src=198.51.100.1 result=fail reason=throttled"));
}

TEST_CASE("answers that are held back keep nobody else out", "[sessions][queue]") {
  Queueing town;
  town.make_slow();
  std::vector<Channel> held;
  for (int place = 0; place < 20; ++place) held.push_back(town.hold(8, elsewhere(place)));
  town.lines();
  Channel crowding = town.begin("guess", elsewhere(0));
  CHECK(town.logged("src=198.51.100.0 result=fail reason=busy"));
  Channel other = town.begin("bert", elsewhere(60));
  CHECK(town.serve() == "bert");
  CHECK(town.is_silent(held.front()));  // all that time
}

TEST_CASE("one site of IPv6 has its share of the logins, from however many places", "[sessions][queue]") {
  Queueing town;
  town.make_slow();
  std::vector<Channel> held;
  for (std::size_t i = 0; i < max_logins_per_site / 2; ++i)
    held.push_back(town.hold(2, "2001:db8:1:" + std::to_string(i) + "::1"));
  town.lines();
  Channel crowding = town.begin("guess", "2001:db8:1:1000::1");
  CHECK(town.logged("src=2001:db8:1:1000::1 result=fail reason=busy"));
  Channel other = town.begin("bert", "2001:db8:2:1000::1");
  CHECK(town.serve() == "bert");
}

TEST_CASE("a no says whether anybody has looked, and nothing more", "[sessions][queue]") {
  Queueing town;
  const auto unheard = [&](Channel& channel) {
    for (int i = 0; i < 500; ++i) {
      town.run(1);
      if (const auto answer = town.next<LoginResult>(channel)) {
        CHECK_FALSE(answer->granted);
        return answer->unheard;
      }
    }
    FAIL("no answer");
    return false;
  };
  for (const LoginOutcome outcome : {LoginOutcome::wrong_passcode, LoginOutcome::wrong_pin, LoginOutcome::unknown_user,
                                     LoginOutcome::throttled, LoginOutcome::ceiling, LoginOutcome::store_error}) {
    Channel one = town.begin("anna", elsewhere(1));
    CHECK(town.serve(outcome) == "anna");
    CHECK_FALSE(unheard(one));
  }
  Channel asked = town.begin("anna", elsewhere(1));
  std::vector<Channel> waiting;
  for (unsigned i = 0; i < LoginQueue::most; ++i) waiting.push_back(town.begin("bert", elsewhere(2 + static_cast<int>(i))));
  Channel late = town.begin("carl", elsewhere(90));
  CHECK(unheard(late));  // there is no room
  town.vault.close();
  CHECK_FALSE(unheard(asked));  // its passcode may be spent
  CHECK(unheard(waiting[0]));
  Channel after = town.begin("carl", elsewhere(91));
  CHECK(unheard(after));
}
