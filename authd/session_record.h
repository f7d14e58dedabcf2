// A session as a row on disk, and back.  Pure: the clocks are arguments.  What comes back
// is never younger, nor less idle, than it was.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "authd/session_table.h"
#include "common/messages_rows.h"

namespace postern::authd {

using BootId = std::array<std::byte, 16>;

// Of "0f3c1d2e-1b2a-4c3d-8e9f-001122334455": 32 hex digits, hyphens left out.
Result<BootId> parse_boot_id(std::string_view text);

// Longer ago than any session may last.
inline constexpr Duration ages = seconds(10 * 366 * 86'400LL);

// The session in `slot`, and its last use, as they stand at the moment `now`.
SessionRow row_of(std::uint32_t slot, const Session& session, const Stamp& now);
UseRow use_of(std::uint32_t slot, const Session& session, const Stamp& now);

// How long ago `then` was, at least.  Within one boot the sure clock counts, and a wall
// clock that went ahead; over a new start only the wall clock is there, and it counts
// only if it is not behind `seen`, the latest time that was ever recorded, or `then`.
// Otherwise it is wrong: ages ago.
Duration time_since(const Stamp& then, const Stamp& now, std::int64_t seen);

// The session of a row at the moment `now`.
Session session_of(const SessionRow& row, const Stamp& now, std::int64_t seen);

}  // namespace postern::authd
