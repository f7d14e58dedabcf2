// Replies without a template, and times as text.  Called by navigation.cc, pages.cc,
// login_host.cc and answer.cc.
// Never call gmtime or strftime here: they may open the time zone's file, which kills a
// process in its jail; the calendar of <chrono> is arithmetic only.
#include "wfd/reply.h"

#include <array>
#include <chrono>

namespace postern::wfd {
namespace {

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

std::string padded(std::int64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

std::string year_of(const Civil& c) { return padded(static_cast<int>(c.day.year()), 4); }
std::string day_of(const Civil& c) { return padded(static_cast<unsigned>(c.day.day()), 2); }

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
  Reply reply;
  reply.status = status;
  reply.add("Content-Type", "text/plain; charset=utf-8");
  reply.add("Cache-Control", "no-store");
  reply.add("X-Content-Type-Options", "nosniff");
  reply.add("Referrer-Policy", "same-origin");
  reply.body = std::move(body);
  return reply;
}

Reply redirect_reply(unsigned status, std::string_view location) {
  Reply reply = text_reply(status, "Go to " + std::string(location) + "\n");
  reply.add("Location", location);
  return reply;
}

std::string http_date(Wall when) {
  const Civil c = civil(when);
  std::string text(weekdays[c.weekday.c_encoding()]);
  text += ", " + day_of(c) + " ";
  text += months[static_cast<unsigned>(c.day.month()) - 1];
  text += " " + year_of(c) + " " + padded(c.time.hours().count(), 2) + ":" +
          padded(c.time.minutes().count(), 2) + ":" + padded(c.time.seconds().count(), 2) + " GMT";
  return text;
}

std::string show_time(Wall when) {
  if (when.s == 0) return "-";
  const Civil c = civil(when);
  return year_of(c) + "-" + padded(static_cast<unsigned>(c.day.month()), 2) + "-" + day_of(c) + " " +
         padded(c.time.hours().count(), 2) + ":" + padded(c.time.minutes().count(), 2) + " UTC";
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
