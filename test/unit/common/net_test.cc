// Listeners, sockets with a name, and what the kernel says of a connection; on loopback.
#include "common/net.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "common/settings.h"
#include "unit/catch.h"

using namespace postern;

namespace {

// A directory that goes with everything in it that these tests make.
class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/postern-net-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Scratch() {
    ::unlink((path_ + "/socket").c_str());
    ::rmdir(path_.c_str());
  }
  std::string socket() const { return path_ + "/socket"; }

 private:
  std::string path_;
};

UniqueFd listen_here(const char* address) {
  auto fd = listen_on({*Address::parse(address), 0}, false);
  REQUIRE(fd);
  return std::move(*fd);
}

struct Pair {
  UniqueFd client, accepted;
};
Pair connect_to(const UniqueFd& listener) {
  const auto at = local_end_of(listener.get());
  REQUIRE(at);
  sockaddr_storage name{};
  const socklen_t size = to_sockaddr(*at, name);
  UniqueFd client = UniqueFd::adopt(::socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&name), size) == 0);
  UniqueFd accepted = UniqueFd::adopt(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  REQUIRE(accepted);
  return {std::move(client), std::move(accepted)};
}

mode_t mode_of(const std::string& path) {
  struct stat s{};
  REQUIRE(::lstat(path.c_str(), &s) == 0);
  return s.st_mode & 07777;
}

}  // namespace

TEST_CASE("a listener is non-blocking, close-on-exec, and knows both ends of what it accepts",
          "[net]") {
  const char* where = GENERATE("127.0.0.1", "::1");
  const UniqueFd listener = listen_here(where);
  CHECK((::fcntl(listener.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(listener.get(), F_GETFD) & FD_CLOEXEC) != 0);
  const Pair pair = connect_to(listener);
  CHECK(*client_of(pair.accepted.get()) == *local_end_of(pair.client.get()));
  CHECK(*client_of(pair.client.get()) == *local_end_of(listener.get()));
  CHECK(client_of(pair.accepted.get())->address.text() == where);
}

TEST_CASE("what is written to a connection goes at once, as its listener says", "[net]") {
  const Pair pair = connect_to(listen_here(GENERATE("127.0.0.1", "::1")));
  int at_once = 0;
  socklen_t size = sizeof at_once;
  REQUIRE(::getsockopt(pair.accepted.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, &size) == 0);
  CHECK(at_once != 0);
}

TEST_CASE("a connection that nobody redirected gives the own address in every mode", "[net]") {
  const char* where = GENERATE("127.0.0.1", "::1");
  const auto mode = GENERATE(ListenMode::redirect, ListenMode::tproxy, ListenMode::direct);
  const UniqueFd listener = listen_here(where);
  const Pair pair = connect_to(listener);
  const auto dialled = original_destination(pair.accepted.get(), mode, Address::parse(where)->family());
  REQUIRE(dialled);
  CHECK(*dialled == *local_end_of(listener.get()));
}

TEST_CASE("what is no internet connection has no destination and no client", "[net]") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd a = UniqueFd::adopt(ends[0]), b = UniqueFd::adopt(ends[1]);
  for (const ListenMode mode : {ListenMode::redirect, ListenMode::tproxy, ListenMode::direct})
    for (const Family family : {Family::v4, Family::v6}) CHECK_FALSE(original_destination(a.get(), mode, family));
  CHECK_FALSE(client_of(a.get()));
  CHECK_FALSE(original_destination(-1, ListenMode::redirect, Family::v4));
}

TEST_CASE("an IPv6 listener leaves IPv4 alone", "[net]") {
  const UniqueFd v6 = listen_here("::");
  const std::uint16_t port = local_end_of(v6.get())->port;
  CHECK(listen_on({*Address::parse("0.0.0.0"), port}, false));
}

TEST_CASE("a listener that cannot be says which, and why", "[net]") {
  const UniqueFd first = listen_here("127.0.0.1");
  const Endpoint taken = *local_end_of(first.get());
  const auto second = listen_on(taken, false);
  REQUIRE_FALSE(second);
  CHECK(second.error().what == "cannot listen on " + taken.text() + ": Address already in use");
  CHECK_FALSE(listen_on({Address(), 80}, false));
}

TEST_CASE("the own addresses have loopback among them, each once", "[net]") {
  const auto own = own_addresses();
  REQUIRE(own);
  CHECK(std::find(own->begin(), own->end(), *Address::parse("127.0.0.1")) != own->end());
  CHECK(std::is_sorted(own->begin(), own->end()));
  CHECK(std::adjacent_find(own->begin(), own->end()) == own->end());
}

TEST_CASE("a socket with a name has its mode and takes packets", "[net]") {
  const Scratch scratch;
  const auto listener = listen_on_path(scratch.socket(), 0600);
  REQUIRE(listener);
  CHECK(mode_of(scratch.socket()) == 0600);
  const auto client = connect_path(scratch.socket());
  REQUIRE(client);
  const UniqueFd accepted = UniqueFd::adopt(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
  REQUIRE(accepted);
  int type = 0;
  socklen_t size = sizeof type;
  REQUIRE(::getsockopt(accepted.get(), SOL_SOCKET, SO_TYPE, &type, &size) == 0);
  CHECK(type == SOCK_SEQPACKET);
}

TEST_CASE("a stale socket is replaced, one in use and anything else are left alone", "[net]") {
  const Scratch scratch;
  auto first = listen_on_path(scratch.socket(), 0600);
  REQUIRE(first);
  CHECK_FALSE(listen_on_path(scratch.socket(), 0600));
  CHECK(connect_path(scratch.socket()));  // the first still listens
  first->reset();
  CHECK_FALSE(connect_path(scratch.socket()));
  CHECK(listen_on_path(scratch.socket(), 0600));
  ::unlink(scratch.socket().c_str());
  std::ofstream(scratch.socket()) << "a file";
  CHECK_FALSE(listen_on_path(scratch.socket(), 0600));
  CHECK(std::ifstream(scratch.socket()).good());
}

TEST_CASE("a name that has no room in a socket's address is an error", "[net]") {
  CHECK_FALSE(listen_on_path("", 0600));
  CHECK_FALSE(listen_on_path("/tmp/" + std::string(200, 'x'), 0600));
  CHECK_FALSE(connect_path("/tmp/" + std::string(200, 'x')));
}
