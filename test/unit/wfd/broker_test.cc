// Whom the broker believes, whom it asks, and when it says no.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "unit/wfd/broker_room.h"

using namespace broker_room;

TEST_CASE("a good cookie and a permitted destination give a connected descriptor", "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.open();
  Channel worker = room.enroll(7);
  const Dial order = room.make_dial(7);
  REQUIRE(worker.send(order) == Told::sent);
  const Judge asked = room.answer(Standing::good);
  CHECK(asked.cookie == order.cookie);
  CHECK(asked.ticket.connection == order.ticket.connection);
  const Reply heard = room.hear(worker);
  REQUIRE(heard.dialled);
  CHECK(heard.dialled->tag == order.tag);
  CHECK(heard.is_tls());
  CHECK_FALSE(heard.dialled->fixed);
  CHECK(heard.dialled->reached == Endpoint{address("127.0.0.2"), https.port});
  CHECK(*client_of(heard.socket.get()) == heard.dialled->reached);
  CHECK((::fcntl(heard.socket.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(heard.socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
  int nodelay = 0;
  socklen_t size = sizeof nodelay;
  REQUIRE(::getsockopt(heard.socket.get(), IPPROTO_TCP, TCP_NODELAY, &nodelay, &size) == 0);
  CHECK(nodelay != 0);
  CHECK(room.logged("event=dial id=000000000000006b dst=127.0.0.2 dport=" +
                    std::to_string(https.port) + " tls=yes result=connected ms="));
}

TEST_CASE("a ticket that is not the worker's own costs it its channel, and nobody is asked",
          "[broker]") {
  Room room;
  room.open();
  Channel worker = room.enroll(7);
  Dial order = room.make_dial(7);
  SECTION("forged") { order.ticket.seal[0] ^= std::byte{1}; }
  SECTION("another key") { order.ticket = make_ticket(107, 7, key_of(2)); }
  SECTION("of another worker") { order.ticket = make_ticket(107, 8, room.key); }
  SECTION("another destination than sealed") { order.ticket.destination = endpoint("127.0.0.3:443"); }
  SECTION("another client than sealed") { order.ticket.client = endpoint("192.0.2.8:40000"); }
  SECTION("a host that is not canonical") { order.host = HostName("A.example.org"); }
  SECTION("a host with a port") { order.host = HostName("a.example.org:443"); }
  REQUIRE(worker.send(order) == Told::sent);
  CHECK(room.hear(worker).closed);
  CHECK_FALSE(room.sessions_was_asked());
  CHECK(room.logged("event=fault role=worker"));
}

TEST_CASE("a message that is no message costs the worker its channel, not its neighbour's",
          "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.open();
  Channel bad = room.enroll(1), good = room.enroll(2);
  const char junk[] = "\x1e junk";
  REQUIRE(::send(bad.fd(), junk, sizeof junk, 0) > 0);
  CHECK(room.hear(bad).closed);
  CHECK(room.dial(good, room.make_dial(2)).dialled);
}

TEST_CASE("what sessions says is obeyed, and only `good` goes on", "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.open();
  Channel worker = room.enroll(1);
  struct Case {
    Standing standing;
    DialFault fault;
  };
  for (const Case& c : {Case{Standing::unknown, DialFault::no_session},
                        Case{Standing::expired, DialFault::no_session},
                        Case{Standing::wrong_address, DialFault::no_session},
                        Case{Standing::not_ready, DialFault::missing_peer}}) {
    REQUIRE(worker.send(room.make_dial(1)) == Told::sent);
    room.answer(c.standing);
    const Reply heard = room.hear(worker);
    REQUIRE(heard.refused);
    CHECK(heard.fault() == c.fault);
    CHECK(heard.refused->tag == room.last_tag);
    CHECK_FALSE(heard.socket);
  }
  CHECK(room.logged("event=refuse id=0000000000000065 src=192.0.2.7 dst=127.0.0.2 status=401 "
                    "reason=no-session"));
  UniqueFd none = UniqueFd::adopt(::accept(https.fd.get(), nullptr, nullptr));
  CHECK_FALSE(none);  // the server saw nobody
}

TEST_CASE("every dial is judged anew", "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.open();
  Channel worker = room.enroll(1);
  CHECK(room.dial(worker, room.make_dial(1)).dialled);
  REQUIRE(worker.send(room.make_dial(1)) == Told::sent);
  room.answer(Standing::expired);
  CHECK(room.hear(worker).refused);
}

TEST_CASE("without sessions the answer is no, at once", "[broker]") {
  Room room;
  room.open(false);
  Channel worker = room.enroll(1);
  REQUIRE(worker.send(room.make_dial(1)) == Told::sent);
  CHECK(room.hear(worker).fault() == DialFault::missing_peer);
}

TEST_CASE("sessions that goes, or breaks the rules, refuses what it had not judged", "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.open();
  Channel worker = room.enroll(1);
  REQUIRE(worker.send(room.make_dial(1)) == Told::sent);
  REQUIRE(run_until(room.loop, [&] {
    Packet packet;
    return room.sessions.receive(packet) == Heard::packet;
  }));
  const Mono asked = read_mono();
  SECTION("gone") { room.sessions.close(); }
  SECTION("broken") { REQUIRE(::send(room.sessions.fd(), "x", 1, 0) == 1); }
  SECTION("replaced") { room.open_gate(); }
  CHECK(room.hear(worker).fault() == DialFault::missing_peer);
  CHECK(read_mono() - asked < seconds(1));  // at once, not when the time for a verdict is over
  room.open_gate();
  CHECK(room.dial(worker, room.make_dial(1)).dialled);
}

TEST_CASE("sessions that does not answer is a missing peer in the end", "[broker]") {
  Room room;
  room.open();
  Channel worker = room.enroll(1);
  REQUIRE(worker.send(room.make_dial(1)) == Told::sent);
  CHECK(room.hear(worker).fault() == DialFault::missing_peer);
}

TEST_CASE("a verdict that comes late, or that nobody asked for, moves nothing", "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.open();
  Channel worker = room.enroll(1);
  Verdict verdict;
  verdict.tag = 99;
  verdict.standing = Standing::good;
  REQUIRE(room.sessions.send(verdict) == Told::sent);
  REQUIRE(worker.send(room.make_dial(1)) == Told::sent);
  Judge judge;
  REQUIRE(run_until(room.loop, [&] {
    Packet packet;
    return room.sessions.receive(packet) == Heard::packet && packet.read(judge);
  }));
  worker.close();
  settle(room.loop);
  verdict.tag = judge.tag;
  REQUIRE(room.sessions.send(verdict) == Told::sent);
  settle(room.loop);
  UniqueFd none = UniqueFd::adopt(::accept(https.fd.get(), nullptr, nullptr));
  CHECK_FALSE(none);
}

TEST_CASE("forbidden destinations are refused after a good verdict, and logged", "[broker]") {
  Room room;
  room.open();
  Channel worker = room.enroll(1);
  for (const char* to : {"127.0.0.9:443", "192.0.2.1:443", "127.0.0.2:22"}) {
    CAPTURE(to);
    CHECK(room.dial(worker, room.make_dial(1, to)).fault() == DialFault::forbidden);
  }
  CHECK(room.logged("dst=192.0.2.1 status=403 reason=forbidden"));
}

TEST_CASE("a blocked host is not dialled, whatever the worker thinks of it", "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.settings.everyone.blocked_hosts = {"a.example.org"};
  room.open();
  Channel worker = room.enroll(1);
  CHECK(room.dial(worker, room.make_dial(1)).fault() == DialFault::forbidden);
  CHECK(room.logged("dst=127.0.0.2 status=403 reason=forbidden"));
  Dial other = room.make_dial(1);
  other.host = HostName("b.example.org");
  CHECK(room.dial(worker, other).dialled);
}

TEST_CASE("a worker has no more dials at once than it may have", "[broker]") {
  Room room;
  room.open();
  Channel worker = room.enroll(1), other = room.enroll(2);
  for (int i = 0; i < 3; ++i) REQUIRE(worker.send(room.make_dial(1)) == Told::sent);
  CHECK(room.hear(worker).fault() == DialFault::busy);
  REQUIRE(other.send(room.make_dial(2)) == Told::sent);
  for (int i = 0; i < 3; ++i) room.answer(Standing::unknown);
  CHECK(room.hear(worker).fault() == DialFault::no_session);
  CHECK(room.hear(worker).fault() == DialFault::no_session);
  CHECK(room.hear(other).fault() == DialFault::no_session);
  REQUIRE(worker.send(room.make_dial(1)) == Told::sent);
  room.answer(Standing::expired);
  CHECK(room.hear(worker).fault() == DialFault::no_session);  // there is room again
}

TEST_CASE("when nothing can be recorded, nothing is dialled", "[broker]") {
  Room room;
  auto page = make_log_page();
  REQUIRE(page);
  auto log = Log::open({}, std::move(page->second), OnLogFailure::deny, false);
  REQUIRE(log);
  Broker broker(room.loop, *log, room.settings, key_of(1),
                DestinationPolicy(room.settings, {}, is_test_forbidden));
  Ends to_porter = make_ends(), to_sessions = make_ends();
  room.porter = Channel(std::move(to_porter.ours), Role::porter, Role::broker);
  broker.hear_porter(std::move(to_porter.theirs));
  broker.ask_sessions(std::move(to_sessions.theirs));
  Channel worker = room.enroll(1);
  REQUIRE(worker.send(room.make_dial(1)) == Told::sent);
  CHECK(room.hear(worker).fault() == DialFault::missing_peer);
}

TEST_CASE("a retired broker leaves when the porter and the last worker are gone", "[broker]") {
  Room room;
  room.open();
  Channel worker = room.enroll(1);
  settle(room.loop);
  bool left = false;
  room.broker->retire([&] { left = true; });
  settle(room.loop);
  CHECK_FALSE(left);
  room.porter.close();
  settle(room.loop);
  CHECK_FALSE(left);
  worker.close();
  settle(room.loop);
  CHECK(left);
}

TEST_CASE("a crowd of dials finds room: its questions go to sessions in turns", "[broker]") {
  Room room;
  room.settings.isolation.connections_per_worker = 256;
  room.open();
  constexpr std::size_t each = 100, crowd = 6;
  std::vector<Channel> workers;
  for (std::size_t w = 1; w <= crowd; ++w) {
    workers.push_back(room.enroll(w));
    for (std::size_t i = 0; i < each; ++i) REQUIRE(workers.back().send(room.make_dial(w)) == Told::sent);
  }
  std::size_t refused = 0;
  const bool all = run_until(room.loop, [&] {
    Packet packet;
    Judge judge;
    for (std::size_t unread = 0; room.sessions.receive(packet) == Heard::packet && packet.read(judge); ++unread) {
      CHECK(unread < QuestionWindow::at_once);
      Verdict verdict;
      verdict.tag = judge.tag;
      verdict.standing = Standing::expired;
      REQUIRE(room.sessions.send(verdict) == Told::sent);
    }
    DialRefused no;
    for (Channel& worker : workers)
      while (worker.receive(packet) == Heard::packet && packet.read(no)) {
        CHECK(no.fault == DialFault::no_session);
        ++refused;
      }
    return refused == crowd * each;
  });
  CHECK(all);
}
