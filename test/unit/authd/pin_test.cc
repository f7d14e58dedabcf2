// PINs and scrypt.
#include "authd/pin.h"

#include "unit/catch.h"

using namespace postern;
using namespace postern::authd;

namespace {
constexpr PinCost quick{10, 8, 1};
Pin pin_of(std::string_view text) {
  Pin pin;
  pin.assign(text);
  return pin;
}
}  // namespace

TEST_CASE("a PIN has 4 to 64 printable characters", "[pin]") {
  for (const std::string& good : {std::string("1234"), std::string("a b~"), std::string(64, 'x')})
    CHECK(is_sound_pin(good));
  for (const std::string& bad : {std::string(), std::string("123"), std::string(65, 'x'), std::string("123\n"),
                                 std::string("12\0" "4", 4), std::string("p\xc3\xa4ss"), std::string("abc\x7f")})
    CHECK_FALSE(is_sound_pin(bad));
}

TEST_CASE("the right PIN fits and no other", "[pin]") {
  const PinHasher pins = PinHasher::open(quick).value();
  const std::string stored = pins.hash(pin_of("s3cret pin")).value();
  CHECK(stored.starts_with("scrypt:10:8:1:"));
  CHECK(stored.find("s3cret") == stored.npos);
  CHECK(pins.verify(pin_of("s3cret pin"), stored).value());
  for (const char* other : {"", "s3cret pi", "s3cret pin ", "S3cret pin", "s3cret pim"})
    CHECK_FALSE(pins.verify(pin_of(other), stored).value());
}

TEST_CASE("the hash is scrypt as RFC 7914 has it", "[pin]") {
  // Computed apart from this program: Python's hashlib.scrypt, salt 00..0f, n=2^15 and 2^10.
  const PinHasher pins = PinHasher::open({}).value();
  CHECK(pins.verify(pin_of("1234"), "scrypt:15:8:1:000102030405060708090a0b0c0d0e0f:"
      "ecabed4ddb75111ffb04b51a0a76b2190cb6f03b607656b085366bf47f78c196").value());
  CHECK(pins.verify(pin_of("1234"), "scrypt:10:8:1:000102030405060708090a0b0c0d0e0f:"
      "11fb48b815df907de8d7662a055dec5ede83867a221fa66acfeb6736cd1d5a6f").value());
}

TEST_CASE("the same PIN is never stored in the same way, and a dummy fits nothing", "[pin]") {
  const PinHasher pins = PinHasher::open(quick).value();
  CHECK(pins.hash(pin_of("1234")).value() != pins.hash(pin_of("1234")).value());
  CHECK_FALSE(pins.verify(pin_of("1234"), pins.dummy().value()).value());
  CHECK_FALSE(pins.verify(pin_of(""), pins.dummy().value()).value());
}

TEST_CASE("a stored text that hash() did not make is an error, not a no", "[pin]") {
  const PinHasher pins = PinHasher::open(quick).value();
  const std::string good = pins.hash(pin_of("1234")).value();
  const std::string tail = good.substr(std::string("scrypt:10:8:1").size());
  REQUIRE(pins.verify(pin_of("1234"), "scrypt:10:8:1" + tail));
  for (const std::string& bad :
       {std::string(), good.substr(1), good + "0", good + ":", good.substr(0, good.size() - 1),
        "scrypt:9:8:1" + tail, "scrypt:19:8:1" + tail, "scrypt:10:9:1" + tail, "scrypt:10:0:1" + tail,
        "scrypt:10:8:5" + tail, "scrypt:+10:8:1" + tail, "scrypt:10 :8:1" + tail, "scrypt:10:8" + tail,
        "scrypt:99999999999:8:1" + tail, "bcrypt:10:8:1" + tail})
    CHECK_FALSE(pins.verify(pin_of("1234"), bad));
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(pins.verify(pin_of("1234"), std::string_view(good).substr(0, size)));
}

TEST_CASE("a cost out of range is refused", "[pin]") {
  for (const PinCost cost : {PinCost{9, 8, 1}, PinCost{19, 8, 1}, PinCost{15, 0, 1}, PinCost{15, 9, 1},
                             PinCost{15, 8, 0}, PinCost{15, 8, 5}})
    CHECK_FALSE(PinHasher::open(cost));
}
