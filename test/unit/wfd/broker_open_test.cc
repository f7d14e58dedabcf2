// What the broker dials without a session: what its own settings open, and nothing else,
// whatever a worker says.
#include "unit/wfd/broker_room.h"

using namespace broker_room;

namespace {

// A room where a.example.org has a public path and an origin, b.example.org has nothing.
struct OpenRoom : Room {
  OpenRoom() : https(serve_on("127.0.0.2")) {
    settings.intranet.https_port = https.port;
    HostPolicy& policy = settings.host_policies["a.example.org"];
    policy.plain = Plain::fallback;
    policy.public_paths = {"/pub"};
    policy.cors_origins = {"b.example.org"};
    settings.fixed_servers.push_back({"a.example.org", Scheme::any, address("127.0.0.2"), 0});
    settings.host_policies["c.example.org"] = policy;  // open, but of no certain server
    open();
  }
  Dial without_session(std::uint64_t worker, Ground ground, const char* subject, const char* host = "a.example.org") {
    Dial dial = make_dial(worker);
    dial.cookie = {};
    dial.host = HostName(host);
    dial.ground = ground;
    dial.subject = Text<512>(std::string_view(subject));
    return dial;
  }
  Reply ask(Channel& worker, const Dial& order) {
    REQUIRE(worker.send(order) == Told::sent);
    return hear(worker);
  }
  bool server_saw_somebody() { return static_cast<bool>(UniqueFd::adopt(::accept(https.fd.get(), nullptr, nullptr))); }
  Server https;
};

}  // namespace

TEST_CASE("a public path and a listed origin's preflight are dialled without a session", "[broker][open]") {
  OpenRoom room;
  Channel worker = room.enroll(7);
  for (const auto& [ground, subject] : {std::pair{Ground::public_path, "/pub"}, std::pair{Ground::public_path, "/pub/x"},
                                        std::pair{Ground::preflight, "b.example.org"}}) {
    INFO(subject);
    const Dial order = room.without_session(7, ground, subject);
    const Reply heard = room.ask(worker, order);
    REQUIRE(heard.dialled);
    CHECK(heard.dialled->tag == order.tag);
    CHECK(heard.dialled->reached == Endpoint{address("127.0.0.2"), room.https.port});
    CHECK(room.server_saw_somebody());
  }
  CHECK_FALSE(room.sessions_was_asked());
  CHECK(room.logged("event=dial id=000000000000006b dst=127.0.0.2 "));
}

TEST_CASE("a worker that lies about the ground gains nothing that the settings do not open", "[broker][open]") {
  OpenRoom room;
  Channel worker = room.enroll(7);
  struct Row { Ground ground; const char *subject, *host; };
  for (const Row& row : {
           Row{Ground::public_path, "/pub", "b.example.org"},      // a host without public paths
           Row{Ground::public_path, "/pub", "c.example.org"},      // at whatever address the client dialled
           Row{Ground::preflight, "b.example.org", "c.example.org"},
           Row{Ground::public_path, "/", "b.example.org"},
           Row{Ground::public_path, "/", "a.example.org"}, Row{Ground::public_path, "", "a.example.org"},
           Row{Ground::public_path, "/public", "a.example.org"}, Row{Ground::public_path, "/pub/../x", "a.example.org"},
           Row{Ground::public_path, "/pub/%2e%2e/x", "a.example.org"}, Row{Ground::public_path, "/pub;x", "a.example.org"},
           Row{Ground::public_path, "b.example.org", "a.example.org"},
           Row{Ground::preflight, "b.example.org", "b.example.org"}, Row{Ground::preflight, "evil.example.org", "a.example.org"},
           Row{Ground::preflight, "", "a.example.org"}, Row{Ground::preflight, "/pub", "a.example.org"},
           Row{Ground::preflight, "", "b.example.org"}}) {
    INFO(row.subject << " of " << row.host);
    const Dial order = room.without_session(7, row.ground, row.subject, row.host);
    const Reply heard = room.ask(worker, order);
    CHECK(heard.fault() == DialFault::forbidden);
    CHECK(heard.refused->tag == order.tag);
    CHECK_FALSE(heard.socket);
  }
  CHECK_FALSE(room.server_saw_somebody());
  CHECK_FALSE(room.sessions_was_asked());
  CHECK(room.logged("event=refuse id=000000000000006b src=192.0.2.7 dst=127.0.0.2 status=403 reason=forbidden"));
}

TEST_CASE("without a session only the host's own server is reached, whatever was dialled", "[broker][open]") {
  const char* dialled = GENERATE("192.0.2.1:443", "127.0.0.9:443", "127.0.0.3:443");
  OpenRoom room;
  Channel worker = room.enroll(7);
  Dial order = room.without_session(7, Ground::public_path, "/pub");
  order.ticket = make_ticket(107, 7, room.key, "192.0.2.7:40000", dialled);
  const Reply heard = room.ask(worker, order);
  REQUIRE(heard.dialled);
  CHECK(heard.dialled->reached == Endpoint{address("127.0.0.2"), room.https.port});
}

TEST_CASE("a ticket is judged without a session as with one", "[broker][open]") {
  OpenRoom room;
  Channel worker = room.enroll(7);
  Dial order = room.without_session(7, Ground::public_path, "/pub");
  SECTION("a ticket that is not its own") {
    order.ticket = make_ticket(107, 8, room.key);
    CHECK(room.ask(worker, order).closed);
  }
  SECTION("a host that is not canonical") {
    order.host = HostName("A.example.org");
    CHECK(room.ask(worker, order).closed);
  }
  CHECK_FALSE(room.server_saw_somebody());
}

TEST_CASE("with a session as its ground a dial is judged by sessions, on an open host too", "[broker][open]") {
  OpenRoom room;
  Channel worker = room.enroll(7);
  Dial order = room.make_dial(7);
  order.subject = Text<512>(std::string_view("/pub"));
  REQUIRE(worker.send(order) == Told::sent);
  room.answer(Standing::unknown);
  CHECK(room.hear(worker).fault() == DialFault::no_session);
  CHECK_FALSE(room.server_saw_somebody());
}

TEST_CASE("what needs no session needs no sessions, but is counted as any dial", "[broker][open]") {
  OpenRoom room;
  room.sessions.close();
  settle(room.loop);
  Channel worker = room.enroll(7);
  CHECK(room.ask(worker, room.make_dial(7)).fault() == DialFault::missing_peer);
  CHECK(room.ask(worker, room.without_session(7, Ground::public_path, "/pub")).dialled);
}
