// EVERY message between processes, and EVERY permitted route.  Requests are verbs,
// answers are nouns.  A message lists its fields once (see wire.h).  A kind that is
// not in the route table for (from, to), or that brings another number of
// descriptors than its row says (where it says two: fewer or more), makes the peer a broken peer.
//
// The messages themselves: messages_house.h (masters, porters, nurseries, workers),
// messages_relay.h (signer, broker), messages_auth.h (sessions, vault, authctl),
// messages_identity.h (sessions, for servers of the intranet), messages_rows.h (what the
// vault keeps for sessions).
#pragma once

#include "common/message_kind.h"
#include "common/messages_auth.h"
#include "common/messages_house.h"
#include "common/messages_identity.h"
#include "common/messages_relay.h"
#include "common/messages_rows.h"
#include "common/roles.h"

namespace postern {

// ---- routes ---------------------------------------------------------------------

struct Route {
  Kind kind;
  Role from, to;
  unsigned descriptors;
  unsigned most = descriptors;
  constexpr bool permits(std::size_t count) const { return count >= descriptors && count <= most; }
};

inline constexpr Role any_role = Role::none;  // as `from` or `to` in a row with the master

inline constexpr Route routes[] = {
    // kind               from            to              descriptors, most of them
    {Kind::hand,          Role::master,   any_role,       1},
    {Kind::start,         Role::master,   any_role,       0},
    {Kind::ready,         any_role,       Role::master,   0},
    {Kind::failed,        any_role,       Role::master,   0},
    {Kind::retire,        Role::master,   any_role,       0},
    {Kind::trace,         Role::master,   any_role,       0},
    {Kind::reload,        Role::master,   any_role,       1},
    {Kind::reloaded,      any_role,       Role::master,   0},
    {Kind::need_syslog,   Role::logger,   Role::master,   0},
    {Kind::kill_workers,  Role::sessions, Role::master,   0},
    {Kind::kill_workers,  Role::master,   Role::porter,   0},

    {Kind::spawn,         Role::porter,   Role::nursery,  4},
    {Kind::spawn_plain,   Role::porter,   Role::nursery,  1},
    {Kind::kill,          Role::porter,   Role::nursery,  0},
    {Kind::retire,        Role::porter,   Role::nursery,  0},
    {Kind::spawned,       Role::nursery,  Role::porter,   0},
    {Kind::gone,          Role::nursery,  Role::porter,   0},
    {Kind::enroll,        Role::porter,   Role::signer,   1},
    {Kind::enroll,        Role::porter,   Role::broker,   1},
    {Kind::enroll,        Role::porter,   Role::sessions, 1},
    {Kind::serve,         Role::porter,   Role::worker,   1, serves_in_one},
    {Kind::peer,          Role::porter,   Role::worker,   1},
    {Kind::retire,        Role::porter,   Role::worker,   0},
    {Kind::trace,         Role::porter,   Role::worker,   0},
    {Kind::closed,        Role::worker,   Role::porter,   0},
    {Kind::closed_many,   Role::worker,   Role::porter,   0},

    {Kind::sign,          Role::worker,   Role::signer,   0},
    {Kind::signature,     Role::signer,   Role::worker,   0},
    {Kind::keep_session,  Role::worker,   Role::signer,   0},
    {Kind::take_session,  Role::worker,   Role::signer,   0},
    {Kind::taken_session, Role::signer,   Role::worker,   0},

    {Kind::dial,          Role::worker,   Role::broker,   0},
    {Kind::dialled,       Role::broker,   Role::worker,   1},
    {Kind::dial_refused,  Role::broker,   Role::worker,   0},
    {Kind::learned,       Role::worker,   Role::broker,   0},

    {Kind::gate_hello,    Role::master,   Role::sessions, 0},
    {Kind::page,          Role::sessions, Role::worker,   1},
    {Kind::judge,         Role::worker,   Role::sessions, 0},
    {Kind::judge,         Role::broker,   Role::sessions, 0},
    {Kind::verdict,       Role::sessions, Role::worker,   0},
    {Kind::verdict,       Role::sessions, Role::broker,   0},
    {Kind::touch,         Role::worker,   Role::sessions, 0},
    {Kind::login,         Role::worker,   Role::sessions, 0},
    {Kind::login_result,  Role::sessions, Role::worker,   0},
    {Kind::logout,        Role::worker,   Role::sessions, 0},
    {Kind::logged_out,    Role::sessions, Role::worker,   0},
    {Kind::look,          Role::worker,   Role::sessions, 0},
    {Kind::session_info,  Role::sessions, Role::worker,   0},
    {Kind::list_own,      Role::worker,   Role::sessions, 0},
    {Kind::own_sessions,  Role::sessions, Role::worker,   0},
    {Kind::ended,         Role::sessions, Role::worker,   0},
    {Kind::ended_seen,    Role::worker,   Role::sessions, 0},
    {Kind::vouch,         Role::worker,   Role::sessions, 0},
    {Kind::assertion,     Role::sessions, Role::worker,   0},
    {Kind::list_keys,     Role::worker,   Role::sessions, 0},
    {Kind::key_list,      Role::sessions, Role::worker,   0},
    {Kind::verify,        Role::worker,   Role::sessions, 0},
    {Kind::verification,  Role::sessions, Role::worker,   0},

    {Kind::check_passcode, Role::sessions, Role::vault,   0},
    {Kind::passcode_result, Role::vault,  Role::sessions, 0},
    {Kind::ask_places,    Role::sessions, Role::vault,    0},
    {Kind::places,        Role::vault,    Role::sessions, 0},
    {Kind::remember,      Role::sessions, Role::vault,    0},
    {Kind::forget,        Role::sessions, Role::vault,    0},
    {Kind::refresh,       Role::sessions, Role::vault,    0},
    {Kind::noted,         Role::vault,    Role::sessions, 0},
    {Kind::recall,        Role::sessions, Role::vault,    0},
    {Kind::recalled,      Role::vault,    Role::sessions, 0},
    {Kind::recall_end,    Role::vault,    Role::sessions, 0},
    {Kind::admin_ask,     Role::admin,    Role::sessions, 0},
    {Kind::admin_ask,     Role::sessions, Role::vault,    0},
    {Kind::admin_chunk,   Role::admin,    Role::sessions, 0},
    {Kind::admin_chunk,   Role::sessions, Role::vault,    0},
    {Kind::admin_row,     Role::vault,    Role::sessions, 0},
    {Kind::admin_chunk,   Role::vault,    Role::sessions, 0},
    {Kind::admin_end,     Role::vault,    Role::sessions, 0},
    {Kind::admin_row,     Role::sessions, Role::admin,    0},
    {Kind::admin_chunk,   Role::sessions, Role::admin,    0},
    {Kind::admin_end,     Role::sessions, Role::admin,    0},
};

// `row` names this end; any_role stands for the roles that a master starts, and so for
// no peer that is unknown yet, no operator's tool, and no other master.
constexpr bool is_end(Role row, Role role) {
  if (role == Role::none) return false;
  return row == any_role ? role != Role::master && role != Role::admin : row == role;
}
// The route of a kind between two roles; nullptr when there is none.
constexpr const Route* find_route(Kind kind, Role from, Role to) {
  for (const Route& row : routes)
    if (row.kind == kind && is_end(row.from, from) && is_end(row.to, to)) return &row;
  return nullptr;
}
inline constexpr std::size_t max_descriptors = 4;
static_assert(serves_in_one <= max_descriptors);

constexpr bool may_send(Kind kind, Role from, Role to) {
  const Route* route = find_route(kind, from, to);
  return route != nullptr;
}
static_assert(may_send(Kind::dial, Role::worker, Role::broker));
static_assert(!may_send(Kind::sign, Role::broker, Role::signer));
static_assert(!may_send(Kind::check_passcode, Role::worker, Role::vault));
static_assert(!may_send(Kind::hand, Role::worker, Role::porter));

}  // namespace postern
