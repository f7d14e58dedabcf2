// Who gets an assertion, how often, and which keys are shown.
#include "authd/assertion_desk.h"

#include "authd/source_rate.h"
#include "unit/authd/assertion_keys.h"

using namespace postern;
using namespace postern::authd;

namespace {

constexpr Mono start{1'000'000'000};
constexpr Wall noon{1'700'000'000};

Subject subject(std::uint32_t slot = 3, std::string_view host = "wiki.example.org", const char* destination = "10.1.0.5:443") {
  Subject s;
  s.slot = slot;
  s.generation = 100 + slot;
  s.user = UserName("kate");
  s.sid = Sid("abcdefghijkm");
  s.login_host = "login.example.org";
  s.host = host;
  s.destination = *Endpoint::parse(destination);
  s.life = seconds(3600);
  return s;
}

struct Desk {
  AssertionDesk desk;
  Duration passed{};
  std::int64_t clock_moved = 0;  // by somebody, in seconds

  explicit Desk(bool with_key = true) {
    IdentityKeys keys;
    if (with_key) keys.current.emplace(key_from(rfc_key));
    desk.take(std::move(keys), now());
  }
  Mono now() const { return start + passed; }
  Wall wall() const { return {noon.s + passed.seconds() + clock_moved}; }
  Vouched ask(const Subject& s = subject()) { return desk.vouch(s, now(), wall()); }
  std::string token(const Subject& s = subject()) {
    const Vouched made = ask(s);
    CHECK(made.outcome == VouchOutcome::vouched);
    return std::string(made.token);
  }
  void renew(const std::string& current, const std::string& previous = "") {
    IdentityKeys keys;
    if (!current.empty()) keys.current.emplace(key_from(current));
    if (!previous.empty()) keys.previous.emplace(*read_public_key(bytes_of(previous)));
    desk.take(std::move(keys), now());
  }
};

bool shows(const std::string& list, const std::string& pem) {
  return list.find(read_public_key(bytes_of(pem))->jwk) != std::string::npos;
}

}  // namespace

TEST_CASE("one assertion for a session, host and destination is good for a minute", "[assertion]") {
  Desk desk;
  const std::string first = desk.token();
  CHECK(desk.ask().fresh_for == seconds(60));
  desk.passed = seconds(59);
  CHECK(desk.token() == first);
  CHECK(desk.ask().fresh_for == seconds(1));
  desk.passed = milliseconds(59'999);
  CHECK(desk.token() == first);
  desk.passed = seconds(60);
  const std::string second = desk.token();
  CHECK(second != first);
  CHECK(parts_of(second).claims.find("\"iat\":1700000060,") != std::string::npos);
}

TEST_CASE("nobody gets what was made for another session, server, address or login host", "[assertion]") {
  Desk desk;
  const std::string first = desk.token();
  Subject again = subject();
  again.generation = 999;
  Subject elsewhere = subject();
  elsewhere.login_host = "login.sales.example.org";
  for (const Subject& other : {subject(4), again, subject(3, "www.example.org"), subject(3, "wiki.example.org", "10.1.0.6:443"),
                               subject(3, "wiki.example.org", "10.1.0.5:8443"), elsewhere}) {
    const std::string made = desk.token(other);
    CHECK(made != first);
    const std::string claims = parts_of(made).claims;
    CHECK(claims.find("\"aud\":\"https://" + std::string(other.host) + "\"") != std::string::npos);
    CHECK(claims.find("\"iss\":\"https://" + std::string(other.login_host) + "\"") != std::string::npos);
    CHECK(claims.find("\"dst\":\"" + other.destination.text() + "\"") != std::string::npos);
    CHECK(desk.token(other) == made);
  }
  CHECK(desk.token() == first);
}

TEST_CASE("a session has so many made in a minute, whatever hosts are named", "[assertion]") {
  Desk desk;
  const auto host = [](std::uint32_t i) { return "h" + std::to_string(i) + ".example.org"; };
  std::string first;
  for (std::uint32_t i = 0; i < assertions_a_minute; ++i) {
    const std::string made = desk.token(subject(3, host(i)));
    if (i == 0) first = made;
  }
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const Vouched no = desk.ask(subject(3, host(assertions_a_minute + i)));
    REQUIRE(no.outcome == VouchOutcome::busy);
    REQUIRE(no.token.empty());
  }
  CHECK(desk.token(subject(3, host(0))) == first);  // what there is may be had again
  CHECK(desk.ask(subject(4, host(0))).outcome == VouchOutcome::vouched);
  Subject next = subject(3, "x.example.org");
  next.generation = 777;  // the slot is another session's now
  CHECK(desk.ask(next).outcome == VouchOutcome::vouched);
  desk.passed = seconds(60);
  CHECK(desk.ask(subject(3, host(5000))).outcome == VouchOutcome::vouched);
}

TEST_CASE("what is kept has a bound, and the oldest goes first", "[assertion]") {
  Desk desk;
  const std::string first = desk.token(subject(0));
  const auto sessions = static_cast<std::uint32_t>(max_kept_assertions);
  for (std::uint32_t slot = 1; slot < sessions; ++slot) (void)desk.token(subject(slot));
  CHECK(desk.token(subject(0)) == first);
  (void)desk.token(subject(sessions));
  CHECK(desk.token(subject(0)) != first);
}

TEST_CASE("when the clock was set, an assertion is made anew", "[assertion]") {
  for (const std::int64_t moved : {-3600, -3, 3, 90, 86400}) {
    Desk desk;
    const std::string first = desk.token();
    desk.passed = seconds(10);
    CHECK(desk.token() == first);
    desk.clock_moved = moved;
    const std::string second = desk.token();
    CHECK(second != first);
    CHECK(parts_of(second).claims.find("\"iat\":" + std::to_string(noon.s + 10 + moved) + ",") != std::string::npos);
  }
}

TEST_CASE("without a key or a login host nothing is asserted", "[assertion]") {
  Desk bare(false);
  CHECK(bare.ask().outcome == VouchOutcome::no_key);
  CHECK(bare.desk.key_list(bare.now()).empty());
  Desk desk;
  Subject nameless = subject();
  nameless.login_host = "";
  CHECK(desk.ask(nameless).outcome == VouchOutcome::no_key);
  desk.renew("");
  CHECK(desk.ask().outcome == VouchOutcome::no_key);
  CHECK(desk.desk.key_list(desk.now()).empty());
}

TEST_CASE("an old key is shown for a day after a change", "[assertion]") {
  Desk desk;
  const std::string second = new_pem(), third = new_pem();
  CHECK(desk.desk.key_list(desk.now()) == "{\"keys\":[" + rfc_jwk + "]}");
  const std::string before = desk.token();
  desk.renew(second);
  const std::string after = desk.token();
  CHECK(after != before);
  CHECK(is_signed_by(parts_of(after), pem_of(AnyKey(new_key("P-256")), "public")) == false);
  CHECK(parts_of(after).header.find(key_from(second).shown().kid) != std::string::npos);
  const std::string both = desk.desk.key_list(desk.now());
  CHECK(both == "{\"keys\":[" + key_from(second).shown().jwk + "," + rfc_jwk + "]}");
  desk.passed = seconds(12 * 3600);
  desk.renew(third);
  desk.passed = seconds(24 * 3600 - 1);
  CHECK(shows(desk.desk.key_list(desk.now()), rfc_key));
  desk.passed = seconds(24 * 3600);
  CHECK_FALSE(shows(desk.desk.key_list(desk.now()), rfc_key));
  CHECK(shows(desk.desk.key_list(desk.now()), second));
  desk.passed = seconds(36 * 3600);
  CHECK(desk.desk.key_list(desk.now()) == "{\"keys\":[" + key_from(third).shown().jwk + "]}");
}

TEST_CASE("a reload with the same keys makes none of them younger, and no key stands twice", "[assertion]") {
  Desk desk;
  const std::string old = new_pem();
  desk.renew(rfc_key, old);
  CHECK(shows(desk.desk.key_list(desk.now()), old));
  desk.passed = seconds(23 * 3600);
  desk.renew(rfc_key, old);
  desk.passed = seconds(24 * 3600);
  CHECK_FALSE(shows(desk.desk.key_list(desk.now()), old));
  desk.renew(rfc_key, rfc_key);
  CHECK(desk.desk.key_list(desk.now()) == "{\"keys\":[" + rfc_jwk + "]}");
  const std::string other = new_pem();
  desk.renew(other);
  desk.renew(rfc_key);  // back again
  CHECK(desk.desk.key_list(desk.now()) == "{\"keys\":[" + rfc_jwk + "," + key_from(other).shown().jwk + "]}");
}

TEST_CASE("keys that change all the time stay within the message", "[assertion]") {
  Desk desk;
  for (int i = 0; i < 12; ++i) desk.renew(new_pem());
  const std::string list = desk.desk.key_list(desk.now());
  CHECK(list.size() <= decltype(KeyList::json)::capacity);
  CHECK(std::ranges::count(list, '{') == 2 + static_cast<std::ptrdiff_t>(max_old_keys));
}

TEST_CASE("a source may ask so often in a second, and one no is worth a line", "[assertion]") {
  using Answer = SourceRate::Answer;
  SourceRate rate(3, 2);
  const Address one = *Address::parse("10.1.0.1"), two = *Address::parse("fd00:1::2"), three = *Address::parse("10.1.0.3");
  for (int i = 0; i < 3; ++i) CHECK(rate.admit(one, start) == Answer::admitted);
  CHECK(rate.admit(one, start + milliseconds(999)) == Answer::first_refused);
  CHECK(rate.admit(one, start + milliseconds(999)) == Answer::refused);
  CHECK(rate.admit(two, start + milliseconds(999)) == Answer::admitted);
  CHECK(rate.admit(three, start + milliseconds(999)) == Answer::refused);  // no room to count it
  CHECK(rate.admit(one, start + seconds(1)) == Answer::admitted);
  CHECK(rate.admit(three, start + seconds(2)) == Answer::admitted);
  rate.set(1);
  CHECK(rate.admit(three, start + seconds(2)) == Answer::first_refused);
}
