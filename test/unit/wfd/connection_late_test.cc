// Answers of roles that come too late, roles that go away, and ends of sessions.
#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

WfdSettings hasty() {
  WfdSettings settings = bench_settings();
  settings.limits.connect_timeout = milliseconds(100);
  settings.intranet.https_timeout = milliseconds(50);
  settings.limits.response_timeout = milliseconds(100);
  return settings;
}
RolePatience impatient() { return {milliseconds(80), milliseconds(80)}; }

// Waits until a 503 or 504 of ours is there.
std::string refusal(Rig& rig, WireEnd& client) { return status_of(rig.hear_text(client, "Request 0")); }

}  // namespace

TEST_CASE("a verdict that comes too late is not taken for the next request's", "[connection][late]") {
  Rig rig(hasty());
  rig.shop->patience = impatient();
  WireEnd& client = rig.client();
  client.send(request("GET /one", 1));
  const Judge first = rig.hear<Judge>(rig.sessions);
  CHECK(refusal(rig, client) == "HTTP/1.1 503 Service Unavailable");
  client.send(request("GET /two", 2));
  const Judge second = rig.hear<Judge>(rig.sessions);
  rig.say(rig.sessions, rig.good(first, 1));  // of the other cookie
  CHECK(rig.is_silent(rig.broker));
  Verdict no;
  no.tag = second.tag;
  rig.say(rig.sessions, no);
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
}

TEST_CASE("a login that is granted too late gives its cookie to nobody", "[connection][late]") {
  Rig rig(hasty());
  rig.shop->patience = impatient();
  WireEnd& client = rig.client("login.example.org");
  client.send("POST /login HTTP/1.1\r\nHost: login.example.org\r\nContent-Length: 27\r\n\r\nuser=a&pin=1&passcode=22222");
  const Login login = rig.hear<Login>(rig.sessions);
  CHECK(refusal(rig, client) == "HTTP/1.1 503 Service Unavailable");
  client.send(request("GET /session", 2, "", "login.example.org"));
  const Look look = rig.hear<Look>(rig.sessions);
  LoginResult late;
  late.tag = login.tag;
  late.granted = true;
  late.cookie.assign(cookie_of(9).bytes());
  rig.say(rig.sessions, late);
  rig.settle();
  CHECK(client.got.empty());
  SessionInfo info;
  info.tag = look.tag;
  rig.say(rig.sessions, info);
  const std::string answer = rig.hear_text(client, "\r\n\r\n");
  CHECK(status_of(answer) == "HTTP/1.1 401 Unauthorized");
  CHECK_FALSE(has(answer, "Set-Cookie"));
}

TEST_CASE("a server that is connected too late is not taken for another host's", "[connection][late]") {
  Rig rig(hasty());
  rig.shop->patience = impatient();
  WireEnd& client = rig.client(nullptr);
  client.send(request("GET /one", 1, "", "a.example.org"));
  rig.judge_good();
  const Dial first = rig.hear<Dial>(rig.broker);
  CHECK(refusal(rig, client) == "HTTP/1.1 504 Gateway Timeout");
  client.send(request("GET /two", 1, "", "b.example.org"));
  const Dial second = rig.hear<Dial>(rig.broker);
  CHECK(second.host.view() == "b.example.org");
  WireEnd& wrong = rig.connected(first.tag);
  rig.settle();
  CHECK(wrong.got.empty());
  CHECK(wrong.ended);
  WireEnd& right = rig.connected(second.tag);
  CHECK(has(rig.hear_text(right, "\r\n\r\n"), "GET /two HTTP/1.1\r\nHost: b.example.org\r\n"));
}

TEST_CASE("a role that is missing means 503 with Retry-After, and no guess", "[connection][late]") {
  Rig rig;
  WireEnd& client = rig.client();
  SECTION("sessions, before the question") { rig.sessions.close(); }
  SECTION("sessions, while it is asked") {
    client.send(request("GET /"));
    (void)rig.hear<Judge>(rig.sessions);
    rig.sessions.close();
  }
  SECTION("the broker, before the question") { rig.broker.close(); }
  SECTION("the broker, while it is asked") {
    client.send(request("GET /"));
    rig.judge_good();
    (void)rig.hear<Dial>(rig.broker);
    rig.broker.close();
  }
  rig.settle();
  if (rig.lines("request").empty() && client.got.empty()) client.send(request("GET /"));
  if (rig.sessions && !rig.broker && client.got.empty()) {
    Packet packet;
    Judge asked;
    if (rig.until([&] { return !client.got.empty() || rig.sessions.receive(packet) == Heard::packet; }) &&
        packet.read(asked))
      rig.say(rig.sessions, rig.good(asked));
  }
  const std::string answer = rig.hear_text(client, "Request 0");
  CHECK(status_of(answer) == "HTTP/1.1 503 Service Unavailable");
  const std::size_t retry = answer.find("Retry-After: ");
  REQUIRE(retry != answer.npos);
  CHECK(answer.find("Retry-After: ", retry + 1) == answer.npos);
  CHECK(has(rig.lines("request").at(0), " status=503 "));
  CHECK(has(rig.lines("refuse").at(0), " status=503 reason=missing-peer"));
}

TEST_CASE("a new channel to sessions serves the next request", "[connection][late]") {
  Rig rig;
  WireEnd& client = rig.client();
  rig.sessions.close();
  client.send(request("GET /"));
  rig.hear_text(client, "Request 0");
  Ends fresh = make_ends();
  rig.sessions = Channel(std::move(fresh.ours), Role::sessions, Role::worker);
  Peer news;
  news.role = Role::sessions;
  const int lent[] = {fresh.theirs.get()};
  REQUIRE(rig.porter.send(news, lent) == Told::sent);
  fresh.theirs.reset();
  rig.show_page();
  rig.settle();
  WireEnd& server = rig.relayed(client, request("GET /again"));
  CHECK(has(rig.hear_text(server, "\r\n\r\n"), "GET /again "));
}

TEST_CASE("an ended session ends an answer that is on its way", "[connection][late]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  bool whole = false;
  SECTION("while the server is silent") {}
  SECTION("in the middle") {
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    rig.hear_text(client, "half");
  }
  SECTION("while the client does not take what the server has sent long ago") {
    client.reading = false;
    whole = true;
    server.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 400000\r\n\r\n" + std::string(400000, 'x'));
    rig.settle();
  }
  Ended ended;
  ended.slot = 1;
  ended.generation = rig.page->generation(1);
  rig.say(rig.sessions, ended);
  CHECK(rig.hear<EndedSeen>(rig.sessions).slot == 1);
  if (whole) {
    client.reading = true;
    rig.hear_end(client);
    CHECK(client.got.size() < 400000);
    CHECK_FALSE(client.clean);
  }
  rig.hear_end(client, milliseconds(900));
  CHECK(rig.lines("request").size() == 1);
}

TEST_CASE("the end of another session leaves a connection alone", "[connection][late]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  Ended ended;
  ended.slot = 1;
  ended.generation = rig.page->generation(1) + 1;
  rig.say(rig.sessions, ended);
  (void)rig.hear<EndedSeen>(rig.sessions);
  ended.slot = 2;
  rig.say(rig.sessions, ended);
  (void)rig.hear<EndedSeen>(rig.sessions);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  CHECK(body_of(rig.hear_text(client, "ok")) == "ok");
}

TEST_CASE("a sessions that began anew ends what stands on the old one", "[connection][late]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& server = rig.relayed(client, request("GET /"));
  rig.hear_text(server, "\r\n\r\n");
  auto made = GenerationPage::make(64);
  REQUIRE(made);
  rig.page.emplace(std::move(*made));
  rig.page->beat(rig.loop.now());
  rig.show_page();
  rig.hear_end(client, milliseconds(900));
}

TEST_CASE("each request is judged again as soon as its verdict stands no more", "[connection][late]") {
  Rig rig;
  WireEnd& client = rig.client();
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  WireEnd& server = rig.relayed(client, request("GET /1"));
  rig.hear_text(server, "\r\n\r\n");
  server.send(answer);
  rig.hear_text(client, "ok");
  client.send(request("GET /2"));
  rig.hear_text(server, "GET /2 ");
  server.send(answer);
  rig.hear_text(client, "ok");
  CHECK(rig.is_silent(rig.sessions));  // the page said that it stands
  SECTION("its generation ended") { rig.page->end(1); }
  SECTION("its deadline passed") { rig.page->set_deadline(1, rig.loop.now()); }
  client.send(request("GET /3"));
  rig.judge_bad();
  CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
  rig.settle();
  CHECK(server.got.empty());
  CHECK(server.ended);
}

TEST_CASE("another cookie on the same connection gets its own verdict and its own server", "[connection][late]") {
  Rig rig;
  WireEnd& client = rig.client();
  WireEnd& one = rig.relayed(client, request("GET /1", 1));
  rig.hear_text(one, "\r\n\r\n");
  one.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  rig.hear_text(client, "ok");
  SECTION("another session") {
    client.send(request("GET /2", 2));
    rig.judge_good(2);
    WireEnd& two = rig.dialled();
    CHECK(has(rig.hear_text(two, "\r\n\r\n"), "GET /2 "));
  }
  SECTION("nobody") {
    client.send(request("GET /2", 0));
    CHECK(status_of(rig.hear_text(client, "\r\n\r\n")) == "HTTP/1.1 401 Unauthorized");
  }
  SECTION("nobody, for the client is gone") { client.vanish(); }
  rig.settle();
  CHECK(one.got.empty());
  CHECK(one.ended);
}
