// Replies without a template, and times as text.  Called by the connection, pages.cc and answer.cc.
// Never call gmtime or strftime here: they may open the time zone's file, which kills a
// process in its jail; the calendar of <chrono> is arithmetic only.
#include "wfd/reply.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

namespace postern::wfd {
namespace {

constexpr ConstantFields plain_text = ConstantFields::of<
    "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n">();

struct Civil {
  std::chrono::year_month_day day;
  std::chrono::weekday weekday;
  std::chrono::hh_mm_ss<std::chrono::seconds> time;
};

Civil civil(Wall when) {
  const std::chrono::sys_seconds instant{std::chrono::seconds(when.s)};
  const auto midnight = std::chrono::floor<std::chrono::days>(instant);
  return {midnight, std::chrono::weekday(midnight), std::chrono::hh_mm_ss(instant - midnight)};
}

// Fills a pattern: each run of digits at `at` with the last of `number`, words as they are.
void put(std::span<char> text, std::size_t at, std::size_t digits, std::int64_t number) {
  for (; digits-- > 0; number /= 10) text[at + digits] = static_cast<char>('0' + number % 10);
}
void put(std::span<char> text, std::size_t at, std::string_view word) { std::ranges::copy(word, text.subspan(at, word.size()).begin()); }

constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Unit {
  std::uint64_t seconds;
  std::string_view word;
  std::uint64_t next_seconds;  // the smaller unit shown behind it; 0 for none
  std::string_view next_word;
};
constexpr Unit units[] = {
    {86400, " d", 3600, " h"},
    {3600, " h", 60, " min"},
    {60, " min", 0, ""},
};

}  // namespace

Reply text_reply(unsigned status, std::string body) {
  return {status, plain_text, {}, std::move(body)};
}

Reply redirect_reply(unsigned status, std::string location) {
  std::string body;
  body.reserve(location.size() + 7);
  body.append("Go to ").append(location).push_back('\n');
  Reply reply = text_reply(status, std::move(body));
  reply.add<"Location">(std::move(location));
  return reply;
}

HttpDate http_date(Wall when) {
  const Civil c = civil(when);
  HttpDate text;
  put(text, 0, "Sun, 06 Nov 1994 08:49:37 GMT");
  put(text, 0, weekdays[c.weekday.c_encoding()]);
  put(text, 5, 2, static_cast<unsigned>(c.day.day()));
  put(text, 8, months[static_cast<unsigned>(c.day.month()) - 1]);
  put(text, 12, 4, static_cast<int>(c.day.year()));
  put(text, 17, 2, c.time.hours().count());
  put(text, 20, 2, c.time.minutes().count());
  put(text, 23, 2, c.time.seconds().count());
  return text;
}

std::string show_time(Wall when) {
  if (when.s == 0) return "-";
  const Civil c = civil(when);
  std::string text = "1994-11-06 08:49 UTC";
  put(text, 0, 4, static_cast<int>(c.day.year()));
  put(text, 5, 2, static_cast<unsigned>(c.day.month()));
  put(text, 8, 2, static_cast<unsigned>(c.day.day()));
  put(text, 11, 2, c.time.hours().count());
  put(text, 14, 2, c.time.minutes().count());
  return text;
}

std::string show_duration(std::uint64_t seconds) {
  for (const Unit& unit : units) {
    if (seconds < unit.seconds) continue;
    std::string text = std::to_string(seconds / unit.seconds);
    text += unit.word;
    const std::uint64_t rest = unit.next_seconds == 0 ? 0 : seconds % unit.seconds / unit.next_seconds;
    if (rest != 0) text.append(" ").append(std::to_string(rest)).append(unit.next_word);
    return text;
  }
  return std::to_string(seconds) + " s";
}

}  // namespace postern::wfd
