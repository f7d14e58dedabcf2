// Sessions as the vault remembers them, for tests.
#pragma once

#include <string>

#include "common/messages_rows.h"
#include "common/wire.h"
#include "unit/catch.h"

namespace postern::authd {

inline Stamp stamp_of(unsigned char boot, std::int64_t mono, std::int64_t wall) {
  Stamp stamp;
  stamp.boot.fill(std::byte{boot});
  stamp.mono = mono;
  stamp.wall = wall;
  return stamp;
}

// The session "sidN" in slot N, bound to 192.0.2.1, with a hash full of N.
inline SessionRow row_of(std::uint32_t slot, const char* user) {
  SessionRow row;
  row.slot = slot;
  row.sid = Sid("sid" + std::to_string(slot));
  row.hash.fill(static_cast<std::byte>(slot));
  row.user = UserName(user);
  row.client = row.bound_v4 = Address::parse("192.0.2.1").value();
  row.created = stamp_of(1, 1000, 100);
  row.used = stamp_of(1, 2000, 200);
  return row;
}

inline bool same_row(const SessionRow& a, const SessionRow& b) {
  std::array<std::byte, 1024> first{}, second{};
  const std::size_t size = encode(a, first);
  return size != 0 && encode(b, second) == size && first == second;
}

}  // namespace postern::authd
