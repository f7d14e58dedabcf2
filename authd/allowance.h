// How many guesses at one user are judged a day, so that a blind one hits less than once
// in 10,000 days.  Pure: time is given, nothing is stored here.
//
// A guess is a login that one right factor more would have opened: the PIN was right and
// the passcode was none that the token shows, or the other way round.  Where both were
// wrong no luck with one of them could have helped, so those count nothing here, and
// nobody without the PIN, or a session's cookie in its place (sessions_link.cc), can use up
// what a user has.
#pragma once

#include <cstdint>

#include "authd/passcode.h"
#include "common/clock.h"

namespace postern::authd {

// `burst` guesses at once, and one more after each `interval`: never more than `a_day` in
// any 24 hours.  When it is used up the next one comes in time; nobody is locked out.
struct Allowance {
  std::uint32_t a_day = 0;
  std::uint32_t burst = 0;
  std::int64_t interval = 0;  // seconds
};

// The share of sources that the user has never logged in from, and that of those that he
// has: strangers can use up theirs and leave his alone.
struct Allowances {
  Allowance strange, known;
};

// How many passcodes one guess would have hit, at most.
std::uint32_t passcodes_hit(const TokenShape& shape, const Windows& windows);
// For windows within their bounds each share has at least one guess a day.
Allowances allowances_of(const TokenShape& shape, const Windows& windows);

// What is remembered of a share is one time: when it will be as good as new.  0: it is.
bool may_guess(const Allowance& allowance, std::int64_t due, Wall now);
std::int64_t due_after_guess(const Allowance& allowance, std::int64_t due, Wall now);
// Guesses that still count.
std::uint32_t guesses_held(const Allowance& allowance, std::int64_t due, Wall now);

}  // namespace postern::authd
