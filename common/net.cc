// Making listeners and asking the kernel about connections.  Masters make the
// listeners, porters ask.  Nothing is read from or written to a connection here, and
// nothing here dials the network: that is the broker's (wfd/broker_dial.cc).

#include "common/net.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "common/settings.h"

namespace postern {
namespace {

constexpr int backlog = 1024;
constexpr int socket_flags = SOCK_NONBLOCK | SOCK_CLOEXEC;

// From linux/netfilter_ipv4.h and linux/netfilter_ipv6/ip6_tables.h, which cannot be
// included beside netinet/in.h.
constexpr int so_original_dst = 80;
constexpr int ip6t_so_original_dst = 80;

bool switch_on(int fd, int level, int option) {
  const int on = 1;
  return ::setsockopt(fd, level, option, &on, sizeof on) == 0;
}

Result<void> set_listener_options(int fd, Family family, bool transparent) {
  if (!switch_on(fd, SOL_SOCKET, SO_REUSEADDR)) return fail_errno("cannot reuse the address");
  // Connections get it from their listener, so that nobody who holds one needs setsockopt().
  if (!switch_on(fd, IPPROTO_TCP, TCP_NODELAY)) return fail_errno("cannot have small packets sent at once");
  const bool v6 = family == Family::v6;
  if (v6 && !switch_on(fd, IPPROTO_IPV6, IPV6_V6ONLY)) return fail_errno("cannot restrict to IPv6");
  if (!transparent) return {};
  if (!(v6 ? switch_on(fd, IPPROTO_IPV6, IPV6_TRANSPARENT) : switch_on(fd, IPPROTO_IP, IP_TRANSPARENT)))
    return fail_errno("cannot listen transparently");
  return {};
}

Result<sockaddr_un> name_of_path(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof name.sun_path)
    return fail("cannot use the socket " + path + ": its name is empty or too long");
  std::copy(path.begin(), path.end(), name.sun_path);
  return name;
}

Result<UniqueFd> unix_socket() {
  UniqueFd fd = UniqueFd::adopt(::socket(AF_UNIX, SOCK_SEQPACKET | socket_flags, 0));
  if (!fd) return fail_errno("cannot make a socket");
  return fd;
}

bool try_connect(int fd, const sockaddr_un& name) {
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
}

// Removes a socket on which nobody listens any more.
Result<void> remove_stale(const std::string& path, const sockaddr_un& name) {
  struct stat s{};
  if (::lstat(path.c_str(), &s) != 0) {
    if (errno == ENOENT) return {};
    return fail_errno("cannot look at " + path);
  }
  if (!S_ISSOCK(s.st_mode)) return fail("cannot listen on " + path + ": there is something else");
  const UniqueFd probe = TRY(unix_socket());
  // Anything but a refusal means that somebody may be there (EAGAIN: with a full queue).
  if (try_connect(probe.get(), name) || errno != ECONNREFUSED)
    return fail("cannot listen on " + path + ": somebody listens there already");
  if (::unlink(path.c_str()) != 0) return fail_errno("cannot remove the stale socket " + path);
  return {};
}

using Asker = int (*)(int, sockaddr*, socklen_t*);

Result<Endpoint> ask_end(int fd, Asker asker, const char* what) {
  sockaddr_storage end{};
  socklen_t size = sizeof end;
  if (asker(fd, reinterpret_cast<sockaddr*>(&end), &size) != 0) return fail_errno(what);
  const Endpoint endpoint = from_sockaddr(reinterpret_cast<const sockaddr*>(&end), size);
  if (!endpoint) return fail(std::string(what) + ": no internet address");
  return endpoint;
}

struct FreeAddresses {
  void operator()(ifaddrs* list) const { ::freeifaddrs(list); }
};

socklen_t size_of_family(int family) {
  if (family == AF_INET) return sizeof(sockaddr_in);
  return family == AF_INET6 ? sizeof(sockaddr_in6) : 0;
}

}  // namespace

Result<UniqueFd> listen_on(const Endpoint& at, bool transparent) {
  sockaddr_storage name{};
  const socklen_t size = to_sockaddr(at, name);
  if (size == 0) return fail("cannot listen on " + at.text() + ": no address");
  const std::string what = "cannot listen on " + at.text();
  UniqueFd fd = UniqueFd::adopt(::socket(name.ss_family, SOCK_STREAM | socket_flags, 0));
  if (!fd) return fail_errno(what);
  const auto set = set_listener_options(fd.get(), at.address.family(), transparent);
  if (!set) return within(what, set.error());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0) return fail_errno(what);
  if (::listen(fd.get(), backlog) != 0) return fail_errno(what);
  return fd;
}

Result<UniqueFd> listen_on_path(const std::string& path, unsigned mode) {
  const sockaddr_un name = TRY(name_of_path(path));
  TRY_VOID(remove_stale(path, name));
  UniqueFd fd = TRY(unix_socket());
  // The kernel gives the new name the mode of the socket's inode, less the umask.
  if (::fchmod(fd.get(), mode) != 0) return fail_errno("cannot set the mode of " + path);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
    return fail_errno("cannot listen on " + path);
  if (::chmod(path.c_str(), mode) != 0) return fail_errno("cannot set the mode of " + path);
  if (::listen(fd.get(), backlog) != 0) return fail_errno("cannot listen on " + path);
  return fd;
}

Result<UniqueFd> connect_path(const std::string& path) {
  const sockaddr_un name = TRY(name_of_path(path));
  UniqueFd fd = TRY(unix_socket());
  if (!try_connect(fd.get(), name)) return fail_errno("cannot reach " + path);
  return fd;
}

Result<Endpoint> original_destination(int fd, ListenMode mode, Family family) {
  if (mode != ListenMode::redirect) return local_end_of(fd);
  sockaddr_storage original{};
  socklen_t size = sizeof original;
  const int asked = family == Family::v6 ? ::getsockopt(fd, IPPROTO_IPV6, ip6t_so_original_dst, &original, &size)
                                         : ::getsockopt(fd, IPPROTO_IP, so_original_dst, &original, &size);
  if (asked != 0) {
    // The kernel noted nothing (or notes nothing at all): the connection came to us
    // unchanged, so its local end, one of our own addresses, is what was dialled.
    if (errno == ENOENT || errno == ENOPROTOOPT) return local_end_of(fd);
    return fail_errno("cannot ask for the dialled address");
  }
  const Endpoint dialled = from_sockaddr(reinterpret_cast<const sockaddr*>(&original), size);
  if (!dialled) return fail("cannot ask for the dialled address: no internet address");
  return dialled;
}

Result<Endpoint> client_of(int fd) { return ask_end(fd, ::getpeername, "cannot ask for the client"); }
Result<Endpoint> local_end_of(int fd) { return ask_end(fd, ::getsockname, "cannot ask for the local end"); }

Result<std::vector<Address>> own_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return fail_errno("cannot list the own addresses");
  const std::unique_ptr<ifaddrs, FreeAddresses> list(first);
  std::vector<Address> found;
  for (const ifaddrs* entry = list.get(); entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const Endpoint end = from_sockaddr(entry->ifa_addr, size_of_family(entry->ifa_addr->sa_family));
    if (end) found.push_back(end.address);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace postern
