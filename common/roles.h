// Every daemon and every role.  A role's word is the same here, in its user's
// name, its chroot, its process title, its log lines and the manual.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern {

enum class Daemon : std::uint8_t { none, redird, wfd, authd, last = authd };

enum class Role : std::uint8_t {
  none, master, logger, porter, nursery, worker, signer, broker, sessions, vault, admin,
  last = admin
};

constexpr std::string_view name_of(Daemon d) {
  constexpr std::array<std::string_view, 4> names = {"none", "redird", "wfd", "authd"};
  return names[static_cast<std::size_t>(d)];
}
constexpr std::string_view name_of(Role r) {
  constexpr std::array<std::string_view, 11> names = {
      "none", "master", "logger", "porter", "nursery", "worker",
      "signer", "broker", "sessions", "vault", "admin"};
  return names[static_cast<std::size_t>(r)];
}

// How much a role may hold: the kernel's resource limits (setrlimit).
struct Limits {
  std::uint64_t files;      // RLIMIT_NOFILE
  std::uint64_t processes;  // RLIMIT_NPROC: 0 where nothing may be forked
  std::uint64_t memory;     // RLIMIT_DATA, MiB
  std::uint64_t file_size;  // RLIMIT_FSIZE, MiB: 0 where nothing is written (a logger: stderr, with -f)
};

struct RoleRow {
  Daemon daemon;
  Role role;
  Role user;             // whose user and chroot it has: the nursery lives as the worker
  unsigned uid_offset;   // added to [process] uid_base
  Limits limits;
  bool raw_addresses;    // keeps CAP_NET_RAW when [intranet] source=client
  std::string_view files;  // the only thing its chroot may contain ("" : nothing)
};

inline constexpr RoleRow role_table[] = {
    // daemon        role            user          uid  files procs MiB  MiB   raw    files
    {Daemon::redird, Role::logger,   Role::logger,   0, {64,    0,  64, 65536}, false, ""},
    {Daemon::redird, Role::porter,   Role::porter,   1, {16384, 0, 128,   0}, false, ""},
    {Daemon::redird, Role::nursery,  Role::worker,   2, {16384, 4096, 256, 0}, false, ""},
    {Daemon::redird, Role::worker,   Role::worker,   2, {4096,  0, 256,   0}, false, ""},
    {Daemon::wfd,    Role::logger,   Role::logger,  10, {64,    0,  64, 65536}, false, ""},
    {Daemon::wfd,    Role::porter,   Role::porter,  11, {65536, 0, 256,   0}, false, ""},
    {Daemon::wfd,    Role::nursery,  Role::worker,  12, {16384, 65536, 6144, 0}, false, "pages"},  // MiB: what the largest settings give a worker
    {Daemon::wfd,    Role::worker,   Role::worker,  12, {4096,  0, 512,   0}, false, "pages"},
    {Daemon::wfd,    Role::signer,   Role::signer,  13, {65536, 0, 256,   0}, false, ""},
    {Daemon::wfd,    Role::broker,   Role::broker,  14, {65536, 0, 256,   0}, true,  ""},
    {Daemon::authd,  Role::logger,   Role::logger,  20, {64,    0,  64, 65536}, false, ""},
    {Daemon::authd,  Role::sessions, Role::sessions, 21, {65536, 0, 512,  0}, false, ""},
    {Daemon::authd,  Role::vault,    Role::vault,   22, {64,    0, 512, 4096}, false, "db"},
};

// The row of a role in a daemon; nullptr when that daemon has no such role.
constexpr const RoleRow* find_role(Daemon daemon, Role role) {
  for (const RoleRow& row : role_table)
    if (row.daemon == daemon && row.role == role) return &row;
  return nullptr;
}

}  // namespace postern
