// Which port the broker reaches, how long it tries, and what it remembers of that.
#include "unit/wfd/broker_room.h"

using namespace broker_room;

TEST_CASE("a connection whose two ends are this host is not handed out", "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.1");
  const Server http = serve_on("127.0.0.1");
  room.settings.intranet.https_port = https.port;
  room.settings.intranet.http_port = http.port;
  room.open();
  Channel worker = room.enroll(1);
  CHECK(room.dial(worker, room.make_dial(1, "127.0.0.1:443")).fault() == DialFault::forbidden);
  CHECK(room.logged("result=self"));
}

TEST_CASE("a refused port 443 leads to port 80, unless plain=never", "[broker]") {
  Room room;
  const Server https = refuse_on("127.0.0.2");
  const Server http = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.settings.intranet.http_port = http.port;
  const bool may_plain = GENERATE(true, false);
  room.settings.everyone.plain = may_plain ? Plain::fallback : Plain::never;
  room.open();
  Channel worker = room.enroll(1);
  const Reply heard = room.dial(worker, room.make_dial(1));
  if (may_plain) {
    REQUIRE(heard.dialled);
    CHECK_FALSE(heard.is_tls());
    CHECK(heard.dialled->reached.port == http.port);
    CHECK(room.logged("tls=yes result=refused"));
    CHECK(room.logged("tls=no result=connected"));
  } else {
    REQUIRE(heard.refused);
    CHECK(heard.fault() == DialFault::refused);
  }
}

TEST_CASE("a silent port 443 leads to port 80 after https_timeout", "[broker]") {
  Room room;
  const SilentServer https = fall_silent_on("127.0.0.2");
  const Server http = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.server.port;
  room.settings.intranet.http_port = http.port;
  room.open();
  Channel worker = room.enroll(1);
  const Mono before = read_mono();
  const Reply heard = room.dial(worker, room.make_dial(1));
  const Duration took = read_mono() - before;
  REQUIRE(heard.dialled);
  CHECK_FALSE(heard.is_tls());
  CHECK(took >= milliseconds(60));
  CHECK(took < milliseconds(400));
  CHECK(room.logged("tls=yes result=timeout"));
}

TEST_CASE("a server that is silent on its last port is a timeout", "[broker]") {
  Room room;
  const SilentServer https = fall_silent_on("127.0.0.2");
  room.settings.intranet.https_port = https.server.port;
  room.settings.everyone.plain = Plain::never;
  room.open();
  Channel worker = room.enroll(1);
  CHECK(room.dial(worker, room.make_dial(1)).fault() == DialFault::timeout);
}

TEST_CASE("after a 404 the plain port alone is dialled, if it may be", "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.2");
  const Server http = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.settings.intranet.http_port = http.port;
  room.settings.host_policies["strict.example.org"] = room.settings.everyone;
  room.settings.host_policies["strict.example.org"].plain = Plain::never;
  room.open();
  Channel worker = room.enroll(1);
  const Reply heard = room.dial(worker, room.make_dial(1, "127.0.0.2:443", Ports::http));
  REQUIRE(heard.dialled);
  CHECK_FALSE(heard.is_tls());
  Dial strict = room.make_dial(1, "127.0.0.2:443", Ports::http);
  strict.host = HostName("strict.example.org");
  CHECK(room.dial(worker, strict).fault() == DialFault::forbidden);
}

TEST_CASE("a server with verified TLS never falls back", "[broker]") {
  Room room;
  room.settings.isolation.connections_per_worker = 256;
  Server https = serve_on("127.0.0.2");
  const Server http = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.settings.intranet.http_port = http.port;
  room.open();
  Channel worker = room.enroll(1);
  const Dial first = room.make_dial(1);
  REQUIRE(room.dial(worker, first).is_tls());
  const bool verified = GENERATE(true, false);
  const Port port = verified ? Port::https_verified : Port::https;
  room.learn(worker, first.ticket, port);
  Reply heard = room.dial(worker, room.make_dial(1));
  REQUIRE(heard.is_tls());
  CHECK(heard.dialled->known == port);
  https.fd.reset();
  heard = room.dial(worker, room.make_dial(1));
  CHECK(heard.refused.has_value() == verified);
  CHECK(heard.dialled.has_value() == !verified);
}

TEST_CASE("the port that answered is dialled first, and can be forgotten", "[broker]") {
  Room room;
  const bool is_shared = GENERATE(true, false);  // a worker of one user is not told what others have done
  room.settings.isolation.connections_per_worker = is_shared ? 256 : 1;
  const Server https = refuse_on("127.0.0.2");
  const Server http = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.settings.intranet.http_port = http.port;
  room.open();
  Channel worker = room.enroll(1);
  const Dial first = room.make_dial(1);
  Reply heard = room.dial(worker, first);
  REQUIRE_FALSE(heard.is_tls());
  CHECK(heard.dialled->known == Port::none);
  room.learn(worker, first.ticket, Port::http);
  REQUIRE(::listen(https.fd.get(), 8) == 0);  // now there is TLS, too
  heard = room.dial(worker, room.make_dial(1));
  CHECK_FALSE(heard.is_tls());
  CHECK(heard.dialled->known == (is_shared ? Port::http : Port::none));
  room.learn(worker, first.ticket, Port::none);
  heard = room.dial(worker, room.make_dial(1));
  CHECK(heard.is_tls());
  CHECK(heard.dialled->known == Port::none);
}

TEST_CASE("a worker teaches only what the broker has seen connect for it", "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.2");
  const Server http = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.settings.intranet.http_port = http.port;
  room.open();
  Channel worker = room.enroll(1);
  const Dial first = room.make_dial(1);
  SECTION("nothing was dialled") { room.learn(worker, first.ticket, Port::http); }
  SECTION("another port was reached") {
    REQUIRE(room.dial(worker, first).is_tls());
    room.learn(worker, first.ticket, Port::http);
  }
  SECTION("another host was dialled") {
    REQUIRE_FALSE(room.dial(worker, room.make_dial(1, "127.0.0.2:443", Ports::http)).is_tls());
    room.learn(worker, first.ticket, Port::http, "b.example.org");
  }
  SECTION("another connection dialled") {
    REQUIRE_FALSE(room.dial(worker, room.make_dial(1, "127.0.0.2:443", Ports::http)).is_tls());
    room.learn(worker, make_ticket(555, 1, room.key), Port::http);
  }
  CHECK(room.dial(worker, room.make_dial(1)).is_tls());
}

TEST_CASE("a host of [hosts] is reached at its own address", "[broker]") {
  Room room;
  const Server fixed = serve_on("127.0.0.3");
  room.settings.intranet.networks.clear();
  FixedServer row;
  row.name = "a.example.org";
  row.scheme = Scheme::http;
  row.address = address("127.0.0.3");
  row.port = fixed.port;
  room.settings.fixed_servers = {row};
  room.open();
  Channel worker = room.enroll(1);
  const Reply heard = room.dial(worker, room.make_dial(1));
  REQUIRE(heard.dialled);
  CHECK(heard.dialled->fixed);
  CHECK_FALSE(heard.is_tls());
  CHECK(heard.dialled->reached == Endpoint{address("127.0.0.3"), fixed.port});
}

TEST_CASE("a worker that leaves takes its dials along", "[broker]") {
  Room room;
  const SilentServer https = fall_silent_on("127.0.0.2");
  const Server http = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.server.port;
  room.settings.intranet.http_port = http.port;
  room.open();
  Channel worker = room.enroll(1);
  REQUIRE(worker.send(room.make_dial(1)) == Told::sent);
  room.answer(Standing::good);
  settle(room.loop);
  worker.close();
  CHECK_FALSE(run_until(room.loop, [&] {
    return static_cast<bool>(UniqueFd::adopt(::accept(http.fd.get(), nullptr, nullptr)));
  }, milliseconds(150)));
}

TEST_CASE("whoever asks for one port gets that one, whatever is remembered", "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.2");
  const Server http = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.settings.intranet.http_port = http.port;
  room.open();
  Channel worker = room.enroll(1);
  const Port remembered = GENERATE(Port::none, Port::http, Port::https);
  const Dial first = room.make_dial(1, "127.0.0.2:443", remembered == Port::http ? Ports::http : Ports::both);
  REQUIRE(room.dial(worker, first).dialled);
  room.learn(worker, first.ticket, remembered);
  CHECK(room.dial(worker, room.make_dial(1)).is_tls() == (remembered != Port::http));
  CHECK(room.dial(worker, room.make_dial(1, "127.0.0.2:443", Ports::https)).is_tls());
  CHECK_FALSE(room.dial(worker, room.make_dial(1, "127.0.0.2:443", Ports::http)).is_tls());
}

TEST_CASE("one port that refuses does not lead to the other", "[broker]") {
  Room room;
  const Server https = refuse_on("127.0.0.2");
  const Server http = refuse_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.settings.intranet.http_port = http.port;
  room.open();
  Channel worker = room.enroll(1);
  const bool tls = GENERATE(true, false);
  CHECK(room.dial(worker, room.make_dial(1, "127.0.0.2:443", tls ? Ports::https : Ports::http)).fault() ==
        DialFault::refused);
  CHECK(room.logged(tls ? "tls=yes result=refused" : "tls=no result=refused"));
  CHECK_FALSE(room.logged(tls ? "tls=no" : "tls=yes"));
}

TEST_CASE("a worker is told when the port before was tried in vain", "[broker]") {
  Room room;
  Server https = serve_on("127.0.0.2");
  const Server http = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  room.settings.intranet.http_port = http.port;
  room.open();
  Channel worker = room.enroll(1);
  CHECK_FALSE(room.dial(worker, room.make_dial(1)).dialled->other_away);
  CHECK_FALSE(room.dial(worker, room.make_dial(1, "127.0.0.2:443", Ports::http)).dialled->other_away);
  https.fd.reset();
  const Dial second = room.make_dial(1);
  const Reply fell_back = room.dial(worker, second);
  CHECK_FALSE(fell_back.is_tls());
  CHECK(fell_back.dialled->other_away);
  room.learn(worker, second.ticket, Port::http);
  CHECK_FALSE(room.dial(worker, room.make_dial(1)).dialled->other_away);  // 80 came first, nothing was tried before
}

TEST_CASE("a second attempt waits for a silent port once, and no longer than for a first", "[broker]") {
  Room room;
  const bool tls = GENERATE(true, false);
  const SilentServer silent = fall_silent_on("127.0.0.2");
  const Server other = serve_on("127.0.0.2");
  room.settings.intranet.https_port = tls ? silent.server.port : other.port;
  room.settings.intranet.http_port = tls ? other.port : silent.server.port;
  room.settings.limits.connect_timeout = seconds(4);
  room.open();
  Channel worker = room.enroll(1);
  const Dial first = room.make_dial(1);
  REQUIRE(room.dial(worker, first).is_tls() != tls);
  room.learn(worker, first.ticket, tls ? Port::http : Port::https);
  const Dial again = room.make_dial(1, "127.0.0.2:443", tls ? Ports::https : Ports::http);
  const Mono before = read_mono();
  CHECK(room.dial(worker, again).fault() == DialFault::timeout);
  CHECK(read_mono() - before < seconds(2));
  (void)room.logged("x");  // all lines so far
  const std::size_t dials = room.log.size();
  const Mono next = read_mono();
  CHECK(room.dial(worker, again).fault() == DialFault::timeout);
  CHECK(read_mono() - next < milliseconds(50));
  (void)room.logged("x");
  CHECK(room.log.size() == dials);  // it was not dialled at all
  // For others, and for a first attempt, nothing changes.
  CHECK(room.dial(worker, room.make_dial(1)).is_tls() != tls);
}

TEST_CASE("a name that has no row gets nowhere at an address of [hosts]", "[broker]") {
  Room room;
  const Server https = serve_on("127.0.0.2");
  room.settings.intranet.https_port = https.port;
  FixedServer server;
  server.name = "b.example.org";
  server.scheme = Scheme::https;
  server.address = address("127.0.0.2");
  room.settings.fixed_servers = {server};
  room.open();
  Channel worker = room.enroll(1);
  CHECK(room.dial(worker, room.make_dial(1)).fault() == DialFault::misdirected);
  CHECK(room.logged(" dst=127.0.0.2 status=421 reason=misdirected"));
  CHECK_FALSE(room.logged("event=dial"));
  Dial own = room.make_dial(1, "127.0.0.3:443");  // wherever it was dialled
  own.host = HostName("b.example.org");
  const Reply heard = room.dial(worker, own);
  REQUIRE(heard.dialled);
  CHECK(heard.dialled->fixed);
  CHECK(heard.dialled->reached.address == address("127.0.0.2"));
}
