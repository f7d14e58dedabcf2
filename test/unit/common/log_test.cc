// Log lines: no value can leave its field, no line can become two, and a line that was
// not taken is known as not taken.
#include "common/log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cstdio>
#include <string>

#include "common/channel.h"
#include "common/eight.h"
#include "unit/catch.h"
#include "unit/common/children.h"

using namespace postern;

namespace {

// A page that says what a test wants, and a log that reads it.
struct Desk {
  UniqueFd in;
  LogPage* page = nullptr;
  Log log;
  explicit Desk(OnLogFailure on_failure = OnLogFailure::deny, bool verbose = false) {
    auto [writable, readable] = make_log_page().value();
    page = map_log_page(writable.get(), true);
    auto ends = make_channel().value();
    in = std::move(ends.first);
    log = Log::open(std::move(ends.second), std::move(readable), on_failure, verbose).value();
  }
  ~Desk() { (void)::munmap(page, sizeof *page); }
  std::string heard() {
    char text[8192];
    const ssize_t n = ::recv(in.get(), text, sizeof text, MSG_DONTWAIT);
    return n < 0 ? "" : std::string(text, static_cast<std::size_t>(n));
  }
};

}  // namespace

TEST_CASE("a value stands in a line as the design says", "[log]") {
  struct Row { std::string in, out; };
  const Row row = GENERATE(values<Row>({
      {"", "-"},
      {"-", "\"-\""},
      {"--", "--"},
      {"10.0.0.1", "10.0.0.1"},
      {"AZaz09._:/@%+,=?&;~!*()[]-", "AZaz09._:/@%+,=?&;~!*()[]-"},
      {"two words", "\"two words\""},
      {"say \"hi\"", "\"say \\x22hi\\x22\""},
      {"back\\slash", "\"back\\x5cslash\""},
      {"\x01\x1f\x7f", "\"\\x01\\x1f\\x7f\""},
      {"line\nevent=login", "\"line\\x0aevent=login\""},
      {"\r\t", "\"\\x0d\\x09\""},
      {"gr\xc3\xbc\xc3\x9f \xff", "\"gr\\xc3\\xbc\\xc3\\x9f \\xff\""},
      {std::string("\0", 1), "\"\\x00\""},
      {"'#$^`{|}<>", "\"'#$^`{|}<>\""}}));
  CHECK(log_value(row.in) == row.out);
}

TEST_CASE("every byte is written plain, quoted or escaped, and none ends the quotes", "[log]") {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string out = log_value(std::string(1, static_cast<char>(byte)));
    for (const char c : out) CHECK((c >= 0x20 && c <= 0x7e));
    const bool quoted = out.front() == '"';
    CHECK(std::count(out.begin(), out.end(), '"') == (quoted ? 2 : 0));
    if (!quoted) CHECK(out == std::string(1, static_cast<char>(byte)));
  }
}

TEST_CASE("a value is cut at 1024 bytes, with three dots", "[log]") {
  CHECK(log_value(std::string(1024, 'a')) == std::string(1024, 'a'));
  CHECK(log_value(std::string(1025, 'a')) == std::string(1024, 'a') + "...");
  CHECK(log_value(std::string(5000, 'a')) == std::string(1024, 'a') + "...");
  CHECK(log_value(std::string(1023, 'a') + " b") == "\"" + std::string(1023, 'a') + " ...\"");
  CHECK(Line("x").add("k", std::string(1024, 'a')).text() == "event=x k=" + std::string(1024, 'a'));
  CHECK(Line("x").add("k", std::string(1025, 'a')).text() == "event=x k=" + std::string(1024, 'a') + "...");
}

TEST_CASE("a line keeps its order, and numbers, ids and missing values are as written", "[log]") {
  Line line("request", Level::notice);
  line.add_id("id", 0xab).add("src", "").add("status", 503).add("in", std::uint64_t{18446744073709551615u});
  line.add("ms", std::int64_t{-5}).add("host", "-").add("pid", 7u);
  CHECK(line.text() == "event=request id=00000000000000ab src=- status=503 in=18446744073709551615 ms=-5 host=\"-\" pid=7");
  CHECK(line.level() == Level::notice);
  CHECK(Line("x").add_id("id", 0xfedcba9876543210).text() == "event=x id=fedcba9876543210");
}

TEST_CASE("no value is so long that it, or what follows it, vanishes from the line", "[log]") {
  const char filler = GENERATE('a', ' ', '"', '\xff', '\n');
  Line line("request");
  line.add("target", std::string(100'000, filler)).add("status", 200).add("ms", 3);
  CHECK(line.text().size() <= Line::longest);
  CHECK(line.text().find(" target=") != std::string::npos);
  CHECK(line.text().find("...") != std::string::npos);
  CHECK(line.text().ends_with(" status=200 ms=3"));
}

TEST_CASE("a line never outgrows its bound, and its fields stay whole", "[log]") {
  Line line("flood");
  for (int i = 0; i < 100; ++i) line.add("k", std::string(100, '"'));
  CHECK(line.text().size() <= Line::longest);
  CHECK(std::count(line.text().begin(), line.text().end(), '"') % 2 == 0);
}

TEST_CASE("values that stand as they are fill a line to its last byte, and go no further", "[log]") {
  for (const std::size_t more : {0, 1}) {
    Line line("flood");
    while (line.text().size() < Line::longest - 1000) line.add("k", std::string(100, 'a'));
    const std::string before = line.text(), value(Line::longest - before.size() - 3 + more, 'b');
    CHECK(line.add("k", value).text() == (more == 0 ? before + " k=" + value : before));
    CHECK(line.add("n", std::uint64_t{7}).text().size() <= Line::longest);
  }
}

TEST_CASE("an id is 16 digits, whatever they are", "[log]") {
  for (std::uint64_t value = 0x0123456789abcdef, i = 0; i < 300; ++i, value = value << 7 ^ value >> 3 ^ i) {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
    const auto text = hex_text(value);
    CHECK(std::string(text.begin(), text.end()) == digits);
  }
  for (std::uint64_t digit = 0; digit < 16; ++digit) {
    const auto text = hex_text(digit * 0x1111111111111111);
    CHECK(std::string(text.begin(), text.end()) == std::string(16, "0123456789abcdef"[digit]));
  }
}

TEST_CASE("a line reaches the logger in one packet, its level in front", "[log]") {
  Desk desk;
  CHECK(desk.log.write(Line("fault", Level::error).add("what", "a\nb")));
  CHECK(desk.heard() == "3event=fault what=\"a\\x0ab\"");
  CHECK(desk.heard().empty());
}

TEST_CASE("lines that go together are one packet, in order, and none stays behind", "[log]") {
  Desk desk;
  CHECK(desk.log.flush());
  CHECK(desk.heard().empty());  // nothing is no packet
  CHECK(desk.log.add(Line("a")));
  CHECK(desk.log.add(Line("b", Level::error).add("what", "x\x1ey")));
  CHECK(desk.heard().empty());
  CHECK(desk.log.write(Line("c")));
  CHECK(desk.heard() == "6event=a\x1e" "3event=b what=\"x\\x1ey\"\x1e" "6event=c");
  for (int i = 0; i < 100; ++i) CHECK(desk.log.add(Line("n").add("i", i).add("what", std::string(500, 'x'))));
  CHECK(desk.log.flush());
  int next = 0;
  for (std::string text = desk.heard(); !text.empty(); text = desk.heard()) {
    CHECK(text.size() <= line_packet_bytes);
    for (std::size_t at = 0; (at = text.find(" i=", at)) != text.npos; ++at, ++next)
      CHECK(text.substr(at + 3).starts_with(std::to_string(next) + " "));
  }
  CHECK(next == 100);
  desk.in.reset();
  CHECK(desk.log.add(Line("lost")));
  CHECK_FALSE(desk.log.flush());
  CHECK_FALSE(Log().add(Line("x")));
}

TEST_CASE("debug lines are written only when asked for", "[log]") {
  Desk quiet, talkative(OnLogFailure::deny, true);
  quiet.log.debug("x");
  talkative.log.debug("x");
  CHECK(quiet.heard().empty());
  CHECK(talkative.heard() == "7event=debug what=x");
}

TEST_CASE("a line that nobody takes is said to be lost", "[log]") {
  CHECK_FALSE(Log().write(Line("x")));
  Desk desk;
  desk.in.reset();
  CHECK_FALSE(desk.log.write(Line("x")));
}

TEST_CASE("a full queue makes the writer wait a second, and then say no", "[log]") {
  Desk desk;
  int written = 0;
  while (written < 100'000) {
    const Mono before = read_mono();
    if (!desk.log.write(Line("x").add("n", written))) {
      const Duration waited = read_mono() - before;
      CHECK((waited >= milliseconds(900) && waited < seconds(5)));
      break;
    }
    ++written;
  }
  REQUIRE((written > 10 && written < 100'000));
  CHECK(desk.heard() == "6event=x n=0");
}

TEST_CASE("things go on only while lines are being recorded", "[log]") {
  const Mono now{1'000'000'000};
  Desk desk;
  const auto page = [&](Mono beat, std::uint32_t recording) {
    desk.page->heartbeat.store(beat.us);
    desk.page->recording.store(recording);
    return desk.log.may_proceed(now);
  };
  CHECK_FALSE(desk.log.may_proceed(now));  // a page that nobody has written yet
  CHECK(page(now, 1));
  CHECK(page(now - milliseconds(999), 1));
  CHECK_FALSE(page(now - seconds(1), 1));
  CHECK_FALSE(page(now - seconds(100), 1));
  CHECK_FALSE(page(now, 0));
  CHECK_FALSE(page(now, 2));
  Desk lenient(OnLogFailure::proceed);
  CHECK(lenient.log.may_proceed(now));
}

TEST_CASE("only the logger's descriptor of the page can write it", "[log]") {
  auto [writable, readable] = make_log_page().value();
  CHECK(map_log_page(readable.get(), true) == nullptr);
  LogPage* page = map_log_page(readable.get(), false);
  REQUIRE(page != nullptr);
  CHECK(::mprotect(page, sizeof *page, PROT_READ | PROT_WRITE) != 0);
  CHECK(::ftruncate(readable.get(), 0) != 0);
  CHECK(::ftruncate(writable.get(), 0) != 0);  // or every reader would die of SIGBUS
  CHECK(map_log_page(-1, false) == nullptr);
  (void)::munmap(page, sizeof *page);
}

TEST_CASE("a log that moved takes its way along", "[log]") {
  Desk desk;
  Log other = std::move(desk.log);
  CHECK(other.write(Line("x")));
  CHECK_FALSE(desk.log.write(Line("y")));
  desk.log = std::move(other);
  CHECK(desk.log.write(Line("z")));
  CHECK(desk.heard() == "6event=x");
  CHECK(desk.heard() == "6event=z");
}
