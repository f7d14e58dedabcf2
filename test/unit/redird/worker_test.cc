// The worker of redird: one head in, one answer out, and never a wait without an end.
#include "redird/worker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <span>
#include <vector>

#include "redird/roles.h"
#include "unit/workbench.h"

using namespace postern;
using namespace postern::redird;
using namespace workbench;

namespace {

struct Wire {  // two ends of a stream, non-blocking
  UniqueFd served, client;
};
Wire make_wire() {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  return {UniqueFd::adopt(ends[0]), UniqueFd::adopt(ends[1])};
}

class Room {
 public:
  Room() : loop(open_loop()), key(key_of(1)) {
    settings.domains = {"example.org"};
    settings.isolation.connections_per_worker = 3;
    settings.limits.head_timeout = milliseconds(60);
    settings.limits.head_bytes = 1024;
  }
  // A client that the worker serves, and that has said something before.
  UniqueFd connect(std::string_view said = {}) {
    Wire wire = make_wire();
    if (!said.empty()) say(wire.client, said);
    serve(std::move(wire.served));
    return std::move(wire.client);
  }
  void serve(UniqueFd served) {
    if (!worker)
      worker = std::make_unique<Worker>(loop, book.log(), settings, [this](const Ticket& t, Cause cause) {
        closed.emplace_back(t.connection, cause);
      });
    worker->serve(std::move(served), make_ticket(++last, 1, key, "192.0.2.7:40000", "10.1.2.3:80"));
  }
  void say(const UniqueFd& client, std::string_view text) {
    REQUIRE(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  // All that comes until the worker ends its side.
  std::string hear(const UniqueFd& client) {
    std::string all;
    REQUIRE(run_until(loop, [&] {
      char bytes[4096];
      const ssize_t n = ::read(client.get(), bytes, sizeof bytes);
      if (n > 0) all.append(bytes, static_cast<std::size_t>(n));
      return n == 0;
    }));
    return all;
  }
  // Why the one connection was closed.
  Cause wait_closed() {
    REQUIRE(run_until(loop, [&] { return !closed.empty(); }));
    REQUIRE(closed.size() == 1);
    return closed[0].second;
  }
  // The line about it, within some moments.
  std::string line() {
    std::string found;
    (void)run_until(loop, [&] {
      for (const std::string& line : book.lines())
        if (line.starts_with("event=request ") || line.starts_with("event=refuse ")) found = line;
      return !found.empty();
    }, milliseconds(500));
    return found;
  }

  Loop loop;
  LogBook book;
  RedirdSettings settings;
  TicketKey key;
  std::unique_ptr<Worker> worker;
  std::vector<std::pair<std::uint64_t, Cause>> closed;
  std::uint64_t last = 0;
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("a request is redirected to the same address with https, and logged", "[redird]") {
  Room room;
  UniqueFd client = room.connect();
  room.say(client, "GET /a?b=c HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
  const std::string answer = room.hear(client);
  CHECK(answer.starts_with("HTTP/1.1 301 "));
  CHECK(has(answer, "\r\nLocation: https://www.example.org/a?b=c\r\n"));
  CHECK(room.wait_closed() == Cause::served);
  const std::size_t body = answer.size() - answer.find("\r\n\r\n") - 4;
  const std::string line = room.line();
  CHECK(has(line, "event=request id=0000000000000001 src=192.0.2.7 sport=40000 dst=10.1.2.3 dport=80 "
                  "host=www.example.org user=- sid=- method=GET target=/a?b=c status=301 in=0 out=" +
                      std::to_string(body) + " ms="));
}

TEST_CASE("a request in absolute form is redirected like any other", "[redird]") {
  Room room;
  UniqueFd client = room.connect();
  room.say(client, "GET http://www.example.org/a?b=c HTTP/1.1\r\nHost: www.example.org:80\r\n\r\n");
  CHECK(has(room.hear(client), "\r\nLocation: https://www.example.org/a?b=c\r\n"));
}

TEST_CASE("a request that comes byte by byte is one request", "[redird]") {
  Room room;
  room.settings.limits.head_timeout = seconds(5);
  UniqueFd client = room.connect();
  for (const char c : std::string_view("POST /f HTTP/1.1\r\nHost: example.org\r\nContent-Length: 9\r\n\r\n")) {
    room.say(client, std::string_view(&c, 1));
    settle(room.loop);
  }
  CHECK(room.hear(client).starts_with("HTTP/1.1 308 "));
}

TEST_CASE("what is refused gets its status, a cause and a line", "[redird]") {
  struct Case {
    std::string request;
    const char* answer;
    Cause cause;
    const char* line;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n", "HTTP/1.1 400 ", Cause::refused, "event=request "},
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", Cause::unparsable, "reason=host-missing"},
      {"GET https://www.example.org/ HTTP/1.1\r\nHost: www.example.org\r\n\r\n", "HTTP/1.1 400 ", Cause::unparsable,
       "reason=bad-target"},
      {"GET http://www.example.org/ HTTP/1.1\r\nHost: example.org\r\n\r\n", "HTTP/1.1 400 ", Cause::unparsable,
       "reason=host-differs"},
      {"\x16\x03\x01\x02", "HTTP/1.1 400 ", Cause::unparsable, "status=400 reason="},
      {"GET / HTTP/1.1\r\nHost: www.example.org\r\nX: " + std::string(2000, 'x'), "HTTP/1.1 431 ",
       Cause::unparsable, "status=431 reason="},
      {"GET /" + std::string(2000, 'x'), "HTTP/1.1 414 ", Cause::unparsable, "status=414 reason="},
  };
  for (const Case& c : cases) {
    CAPTURE(c.request);
    Room room;
    UniqueFd client = room.connect();
    room.say(client, c.request);
    CHECK(room.hear(client).starts_with(c.answer));
    client.reset();
    CHECK(room.wait_closed() == c.cause);
    CHECK(has(room.line(), c.line));
  }
}

TEST_CASE("a head that does not come in time is answered 408", "[redird]") {
  Room room;
  UniqueFd client = room.connect();
  room.say(client, "GET / HTTP/1.1\r\nHost: www.exa");
  CHECK(room.hear(client).starts_with("HTTP/1.1 408 "));
  client.reset();
  CHECK(room.wait_closed() == Cause::slow);
  CHECK(has(room.line(), "status=408 reason=head-timeout"));
}

TEST_CASE("a drop at a time does not lengthen the time for a head", "[redird]") {
  Room room;
  UniqueFd client = room.connect();
  const Mono begun = read_mono();
  int looks = 0;
  REQUIRE(run_until(room.loop, [&] {
    if (++looks % 4 == 0) (void)::send(client.get(), "G", 1, MSG_NOSIGNAL);
    char byte = 0;
    return ::recv(client.get(), &byte, 1, MSG_PEEK) > 0;
  }));
  CHECK(read_mono() - begun < seconds(1));
}

TEST_CASE("who says nothing is closed without a word", "[redird]") {
  Room room;
  UniqueFd client = room.connect();
  SECTION("and waits") { CHECK(room.hear(client).empty()); }
  SECTION("and goes") { client.reset(); }
  CHECK(room.wait_closed() == Cause::none);
  CHECK(room.line().empty());
}

TEST_CASE("what comes behind a request is thrown away, but not without end", "[redird]") {
  Room room;
  UniqueFd client = room.connect();
  room.say(client, "POST / HTTP/1.1\r\nHost: example.org\r\nContent-Length: 999999999\r\n\r\n");
  CHECK(room.hear(client).starts_with("HTTP/1.1 308 "));
  std::size_t taken = 0;
  const std::string chunk(4096, 'x');
  REQUIRE(run_until(room.loop, [&] {
    const ssize_t n = ::send(client.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL);
    if (n > 0) taken += static_cast<std::size_t>(n);
    return n < 0 && errno == EPIPE;
  }));
  CHECK(taken >= 64 * 1024);
  CHECK(taken < 1024 * 1024);
  CHECK(room.wait_closed() == Cause::served);
}

TEST_CASE("only who may have more to say is waited for", "[redird]") {
  struct Case {
    std::string request;
    bool waits;
  };
  const std::string host = " HTTP/1.1\r\nHost: example.org\r\n";
  const std::string exact = "GET /" + std::string(4096 - 5 - host.size() - 2, 'x') + host + "\r\n";  // all of one read
  const Case cases[] = {
      {"GET /" + host + "\r\n", false},
      {"HEAD /" + host + "\r\n", false},
      {"POST /" + host + "Content-Length: 0\r\n\r\n", false},
      {"GET /" + host + "Host: example.com\r\n\r\n", true},  // a refusal
      {"GET /" + host + "\r\nGET /", true},
      {"POST /" + host + "Content-Length: 9\r\n\r\n", true},
      {"POST /" + host + "Content-Length: 2\r\n\r\nok", true},
      {"POST /" + host + "Transfer-Encoding: chunked\r\n\r\n", true},
      {exact, true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.request);
    Room room;
    room.settings.limits.head_bytes = 8192;
    UniqueFd client = room.connect();
    room.say(client, c.request);
    CHECK(room.hear(client).starts_with("HTTP/1.1 "));
    settle(room.loop);
    CHECK(room.closed.empty() == c.waits);
    CHECK(room.worker->connections() == (c.waits ? 1 : 0));
  }
}

TEST_CASE("what is there when a connection comes is answered at once", "[redird]") {
  Room room;
  UniqueFd client = room.connect("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
  REQUIRE(room.closed.size() == 1);  // no round of the loop was needed
  CHECK(room.closed[0].second == Cause::served);
  CHECK(room.hear(client).starts_with("HTTP/1.1 301 "));
  UniqueFd slow = room.connect("GET / HTTP/1.1\r\n");
  CHECK(room.closed.size() == 1);
  room.say(slow, "Host: example.org\r\n\r\n");
  CHECK(room.hear(slow).starts_with("HTTP/1.1 301 "));
}

TEST_CASE("the lines of a round go to the logger together, and none stays behind", "[redird]") {
  Room room;
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(room.connect("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: example.org\r\n\r\n"));
  std::vector<std::string> packets;
  REQUIRE(run_until(room.loop, [&] { return !(packets = room.book.packets()).empty(); }));
  REQUIRE(packets.size() == 1);
  for (const char* target : {" target=/0 ", " target=/1 ", " target=/2 "}) CHECK(has(packets[0], target));
  UniqueFd one_more = room.connect("GET /3 HTTP/1.1\r\nHost: example.org\r\n\r\n");
  CHECK(has(room.line(), " target=/3 "));
}

TEST_CASE("an answer that the client takes slowly arrives whole", "[redird]") {
  Room room;
  room.settings.limits.head_timeout = seconds(5);
  Wire wire = make_wire();
  const int little = 1;  // the kernel makes the least of it
  REQUIRE(::setsockopt(wire.served.get(), SOL_SOCKET, SO_SNDBUF, &little, sizeof little) == 0);
  room.settings.limits.head_bytes = 16384;
  const std::string target = "/" + std::string(8000, '&');  // grows fivefold in the page
  room.say(wire.client, "GET " + target + " HTTP/1.1\r\nHost: example.org\r\n\r\n");
  room.serve(std::move(wire.served));
  CHECK(room.closed.empty());
  const std::string answer = room.hear(wire.client);
  const std::size_t head = answer.find("\r\n\r\n");
  REQUIRE(head != answer.npos);
  CHECK(has(answer, "\r\nContent-Length: " + std::to_string(answer.size() - head - 4) + "\r\n"));
  CHECK(room.wait_closed() == Cause::served);
}

TEST_CASE("a client that keeps its end open is closed after the linger", "[redird]") {
  Room room;
  UniqueFd client = room.connect();
  room.say(client, "POST / HTTP/1.1\r\nHost: example.org\r\nContent-Length: 9\r\n\r\n");
  CHECK(room.hear(client).starts_with("HTTP/1.1 308 "));
  const Mono answered = read_mono();
  CHECK(room.wait_closed() == Cause::served);
  CHECK(read_mono() - answered > seconds(1));
}

TEST_CASE("a worker has no more connections than it may have", "[redird]") {
  Room room;
  room.settings.limits.head_timeout = seconds(5);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(room.connect());
  CHECK(room.closed.empty());
  UniqueFd one_more = room.connect();
  REQUIRE(room.closed.size() == 1);
  CHECK(room.closed[0].first == 4);
  CHECK(room.hear(one_more).empty());
  clients.clear();
  REQUIRE(run_until(room.loop, [&] { return room.closed.size() == 4; }));
  room.closed.clear();
  CHECK(room.worker->connections() == 0);
  UniqueFd again = room.connect();
  CHECK(room.closed.empty());
}

TEST_CASE("when nothing can be recorded the answer is 503", "[redird]") {
  Room room;
  auto page = make_log_page();
  REQUIRE(page);
  auto log = Log::open({}, std::move(page->second), OnLogFailure::deny, false);
  REQUIRE(log);
  Worker worker(room.loop, *log, room.settings, [](const Ticket&, Cause) {});
  Wire wire = make_wire();
  worker.serve(std::move(wire.served), make_ticket(1, 1, room.key));
  room.say(wire.client, "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
  CHECK(room.hear(wire.client).starts_with("HTTP/1.1 503 "));
}

namespace {

// A worker's seat, and the porter's ends of it.
struct Post {
  explicit Post(Room& room) : room_(room) {
    Ends to_porter = make_ends(), reports = make_ends();
    porter = Channel(std::move(to_porter.ours), Role::porter, Role::worker);
    listening = Channel(std::move(reports.ours), Role::porter, Role::worker);
    seat.number = 1;
    seat.porter = Channel(std::move(to_porter.theirs), Role::worker, Role::porter);
    seat.reports = Channel(std::move(reports.theirs), Role::worker, Role::porter);
    seat.log = &room.book.log();
  }
  // As many descriptors as there are connections, and `more`.
  // Each asks for its own number.
  std::vector<UniqueFd> hand_over_some(std::span<const std::uint64_t> connections, int more) {
    std::vector<UniqueFd> clients, served;
    std::vector<int> lent;
    Serve order;
    for (const std::uint64_t connection : connections) {
      Wire wire = make_wire();
      room_.say(wire.client, "GET /" + std::to_string(connection) + " HTTP/1.1\r\nHost: example.org\r\n\r\n");
      order.add(make_ticket(connection, 1, room_.key));
      lent.push_back(wire.served.get());
      served.push_back(std::move(wire.served));
      clients.push_back(std::move(wire.client));
    }
    lent.resize(static_cast<std::size_t>(static_cast<int>(lent.size()) + more), lent.front());
    REQUIRE(porter.send(order, lent) == Told::sent);
    return clients;
  }
  UniqueFd hand_over(std::uint64_t connection, std::string_view said) {
    Wire wire = make_wire();
    if (!said.empty()) room_.say(wire.client, said);
    Serve serve;
    serve.add(make_ticket(connection, 1, room_.key));
    const int lent[] = {wire.served.get()};
    REQUIRE(porter.send(serve, lent) == Told::sent);
    return std::move(wire.client);
  }

  Channel porter, listening;
  WorkerSeat seat;

 private:
  Room& room_;
};

}  // namespace

// The whole life, in this process: its loop ends when the porter lets it.
TEST_CASE("a worker serves what the porter brings, tells of each end, and leaves when told",
          "[redird]") {
  Room room;
  Post post(room);
  UniqueFd client = post.hand_over(77, {});
  SECTION("told to retire") {
    REQUIRE(post.porter.send(Retire{}) == Told::sent);
    room.say(client, "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
    REQUIRE(::shutdown(client.get(), SHUT_WR) == 0);
    CHECK(live_as_worker(post.seat, room.settings) == 0);
    CHECK(room.hear(client).starts_with("HTTP/1.1 301 "));
    Packet packet;
    ClosedMany closed;
    REQUIRE(post.listening.receive(packet) == Heard::packet);
    REQUIRE(packet.read(closed));
    REQUIRE(closed.count == 1);
    CHECK(closed.each[0].ticket.connection == 77);
    CHECK(closed.each[0].cause == Cause::served);
    CHECK(has(room.line(), "event=request "));  // written before it left
  }
  SECTION("left alone") {
    post.porter.close();
    CHECK(live_as_worker(post.seat, room.settings) == 0);
  }
  SECTION("told nonsense") {
    REQUIRE(::send(post.porter.fd(), "x", 1, 0) == 1);
    CHECK(live_as_worker(post.seat, room.settings) == exit_contradiction);
  }
}

TEST_CASE("a worker serves each of those that come in one message, with its own ticket", "[redird]") {
  Room room;
  Post post(room);
  const std::uint64_t ids[] = {71, 72, 73};
  const int more = GENERATE(0, 1, -1);  // a descriptor too many, or one that is missing
  std::vector<UniqueFd> clients = post.hand_over_some(ids, more);
  REQUIRE(post.porter.send(Retire{}) == Told::sent);
  if (more != 0) {
    CHECK(live_as_worker(post.seat, room.settings) == exit_contradiction);
    return;
  }
  CHECK(live_as_worker(post.seat, room.settings) == 0);
  for (UniqueFd& client : clients) CHECK(room.hear(client).starts_with("HTTP/1.1 301 "));
  std::vector<std::string> lines = room.book.lines();
  std::erase_if(lines, [](const std::string& line) { return !line.starts_with("event=request "); });
  REQUIRE(lines.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(lines[i].starts_with(Line("request").add_id("id", ids[i]).text()));
    CHECK(has(lines[i], " target=/" + std::to_string(ids[i]) + ' '));
  }
  Packet packet;
  ClosedMany closed;
  REQUIRE(post.listening.receive(packet) == Heard::packet);
  REQUIRE(packet.read(closed));
  REQUIRE(closed.count == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(closed.each[i].ticket.connection == ids[i]);
}

TEST_CASE("a worker tells of many ends in few messages, and of each of them once", "[redird]") {
  constexpr std::uint64_t many = 40;
  Room room;
  room.settings.isolation.connections_per_worker = 256;
  Post post(room);
  std::vector<UniqueFd> clients;
  for (std::uint64_t i = 1; i <= many; ++i)
    clients.push_back(post.hand_over(i, "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"));
  REQUIRE(post.porter.send(Retire{}) == Told::sent);
  CHECK(live_as_worker(post.seat, room.settings) == 0);
  std::vector<std::uint64_t> told;
  int messages = 0;
  for (Packet packet; post.listening.receive(packet) == Heard::packet; ++messages) {
    ClosedMany closed;
    REQUIRE(packet.read(closed));
    REQUIRE(closed.count <= closed.each.size());
    for (std::size_t i = 0; i < closed.count; ++i) {
      told.push_back(closed.each[i].ticket.connection);
      CHECK(closed.each[i].cause == Cause::served);
      CHECK(is_sealed_for(closed.each[i].ticket, room.key, 1));
    }
  }
  CHECK(messages < 10);
  REQUIRE(told.size() == many);
  for (std::uint64_t i = 0; i < many; ++i) CHECK(told[i] == i + 1);
}
