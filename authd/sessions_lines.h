// The log lines of role sessions (DESIGN 9), and the words that stand in them.
#pragma once

#include <string_view>

#include "authd/session_table.h"
#include "common/log.h"
#include "common/messages.h"

namespace postern::authd {

// `id user src result reason`.  `user` is what was typed: anything that is no possible
// user name is left out, for it may be a PIN in the wrong field (R6).
Line login_line(const Ticket& ticket, std::string_view user, bool granted, std::string_view reason);
// `sid user address`: a session may be used from there, too.
Line link_line(const Sid& sid, const UserName& user, const Address& added);
// `sid user by`, for logout, expire and revoke.
Line ended_line(std::string_view event, const EndedSession& ended, std::string_view by);
// `id src dst status reason`: a verdict that says no.
Line refuse_line(const Ticket& ticket, Standing standing);
// `id src user sid result reason`: a question of an intranet server about a cookie; no
// session when there is none, no reason when it was good.
Line verify_line(const Ticket& ticket, const Session* session, std::string_view reason);
// The word for a standing that says no; empty for good.
std::string_view word_of(Standing standing);
// `sessions`: how many came back at the start.
Line recall_line(std::size_t sessions);
// `role pid what`; the pid of a peer behind a gate is not known here.
Line fault_line(Role role, std::string_view what);

// Words for a login's end that the vault does not know of.
namespace reason {
inline constexpr std::string_view none = "";
inline constexpr std::string_view missing_peer = "missing-peer";  // no vault
inline constexpr std::string_view not_ready = "not-ready";        // sessions are being read back
inline constexpr std::string_view busy = "busy";                  // too many at once
inline constexpr std::string_view timeout = "timeout";            // the vault is silent
inline constexpr std::string_view no_log = "no-log";              // it could not be recorded
inline constexpr std::string_view gone = "gone";                  // who asked is gone
inline constexpr std::string_view table_full = "table-full";
inline constexpr std::string_view no_link = "no-link";            // too late, or not his
inline constexpr std::string_view link = "link";                  // an address for a session
}  // namespace reason

}  // namespace postern::authd
