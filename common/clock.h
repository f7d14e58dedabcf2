// Time is an argument.  Mono is for deadlines and idle clocks, Wall for what a
// person or a token sees; they do not mix.  Only loop.cc and the entry functions
// of roles read clocks; logic is given a value.
#pragma once

#include <time.h>

#include <compare>
#include <cstdint>

namespace postern {

struct Duration {  // signed microseconds
  std::int64_t us = 0;
  auto operator<=>(const Duration&) const = default;
  constexpr std::int64_t ms() const { return us / 1000; }
  constexpr std::int64_t seconds() const { return us / 1'000'000; }
};
constexpr Duration milliseconds(std::int64_t n) { return {n * 1000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration operator+(Duration a, Duration b) { return {a.us + b.us}; }
constexpr Duration operator-(Duration a, Duration b) { return {a.us - b.us}; }

// Microseconds of CLOCK_BOOTTIME: goes on while the machine sleeps, never back.
struct Mono {
  std::int64_t us = 0;
  auto operator<=>(const Mono&) const = default;
};
constexpr Mono operator+(Mono t, Duration d) { return {t.us + d.us}; }
constexpr Mono operator-(Mono t, Duration d) { return {t.us - d.us}; }
constexpr Duration operator-(Mono a, Mono b) { return {a.us - b.us}; }

// Seconds since 1970 (CLOCK_REALTIME).
struct Wall {
  std::int64_t s = 0;
  auto operator<=>(const Wall&) const = default;
};

inline Mono read_mono() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return {t.tv_sec * 1'000'000 + t.tv_nsec / 1000};
}
inline Wall read_wall() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return {t.tv_sec};
}

}  // namespace postern
