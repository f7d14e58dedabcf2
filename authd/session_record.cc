// Writes the clocks of a session down, and sets them again after a new start of role
// sessions or of the machine.  Rounding and doubt always count against the session.
// Never take a moment from a row without time_since(): a row may come from another boot,
// and a wall clock may have been set back since it was written.

#include "authd/session_record.h"

#include <algorithm>

namespace postern::authd {
namespace {

constexpr std::int64_t second = 1'000'000;

std::int64_t whole_seconds_up(Duration d) { return (d.us + second - 1) / second; }

// The wall clock at `then`, as it would have been if it had always gone as it does now.
std::int64_t wall_at(Mono then, const Stamp& now) {
  return now.wall - whole_seconds_up(Mono{now.mono} - then);
}

}  // namespace

Result<BootId> parse_boot_id(std::string_view text) {
  BootId id{};
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '-' || c == '\n') continue;
    const unsigned value = c >= '0' && c <= '9' ? unsigned(c - '0') : c >= 'a' && c <= 'f' ? unsigned(c - 'a' + 10) : 16;
    if (value > 15 || digits == 2 * id.size()) return fail("cannot read the kernel's boot id");
    id[digits / 2] = (id[digits / 2] << 4) | std::byte(value);
    ++digits;
  }
  if (digits != 2 * id.size()) return fail("cannot read the kernel's boot id");
  return id;
}

UseRow use_of(std::uint32_t slot, const Session& session, const Stamp& now) {
  return {slot, session.used.us, std::max<std::int64_t>(wall_at(session.used, now), 0)};
}

SessionRow row_of(std::uint32_t slot, const Session& session, const Stamp& now) {
  const NewSession& made = session.made;
  const UseRow use = use_of(slot, session, now);
  SessionRow row;
  row.slot = slot;
  row.sid = session.sid;
  row.hash = session.hash;
  row.user = made.user;
  row.client = made.client;
  row.bound_v4 = session.bound_v4;
  row.bound_v6 = session.bound_v6;
  row.connection = made.connection;
  row.created = {now.boot, session.created.us,
                 std::max<std::int64_t>(std::min(made.login.s, wall_at(session.created, now)), 0)};
  row.used = {now.boot, use.mono, use.wall};
  row.last_login = made.last_login;
  row.last_source = made.last_source;
  row.failures = made.failures;
  row.logouts = made.logouts;
  row.last_logout = made.last_logout;
  return row;
}

// Both wall clocks are cut to seconds, so their difference is off by one at most.
Duration time_since(const Stamp& then, const Stamp& now, std::int64_t seen) {
  const auto by_wall = [&](std::int64_t rounding) {
    return seconds(std::min(now.wall - then.wall + rounding, ages.seconds()));
  };
  if (then.boot == now.boot) {
    if (now.mono < then.mono) return ages;
    return std::min(std::max(Mono{now.mono} - Mono{then.mono}, by_wall(-1)), ages);
  }
  if (now.wall < seen || now.wall < then.wall) return ages;
  return by_wall(1);
}

Session session_of(const SessionRow& row, const Stamp& now, std::int64_t seen) {
  Session session;
  session.hash = row.hash;
  session.made = {.user = row.user,
                  .client = row.client,
                  .connection = row.connection,
                  .login = {row.created.wall},
                  .last_login = row.last_login,
                  .last_source = row.last_source,
                  .failures = row.failures,
                  .logouts = row.logouts,
                  .last_logout = row.last_logout};
  session.sid = row.sid;
  session.bound_v4 = row.bound_v4;
  session.bound_v6 = row.bound_v6;
  session.created = Mono{now.mono} - time_since(row.created, now, seen);
  session.used = std::max(Mono{now.mono} - time_since(row.used, now, seen), session.created);
  session.other_boot = row.created.boot != now.boot || row.used.boot != now.boot;
  if (row.used.boot != now.boot) session.old_use = {row.used.wall};
  return session;
}

}  // namespace postern::authd
