// The kinds of messages, and the types that several of them share.
#pragma once

#include <cstdint>

#include "common/secret.h"
#include "common/wire.h"

namespace postern {

enum class Kind : std::uint8_t {
  none,
  // master and its roles
  hand, start, ready, failed, retire, need_syslog, trace, reload, reloaded, kill_workers,
  // porter, nursery, worker
  spawn, spawn_plain, spawned, gone, kill, enroll, serve, closed, peer,
  // signer
  sign, signature, keep_session, take_session, taken_session,
  // broker
  dial, dialled, dial_refused, learned,
  // sessions
  gate_hello, page, judge, verdict, touch, login, login_result, logout, logged_out, look,
  session_info, list_own, own_sessions, ended, ended_seen,
  // sessions, for servers of the intranet
  vouch, assertion, list_keys, key_list, verify, verification,
  // vault
  check_passcode, passcode_result, ask_places, places, remember, forget, refresh, noted, recall, recalled, recall_end,
  // authctl
  admin_ask, admin_row, admin_chunk, admin_end,
  // a worker of many connections
  closed_many,
  last = closed_many
};

using CookieValue = Secret<32>;   // 256 random bits
using UserName = Text<32>;        // [a-z][a-z0-9._-]{0,31}
using Sid = Text<16>;             // the public short name of a session
using LinkHandle = Text<22>;      // of a request that was refused for its address
using HostName = Text<253>;


// What a request is to whoever makes it, by the worker's word.
enum class Doing : std::uint8_t {
  background,     // a page or a script does it by itself
  use,            // somebody changes something, or says something
  navigation,     // a person goes somewhere
  last = navigation
};

}  // namespace postern
