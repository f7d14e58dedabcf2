// Several connections in one worker: each has its own, and the worker its end.
#include "unit/common/children.h"
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

WfdSettings many() {
  WfdSettings settings = bench_settings();
  settings.isolation.connections_per_worker = 16;
  return settings;
}

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

TEST_CASE("answers find the connection that asked, in whatever order they come", "[connection][many]") {
  Rig rig(many());
  WireEnd& one = rig.client("a.example.org");
  WireEnd& two = rig.client("b.example.org");
  one.send(request("GET /one", 1));
  const Judge first = rig.hear<Judge>(rig.sessions);
  two.send(request("GET /two", 2, "", "b.example.org"));
  const Judge second = rig.hear<Judge>(rig.sessions);
  rig.say(rig.sessions, rig.good(second, 2));
  const Dial dial_two = rig.hear<Dial>(rig.broker);
  CHECK(dial_two.host.view() == "b.example.org");
  CHECK(dial_two.cookie == cookie_of(2));
  rig.say(rig.sessions, rig.good(first, 1));
  const Dial dial_one = rig.hear<Dial>(rig.broker);
  CHECK(dial_one.ticket.connection == first.ticket.connection);
  WireEnd& server_one = rig.connected(dial_one.tag);
  WireEnd& server_two = rig.connected(dial_two.tag);
  CHECK(has(rig.hear_text(server_one, "\r\n\r\n"), "GET /one "));
  CHECK(has(rig.hear_text(server_two, "\r\n\r\n"), "GET /two "));
  server_two.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
  server_one.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
  CHECK(body_of(rig.hear_text(one, "one")) == "one");
  CHECK(body_of(rig.hear_text(two, "two")) == "two");
}

TEST_CASE("an answer for a connection that is gone goes to nobody", "[connection][many]") {
  Rig rig(many());
  WireEnd& stays = rig.client();
  WireEnd& leaves = rig.client();
  leaves.send(request("GET /gone", 1));
  const Judge asked = rig.hear<Judge>(rig.sessions);
  Dial dial;
  const bool dialling = GENERATE(false, true);
  if (dialling) {
    rig.say(rig.sessions, rig.good(asked));
    dial = rig.hear<Dial>(rig.broker);
  }
  leaves.vanish();
  CHECK(rig.cause() == Cause::served);
  rig.settle();
  WireEnd* server = nullptr;
  if (dialling) server = &rig.connected(dial.tag);
  else rig.say(rig.sessions, rig.good(asked));
  rig.settle();
  if (server != nullptr) {
    CHECK(server->ended);
    CHECK(server->got.empty());
  }
  stays.send(request("GET /", 1));
  rig.judge_good();
  WireEnd& own = rig.dialled();
  CHECK(has(rig.hear_text(own, "\r\n\r\n"), "GET / "));
  CHECK_FALSE(rig.over);
}

TEST_CASE("the end of a session closes its connections, and no others", "[connection][many]") {
  Rig rig(many());
  WireEnd* clients[4];
  for (int i = 0; i < 4; ++i) {
    clients[i] = &rig.client();
    const auto session = static_cast<unsigned char>(i < 3 ? 1 : 2);
    clients[i]->send(request("GET /", session));
    rig.judge_good(session);
    WireEnd& server = rig.dialled();
    rig.hear_text(server, "\r\n\r\n");
    if (i > 0) server.send("HTTP/1.1 200 OK\r\n\r\nso far");
    if (i > 0) rig.hear_text(*clients[i], "so far");
  }
  Ended ended;
  ended.slot = 1;
  ended.generation = rig.page->generation(1);
  rig.say(rig.sessions, ended);
  (void)rig.hear<EndedSeen>(rig.sessions);
  for (int i = 0; i < 3; ++i) rig.hear_end(*clients[i], milliseconds(900));
  rig.settle();
  CHECK_FALSE(clients[3]->ended);
}

TEST_CASE("who retires ends idle connections, and finishes what is under way", "[connection][many]") {
  Rig rig(many());
  WireEnd& idle = rig.client();
  WireEnd& server = rig.relayed(idle, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  server.send(ok);
  rig.hear_text(idle, "ok");
  WireEnd& busy = rig.client();
  WireEnd& slow = rig.relayed(busy, request("GET /slow"));
  rig.hear_text(slow, "\r\n\r\n");
  SECTION("on the porter's word") { rig.say(rig.porter, Retire{}); }
  SECTION("because the porter is gone") { rig.porter.close(); }
  rig.hear_end(idle);
  rig.settle();
  CHECK_FALSE(rig.over);
  busy.send(request("GET /next"));
  slow.send(ok);
  CHECK(has(rig.hear_text(busy, "ok"), "Connection: close\r\n"));
  rig.hear_end(busy);
  busy.close();
  REQUIRE(rig.until([&] { return rig.over; }));
  CHECK(rig.lines("request").size() == 2);
}

TEST_CASE("a worker of one connection is over with it; one of many waits for more", "[connection][many]") {
  const bool single = GENERATE(true, false);
  Rig rig(single ? bench_settings() : many());
  WireEnd& client = rig.client();
  client.close();
  CHECK(rig.cause() == Cause::served);
  rig.settle();
  CHECK(rig.over == single);
  if (!single) {
    rig.say(rig.porter, Retire{});
    REQUIRE(rig.until([&] { return rig.over; }));
  }
}

TEST_CASE("a worker destroyed in the middle of everything leaves nothing behind", "[connection][many]") {
  Rig rig(many());
  WireEnd& asking = rig.client();
  asking.send(request("GET /1", 1));
  const Judge asked = rig.hear<Judge>(rig.sessions);
  WireEnd& relaying = rig.client();
  relaying.send(request("GET /2", 2));
  rig.judge_good(2);
  rig.hear_text(rig.dialled(), "\r\n\r\n");
  rig.worker.reset();
  CHECK(asked.tag != 0);
}

TEST_CASE("the end of a connection is said, though the porter does not listen for a moment", "[connection][many]") {
  const bool single = GENERATE(true, false);
  Rig rig(single ? bench_settings() : many());
  WireEnd& client = rig.client();
  unsigned others = 0;  // what other workers said, or one that is in somebody's hands
  while (rig.seat.reports.send(Closed{}) == Told::sent) ++others;
  client.close();
  if (!single) rig.say(rig.porter, Retire{});
  rig.settle();
  CHECK_FALSE(rig.over);
  for (; others > 0; --others) CHECK(rig.hear<Closed>(rig.reports).ticket.connection == 0);
  CHECK(rig.hear<Closed>(rig.reports).ticket.connection == rig.last_id);
  CHECK(rig.until([&] { return rig.over; }));
}

TEST_CASE("several connections in one message are served each, and the count must be right", "[connection][many]") {
  const int more = GENERATE(0, 1, -1);  // a ticket too many, or one that is missing
  WfdSettings settings = many();
  const unsigned most = settings.isolation.connections_per_worker = more == 0 ? GENERATE(16u, 2u, 1u) : 16u;
  Rig rig(std::move(settings));
  rig.settle();
  std::vector<UniqueFd> ours;
  std::vector<int> lent;
  Serve order;
  for (std::uint64_t id = 71; id <= 72; ++id) {
    auto [end, theirs] = tls_rig::socket_pair();
    lent.push_back(end.get());
    ours.push_back(std::move(end));
    rig.ends.push_back(WireEnd::browser(std::move(theirs), "a.example.org"));
    order.add(make_ticket(id, 1, key_of(1)));
  }
  if (more > 0) order.add(make_ticket(73, 1, key_of(1)));
  if (more < 0) --order.count;
  REQUIRE(rig.porter.send(order, lent) == Told::sent);
  ours.clear();
  const bool shaken = rig.until([&] { return rig.over || (rig.ends[0]->shaken && rig.ends[1]->shaken); });
  REQUIRE(shaken);
  CHECK(rig.over == (more != 0 || most < 2));  // who orders what cannot be is nobody to serve for
}

TEST_CASE("no more connections are taken than the configuration has for a worker", "[connection][many]") {
  WfdSettings settings = many();
  const unsigned most = settings.isolation.connections_per_worker = GENERATE(1u, 2u);
  Rig rig(std::move(settings));
  for (unsigned i = 0; i < most; ++i) (void)rig.client();
  WireEnd& beyond = rig.connect();
  Packet packet;
  CHECK(rig.until([&] { return rig.porter.receive(packet) == Heard::closed; }));
  CHECK_FALSE(beyond.shaken);
}

TEST_CASE("the lines of a request do not wait for the next, where a process has one connection", "[connection][many]") {
  Rig rig;
  WireEnd& client = rig.client();
  client.send(request("GET /1", 0) + request("GET /2", 0) + request("GET /3", 0));
  (void)rig.hear_text(client, "\r\n\r\n");
  std::vector<std::string> packets;
  REQUIRE(rig.until([&] {
    for (std::string& packet : rig.book.packets()) packets.push_back(std::move(packet));
    return packets.size() >= 3;
  }));
  REQUIRE(packets.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(has(packets[i], " target=/" + std::to_string(i + 1) + ' '));
}

TEST_CASE("a request is the last of its connection when nothing can be recorded any more", "[connection][many]") {
  Rig rig(GENERATE(false, true) ? many() : bench_settings());
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  (void)rig.hear_text(server, "\r\n\r\n");
  const bool lost = GENERATE(true, false), recording = GENERATE(true, false);
  if (lost) rig.book.close();
  rig.book.say_recording(recording);
  server.send(ok);
  CHECK(body_of(rig.hear_text(client, "ok")) == "ok");
  CHECK(rig.until([&] { return client.ended; }, recording ? milliseconds(200) : seconds(5)) != recording);
}

TEST_CASE("a worker that ends hands its last lines over", "[connection][many]") {
  Rig rig(many());  // for all that a worker needs
  WorkerSeat seat;
  Ends line = make_ends(), reports = make_ends(), signer = make_ends(), broker = make_ends(), sessions = make_ends();
  Channel porter(std::move(line.ours), Role::porter, Role::worker);
  seat.porter = Channel(std::move(line.theirs), Role::worker, Role::porter);
  seat.reports = Channel(std::move(reports.theirs), Role::worker, Role::porter);
  seat.signer = Channel(std::move(signer.theirs), Role::worker, Role::signer);
  seat.broker = Channel(std::move(broker.theirs), Role::worker, Role::broker);
  seat.sessions = Channel(std::move(sessions.theirs), Role::worker, Role::sessions);
  seat.log = &rig.book.log();
  auto [ours, theirs] = tls_rig::socket_pair();
  REQUIRE(::send(theirs.get(), "no TLS", 6, 0) == 6);
  Serve order;
  order.add(make_ticket(5, 1, key_of(1)));
  const int lent[] = {ours.get()};
  REQUIRE(porter.send(order, lent) == Told::sent);
  order.add(make_ticket(6, 1, key_of(1)));
  REQUIRE(porter.send(order, lent) == Told::sent);  // what cannot be, and in the same round
  const int status = test::in_child([&] {
    (void)run_worker(*rig.shop, seat);
    return 0;
  });
  REQUIRE(test::left_with(status, 0));
  const std::vector<std::string> lines = rig.book.lines();
  REQUIRE(lines.size() == 1);
  CHECK(has(lines[0], "event=refuse id=0000000000000005 "));
}

TEST_CASE("who is served already is not kept waiting by a crowd", "[connection][many]") {
  WfdSettings settings = many();
  settings.isolation.connections_per_worker = 1000;
  Rig rig(std::move(settings));
  WireEnd& client = rig.client();
  rig.settle();  // the next that the worker hears of is the crowd
  constexpr unsigned crowd = 100;
  for (unsigned i = 0; i < crowd; ++i) {
    auto [ours, theirs] = tls_rig::socket_pair();
    REQUIRE(::send(theirs.get(), "no TLS", 6, 0) == 6);
    Serve order;
    order.add(make_ticket(i + 1, 1, key_of(1)));
    const int lent[] = {ours.get()};
    REQUIRE(rig.porter.send(order, lent) == Told::sent);
  }
  client.send(request("GET /", 0));
  for (unsigned i = 0; i < crowd; ++i) (void)rig.hear<Closed>(rig.reports);
  std::string lines;
  for (const std::string& packet : rig.book.lines()) lines += packet;
  REQUIRE(has(lines, "event=request"));
  CHECK(lines.find("event=request") < lines.rfind("event=refuse"));
}
