// What a channel takes, what it refuses, and that it never loses a descriptor.
#include "common/channel.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "unit/catch.h"
#include "unit/common/children.h"

using namespace postern;
using test::open_descriptors;

namespace {

// A porter, which is tested, and the bare socket of a worker that may be hostile.
struct Pair {
  UniqueFd raw;
  Channel channel;
  Pair(Role self, Role peer) {
    auto ends = make_channel().value();
    raw = std::move(ends.first);
    channel = Channel(std::move(ends.second), self, peer);
  }
};

// Sends a packet that no Channel would: any bytes, any number of descriptors.
bool send_raw(int fd, std::span<const std::byte> bytes, std::size_t descriptors) {
  const UniqueFd lent = UniqueFd::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC));
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 253)> control{};
  if (descriptors != 0) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors);
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    *c = {CMSG_LEN(sizeof(int) * descriptors), SOL_SOCKET, SCM_RIGHTS};
    for (std::size_t i = 0; i < descriptors; ++i) {
      const int number = lent.get();
      std::memcpy(CMSG_DATA(c) + i * sizeof(int), &number, sizeof number);
    }
  }
  return ::sendmsg(fd, &header, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

template <class M>
std::vector<std::byte> packet_of(const M& message) {
  std::vector<std::byte> bytes(max_message);
  bytes[0] = static_cast<std::byte>(M::kind);
  bytes.resize(1 + encode(message, std::span(bytes).subspan(1)));
  return bytes;
}

}  // namespace

TEST_CASE("a message arrives with its descriptors, as another message cannot read it", "[channel]") {
  auto [a, b] = make_channel().value();
  Channel porter(std::move(a), Role::porter, Role::worker), worker(std::move(b), Role::worker, Role::porter);
  const UniqueFd lent = UniqueFd::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC));
  Serve order;
  Ticket ticket;
  ticket.connection = 42;
  order.add(ticket);
  const int one[] = {lent.get()};
  REQUIRE(porter.send(order, one) == Told::sent);
  Packet packet;
  REQUIRE(worker.receive(packet) == Heard::packet);
  Serve back;
  Retire other;
  CHECK_FALSE(packet.read(other));
  REQUIRE(packet.read(back));
  CHECK((back.count == 1 && back.each[0].connection == 42));
  CHECK((packet.descriptors[0] && !packet.descriptors[1]));
  CHECK((::fcntl(packet.descriptors[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(worker.receive(packet) == Heard::nothing);
  CHECK_FALSE(packet.descriptors[0]);  // a packet that is used again has let go of the last
}

TEST_CASE("another number of descriptors than the route's makes a broken peer, and all are closed", "[channel]") {
  const std::size_t sent = GENERATE(as<std::size_t>{}, 0, 1, 2, 3, 4, 5, 14, 253);
  struct Row { Role self, peer; std::vector<std::byte> bytes; std::size_t fewest, most; };
  const Row row = GENERATE(Row{Role::worker, Role::porter, packet_of(Serve{}), 1, 4},
                           Row{Role::nursery, Role::porter, packet_of(SpawnPlain{}), 1, 1},
                           Row{Role::nursery, Role::porter, packet_of(Spawn{}), 4, 4},
                           Row{Role::porter, Role::worker, packet_of(Closed{}), 0, 0});
  const bool right = sent >= row.fewest && sent <= row.most;
  Pair pair(row.self, row.peer);
  const std::size_t before = open_descriptors();
  REQUIRE(send_raw(pair.raw.get(), row.bytes, sent));
  Packet packet;
  const Heard heard = pair.channel.receive(packet);
  CHECK(heard == (right ? Heard::packet : Heard::broken));
  CHECK(open_descriptors() == before + (right ? sent : 0));
  CHECK(packet.brought() == (right ? sent : 0));
  if (heard == Heard::broken) CHECK(packet.kind == Kind::none);
}

TEST_CASE("descriptors in several control messages are counted together", "[channel]") {
  Pair pair(Role::nursery, Role::porter);
  const std::vector<std::byte> bytes = packet_of(SpawnPlain{});
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, 2 * CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const int number = pair.raw.get();
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    *c = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    std::memcpy(CMSG_DATA(c), &number, sizeof number);
  }
  const std::size_t before = open_descriptors();
  Packet packet;
  if (::sendmsg(pair.raw.get(), &header, MSG_NOSIGNAL) > 0) CHECK(pair.channel.receive(packet) == Heard::broken);
  CHECK(open_descriptors() == before);
}

TEST_CASE("bytes that are no message of this route make a broken peer", "[channel]") {
  Pair pair(Role::porter, Role::worker);
  std::vector<std::byte> bytes;
  SECTION("longer than any message") { bytes = std::vector<std::byte>(max_message + 1, std::byte{static_cast<unsigned char>(Kind::closed)}); }
  SECTION("far longer") { bytes = std::vector<std::byte>(100'000, std::byte{static_cast<unsigned char>(Kind::closed)}); }
  SECTION("kind zero") { bytes = {std::byte{0}}; }
  SECTION("a kind beyond the last") { bytes = {std::byte{static_cast<unsigned char>(Kind::last) + 1}}; }
  SECTION("the highest kind that fits") { bytes = {std::byte{255}}; }
  SECTION("the wrong direction") { bytes = packet_of(Serve{}); }
  SECTION("a route of others") { bytes = packet_of(Sign{}); }
  SECTION("what only masters say") { bytes = packet_of(Start{}); }
  REQUIRE(send_raw(pair.raw.get(), bytes, 0));
  Packet packet;
  CHECK(pair.channel.receive(packet) == Heard::broken);
  CHECK(packet.kind == Kind::none);
}

TEST_CASE("a packet of the right kind and the wrong length does not read", "[channel]") {
  Pair pair(Role::porter, Role::worker);
  std::vector<std::byte> bytes = packet_of(Closed{});
  const std::size_t whole = bytes.size();
  for (const std::size_t size : {std::size_t{1}, whole - 1, whole + 1, max_message}) {
    bytes.resize(size);
    REQUIRE(send_raw(pair.raw.get(), bytes, 0));
    Packet packet;
    REQUIRE(pair.channel.receive(packet) == Heard::packet);
    Closed closed;
    CHECK_FALSE(packet.read(closed));
  }
}

TEST_CASE("a peer that is gone reads as closed, and cannot be told anything", "[channel]") {
  Pair pair(Role::porter, Role::worker);
  pair.raw.reset();
  Packet packet;
  CHECK(pair.channel.receive(packet) == Heard::closed);
  CHECK(pair.channel.await(packet, 1000) == Heard::closed);
  CHECK(pair.channel.send(Retire{}) == Told::lost);
  pair.channel.close();
  CHECK(pair.channel.receive(packet) == Heard::closed);
  CHECK(pair.channel.send(Retire{}) == Told::lost);
}

TEST_CASE("an empty packet ends the channel, and what it brought is closed at once", "[channel]") {
  Pair pair(Role::porter, Role::worker);
  const std::size_t before = open_descriptors();
  REQUIRE(send_raw(pair.raw.get(), {}, 3));
  Packet packet;
  CHECK(pair.channel.receive(packet) == Heard::closed);
  CHECK(open_descriptors() == before);  // although the packet still lives
}

TEST_CASE("what has no route, or lends another number of descriptors, is not sent", "[channel]") {
  auto [a, b] = make_channel().value();
  Channel porter(std::move(a), Role::porter, Role::worker), worker(std::move(b), Role::worker, Role::porter);
  auto [c, d] = make_channel().value();
  Channel to_nursery(std::move(c), Role::porter, Role::nursery);
  const int two[] = {0, 0}, five[] = {0, 0, 0, 0, 0};
  CHECK(to_nursery.send(SpawnPlain{}) == Told::lost);
  CHECK(to_nursery.send(SpawnPlain{}, two) == Told::lost);
  CHECK(porter.send(Serve{}) == Told::lost);
  CHECK(porter.send(Serve{}, five) == Told::lost);
  CHECK(porter.send(Retire{}, std::span(two).first(1)) == Told::lost);
  CHECK(porter.send(Closed{}) == Told::lost);
  CHECK(worker.send(Serve{}, std::span(two).first(1)) == Told::lost);
  const int none[] = {-1};
  CHECK(porter.send(Serve{}, none) == Told::lost);
  Packet packet;
  CHECK(worker.receive(packet) == Heard::nothing);
  CHECK(Channel(std::move(d), Role::nursery, Role::porter).receive(packet) == Heard::nothing);
}

TEST_CASE("a full queue says full, loses nothing that was sent, and takes more later", "[channel]") {
  auto [a, b] = make_channel().value();
  Channel porter(std::move(a), Role::porter, Role::nursery), nursery(std::move(b), Role::nursery, Role::porter);
  std::uint64_t sent = 0;
  Told told = Told::sent;
  for (; told == Told::sent; ++sent) {
    Kill order;
    order.worker = sent;
    told = porter.send(order);
    REQUIRE(sent < 1'000'000);
  }
  --sent;  // the last was not taken
  CHECK(told == Told::full);
  std::uint64_t heard = 0;
  Packet packet;
  while (nursery.receive(packet) == Heard::packet) {
    Kill order;
    REQUIRE(packet.read(order));
    CHECK(order.worker == heard++);
  }
  CHECK(heard == sent);
  CHECK(porter.send(Kill{}) == Told::sent);
}

TEST_CASE("waiting for a message ends with it, or with the time", "[channel]") {
  auto [a, b] = make_channel().value();
  Channel porter(std::move(a), Role::porter, Role::worker), worker(std::move(b), Role::worker, Role::porter);
  Packet packet;
  CHECK(worker.await(packet, 1) == Heard::nothing);
  REQUIRE(porter.send(Retire{}) == Told::sent);
  CHECK(worker.await(packet, 1000) == Heard::packet);
}

TEST_CASE("the kernel names the process that sent a packet", "[channel]") {
  Pair pair(Role::porter, Role::worker);
  const int on = 1;
  REQUIRE(::setsockopt(pair.channel.fd(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(send_raw(pair.raw.get(), packet_of(Closed{}), 0) ? 0 : 1);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(status == 0);
  Packet packet;
  REQUIRE(pair.channel.receive(packet) == Heard::packet);
  CHECK(packet.sender_pid == static_cast<std::uint32_t>(pid));
  REQUIRE(send_raw(pair.raw.get(), packet_of(Closed{}), 5));  // named, and still too many
  const std::size_t before = open_descriptors();
  CHECK(pair.channel.receive(packet) == Heard::broken);
  CHECK(open_descriptors() == before);
}

TEST_CASE("without room for a descriptor the message is refused, and later ones are heard", "[channel]") {
  const int status = test::in_child([] {
    Pair pair(Role::worker, Role::porter);
    const rlimit old{1024, 4096};
    const rlimit none{static_cast<rlim_t>(pair.channel.fd()) + 1, 4096};
    const int first = ::fcntl(pair.channel.fd(), F_DUPFD, 0);  // the lowest that is free
    ::close(first);
    const rlimit two{static_cast<rlim_t>(first) + 2, 4096};
    if (!send_raw(pair.raw.get(), packet_of(Serve{}), 1) || !send_raw(pair.raw.get(), packet_of(Serve{}), 4)) return 6;
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return 1;
    Packet packet;
    if (pair.channel.receive(packet) != Heard::broken) return 2;
    // Two of four have room, and two would be as good a number as four.
    if (::setrlimit(RLIMIT_NOFILE, &two) != 0 || pair.channel.receive(packet) != Heard::broken || packet.brought() != 0) return 7;
    if (::setrlimit(RLIMIT_NOFILE, &old) != 0) return 3;
    if (::fcntl(first, F_GETFD) != -1 || ::fcntl(first + 1, F_GETFD) != -1) return 8;  // nothing is left open
    if (!send_raw(pair.raw.get(), packet_of(Serve{}), 1)) return 4;
    return pair.channel.receive(packet) == Heard::packet ? 0 : 5;
  });
  CHECK(test::left_with(status, 0));
}

namespace {

struct Desk {
  int judged = 0, touched = 0;
  bool judge(Desk&, Judge& message, Packet&) { judged += static_cast<int>(message.tag); return true; }
  bool touch(Desk&, Touch&, Packet&) { ++touched; return false; }
};
constexpr Handler<Desk, Desk> desk_table[] = {on<&Desk::judge>(), on<&Desk::touch>()};

bool dispatched(Desk& desk, std::span<const std::byte> bytes) {
  Pair pair(Role::sessions, Role::worker);
  Packet packet;
  return send_raw(pair.raw.get(), bytes, 0) && pair.channel.receive(packet) == Heard::packet &&
         dispatch(desk_table, desk, desk, packet);
}

}  // namespace

TEST_CASE("a table of handlers calls one, and refuses what it has no row for or cannot read", "[channel]") {
  Desk desk;
  Judge question;
  question.tag = 5;
  std::vector<std::byte> bytes = packet_of(question);
  CHECK(dispatched(desk, bytes));
  CHECK(desk.judged == 5);
  bytes.pop_back();
  CHECK_FALSE(dispatched(desk, bytes));
  CHECK(desk.judged == 5);
  CHECK_FALSE(dispatched(desk, packet_of(Touch{})));  // the handler itself says no
  CHECK(desk.touched == 1);
  CHECK_FALSE(dispatched(desk, packet_of(Logout{})));  // routed, but without a row here
}
