// Sockets as this suite uses them: listeners, the two UNIX sockets with a name, and
// what the kernel says of a connection's two ends.  Everything made here is
// non-blocking and close-on-exec.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/address.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace postern {

enum class ListenMode : std::uint8_t;  // common/settings.h

// A TCP listener at `at`, with room for 1024 connections that wait; an IPv6 one takes
// IPv6 only.  What is written to a connection that it takes goes at once (TCP_NODELAY).
// Port 0 takes any free port.  `transparent` (TPROXY) also takes connections to addresses
// of others and needs CAP_NET_ADMIN or CAP_NET_RAW.
Result<UniqueFd> listen_on(const Endpoint& at, bool transparent);

// A listening SOCK_SEQPACKET socket with the name `path`, made with `mode` from the
// start: nobody can reach it in between.  What a dead listener left behind there is
// removed; an error when somebody listens there, or when `path` is something else.
Result<UniqueFd> listen_on_path(const std::string& path, unsigned mode);

// A connection to such a socket.  Never waits: a full queue there is an error.
Result<UniqueFd> connect_path(const std::string& path);

// Where the client of the accepted connection `fd`, of that family, wanted to go: with `redirect` what
// the kernel noted before it changed it (SO_ORIGINAL_DST, IP6T_SO_ORIGINAL_DST), with
// `tproxy` and `direct` the local end.  A client that dialled this host itself gives
// this host's own address, which is where the login pages are, and nothing else: the
// broker never goes there.
Result<Endpoint> original_destination(int fd, ListenMode mode, Family family);

// The other end of the accepted connection `fd`.
Result<Endpoint> client_of(int fd);
// This end of `fd`.
Result<Endpoint> local_end_of(int fd);

// Every address that this host has now, sorted, each once.  Needs what a jail has not.
Result<std::vector<Address>> own_addresses();

}  // namespace postern
