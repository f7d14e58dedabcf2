// The record of live sessions on disk: what sessions has the vault remember, and what it
// asks back when it begins anew.  No cookie value is in any of it, only its SHA-256.
#pragma once

#include <array>
#include <cstdint>

#include "common/address.h"
#include "common/message_kind.h"

namespace postern {

// One moment by both clocks.  The first one is sure, but counts within one boot only.
struct Stamp {
  std::array<std::byte, 16> boot{};  // the kernel's name for this boot
  std::int64_t mono = 0;             // CLOCK_BOOTTIME, microseconds
  std::int64_t wall = 0;             // CLOCK_REALTIME, seconds
  bool operator==(const Stamp&) const = default;
  template <class A> void fields(A& a) { a(boot); a(mono); a(wall); }
};

struct SessionRow {
  std::uint32_t slot = 0;
  Sid sid;
  std::array<std::byte, 32> hash{};  // of the cookie
  UserName user;
  Address client;                    // from where the login came
  Address bound_v4, bound_v6;
  std::uint64_t connection = 0;
  Stamp created, used;
  std::int64_t last_login = 0;       // of the login before, as in PasscodeResult
  Address last_source;
  std::uint32_t failures = 0, logouts = 0;
  std::int64_t last_logout = 0;
  template <class A> void fields(A& a) {
    a(slot); a(sid); a(hash); a(user); a(client); a(bound_v4); a(bound_v6); a(connection);
    a(created); a(used); a(last_login); a(last_source); a(failures); a(logouts); a(last_logout);
  }
};
struct UseRow {  // when the session in a slot was used last, in the boot of the message
  std::uint32_t slot = 0;
  std::int64_t mono = 0;
  std::int64_t wall = 0;
  template <class A> void fields(A& a) { a(slot); a(mono); a(wall); }
};

struct Remember {  // a new session, or a new state of one
  static constexpr Kind kind = Kind::remember;
  std::uint32_t tag = 0;
  SessionRow row;
  template <class A> void fields(A& a) { a(tag); a(row); }
};
struct Forget {  // a session is over
  static constexpr Kind kind = Kind::forget;
  std::uint32_t tag = 0;
  bool all = false;              // all there are, and the rest of this does not count
  std::uint32_t slot = 0;
  Sid sid;                       // only if it is still this one
  bool logout = false;           // its user said so: that goes into his history
  UserName user;
  Address source;                // from where he said it
  std::int64_t time = 0;         // and when
  template <class A> void fields(A& a) {
    a(tag); a(all); a(slot); a(sid); a(logout); a(user); a(source); a(time);
  }
};
inline constexpr std::size_t use_rows = 128;
struct Refresh {  // what the clocks say, and which sessions were used meanwhile
  static constexpr Kind kind = Kind::refresh;
  std::uint32_t tag = 0;
  Stamp now;                     // its wall: the latest time ever seen
  std::uint32_t count = 0;
  std::array<UseRow, use_rows> rows{};
  template <class A> void fields(A& a) {
    a(tag); a(now); a(count);
    for (UseRow& row : rows) a(row);
  }
};
struct Noted {  // it is on disk, or not
  static constexpr Kind kind = Kind::noted;
  std::uint32_t tag = 0;
  bool done = false;
  template <class A> void fields(A& a) { a(tag); a(done); }
};
struct Recall {  // some sessions from this slot on
  static constexpr Kind kind = Kind::recall;
  std::uint32_t tag = 0;
  std::uint32_t from = 0;
  template <class A> void fields(A& a) { a(tag); a(from); }
};
struct Recalled {
  static constexpr Kind kind = Kind::recalled;
  std::uint32_t tag = 0;
  SessionRow row;
  template <class A> void fields(A& a) { a(tag); a(row); }
};
struct RecallEnd {
  static constexpr Kind kind = Kind::recall_end;
  std::uint32_t tag = 0;
  bool done = false;
  bool more = false;             // from `next` on
  std::uint32_t next = 0;
  Stamp last;                    // of the last Refresh
  template <class A> void fields(A& a) { a(tag); a(done); a(more); a(next); a(last); }
};

}  // namespace postern
